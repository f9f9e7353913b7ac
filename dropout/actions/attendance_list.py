"""Absent days of a workbook written set-based: a class's day that a row names is entered, all others were there."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.db import transaction
from django.db.models import Count, F, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce, Greatest

from dropout.models import Absence, AbsenceChange, ClassDay, reason_words
from povertyedu import bulk
from povertyedu.orgs.models import SchoolClass, Term
from povertyedu.workflow.flow import Actor
from students.models import Enrolment

from .attendance import Why, keep_promises
from .runs import recompute


class NewAbsence(NamedTuple):
    """A child absent on a day of a class; without a child the row says that all of the class were there."""

    school_class: int
    date: dt.date
    student: int | None
    why: Why
    old: Why | None = None  # as it is entered already


@transaction.atomic
def take_in(*, rows: Sequence[NewAbsence], term: Term, by: Actor) -> None:
    """Write ``rows``; days that stand get the absences beside those they have. Queries do not grow with the rows."""
    classes = {row.school_class for row in rows}
    with bulk.keys(SchoolClass, "id", classes) as keys:
        locked = SchoolClass.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk")
        list(locked.values_list("pk", flat=True))
        standing = _days(keys, rows)
        studying = Enrolment.objects.of(term).studying().filter(school_class__in=keys).order_by()
        sizes = dict(studying.values_list("school_class").annotate(Count("pk")))
    new = {(row.school_class, row.date) for row in rows} - standing.keys()
    bulk.insert_new([
        ClassDay(
            school_class_id=school_class, term=term, date=date, enrolled=sizes.get(school_class, 0), absent=0, version=0,
            entered_by_id=by.id, entered_by=by.name,
        )
        for school_class, date in sorted(new)
    ])  # fmt: skip
    with bulk.keys(SchoolClass, "id", classes) as keys:
        days = _days(keys, rows)
    absent = [row for row in rows if row.student]
    columns = ("class_day_id", "student_id", "term_id", "date", "reason", "excused")
    bulk.merge(
        Absence, columns,
        [(days[row.school_class, row.date], row.student, term.pk, row.date, *row.why) for row in absent],
        unique=("student_id", "date"), compare=("reason", "excused"), keep=("class_day_id", "term_id"),
    )  # fmt: skip
    keep_changes(
        [
            (days[key], row.student, row.old, row.why)
            for row in absent
            if (key := (row.school_class, row.date)) in standing
        ],
        by,
    )
    with bulk.keys(ClassDay, "id", {days[row.school_class, row.date] for row in rows}) as keys:
        keep_promises(Absence.objects.filter(class_day__in=keys))
        _count(ClassDay.objects.filter(pk__in=keys))
    recompute(classes=classes, term=term, by=by)


def _days(classes, rows: Sequence[NewAbsence]) -> dict[tuple[int, dt.date], int]:
    dates = {row.date for row in rows}
    found = ClassDay.objects.filter(school_class__in=classes, date__gte=min(dates), date__lte=max(dates))
    return {
        (school_class, date): pk for pk, school_class, date in found.values_list("pk", "school_class", "date")
    }


def keep_changes(rows: Iterable[tuple[int, int, Why | None, Why | None]], by: Actor) -> None:
    """Keep for good what became otherwise: (day, child, why it was absent before, why now), None for there."""
    bulk.insert_new([
        AbsenceChange(
            class_day_id=day, student_id=student, by_id=by.id, by_name=by.name,
            old=reason_words(*old) if old else "", new=reason_words(*new) if new else "",
        )
        for day, student, old, new in rows
        if old != new
    ])  # fmt: skip


def _count(days) -> None:
    """Count the absent anew; a day that a page shows is another version now."""
    absences = Absence.objects.filter(class_day=OuterRef("pk")).order_by().values("class_day")
    absent = Coalesce(Subquery(absences.values(n=Count("pk")), output_field=IntegerField()), 0)
    days.update(absent=absent, enrolled=Greatest(F("enrolled"), absent), version=F("version") + 1)
