"""The night of dropout control in a county of 100,000 children: every daily action of it, as beat starts them.

A month of attendance is written first; everything happens in one transaction that is rolled back, so that the database
stays as it was. The floor reads the term's enrolments once, as bare columns.
"""

import datetime as dt
import random
import time
from collections.abc import Callable

from django.conf import settings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.module_loading import import_string

from dropout.actions.runs import recompute
from dropout.enums import AbsenceReason
from dropout.models import Absence, AbsenceRun, Case, ClassDay, Escalation
from povertyedu import bulk
from povertyedu.home.demo.people import AUTUMN
from povertyedu.orgs.calendar import working_days
from povertyedu.orgs.models import Term
from povertyedu.workflow.flow import Actor
from students.models import Enrolment
from tests.clock import at

from .timing import table

BY = Actor(None, "基准", "")
TODAY = dt.date(2026, 11, 25)
SCHOOL_DAYS = 30
AWAY, NOW_AND_THEN = 0.005, 0.01  # children who stay away; children missing on any one day
AIM_SECONDS = 60


def run() -> None:
    moment = [at(TODAY, 1)]
    real = timezone.now
    timezone.now = lambda: moment[0]
    try:
        with transaction.atomic():
            _nights(moment)
            transaction.set_rollback(True)
    finally:
        timezone.now = real


def _nights(moment: list[dt.datetime]) -> None:
    term = Term.objects.get(pk=AUTUMN)
    classes = _write_attendance(term)
    rows = [_timed("floor: the term's enrolments read once", _floor)]
    rows.append(
        _timed("a month of attendance taken in", lambda: recompute(classes=classes, term=term, by=BY))
    )
    rows.append(_timed("first night", _night))
    rows.append(_timed("the same night again", _night))
    moment[0] = at(TODAY + dt.timedelta(days=1), 1)
    rows.append(_timed("the night after", _night))
    moment[0] = at(TODAY + dt.timedelta(days=21), 1)
    rows.append(_timed("a night when every deadline has passed", _night))
    children = Enrolment.objects.of(term).count()
    print(
        f"{children:,} children, {len(classes):,} classes, {Absence.objects.count():,} absences, {AbsenceRun.objects.count():,} runs, "
        f"{Case.objects.count():,} cases, {Escalation.objects.count():,} climbs; aim: {AIM_SECONDS} s a night\n"
    )
    floor = rows[0][1]
    table(
        ("what", "s", "queries", "x floor"),
        [(what, f"{took:.2f}", queries, f"{took / floor:.1f}") for what, took, queries in rows],
    )


def _timed(what: str, action: Callable[[], object]) -> tuple[str, float, int]:
    began = time.perf_counter()
    with CaptureQueriesContext(connection) as queries:
        action()
    return what, time.perf_counter() - began, len(queries)


def _floor() -> None:
    columns = ("student", "school", "school_class", "home_area", "school_area", "stage", "grade", "status")
    for _ in Enrolment.objects.filter(term=AUTUMN).values_list(*columns).iterator(chunk_size=5000):
        pass


def _night() -> None:
    for name in settings.DAILY_ACTIONS:
        if name.startswith(("dropout.", "povertyedu.indicators.", "povertyedu.findings.")):
            import_string(name)()


def _write_attendance(term: Term) -> list[int]:
    """Write a month of class days and absences straight into the tables; return the classes."""
    chance = random.Random(1)
    seats = list(
        Enrolment.objects.of(term)
        .studying()
        .filter(stage__in=["primary", "junior"], school_class__isnull=False)
        .values_list("student_id", "school_class_id")
    )
    classes = sorted({of_class for _, of_class in seats})
    days = working_days(TODAY - dt.timedelta(days=70), TODAY - dt.timedelta(days=1))[-SCHOOL_DAYS:]
    since = {student: chance.choice(days) for student, _ in seats if chance.random() < AWAY}
    away = {
        day: {
            student: of_class
            for student, of_class in seats
            if since.get(student, TODAY) <= day or chance.random() < NOW_AND_THEN
        }
        for day in days
    }
    now = timezone.now()
    bulk.insert(
        ClassDay,
        ("school_class_id", "term_id", "date", "enrolled", "absent", "version", "entered_at", "entered_by"),
        ((of_class, term.pk, day, 200, 0, 1, now, "基准") for day in days for of_class in classes),
    )
    keys = {
        (of_class, day): pk
        for pk, of_class, day in ClassDay.objects.values_list("pk", "school_class", "date")
    }
    bulk.insert(
        Absence,
        ("class_day_id", "student_id", "term_id", "date", "reason", "excused"),
        (
            (keys[of_class, day], student, term.pk, day, str(AbsenceReason.UNKNOWN), False)
            for day in days
            for student, of_class in away[day].items()
        ),
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return classes
