"""Verbs of health checks, insurances, and lists where rural years count."""

import datetime as dt
from collections.abc import Sequence

from django.db import transaction

from povertyedu.audit.models import record, record_many
from povertyedu.orgs.calendar import today
from povertyedu.workflow.flow import Actor, StepRefused
from teachers.models import HealthCheck, Insurance, Teacher, TiltEntry, TiltList
from teachers.queries.care import rural_months


@transaction.atomic
def invite(*, by: Actor, teachers: Sequence[int], year: int, on: dt.date, hospital: str) -> int:
    """Invite teachers to the year's free check, each once; return how many are new. Queries do not grow with them."""
    rows = [
        HealthCheck(teacher_id=teacher, year=year, invited_on=on, hospital=hospital.strip()[:60])
        for teacher in teachers
    ]
    before = HealthCheck.objects.filter(year=year).count()
    HealthCheck.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    made = HealthCheck.objects.filter(year=year).count() - before
    if made:
        first = Teacher.objects.get(pk=teachers[0])
        record(
            by,
            action="health.invite",
            subject=first,
            changes={str(year): [None, made]},
            reason=f"体检机构：{hospital}",
        )
    return made


@transaction.atomic
def check_done(*, by: Actor, check: HealthCheck, on: dt.date, result: str = "") -> HealthCheck:
    """Register that a check was done; the result is sealed, and stays where none is given."""
    if on > today():
        raise StepRefused("体检日期不能晚于今天。")
    check.done_on, check.missed = on, ""
    if result.strip():
        check.result = result.strip()
    check.validate_constraints()
    check.save()
    record(by, action="health.done", subject=check, changes={"done_on": [None, str(on)]})
    return check


@transaction.atomic
def check_missed(*, by: Actor, check: HealthCheck, reason: str) -> HealthCheck:
    """Register why somebody did not go."""
    if check.done_on:
        raise StepRefused("已登记体检，不能再登记未检。")
    if not reason.strip():
        raise StepRefused("请填写没有体检的原因。")
    check.missed = reason.strip()[:200]
    check.save(update_fields=["missed"])
    record(by, action="health.missed", subject=check, changes={"missed": [None, check.missed]})
    return check


@transaction.atomic
def insure(*, by: Actor, teachers: Sequence[Teacher], kinds: Sequence[str], since: dt.date) -> int:
    """Register from when insurances are paid for teachers; those that run are left alone. Return how many are new."""
    running = set(
        Insurance.objects.filter(teacher__in=teachers, kind__in=kinds, until=None).values_list(
            "teacher", "kind"
        )
    )
    rows = [
        Insurance(teacher=teacher, kind=kind, since=since)
        for teacher in teachers
        for kind in kinds
        if (teacher.pk, kind) not in running
    ]
    Insurance.objects.bulk_create(rows, batch_size=500)
    record_many(by, action="insurance.begin", rows=[(row, {"since": [None, str(since)]}) for row in rows])
    return len(rows)


@transaction.atomic
def end_insurance(*, by: Actor, insurance: Insurance, until: dt.date, note: str = "") -> Insurance:
    insurance.until, insurance.note = until, note.strip()[:200]
    insurance.validate_constraints()
    insurance.save()
    record(by, action="insurance.end", subject=insurance, changes={"until": [None, str(until)]}, reason=note)
    return insurance


@transaction.atomic
def keep_tilt(*, by: Actor, tilt: TiltList) -> TiltList:
    """Open a list, or correct its rule while it is open: everybody's points are reckoned again."""
    _open(tilt)
    if not tilt.pk:
        tilt.by_name = by.name
    tilt.validate_constraints()
    tilt.save()
    for entry in tilt.entries.all():
        TiltEntry.objects.filter(pk=entry.pk).update(rural_points=tilt.points_for(entry.rural_months))
    record(by, action="tilt.keep", subject=tilt, changes={"points_per_year": [None, tilt.points_per_year]})
    return tilt


def _open(tilt: TiltList) -> None:
    if tilt.pk and TiltList.objects.select_for_update(no_key=True).get(pk=tilt.pk).closed_on:
        raise StepRefused("这份名单已定榜，不能再改。")


@transaction.atomic
def put_up(*, by: Actor, tilt: TiltList, teacher: Teacher, base_points: int) -> TiltEntry:
    """Put a candidate on an open list; months at rural schools are reckoned from the posts held until today."""
    _open(tilt)
    months, is_rural = rural_months(teacher, today())
    made = TiltEntry(
        tilt=tilt, teacher=teacher, base_points=base_points, rural_months=months, rural_points=tilt.points_for(months), is_rural=is_rural,
    )  # fmt: skip
    made.validate_constraints()
    made.save()
    record(by, action="tilt.put_up", subject=made, changes={"points": [None, made.points]})
    return made


@transaction.atomic
def choose(*, by: Actor, tilt: TiltList, chosen: Sequence[int]) -> TiltList:
    """Close a list with those of its candidates who were chosen; nothing of it changes any more."""
    _open(tilt)
    entries = tilt.entries.filter(pk__in=chosen)
    short = entries.filter(rural_months__lt=tilt.needed_months).select_related("teacher__person").first()
    if short:
        raise StepRefused(
            f"{short.teacher}乡村任教 {short.rural_months} 个月，不到要求的 {tilt.needed_months} 个月，不能评上。"
        )
    if not entries.exists():
        raise StepRefused("请勾选评上的人。")
    entries.update(chosen=True)
    tilt.closed_on = today()
    tilt.save(update_fields=["closed_on"])
    record(by, action="tilt.close", subject=tilt, changes={"chosen": [None, entries.count()]})
    return tilt
