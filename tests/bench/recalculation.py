"""Recalculating a term: first, unchanged and 1% dirty runs, beside a bare COPY of the same rows."""

import statistics
import time
from collections.abc import Callable

from django.db import connection, transaction
from django.db.models import Case, Value, When

from povertyedu import bulk
from povertyedu.home.demo.people import AUTUMN
from povertyedu.orgs.models import Term
from povertyedu.workflow.flow import Actor
from students.actions.hardship import mark_changed
from students.models import Enrolment
from subsidies.actions.recalculation import COLUMNS, recalculate
from subsidies.models import Entitlement

from .timing import table

ROUNDS = 3
BY = Actor(None, "基准", "")
FLOOR = "bench_floor"


def run() -> None:
    term = Term.objects.get(pk=AUTUMN)
    rows = list(Entitlement.objects.filter(term=term).order_by("student_id").values_list(*COLUMNS))
    taken: dict[str, list[float]] = {}
    for _ in range(ROUNDS):  # cases interleaved: noise of the machine falls on all of them
        _add(taken, "COPY, bare table", lambda: _floor(rows, ""), _drop_floor)
        _add(taken, "COPY, same indexes", lambda: _floor(rows, "INCLUDING ALL"), _drop_floor)
        Entitlement.objects.filter(term=term).delete()
        _vacuum()
        first = _add(taken, "first run", lambda: _recalculate(term))
        unchanged = _add(taken, "unchanged run", lambda: _recalculate(term))
        changed = _flip(term)
        dirty = _add(taken, "1% dirty", lambda: _recalculate(term, only_changed=True))
        _flip(term, changed)
        _recalculate(term, only_changed=True)
    assert (first.created, unchanged.created + unchanged.updated + unchanged.ended) == (len(rows), 0)
    print(f"{first.students:,} children, {first.profiles:,} profiles, {len(rows):,} entitlements; ")
    print(
        f"dirty: {dirty.students:,} children, {dirty.created + dirty.updated + dirty.ended:,} rows changed\n"
    )
    floor = statistics.median(taken["COPY, same indexes"])
    table(
        ("case", "median s", "x COPY floor"),
        [(case, f"{statistics.median(times):.3f}", f"{statistics.median(times) / floor:.2f}") for case, times in taken.items()],
    )  # fmt: skip


def _add(taken: dict, case: str, action: Callable, after: Callable = lambda: None):
    began = time.perf_counter()
    answer = action()
    taken.setdefault(case, []).append(time.perf_counter() - began)
    after()
    return answer


def _recalculate(term: Term, *, only_changed: bool = False):
    return recalculate(term=term, by=BY, trigger="基准", only_changed=only_changed)


def _flip(term: Term, students: list[int] | None = None) -> list[int]:
    """Turn boarders into day pupils and back for every hundredth child, marked as a form would mark it."""
    if students is None:
        students = list(
            Enrolment.objects.of(term)
            .extra(where=["student_id %% 100 = 0"])
            .values_list("student_id", flat=True)
        )
    with transaction.atomic():
        flipped = Case(When(boarding=True, then=Value(False)), default=Value(True))
        Enrolment.objects.filter(term=term, student__in=students).update(boarding=flipped)
        mark_changed(term, students)
    return students


@transaction.atomic
def _floor(rows: list[tuple], like: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {FLOOR} (LIKE {Entitlement._meta.db_table} {like})")
        bulk.fill(cursor, FLOOR, COLUMNS, rows)


def _drop_floor() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {FLOOR}")


def _vacuum() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM ANALYZE {Entitlement._meta.db_table}")
