"""Children of a term in chosen columns: the roster's own, which come in again without loss, or a set's."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from django.db.models import Q
from django.utils import timezone

from povertyedu.jobs.made import Made
from povertyedu.jobs.progress import NO_PROGRESS, counted
from povertyedu.orgs.models import Term
from povertyedu.workbooks.writing import LedgerColumn, write_table
from students.models import Enrolment, HardshipStatus, Student
from students.models.column_sets import Entry
from students.queries.households import HEAD

from .export_sources import FIXED, FIXED_SOURCE, Case, Source, homes, known
from .roster import RosterResource

CHUNK = 1000  # rows that are held at once


def roster_columns() -> list[tuple[str, str]]:
    """Return (name, heading) of the columns that can be taken out, in the roster's order."""
    return [(column.name, column.heading) for column in RosterResource().columns()]


def export_roster(out, *, columns: Sequence[str], **asked) -> Made:
    """Write ``columns`` of the roster, by name; the rest is asked of :func:`export_columns`."""
    by_name = dict(roster_columns())
    chosen = [Entry(name, by_name[name]) for name in columns if name in by_name]
    return export_columns(out, columns=chosen, name="学生花名册", **asked)


def export_columns(
    out, *, by, term: Term, rows, columns: Sequence[Entry], name: str, words: list[str], full: bool,
    has_title: bool = True, members: bool = False, progress=NO_PROGRESS,
) -> Made:  # fmt: skip
    """Write ``rows`` (enrolments of ``term``) with ``columns``. Streamed; the caller leaves the AccessEvent.

    ``words`` tell the filter, ``full`` leaves numbers in clear, ``members`` lets family members be named.
    """
    sources = known()
    chosen = [(entry, sources.get(entry.source, FIXED_SOURCE)) for entry in columns]
    count = rows.order_by().count()
    at = timezone.localtime()
    frame = {
        "title": f"{term} {name}",
        "unit_line": f"筛选条件：{'；'.join(words) or '全部'}",
        "right_line": f"共 {count:,} 人，{by.name} {at:%Y-%m-%d %H:%M} 导出",
    }
    write_table(
        out,
        [LedgerColumn(entry.heading, width=source.width) for entry, source in chosen],
        counted(lines(rows, chosen, term=term, full=full, members=members), progress, count),
        name="学生花名册",
        **(frame if has_title else {}),
    )
    numbers = "完整号码" if full else "号码隐去中间几位"
    what = f"{name} {count} 人，{numbers}；{'、'.join(entry.heading for entry, _ in chosen)}"
    return Made(f"{name}{at:%Y%m%d-%H%M}.xlsx", what[:200])


def lines(
    rows, chosen: Sequence[tuple[Entry, Source]], *, term: Term, full: bool, members: bool
) -> Iterator[list[str | None]]:
    """Yield the cells of each row, None for an empty one, a thousand rows in memory at a time.

    What the columns need is looked up for a thousand rows at once, and only if a column needs it.
    """
    needs = {source.needs for _, source in chosen}
    home = homes()
    found = (
        rows.select_related("school", "school_class", "term", "student__guardian", "student__bank_account")
        .order_by("school_area", "school_id", "stage", "grade", "school_class__name", "pk")
        .iterator(chunk_size=CHUNK)
    )
    while chunk := list(islice(found, CHUNK)):
        cases = [_case(row, home) for row in chunk]
        if needs & {"hardships", "members"}:
            _add_hardships(cases, term)
        if "members" in needs and members:
            _add_members(cases)
        for case in cases:
            yield [
                (entry.text if entry.source == FIXED else source.cell(case, entry.form, full=full)) or None
                for entry, source in chosen
            ]


def _case(row: Enrolment, home) -> Case:
    student = row.student
    township, village = home(student.home_area_id or "")
    return Case(
        row, student, row.school,
        student.guardian if hasattr(student, "guardian") else None,
        student.bank_account if hasattr(student, "bank_account") else None,
        township, village,
    )  # fmt: skip


def _add_hardships(cases: Iterable[Case], term: Term) -> None:
    """Give each case the hardships that hold in ``term`` under its number or a merged record's; two queries."""
    by_student = {case.student.pk: case for case in cases}
    by_hash = {case.student.id_hash: case for case in by_student.values() if case.student.id_hash}
    merged = Student.objects.filter(merged_into__in=by_student, id_hash__isnull=False)
    by_hash |= {digest: by_student[kept] for digest, kept in merged.values_list("id_hash", "merged_into")}
    of_term = HardshipStatus.objects.filter(
        Q(until=None) | Q(until__gte=term.starts_on), id_hash__in=by_hash, since__lte=term.ends_on
    )
    for status in of_term.select_related("household").order_by("since", "pk"):
        case = by_hash[status.id_hash]
        case.hardships.append(status)
        if status.household_id:
            case.entry = status


def _add_members(cases: Iterable[Case]) -> None:
    """Give each case whose list names a household all whom the lists put into it, the head first; one query."""
    households: dict[int, dict[str, HardshipStatus]] = {
        case.entry.household_id: {} for case in cases if case.entry and case.entry.household_id
    }
    for status in HardshipStatus.objects.filter(household__in=households).order_by("since", "pk"):
        households[status.household_id][status.id_hash] = status  # the newest of a person
    for case in cases:
        if case.entry:
            people = households[case.entry.household_id].values()
            case.members = sorted(people, key=lambda one: (one.relation not in HEAD, one.person_no, one.name))
