"""Whether a range of children has just what it is owed, asked of the database by sums, not child by child.

Children of one profile are owed the same. So a range stands as owed when of each profile the rows of every line are as many
as its children, and there are no other rows: two statements that group fifty thousand children into some
thousand profiles, where reading them would cost many times as much.
"""

from typing import Protocol

from django.db import connection
from django.db.models import Count, Min, QuerySet

from povertyedu.orgs.models import Term
from subsidies import engine

from .alike import grouped_in_memory
from .facts import FactReader

_PLACE = (
    "stage",
    "grade",
    "school_id",
    "school_area",
    "home_area",
)  # what an entitlement repeats of its enrolment


class Sides(Protocol):
    """Enrolments and present entitlements of the same children."""

    enrolments: QuerySet
    entitled: QuerySet


def standing(
    term: Term, sides: Sides, decider: engine.Decider, reader: FactReader, span: dict
) -> tuple[int, int] | None:
    """Return (students, entitlements) of a range, None as soon as one child has other than it is owed.

    All that the rules ask must stand in the enrolment's row (`FactReader.of_one_row`). Run it in a transaction.
    """
    entitled = sides.entitled.filter(**span)
    enrolments = sides.enrolments.filter(**span).order_by()
    with grouped_in_memory():
        wanted, students = _wanted(term, enrolments, decider, reader)
        found = _found(enrolments, entitled, reader)
    return (students, sum(found.values())) if wanted == found else None


def _wanted(
    term: Term, enrolments: QuerySet, decider: engine.Decider, reader: FactReader
) -> tuple[dict, int]:
    """Return {(first student of a profile, programme, rule, kind, fen): rows} and how many students there are."""
    usual, values, students = engine.Measures(term.meal_days), reader.of_students(()), 0
    wanted: dict[tuple, int] = {}
    profiles = enrolments.values_list("meal_days", *reader.expressions)
    for meal_days, *row, first, many in profiles.annotate(first=Min("student_id"), many=Count("*")):
        measures = usual if meal_days is None else engine.Measures(meal_days)
        for line in decider.lines(values(first, tuple(row)), measures):
            wanted[first, line.programme, line.rule, line.kind, line.amount_fen] = many
        students += many
    return wanted, students


def _found(enrolments: QuerySet, entitled: QuerySet, reader: FactReader) -> dict[tuple, int]:
    """Return the same of what is there; rows that fit no enrolment stand under the student None."""
    facts = {f"fact_{place}": expression for place, expression in enumerate(reader.expressions)}
    here, here_values = enrolments.values("student_id", "meal_days", *_PLACE, **facts).query.sql_with_params()
    there, there_values = entitled.order_by().values("student_id", "programme_id", "rule", "kind", "amount_fen", *_PLACE).query.sql_with_params()  # fmt: skip
    same = " AND ".join(f"e.{name} IS NOT DISTINCT FROM p.{name}" for name in _PLACE)
    profile = ", ".join(f"e.{name}" for name in ("meal_days", *facts))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT min(e.student_id), p.programme_id, p.rule, p.kind, p.amount_fen, count(*) FROM ({there}) p "
            f"LEFT JOIN ({here}) e ON e.student_id = p.student_id AND {same} "
            f"GROUP BY {profile}, p.programme_id, p.rule, p.kind, p.amount_fen",
            [*there_values, *here_values],
        )
        return {tuple(line): many for *line, many in cursor.fetchall()}
