"""学校月报、县季度会商: figures and names as they stood when it was submitted."""

import datetime as dt

from django.db import models
from django.db.models import Q
from django.utils import timezone

from dropout.enums import ReportKind, ReportState
from povertyedu.orgs.models import Area, School
from povertyedu.sealing.fields import SealedCharField
from povertyedu.workflow.models import Decision
from students.models import Student

from .placed import ONE_PLACE, PlacedQuerySet, names_children_at


class ReportQuerySet(PlacedQuerySet):
    """Reports by place and state; each names the children of its whole place."""

    def _reads_at(self, scope) -> Q:
        return names_children_at(scope)

    def handed_in(self):
        return self.filter(state__in=[ReportState.SUBMITTED, ReportState.REVIEWED, ReportState.ACCEPTED])

    def with_place(self):
        return self.select_related("school__area", "school__centre", "area")


class Report(models.Model):
    """One report of one place for a month or a quarter (``last`` is its last day).

    Handed in before its last day it counts to the day it froze (``counted_to``); the next one begins (``first``) on the day after.
    ``figures``: {column: {"primary": n, "junior": n, "other": n}}, empty until it is submitted, then kept as they were.
    """

    kind = models.CharField("种类", max_length=10, choices=ReportKind.choices)
    school = models.ForeignKey(
        School, models.PROTECT, null=True, blank=True, related_name="dropout_reports", verbose_name="学校"
    )
    area = models.ForeignKey(
        Area, models.PROTECT, null=True, blank=True, related_name="dropout_reports", verbose_name="县"
    )
    first = models.DateField("起")
    last = models.DateField("止")
    counted_to = models.DateField("统计到", null=True, blank=True)
    state = models.CharField("状态", max_length=10, choices=ReportState.choices, default=ReportState.DRAFT)
    figures = models.JSONField("数字", default=dict, blank=True)
    conclusion = models.CharField("情况说明、会商意见", max_length=1000, blank=True)
    submitted_at = models.DateTimeField("报送时间", null=True, blank=True)
    opened_at = models.DateTimeField("建立时间", default=timezone.now)

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = "控辍报告"
        ordering = ["-last", "pk"]
        constraints = [
            models.CheckConstraint(name="report_has_one_place", condition=ONE_PLACE),
            models.CheckConstraint(
                name="monthly_report_is_a_schools",
                condition=Q(kind=ReportKind.MONTHLY, school__isnull=False) | Q(kind=ReportKind.QUARTERLY, area__isnull=False),
            ),
            models.CheckConstraint(
                name="submitted_report_has_figures",
                condition=Q(state__in=[ReportState.DRAFT, ReportState.RETURNED]) | Q(submitted_at__isnull=False),
            ),
            *[
                models.UniqueConstraint(
                    fields=["kind", "last", name], condition=Q(**{f"{name}__isnull": False}), name=f"report_once_per_{name}"
                )
                for name in ("school", "area")
            ],
        ]  # fmt: skip

    def __str__(self):
        return f"{self.place} {self.period}{self.get_kind_display()}"

    @property
    def place(self) -> School | Area:
        return self.school or self.area

    @property
    def period(self) -> str:
        if self.kind == ReportKind.MONTHLY:
            return f"{self.last.year}年{self.last.month}月"
        return f"{self.last.year}年第{self.last.month // 3}季度"

    @property
    def is_frozen(self) -> bool:
        return self.state in (ReportState.SUBMITTED, ReportState.REVIEWED, ReportState.ACCEPTED)

    @property
    def due_in(self) -> dt.date:
        return self.last


class ReportDecision(Decision):
    subject = models.ForeignKey(Report, models.PROTECT, related_name="decisions", verbose_name="控辍报告")

    class Meta(Decision.Meta):
        verbose_name = "控辍报告办理记录"


class ReportLine(models.Model):
    """One child of a report as it was (W9): name, school, class, where it is, who answers, what was done."""

    report = models.ForeignKey(Report, models.CASCADE, related_name="lines", verbose_name="控辍报告")
    student = models.ForeignKey(Student, models.PROTECT, related_name="+", verbose_name="学生")
    name = models.CharField("姓名", max_length=60)
    school_name = models.CharField("学校", max_length=80, blank=True)
    class_name = models.CharField("年级班级", max_length=60, blank=True)
    kind = models.CharField("类别", max_length=20)
    whereabouts = models.CharField("去向", max_length=120, blank=True)
    responsible = models.CharField("承包老师", max_length=60, blank=True)
    persuasion = models.CharField("劝返情况", max_length=120, blank=True)
    measure = models.CharField("处理措施", max_length=500, blank=True)
    guardian = models.CharField("家长姓名", max_length=60, blank=True)
    address = models.CharField("家庭住址", max_length=200, blank=True)
    phone = SealedCharField("联系电话")
    cause = models.CharField("辍学原因", max_length=500, blank=True)

    class Meta:
        verbose_name = "控辍报告名单"
        ordering = ["school_name", "class_name", "pk"]
        constraints = [models.UniqueConstraint(fields=["report", "student"], name="child_once_in_a_report")]

    def __str__(self):
        return f"{self.report} {self.name}"
