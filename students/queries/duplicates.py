"""Which records may be one child: candidates within small groups, judged by their names; pairs to decide on."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from povertyedu import bulk
from povertyedu.accounts.permissions import Permission as P
from povertyedu.sealing import keyed_hash
from students.enums import EnrolmentStatus, Ground, PairState
from students.models import DuplicatePair, Enrolment, HardshipStatus, PayoutBlock, Student
from students.names import normal_name, similar


class _Record(NamedTuple):
    pk: int
    name: str
    birth: dt.date | None
    tail: str
    id_hash: str | None
    guardian: str | None


def candidates() -> dict[tuple[int, int], list[str]]:
    """Return (smaller key, larger key) -> grounds of every pair that may be one child; three queries.

    Records are put together by birth date, by guardian and by name with number tail, and only those of
    one group are compared: the work grows with the records, not with their square.
    """
    rows = Student.objects.filter(merged_into=None).order_by("pk")
    fields = ("pk", "name", "birth_date", "id_tail_hash", "id_hash", "guardian__id_hash")
    by_birth, by_guardian, by_tail = defaultdict(list), defaultdict(list), defaultdict(list)
    for pk, name, *rest in rows.values_list(*fields).iterator():
        record = _Record(pk, normal_name(name), *rest)
        if record.birth:
            by_birth[record.birth].append(record)
        if record.guardian:
            by_guardian[record.guardian, record.name].append(record)
        if record.tail:
            by_tail[record.tail, record.name].append(record)
    found: dict[tuple[int, int], list[str]] = defaultdict(list)
    for one, other in _pairs(by_birth):
        if ground := _by_birth(one, other):
            found[one.pk, other.pk].append(ground)
    for one, other in _pairs(by_guardian):
        found[one.pk, other.pk].append(Ground.NAME_GUARDIAN)
    for one, other in _pairs(by_tail):
        if one.birth is None or other.birth is None:
            found[one.pk, other.pk].append(Ground.ID_TAIL)
    for pair in _by_student_no():
        found[pair].append(Ground.STUDENT_NO)
    return {pair: [str(ground) for ground in grounds] for pair, grounds in found.items()}


def _pairs(groups: dict) -> Iterator[tuple[_Record, _Record]]:
    for records in groups.values():
        yield from combinations(records, 2)


def _by_birth(one: _Record, other: _Record) -> str | None:
    """Two different ID numbers, each with its check digit, and a name that only resembles: that is two children."""
    same_tail = bool(one.tail) and one.tail == other.tail
    if one.name == other.name:
        return Ground.ID_TAIL if same_tail else Ground.NAME_BIRTH
    both_numbered = one.id_hash and other.id_hash
    return Ground.SIMILAR_NAME if (same_tail or not both_numbered) and similar(one.name, other.name) else None


def _by_student_no() -> Iterator[tuple[int, int]]:
    """A record without an ID number whose 学籍号 (G + ID) holds that of another record."""
    unnumbered = Student.objects.filter(id_hash=None, student_no_hash__isnull=False, merged_into=None)
    held = {
        keyed_hash(number[1:]): pk for pk, number in unnumbered.values_list("pk", "student_no").iterator()
    }
    if not held:
        return
    numbered = Student.objects.filter(id_hash__isnull=False, merged_into=None).values_list("pk", "id_hash")
    for pk, id_hash in numbered.iterator():
        if id_hash in held:
            yield tuple(sorted((pk, held[id_hash])))


def suspected(students=None) -> list[tuple[int, Enrolment, Enrolment]]:
    """Return (pair, enrolment, enrolment) of undecided pairs that are almost surely one child and study in one open term.

    Three queries, however many pairs; ``students`` narrows it to their pairs.
    """
    pairs = DuplicatePair.objects.undecided()
    if students is not None:
        pairs = pairs.filter(Q(first__in=students) | Q(second__in=students))
    fields = ("pk", "first", "second", "grounds", "first__birth_date", "second__birth_date")
    strong = [
        (pk, first, second)
        for pk, first, second, grounds, born, other_born in pairs.order_by("pk").values_list(*fields)
        if Ground.STUDENT_NO in grounds or (Ground.ID_TAIL in grounds and born and born == other_born)
    ]
    by_student: dict[int, dict[str, Enrolment]] = defaultdict(dict)
    with (
        transaction.atomic(),
        bulk.keys(Enrolment, "student_id", {pk for _, *both in strong for pk in both}) as keys,
    ):
        rows = Enrolment.objects.filter(
            student_id__in=keys, status=EnrolmentStatus.STUDYING, term__is_closed=False
        )
        for row in rows.select_related("school", "student"):
            by_student[row.student_id][row.term_id] = row
    return [
        (pk, by_student[first][term], by_student[second][term])
        for pk, first, second in strong
        for term in sorted(by_student[first].keys() & by_student[second].keys())
    ]


TABS = {
    "open": ("待判定", (PairState.OPEN,)),
    "proposed": ("待复核", (PairState.PROPOSED, PairState.UNDOING)),
    "merged": ("已合并", (PairState.MERGED,)),
    "different": ("不是同一人", (PairState.DIFFERENT,)),
}


def pairs_in(tab: str, *, user):
    """Return the pairs of a tab that ``user`` may decide on."""
    rows = DuplicatePair.objects.visible_to(user, P.RESOLVE_DUPLICATES).filter(state__in=TABS[tab][1])
    held = PayoutBlock.objects.in_force().filter(pair=OuterRef("pk"))
    return rows.annotate(is_held=Exists(held)).select_related("first", "second", "keeper")


def latest_enrolments(student_ids) -> dict[int, Enrolment]:
    """Return student -> newest enrolment; one query."""
    rows = Enrolment.objects.filter(student__in=student_ids).select_related("school", "school_class", "term")
    return {row.student_id: row for row in rows.order_by("term__starts_on")}


def records_of(pair: DuplicatePair) -> dict[int, Student]:
    """Return both records of a pair by key, with guardian, account and home; one query."""
    rows = Student.objects.select_related("guardian", "bank_account", "home_area__parent")
    return rows.in_bulk([pair.first_id, pair.second_id])


def enrolments_of(student: Student) -> list[Enrolment]:
    return list(
        student.enrolments.select_related("school", "school_class", "term").order_by("-term__starts_on")
    )


def statuses_of(student: Student) -> list[HardshipStatus]:
    return list(HardshipStatus.objects.filter(id_hash=student.id_hash or "").order_by("-since", "category"))


def doubly_enrolled(first: Student, second: Student) -> list[tuple[Enrolment, Enrolment]]:
    """Return the open terms in which both records study, as pairs of enrolments (双重学籍)."""
    rows = Enrolment.objects.filter(
        student__in=[first, second], status=EnrolmentStatus.STUDYING, term__is_closed=False
    ).select_related("school", "term", "student")
    by_term: dict[str, list[Enrolment]] = defaultdict(list)
    for row in rows.order_by("student_id"):
        by_term[row.term_id].append(row)
    return [tuple(both) for both in by_term.values() if len(both) == 2]
