"""控辍工作历: dated duties that the county sets, and the tasks they make for each place."""

import calendar as months
import datetime as dt

from django.db import models
from django.db.models import F, Q

from dropout.enums import DutyCode, DutyPlace, SixSystem, TaskState
from povertyedu.files.models import StoredFile
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Area, School

from .chains import ChainLinkQuerySet
from .placed import ONE_PLACE, PlacedQuerySet


class CalendarDuty(models.Model):
    """工作历事项: what is due on a day of some months, for every school, every township or the county.

    Tasks are made from ``since`` on, so that a new duty leaves nothing overdue behind it.
    """

    name = models.CharField("事项", max_length=40)
    task = models.CharField("要求", max_length=200, blank=True)
    system = models.CharField("六项制度", max_length=16, choices=SixSystem.choices, blank=True)
    code = models.CharField(
        "系统自动办结", max_length=20, choices=DutyCode.choices, blank=True,
        help_text="选了的，在对应的页面办完后自动办结；不选的由责任单位登记办结",
    )  # fmt: skip
    place = models.CharField("责任单位", max_length=10, choices=DutyPlace.choices)
    months = models.JSONField("月份", help_text="1 到 12")
    day = models.PositiveSmallIntegerField("截止日", help_text="当月没有这一天的，为当月最后一天")
    lead = models.PositiveSmallIntegerField("提前天数", help_text="截止前这么多天开始，并提醒责任单位")
    since = models.DateField("起用日期")
    is_active = models.BooleanField("在用", default=True)

    objects = ChainLinkQuerySet.as_manager()

    class Meta:
        verbose_name = "工作历事项"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="duty_is_due_on_a_day_of_the_month", condition=Q(day__gte=1, day__lte=31),
                violation_error_message="截止日应为 1 到 31。",
            ),
            models.CheckConstraint(
                name="duty_begins_within_a_year", condition=Q(lead__lte=365), violation_error_message="提前天数不超过 365。"
            ),
            models.UniqueConstraint(
                fields=["code", "place"], condition=Q(is_active=True) & ~Q(code=""), name="duty_of_a_code_once_per_place",
                violation_error_message="这一项自动办结的事项已经有了；请修改原来的，或先停用。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return self.name

    @property
    def month_words(self) -> str:
        return "每月" if len(self.months) == 12 else "、".join(f"{month}月" for month in self.months)

    def due_in(self, year: int, month: int) -> dt.date:
        return dt.date(year, month, min(self.day, months.monthrange(year, month)[1]))

    def due_days(self, year: int) -> list[dt.date]:
        """Return the days of ``year`` on which it is due, those before ``since`` left out."""
        days = [self.due_in(year, month) for month in self.months]
        return [day for day in days if day >= self.since]

    def begins(self, due: dt.date) -> dt.date:
        return due - dt.timedelta(days=self.lead)


class DutyTaskQuerySet(PlacedQuerySet):
    """Tasks by place and by how they stand."""

    def in_state(self, state: str):
        conditions = {
            TaskState.WAITING: Q(done_on=None, due_on__gte=today()),
            TaskState.LATE: Q(done_on=None, due_on__lt=today()),
            TaskState.DONE: Q(done_on__lte=F("due_on")),
            TaskState.DONE_LATE: Q(done_on__gt=F("due_on")),
        }
        return self.filter(conditions[TaskState(state)])

    def open(self):
        return self.filter(done_on=None)

    def with_place(self):
        return self.select_related("duty", "school__area", "area__parent", "file")


class DutyTask(models.Model):
    """应办事项: one duty of one place for one month; done once, by a record of the system or by hand."""

    duty = models.ForeignKey(CalendarDuty, models.PROTECT, related_name="tasks", verbose_name="事项")
    school = models.ForeignKey(
        School, models.PROTECT, null=True, blank=True, related_name="duty_tasks", verbose_name="学校"
    )
    area = models.ForeignKey(
        Area, models.PROTECT, null=True, blank=True, related_name="duty_tasks", verbose_name="县或乡镇"
    )
    opens_on = models.DateField("开始")
    due_on = models.DateField("截止")
    done_on = models.DateField("办结日期", null=True, blank=True)
    done_by = models.CharField("办理人", max_length=60, blank=True)
    note = models.CharField("办理情况", max_length=500, blank=True)
    file = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="佐证材料"
    )
    told_late_on = models.DateField("逾期提醒", null=True, blank=True)

    objects = DutyTaskQuerySet.as_manager()

    class Meta:
        verbose_name = "应办事项"
        ordering = ["due_on", "pk"]
        constraints = [
            models.CheckConstraint(name="duty_task_has_one_place", condition=ONE_PLACE),
            models.UniqueConstraint(
                fields=["duty", "due_on", "school"], condition=Q(school__isnull=False), name="duty_task_once_per_school"
            ),
            models.UniqueConstraint(
                fields=["duty", "due_on", "area"], condition=Q(area__isnull=False), name="duty_task_once_per_area"
            ),
            models.CheckConstraint(
                name="done_duty_task_says_who", condition=Q(done_on=None) | ~Q(done_by=""),
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["due_on", "id"], name="duty_task_by_day"),
            models.Index(fields=["due_on"], condition=Q(done_on=None, told_late_on=None), name="duty_task_not_told"),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.duty} {self.due_on:%Y-%m} {self.place}"

    @property
    def place(self) -> School | Area:
        return self.school or self.area

    @property
    def state(self) -> TaskState:
        if self.done_on:
            return TaskState.DONE if self.done_on <= self.due_on else TaskState.DONE_LATE
        return TaskState.WAITING if self.due_on >= today() else TaskState.LATE
