"""双月报基础表: every project as it stood at the end of two months, frozen when it is submitted."""

import datetime as dt

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Area
from povertyedu.orgs.scope import ScopedQuerySet
from povertyedu.workflow.models import Decision
from projects.enums import FROZEN_TABLES, BaseTableState, ProjectState

from .project import Project


class BaseTableQuerySet(ScopedQuerySet):
    """Base tables are the county's."""

    def _reads_at(self, scope) -> Q:
        return scope.area_q("area_id")

    def open(self):
        return self.exclude(state__in=FROZEN_TABLES)

    def overdue(self):
        return self.open().filter(due_on__lt=today())

    def frozen(self):
        return self.filter(state__in=FROZEN_TABLES)


class BaseTable(models.Model):
    """One table of the county for two months, ``first`` to ``last``; due on a day of the month after."""

    area = models.ForeignKey(Area, models.PROTECT, related_name="base_tables", verbose_name="县")
    first = models.DateField("起")
    last = models.DateField("止")
    due_on = models.DateField("报送截止", help_text="这一天是最后一天")
    state = models.CharField(
        "状态", max_length=10, choices=BaseTableState.choices, default=BaseTableState.DRAFT
    )
    note = models.CharField("总体说明", max_length=1000, blank=True)
    opened_on = models.DateField("建立日期", default=timezone.localdate)
    submitted_at = models.DateTimeField("报送时间", null=True, blank=True)
    submitted_by_id = models.BigIntegerField("报送人编号", null=True, blank=True)
    accepted_by_id = models.BigIntegerField("审定人编号", null=True, blank=True)
    told_late_on = models.DateField("逾期提醒", null=True, blank=True)
    drawn_from = models.CharField(
        "取数依据", max_length=120, blank=True, help_text="取数时各本账到了哪一笔；空的要重新取数"
    )

    objects = BaseTableQuerySet.as_manager()

    class Meta:
        verbose_name = "双月报基础表"
        ordering = ["-last"]
        constraints = [
            models.UniqueConstraint(fields=["area", "last"], name="base_table_once_per_period"),
            models.CheckConstraint(
                name="base_table_is_due_after_its_months", condition=Q(first__lt=F("last"), due_on__gt=F("last"))
            ),
            models.CheckConstraint(
                name="submitted_base_table_says_who_and_when",
                condition=~Q(state__in=FROZEN_TABLES) | Q(submitted_at__isnull=False, submitted_by_id__isnull=False),
            ),
            models.CheckConstraint(
                name="base_table_accepted_by_another_person",
                condition=~Q(state=BaseTableState.ACCEPTED)
                | Q(accepted_by_id__isnull=False) & ~Q(accepted_by_id=F("submitted_by_id")),
                violation_error_message="审定人不能是报送人。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.period}双月报基础表"

    def get_absolute_url(self) -> str:
        return reverse("projects:base_table", args=[self.pk])

    @property
    def period(self) -> str:
        if self.first.year == self.last.year:
            return f"{self.last.year}年{self.first.month}—{self.last.month}月"
        return f"{self.first.year}年{self.first.month}月—{self.last.year}年{self.last.month}月"

    @property
    def is_frozen(self) -> bool:
        return self.state in FROZEN_TABLES

    @property
    def days_late(self) -> int:
        """Whole days after the deadline, until it was submitted or until today; 0 in time."""
        until = timezone.localdate(self.submitted_at) if self.is_frozen and self.submitted_at else today()
        return max(0, (until - self.due_on).days)

    @property
    def tone(self) -> str:
        if not self.is_frozen and self.days_late:
            return "bad"
        return {"accepted": "ok", "submitted": "doing", "returned": "warn"}.get(self.state, "todo")

    @property
    def state_words(self) -> str:
        return (
            f"{self.get_state_display()}，迟 {self.days_late} 天"
            if self.days_late
            else self.get_state_display()
        )


class BaseTableDecision(Decision):
    subject = models.ForeignKey(
        BaseTable, models.PROTECT, related_name="decisions", verbose_name="双月报基础表"
    )

    class Meta(Decision.Meta):
        verbose_name = "双月报办理记录"


class BaseTableRow(models.Model):
    """One project of a table. Until it is submitted only ``note`` is typed, the rest is drawn anew when its books have moved on.

    ``facts``: code, name, programme, year, area, schools, kind, content, starts_on, due_on, started_on, finished_on, as
    they were (texts; days as 2026-10-31 or ""). ``by_source``: {source: [budget, arrived, contracted, paid] in fen}.
    """

    table = models.ForeignKey(BaseTable, models.PROTECT, related_name="rows", verbose_name="双月报基础表")
    project = models.ForeignKey(Project, models.PROTECT, related_name="+", verbose_name="建设项目")
    facts = models.JSONField("项目情况", default=dict, blank=True)
    by_source = models.JSONField("各来源资金", default=dict, blank=True)
    state = models.CharField("状态", max_length=12, choices=ProjectState.choices, blank=True)
    percent = models.PositiveSmallIntegerField("形象进度（%）", default=0)
    budget_fen = models.BigIntegerField("预算（分）", default=0)
    arrived_fen = models.BigIntegerField("到位（分）", default=0)
    contracted_fen = models.BigIntegerField("合同（分）", default=0)
    paid_fen = models.BigIntegerField("支付（分）", default=0)
    is_late = models.BooleanField("超期", default=False)
    note = models.CharField("说明", max_length=300, blank=True)
    reasons = models.CharField("需说明的", max_length=120, blank=True)
    has_changed = models.BooleanField("比上期有变化", default=False)
    is_new = models.BooleanField("新列入", default=False)

    class Meta:
        verbose_name = "双月报项目"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["table", "project"], name="project_once_in_a_base_table"),
            models.CheckConstraint(name="base_row_percent_within_100", condition=Q(percent__lte=100)),
        ]

    def __str__(self):
        return f"{self.table} {self.project}"

    @property
    def tone(self) -> str:
        if self.is_late or self.state == ProjectState.HALTED:
            return "bad"
        return {"preliminary": "todo", "under_way": "doing", "cancelled": "todo"}.get(self.state, "ok")

    @property
    def state_words(self) -> str:
        return f"{self.get_state_display()}，超期" if self.is_late else self.get_state_display()


class Period:
    """Two months and the day their table is due: the ``day``-th of the month after."""

    def __init__(self, year: int, month: int, day: int):
        self.due_on = dt.date(year, month, day)
        self.opens_on = dt.date(year, month, 1)
        self.last = self.opens_on - dt.timedelta(days=1)
        self.first = (self.last.replace(day=1) - dt.timedelta(days=1)).replace(day=1)

    @classmethod
    def begun_by(cls, on: dt.date, *, odd: bool, day: int) -> "Period":
        """Return the period whose table was the last to be opened by ``on``: in odd months, or in even ones."""
        month = on.replace(day=1)
        if (month.month % 2 == 1) != odd:
            month = (month - dt.timedelta(days=1)).replace(day=1)
        return cls(month.year, month.month, day)
