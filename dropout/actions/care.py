"""家访, 关爱设施, 入学通知书: what is recorded of a family's visit, of care in a township, of a notice on its way."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from dropout.enums import DutyCode, Holiday
from dropout.models import CareFacility, EntryNotice, HomeVisit
from dropout.queries.entrants import Entrant, entrants_of
from dropout.queries.visiting import families_left
from povertyedu.audit.changes import changes_between
from povertyedu.audit.models import record
from povertyedu.orgs.calendar import today
from povertyedu.workflow.flow import Actor
from students.models import Enrolment

from .calendar import finish
from .uploads import kept

CODES = {
    Holiday.WINTER: DutyCode.WINTER_VISITS, Holiday.SPRING: DutyCode.SPRING_VISITS, Holiday.SUMMER: DutyCode.SUMMER_VISITS,
}  # fmt: skip
PER_STATEMENT = 1000


def visit_family(
    *, by: Actor, enrolment: Enrolment, year: int, holiday: Holiday, visited_on: dt.date, visitor: str, result: str, text: str = "",
    thoughts: str = "", upload=None, owner=None,
) -> tuple[HomeVisit, bool]:  # fmt: skip
    """Record the visit of a holiday; return it and whether it is new: one sent twice is there already, and stays."""
    if visited_on > today():
        raise ValidationError("家访日期不能晚于今天。")
    there = HomeVisit.objects.filter(student=enrolment.student_id, year=year, holiday=holiday)
    if found := there.first():
        return found, False
    with kept(upload, purpose="home_visit", owner=owner) as stored, transaction.atomic():
        visit = HomeVisit.objects.create(
            student_id=enrolment.student_id, year=year, holiday=holiday, school_id=enrolment.school_id, school_class_id=enrolment.school_class_id,
            school_area=enrolment.school_area, home_area=enrolment.home_area, visited_on=visited_on, visitor=visitor, result=result,
            thoughts=thoughts, text=text, photo=stored, by_id=by.id, by_name=by.name,
        )  # fmt: skip
        record(
            by, action="home_visit", subject=enrolment.student, changes={"家访": ["", f"{year} {holiday}"]}
        )
        if enrolment.school and not families_left(enrolment.school, enrolment.term, year, holiday):
            finish(by=by, code=CODES[Holiday(holiday)], place=enrolment.school)
    return visit, True


@transaction.atomic
def keep_facility(*, by: Actor, facility: CareFacility, **fields: Any) -> CareFacility:
    """Register a facility or change it."""
    old = CareFacility.objects.filter(pk=facility.pk).first()
    for name, value in fields.items():
        setattr(facility, name, value)
    facility.by_name = by.name
    facility.full_clean()
    facility.save()
    record(by, action="care.keep", subject=facility, changes=changes_between(old, facility))
    return facility


def make_notices(*, by: Actor, year: int, enrolments) -> int:
    """Make the notices of a year for the entrants among ``enrolments``; return how many are new. Again makes none.

    A child that was told another school since takes it, as long as the notice is not delivered.
    """
    made = 0
    for batch in _batches(entrants_of(year, enrolments)):
        with transaction.atomic():
            made += _make(batch, year)
    if made:
        newest = EntryNotice.objects.filter(year=year).order_by("-pk")[0]
        record(by, action="notice.make", subject=newest, changes={f"{year}年": ["", f"{made} 份"]})
    return made


def _batches(found: Iterator[Entrant]) -> Iterator[list[Entrant]]:
    batch: list[Entrant] = []
    for entrant in found:
        batch.append(entrant)
        if len(batch) == PER_STATEMENT:
            yield batch
            batch = []
    if batch:
        yield batch


def _make(batch: list[Entrant], year: int) -> int:
    rows = EntryNotice.objects.filter(year=year, student__in=[entrant.student for entrant in batch])
    present = {notice.student_id: notice for notice in rows}
    new = [
        EntryNotice(
            student_id=each.student, year=year, stage=each.stage, school_id=each.school, guardian=each.guardian,
            school_area=each.school_area, home_area=each.home_area, made_on=today(),
        )
        for each in batch
        if each.student not in present
    ]  # fmt: skip
    moved = []
    for each in batch:
        notice = present.get(each.student)
        if notice and not notice.delivered_on and each.school and notice.school_id != each.school:
            notice.school_id, notice.school_area, notice.stage = each.school, each.school_area, each.stage
            moved.append(notice)
    EntryNotice.objects.bulk_update(moved, ["school", "school_area", "stage"], batch_size=PER_STATEMENT)
    EntryNotice.objects.bulk_create(new, batch_size=PER_STATEMENT, ignore_conflicts=True)
    return len(new)


@transaction.atomic
def track_notices(*, by: Actor, notices, on: dt.date, returned: bool) -> int:
    """Mark notices as delivered on a day, or their receipts as returned; return how many changed.

    A receipt of a notice that nobody marked as delivered says that it was, on that day at the latest.
    """
    if on > today():
        raise ValidationError("日期不能晚于今天。")
    rows = EntryNotice.objects.filter(pk__in=list(notices.values_list("pk", flat=True)))
    delivered = rows.filter(delivered_on=None)
    touched = rows.filter(Q(returned_on=None) if returned else Q(delivered_on=None))
    schools = list({notice.school for notice in touched.select_related("school") if notice.school})
    changed = touched.count()
    delivered.update(delivered_on=on, delivered_by=by.name)
    if returned:
        rows.filter(returned_on=None).update(returned_on=on)
    for school in schools:
        left = EntryNotice.objects.filter(school=school, year=on.year).undelivered()
        if not left.exists():
            finish(by=by, code=DutyCode.NOTICES, place=school)
    if changed:
        first = rows.order_by("pk")[0]
        word = "回执" if returned else "送达"
        record(by, action="notice.track", subject=first, changes={word: ["", f"{changed} 份 {on}"]})
    return changed
