"""Which records may be one child: candidates by set-based joins, judged by their names; pairs to decide on."""

from collections import defaultdict
from collections.abc import Iterator

from django.db import connection

from povertyedu.accounts.permissions import Permission as P
from povertyedu.sealing import keyed_hash
from students.enums import EnrolmentStatus, Ground, PairState
from students.models import DuplicatePair, Enrolment, HardshipStatus, Student
from students.names import normal_name, similar

# Both records are in use, each pair once. One character at either end is the same in any two names
# that are one character apart or written in another order of the given name.
_SAME_BIRTH = """
SELECT a.id, b.id, a.name, b.name, a.id_tail_hash, b.id_tail_hash, a.id_hash IS NOT NULL AND b.id_hash IS NOT NULL
FROM students_student a JOIN students_student b ON b.birth_date = a.birth_date AND b.id > a.id
WHERE a.merged_into_id IS NULL AND b.merged_into_id IS NULL
  AND (SUBSTR(a.name, 1, 1) = SUBSTR(b.name, 1, 1)
       OR SUBSTR(a.name, LENGTH(a.name), 1) = SUBSTR(b.name, LENGTH(b.name), 1))
"""
_SAME_GUARDIAN = """
SELECT a.id, b.id, a.name, b.name
FROM students_guardian g JOIN students_guardian h ON h.id_hash = g.id_hash AND h.student_id > g.student_id
JOIN students_student a ON a.id = g.student_id AND a.merged_into_id IS NULL
JOIN students_student b ON b.id = h.student_id AND b.merged_into_id IS NULL
WHERE g.id_hash <> '' AND SUBSTR(a.name, 1, 1) = SUBSTR(b.name, 1, 1)
"""
_SAME_TAIL = """
SELECT a.id, b.id, a.name, b.name
FROM students_student a JOIN students_student b ON b.id_tail_hash = a.id_tail_hash AND b.id > a.id AND b.name = a.name
WHERE a.merged_into_id IS NULL AND b.merged_into_id IS NULL AND a.id_tail_hash <> ''
  AND (a.birth_date IS NULL OR b.birth_date IS NULL)
"""


def candidates() -> dict[tuple[int, int], list[str]]:
    """Return (smaller key, larger key) -> grounds of every pair that may be one child; five queries."""
    found: dict[tuple[int, int], list[str]] = defaultdict(list)
    for first, second, *rest in _rows(_SAME_BIRTH):
        if ground := _by_birth(*rest):
            found[first, second].append(ground)
    for first, second, one, other in _rows(_SAME_GUARDIAN):
        if normal_name(one) == normal_name(other):
            found[first, second].append(Ground.NAME_GUARDIAN)
    for first, second, *_ in _rows(_SAME_TAIL):
        found[first, second].append(Ground.ID_TAIL)
    for pair in _by_student_no():
        found[pair].append(Ground.STUDENT_NO)
    return {pair: [str(ground) for ground in grounds] for pair, grounds in found.items()}


def _by_birth(one: str, other: str, tail: str, other_tail: str, both_numbered: bool) -> str | None:
    """Two different ID numbers, each with its check digit, and a name that only resembles: that is two children."""
    one, other = normal_name(one), normal_name(other)
    same_tail = bool(tail) and tail == other_tail
    if one == other:
        return Ground.ID_TAIL if same_tail else Ground.NAME_BIRTH
    return Ground.SIMILAR_NAME if (same_tail or not both_numbered) and similar(one, other) else None


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


def _rows(sql: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


TABS = {
    "open": ("待判定", (PairState.OPEN,)),
    "proposed": ("待复核合并", (PairState.PROPOSED,)),
    "merged": ("已合并", (PairState.MERGED,)),
    "different": ("不是同一人", (PairState.DIFFERENT,)),
}


def pairs_in(tab: str, *, user):
    """Return the pairs of a tab that ``user`` may decide on."""
    rows = DuplicatePair.objects.visible_to(user, P.RESOLVE_DUPLICATES).filter(state__in=TABS[tab][1])
    return rows.select_related("first", "second", "keeper")


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
