"""A term's hardship categories, derived from dated statuses by one set-based action."""

from collections.abc import Iterable

from django.db import connection, transaction

from povertyedu import bulk
from povertyedu.orgs.models import Term
from students.enums import ChangeCause, HardshipCategory
from students.models import Enrolment, FactChange, HardshipStatus, Student

_CLOSED = f"SELECT code FROM {Term._meta.db_table} WHERE is_closed"
_DIFFERENCES = """
CREATE TEMP TABLE stage_categories AS
SELECT e.id AS id, e.term_id AS term_id, e.student_id AS student_id, COALESCE(d.mask, 0) AS mask
FROM {enrolment} e
LEFT JOIN (
    SELECT f.id AS id, SUM(DISTINCT f.category) AS mask FROM (
        SELECT e.id AS id, h.category AS category
        FROM {enrolment} e
        JOIN {student} s ON s.id = e.student_id
        JOIN {term} t ON t.code = e.term_id
        JOIN {hardship} h ON h.id_hash = s.id_hash AND h.counts
            AND h.since <= t.ends_on AND (h.until IS NULL OR h.until >= t.starts_on)
        WHERE {scope}
        UNION ALL
        SELECT e.id, h.category
        FROM {student} g
        JOIN {enrolment} e ON e.student_id = g.merged_into_id
        JOIN {term} t ON t.code = e.term_id
        JOIN {hardship} h ON h.id_hash = g.id_hash AND h.counts
            AND h.since <= t.ends_on AND (h.until IS NULL OR h.until >= t.starts_on)
        WHERE {scope}
        UNION ALL
        SELECT e.id, {left_behind} FROM {enrolment} e JOIN {student} s ON s.id = e.student_id
        WHERE s.is_left_behind AND {scope}
    ) f GROUP BY f.id
) d ON d.id = e.id
WHERE e.categories <> COALESCE(d.mask, 0) AND {scope}
"""


@transaction.atomic
def derive_categories(
    terms: Term | Iterable[Term] | None = None,
    *,
    id_hashes: Iterable[str] | None = None,
    student_ids: Iterable[int] | None = None,
    by_leave: bool = False,
) -> int:
    """Set ``Enrolment.categories`` from the statuses valid in each term, mark what changed, return how many.

    ``terms``: one, several, or None for all. ``id_hashes`` or ``student_ids`` narrow it to those
    children. A status counts for a term when it holds on any day of it and its ``counts`` is true, under
    the child's own number or that of a record merged into it; left-behind children are known by their
    own field. The number of queries does not grow.
    ``by_leave``: a closed term, too, of a child whose correction was granted.
    """
    chosen = [terms] if isinstance(terms, Term) else terms
    # What a closed term says of a child stays, whatever lists come later.
    scope, parameters = ("true" if by_leave else f"e.term_id NOT IN ({_CLOSED})"), []
    if chosen is not None:
        codes = [term.pk for term in chosen]
        scope += f" AND e.term_id IN ({', '.join(['%s'] * len(codes)) or 'NULL'})"
        parameters = codes
    if id_hashes is not None:
        with bulk.keys(Student, "id_hash", id_hashes) as keys:
            return _derive(f"{scope} AND {_named_by(keys)}", parameters)
    if student_ids is not None:
        with bulk.keys(Enrolment, "student_id", student_ids) as keys:
            return _derive(f"{scope} AND e.student_id IN ({keys.sql})", parameters)
    return _derive(scope, parameters)


def _derive(scope: str, parameters: list[str]) -> int:
    tables = {
        "enrolment": Enrolment._meta.db_table,
        "student": Student._meta.db_table,
        "hardship": HardshipStatus._meta.db_table,
        "term": Term._meta.db_table,
    }
    marks = FactChange._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            _DIFFERENCES.format(scope=scope, left_behind=HardshipCategory.LEFT_BEHIND.value, **tables),
            parameters * 4,
        )
        cursor.execute(
            f"UPDATE {tables['enrolment']} SET categories = d.mask FROM stage_categories d "
            f"WHERE d.id = {tables['enrolment']}.id"
        )
        changed = cursor.rowcount
        if changed:
            cursor.execute(
                f"INSERT INTO {marks} (term_id, student_id, cause) SELECT term_id, student_id, %s FROM stage_categories",
                [ChangeCause.STATUS],
            )
        cursor.execute("DROP TABLE stage_categories")
    return changed


@transaction.atomic
def mark_schools(
    schools: Iterable[int], cause: ChangeCause = ChangeCause.SCHOOL, *, since: Term | None = None
) -> int:
    """Mark the students of these schools in every open term, or from ``since`` on: their school changed; return how many."""
    with bulk.keys(Enrolment, "school_id", schools) as keys:
        where = f"e.school_id IN ({keys.sql})"
        if since is None:
            return _mark_in_open_terms(where, cause)
        return _mark_in_open_terms(f"{where} AND t.starts_on >= %s", cause, since.starts_on)


@transaction.atomic
def mark_students(students: Iterable[int], cause: ChangeCause = ChangeCause.RECORD) -> int:
    """Mark these students in every open term: something of theirs changed that is not of one term; return how many."""
    with bulk.keys(Enrolment, "student_id", students) as keys:
        return _mark_in_open_terms(f"e.student_id IN ({keys.sql})", cause)


@transaction.atomic
def mark_people(id_hashes: Iterable[str], cause: ChangeCause = ChangeCause.STATUS) -> int:
    """Mark who has one of these ID numbers in every open term: a list says something new of them; return how many."""
    with bulk.keys(Student, "id_hash", id_hashes) as keys:
        return _mark_in_open_terms(_named_by(keys), cause)


def _named_by(id_hashes) -> str:
    """Return the condition on enrolments that the child, or a record merged into it, has one of ``id_hashes``."""
    named = f"FROM {Student._meta.db_table} WHERE id_hash IN ({id_hashes.sql})"
    return f"e.student_id IN (SELECT id {named} UNION ALL SELECT merged_into_id {named} AND merged_into_id IS NOT NULL)"


def _mark_in_open_terms(who: str, cause: ChangeCause, *parameters: object) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {FactChange._meta.db_table} (term_id, student_id, cause) "
            f"SELECT e.term_id, e.student_id, %s FROM {Enrolment._meta.db_table} e "
            f"JOIN {Term._meta.db_table} t ON t.code = e.term_id AND NOT t.is_closed WHERE {who}",
            [cause, *parameters],
        )
        return cursor.rowcount


def mark_changed(term: Term, student_ids: Iterable[int], cause: ChangeCause = ChangeCause.OTHER) -> int:
    """Mark that facts of these students in ``term`` changed, for the next recalculation; return how many."""
    with transaction.atomic():
        rows = ((term.pk, pk, str(cause)) for pk in student_ids)
        return bulk.insert(FactChange, ("term_id", "student_id", "cause"), rows)
