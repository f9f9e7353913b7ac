"""The names behind a term of the coverage equation: paged through the three sets of rows, ready for page and workbook."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import QuerySet

from povertyedu.orgs.models import Term
from povertyedu.ui.numerals import yuan
from students.enums import EnrolmentStatus
from students.models import Disposal, HardshipStatus
from students.queries.identification import households_of
from students.queries.registry import area_names
from subsidies.enums import CoveragePart as Part
from subsidies.enums import CoverageReason as Reason
from subsidies.models import ExchangeLine

from .coverage import money_of

PER_PAGE = 50
ORDER = "etp"  # enrolments, lines of the province's list, hardships
_RELATED = {"e": ("student", "school"), "t": ("term",), "p": ("household__area__parent",)}


@dataclass(frozen=True)
class Name:
    """One person on the lists, as a row shows it; money in fen, of the term."""

    key: str
    name: str
    id_number: str
    home: str
    school: str
    grade: str
    part: Part
    reason: Reason
    note: str = ""
    student_pk: int | None = None
    money: dict[str, int] | None = None  # cash, other, paid
    may_be_disposed: bool = True  # nobody has this person on a roster as studying

    @property
    def is_owed_nothing(self) -> bool:
        return self.reason in (
            Reason.WITHOUT_RULE,
            Reason.NOTHING_OWED,
            Reason.AWAITED,
            Reason.REFUSED_THERE,
        )


def within(rows: dict[str, QuerySet], part: str, reason: str = "") -> dict[str, QuerySet]:
    """Return the rows of one term of the equation, or of one reason of it."""
    wanted = {"part": part} | ({"reason": reason} if reason else {})
    return {letter: queryset.filter(**wanted) for letter, queryset in rows.items()}


def read_key(text: str) -> tuple[str, int] | None:
    """Return (letter, primary key) of a key in an address; None when it is none."""
    letter, number = text[:1], text[1:]
    good = letter and letter in ORDER and number.isascii() and number.isdigit() and len(number) < 19
    return (letter, int(number)) if good else None


def name_page(
    term: Term, rows: dict[str, QuerySet], *, after: str = "", before: str = ""
) -> tuple[list[Name], str, str]:
    """Return the page of people after or before a key, and the keys for its two neighbours, "" at the ends."""
    backwards = bool(before) and not after
    key = read_key(after or before)
    order = ORDER[::-1] if backwards else ORDER
    if key:
        letter, pk = key
        beyond = rows[letter].filter(**{f"pk__{'lt' if backwards else 'gt'}": pk})
        rows, order = rows | {letter: beyond}, order[order.index(letter) :]
    found: list[tuple] = []
    for letter in order:
        if len(found) <= PER_PAGE:
            ordered = rows[letter].select_related(*_RELATED[letter]).order_by("-pk" if backwards else "pk")
            found += [(letter, row) for row in ordered[: PER_PAGE + 1 - len(found)]]
    more, found = len(found) > PER_PAGE, found[:PER_PAGE]
    if backwards:
        found.reverse()
    has_previous, has_following = (more, key is not None) if backwards else (key is not None, more)
    names = _names(term, found)
    return (
        names,
        names[0].key if names and has_previous else "",
        names[-1].key if names and has_following else "",
    )


def all_names(term: Term, rows: dict[str, QuerySet], *, size: int = 2000) -> Iterator[Name]:
    """Yield everybody, some thousand at a time."""
    for letter in ORDER:
        some: list[tuple] = []
        for row in rows[letter].select_related(*_RELATED[letter]).order_by("pk").iterator(chunk_size=size):
            some.append((letter, row))
            if len(some) == size:
                yield from _names(term, some)
                some = []
        yield from _names(term, some)


def _names(term: Term, found: list[tuple]) -> list[Name]:
    """Turn rows into names; the same number of queries for any number of rows."""
    homes = area_names(row.home_area for letter, row in found if letter == "e")
    hashes = [row.student.id_hash if letter == "e" else row.id_hash for letter, row in found]
    households = households_of(row.id_hash for letter, row in found if letter == "t")
    notes = _notes(term, hashes)
    answers = _answers([row.pk for letter, row in found if letter == "e" and not row.school_id])
    money = money_of(term, [row.student_id for letter, row in found if letter == "e" and row.pay])
    names = []
    for (letter, row), id_hash in zip(found, hashes, strict=True):
        said = {"key": f"{letter}{row.pk}", "part": Part(row.part), "reason": Reason(row.reason)}
        if letter == "e":
            left = row.status == EnrolmentStatus.LEFT
            note = notes.get(id_hash, "") if left else answers.get(row.pk, "")
            said |= {"note": note, "money": money.get(row.student_id)}
            names.append(_of_enrolment(row, homes, said))
            continue
        home = row if letter == "p" else households.get(row.id_hash)
        names.append(
            Name(
                name=row.name, id_number=row.id_number, home=_home(home), note=notes.get(id_hash, ""),
                school=row.school_text if letter == "t" else "", grade=row.stage_text if letter == "t" else "", **said,
            )
        )  # fmt: skip
    return names


def _of_enrolment(row, homes: dict[str, str], said: dict) -> Name:
    where = (
        row.school.name
        if row.school
        else f"{row.outside_school}（{row.outside_region or row.get_place_display()}）"
    )
    return Name(
        name=row.student.name, id_number=row.student.id_number, home=homes.get(row.home_area, ""), school=where,
        grade=f"{row.get_stage_display()} {row.grade_name}", student_pk=row.student_id,
        may_be_disposed=row.status == EnrolmentStatus.LEFT, **said,
    )  # fmt: skip


def _home(status: HardshipStatus | None) -> str:
    area = status.household.area if status and status.household else None
    return area.path if area else ""


def _notes(term: Term, hashes: list) -> dict[str, str]:
    """Return ID hash -> what the newest disposal says beside its code; one query."""
    rows = Disposal.objects.filter(term=term, id_hash__in=[h for h in hashes if h]).select_related("owner")
    return {
        row.id_hash: "；".join(filter(None, (row.note, f"责任人{row.owner}" if row.owner else "")))
        for row in rows.order_by("decided_on", "pk")
    }


def _answers(enrolments: list[int]) -> dict[int, str]:
    """Return enrolment -> what the county of study answered last, and when; one query."""
    lines = (
        ExchangeLine.objects.filter(enrolment__in=enrolments).exclude(answer="").select_related("exchange")
    )
    found = {}
    for line in lines.order_by("answered_on", "pk"):
        aid = "，".join(
            filter(None, (line.programmes, f"{yuan(line.amount_fen)} 元" if line.amount_fen else ""))
        )
        words = f"{line.exchange.recipient} {line.answered_on} 复函：{line.get_answer_display()}"
        found[line.enrolment_id] = f"{words}（{aid}）" if aid else words
    return found
