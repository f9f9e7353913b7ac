"""Children of a range who are alike, read together: each combination of facts once, with the keys of all who have it.

Fifty thousand children have some two thousand combinations. Grouping them costs the database less than handing each
child over costs this side, and what comes is small.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from django.db import connection
from django.db.models import Aggregate, QuerySet, TextField

from .facts import FactReader


class Alike(NamedTuple):
    """Children with the same facts, places and meal days; ``students`` and their ``schools`` go side by side."""

    stage: str
    grade: int
    school_area: str
    home_area: str
    meal_days: int | None
    values: tuple  # as the engine takes them
    students: list[int]
    schools: list[int | None]


class Gathered(Aggregate):
    """All values of a group in a list."""

    function = "ARRAY_AGG"
    output_field = TextField()

    def as_sqlite(self, compiler, connection, **context):
        return self.as_sql(compiler, connection, function="JSON_GROUP_ARRAY", **context)

    def convert_value(self, value, expression, connection):
        return json.loads(value) if isinstance(value, str) else value


def alike(enrolments: QuerySet, reader: FactReader) -> Iterator[Alike]:
    """Yield the children of ``enrolments`` by what decides of them. Run it in a transaction.

    All that the rules ask must stand in the enrolment's row (`FactReader.of_one_row`).
    """
    values = reader.of_students(())
    shared = enrolments.order_by().values_list(
        "stage", "grade", "school_area", "home_area", "meal_days", *reader.expressions
    )
    with grouped_in_memory():
        groups = list(shared.annotate(students=Gathered("student_id"), schools=Gathered("school_id")))
    for stage, grade, school_area, home_area, meal_days, *row, students, schools in groups:
        facts = values(students[0], tuple(row))
        yield Alike(stage, grade, school_area, home_area, meal_days, facts, students, schools)


@contextmanager
def grouped_in_memory() -> Iterator[None]:
    """Keep PostgreSQL from sorting the children by profile.

    It multiplies the numbers of values of columns that hang together, so it expects as many profiles as children.
    """
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_sort = off; SET LOCAL work_mem = '64MB'")
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_sort TO DEFAULT; SET LOCAL work_mem TO DEFAULT")
