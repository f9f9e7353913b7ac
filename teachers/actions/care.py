"""Verbs of health checks, insurances, and lists where rural years count."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Checked:
    """That a teacher (key) went to a year's check, or why not; ``pk`` is the check they were invited to."""

    teacher: int
    year: int
    done_on: dt.date | None
    missed: str
    hospital: str = ""
    pk: int | None = None


@transaction.atomic
def take_in_checks(*, by: Actor, rows: Sequence[Checked]) -> None:
    """Write ``rows`` down; who was not invited is, on the day they went. Results stay as they are. Queries do not grow with the rows."""
    teachers = _teachers(rows)
    made = [
        HealthCheck(
            teacher=teachers[row.teacher], year=row.year, invited_on=row.done_on or today(), hospital=row.hospital, done_on=row.done_on, missed=row.missed
        )
        for row in rows if row.pk is None
    ]  # fmt: skip
    HealthCheck.objects.bulk_create(made)
    known = HealthCheck.objects.select_related("teacher__person").in_bulk([row.pk for row in rows if row.pk])
    for row in rows:
        if check := known.get(row.pk):
            check.done_on, check.missed, check.hospital = row.done_on, row.missed, row.hospital
    HealthCheck.objects.bulk_update(known.values(), ["done_on", "missed", "hospital"], batch_size=500)
    told = [
        (check, {"done_on": [None, str(check.done_on or check.missed)]}) for check in [*made, *known.values()]
    ]
    record_many(by, action="health.done", rows=told)


@dataclass(frozen=True)
class Insured:
    """One kind paid for a teacher (key) from a day on; ``pk`` is the row it corrects."""

    teacher: int
    kind: str
    since: dt.date
    until: dt.date | None
    note: str = ""
    pk: int | None = None


def _teachers(rows: Sequence[Checked | Insured]) -> dict[int, Teacher]:
    return Teacher.objects.select_related("person").in_bulk({row.teacher for row in rows})


@transaction.atomic
def take_in_insurances(*, by: Actor, rows: Sequence[Insured]) -> None:
    """Write ``rows`` down, ends before beginnings, as one kind runs once. Queries do not grow with the rows."""
    known = Insurance.objects.select_related("teacher__person").in_bulk([row.pk for row in rows if row.pk])
    for row in rows:
        if held := known.get(row.pk):
            held.until, held.note = row.until, row.note
    Insurance.objects.bulk_update(known.values(), ["until", "note"], batch_size=500)
    teachers = _teachers(rows)
    made = [
        Insurance(teacher=teachers[row.teacher], kind=row.kind, since=row.since, until=row.until, note=row.note) for row in rows if row.pk is None
    ]  # fmt: skip
    Insurance.objects.bulk_create(made, batch_size=500)
    record_many(by, action="insurance.begin", rows=[(row, {"since": [None, str(row.since)]}) for row in made])
    record_many(
        by, action="insurance.end", rows=[(row, {"until": [None, str(row.until)]}) for row in known.values()]
    )


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
    entries = list(tilt.entries.all())
    for entry in entries:
        entry.rural_points = tilt.points_for(entry.rural_months)
    TiltEntry.objects.bulk_update(entries, ["rural_points"], batch_size=500)
    record(by, action="tilt.keep", subject=tilt, changes={"points_per_year": [None, tilt.points_per_year]})
    return tilt


def _open(tilt: TiltList) -> None:
    if tilt.pk and TiltList.objects.select_for_update(no_key=True).get(pk=tilt.pk).closed_on:
        raise StepRefused("这份名单已定榜，不能再改。")


@transaction.atomic
def put_up(*, by: Actor, tilt: TiltList, teacher: Teacher, base_points: int) -> TiltEntry:
    """Put a candidate on an open list; months at rural schools are reckoned from the posts held until today."""
    _open(tilt)
    made = _entries(tilt, [(teacher, base_points)])[0]
    made.validate_constraints()
    made.save()
    record(by, action="tilt.put_up", subject=made, changes={"points": [None, made.points]})
    return made


@transaction.atomic
def put_up_all(*, by: Actor, tilt: TiltList, candidates: Sequence[tuple[Teacher, int]]) -> None:
    """Put candidates on an open list, or correct their points; months are reckoned anew. Queries do not grow with them."""
    _open(tilt)
    made = _entries(tilt, candidates)
    TiltEntry.objects.bulk_create(
        made, update_conflicts=True, unique_fields=["tilt", "teacher"],
        update_fields=["base_points", "rural_months", "rural_points", "is_rural"],
    )  # fmt: skip
    record_many(by, action="tilt.put_up", rows=[(entry, {"points": [None, entry.points]}) for entry in made])


def _entries(tilt: TiltList, candidates: Sequence[tuple[Teacher, int]]) -> list[TiltEntry]:
    """Return unsaved entries with the months and points that rural years give."""
    months = rural_months([teacher.pk for teacher, _ in candidates], today())
    return [
        TiltEntry(
            tilt=tilt, teacher=teacher, base_points=points, rural_months=months[teacher.pk][0], rural_points=tilt.points_for(months[teacher.pk][0]),
            is_rural=months[teacher.pk][1],
        )
        for teacher, points in candidates
    ]  # fmt: skip


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
