"""控辍工作历: the county's dated duties, the tasks they make each day, who is told, and how a task is done."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse

from dropout.dated_duties import USUAL_DUTIES
from dropout.enums import DutyCode
from dropout.models import CalendarDuty, DutyTask
from dropout.queries.duty_places import keepers_of, places_of
from povertyedu import bulk
from povertyedu.audit.changes import changes_between
from povertyedu.audit.models import record
from povertyedu.inbox.models import tell_many
from povertyedu.orgs.calendar import today
from povertyedu.workflow.flow import Actor

from .uploads import kept

LOOKS_BACK = 62  # days: what came due while no worker ran is still made


@transaction.atomic
def take_usual_duties(*, by: Actor) -> list[CalendarDuty]:
    """Take the usual duties; one that the county has by name and responsible place stays as it is."""
    had = set(CalendarDuty.objects.values_list("name", "place"))
    usual = [duty for duty in USUAL_DUTIES if (duty.name, duty.place) not in had]
    made = [
        CalendarDuty.objects.create(**duty._asdict() | {"months": list(duty.months), "since": today()})
        for duty in usual
    ]
    if made:
        record(by, action="calendar.take", subject=made[0], changes={"事项": ["", f"{len(made)} 项"]})
    return made


@transaction.atomic
def set_duty(*, by: Actor, duty: CalendarDuty, **fields: Any) -> CalendarDuty:
    """Change or add a duty. Tasks that nobody has done yet take the new days with the next daily run."""
    old = CalendarDuty.objects.filter(pk=duty.pk).first()
    for name, value in fields.items():
        setattr(duty, name, value)
    if not duty.months:
        raise ValidationError("请至少选一个月份。")
    duty.since = duty.since or today()
    duty.full_clean()
    duty.save()
    if old and (old.day, old.months, old.place, old.is_active) != (
        duty.day,
        duty.months,
        duty.place,
        duty.is_active,
    ):
        duty.tasks.open().filter(due_on__gte=today()).delete()  # made anew, or no more
    record(by, action="calendar.duty", subject=duty, changes=changes_between(old, duty))
    return duty


def keep_calendar() -> None:
    """Daily: make the tasks that begin, tell who has them, tell once of those that are overdue."""
    begun = make_tasks()
    with transaction.atomic():
        late = _mark_late()
    for tasks, tone, words in ((begun, "info", "新的应办事项"), (late, "warn", "逾期未办的事项")):
        _tell(tasks, tone, words)


@transaction.atomic
def make_tasks() -> list[DutyTask]:
    """Make the tasks of every place whose duty begins by today; those that are there stay. Return the new ones."""
    now, wanted = today(), []
    for duty in CalendarDuty.objects.select_for_update().filter(is_active=True):
        days = [day for year in (now.year - 1, now.year, now.year + 1) for day in duty.due_days(year)]
        far_back = now - dt.timedelta(days=LOOKS_BACK)
        wanted += [(duty, day) for day in days if duty.begins(day) <= now and day >= far_back]
    if not wanted:
        return []
    here = places_of({duty.place for duty, _ in wanted})
    first = min(day for _, day in wanted)
    rows = DutyTask.objects.filter(due_on__gte=first.replace(day=1))
    # by month: a place that has done it does not do it again because the day was changed
    there = {
        (duty, due.year, due.month, school, area)
        for duty, due, school, area in rows.values_list("duty", "due_on", "school", "area")
    }
    new = [
        DutyTask(duty=duty, due_on=day, opens_on=duty.begins(day), school_id=school, area_id=area)
        for duty, day in wanted
        for school, area in here[duty.place]
        if (duty.pk, day.year, day.month, school, area) not in there
    ]
    bulk.insert_new(new)
    return new


def _mark_late() -> list[DutyTask]:
    rows = DutyTask.objects.open().filter(due_on__lt=today(), told_late_on=None)
    late = list(rows.select_for_update(of=("self",)).select_related("duty"))
    rows.filter(due_on__lt=today()).update(told_late_on=today())
    return late


def _tell(tasks: Iterable[DutyTask], tone: str, words: str) -> None:
    """Put one message into the inbox of everybody who keeps the calendar of a place of ``tasks``."""
    tasks = list(tasks)
    if not tasks:
        return
    told: dict[Any, Counter] = defaultdict(Counter)
    keepers = keepers_of({task.school_id for task in tasks}, {task.area_id for task in tasks})
    for task in tasks:
        for user in keepers[task.school_id or task.area_id]:
            told[user][task.duty.name] += 1
    url = reverse("dropout:calendar")
    tell_many(((user, f"{words}：{'、'.join(names)}。") for user, names in told.items()), url=url, tone=tone)


def finish(
    *, by: Actor, code: DutyCode, place, due_by: dt.date | None = None, note: str = ""
) -> DutyTask | None:
    """Mark the place's oldest open task of ``code`` as done (the one due in the month of ``due_by``); None without one."""
    rows = DutyTask.objects.at(place).open().filter(duty__code=code, opens_on__lte=today())
    if due_by:
        rows = rows.filter(due_on__year=due_by.year, due_on__month=due_by.month)
    task = rows.order_by("due_on", "pk").first()
    if task and DutyTask.objects.open().filter(pk=task.pk).update(
        done_on=today(), done_by=by.name, note=note[:500]
    ):
        record(by, action="calendar.done", subject=task, changes={"办结": ["", str(today())]})
        return task
    return None


def do_task(*, by: Actor, task: DutyTask, note: str, upload=None, owner=None) -> DutyTask:
    """Mark a task as done by hand, with what was done and perhaps evidence. Raise ValidationError where it is done already."""
    if task.duty.code:
        raise ValidationError("这一事项在对应的页面办完后自动办结，不在这里登记。")
    with kept(upload, purpose="duty_task", owner=owner) as stored, transaction.atomic():
        done = DutyTask.objects.open().filter(pk=task.pk).update(
            done_on=today(), done_by=by.name, note=note, file=stored
        )  # fmt: skip
        if not done:
            raise ValidationError("这一事项已经办结，没有再记一遍。")
        task.refresh_from_db()
        record(by, action="calendar.done", subject=task, changes={"办理情况": ["", note[:200]]})
    return task
