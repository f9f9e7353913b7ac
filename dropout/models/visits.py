"""What is done for one child: the plan (一人一案), each visit, each lesson at home."""

import datetime as dt
import uuid

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q, Sum
from django.utils import timezone

from dropout.enums import (
    ALL_CAUSES,
    ALL_MEANS,
    Cause,
    Line,
    Means,
    Met,
    Placement,
    Proof,
    VisitResult,
    VisitWay,
)
from povertyedu.files.models import StoredFile
from povertyedu.orgs.models import Person

from .cases import Case


class Plan(models.Model):
    """一人一案. A new version takes the place of the one before, which stays."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="plans", verbose_name="个案")
    causes = models.PositiveSmallIntegerField("原因", help_text="Cause 的位")
    situation = models.CharField("具体情况", max_length=500, blank=True)
    means = models.PositiveSmallIntegerField("控辍办法", default=0, db_default=0, help_text="Means 的位")
    measures = models.CharField("措施", max_length=500)
    placement = models.CharField("安置方式", max_length=12, choices=Placement.choices, blank=True)
    leader = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="牵头人"
    )
    target_on = models.DateField("目标日期")
    made_at = models.DateTimeField("制定时间", default=timezone.now)
    made_by_id = models.BigIntegerField("制定人编号", null=True)
    made_by = models.CharField("制定人", max_length=60)
    superseded_at = models.DateTimeField("被替换", null=True, blank=True)

    class Meta:
        verbose_name = "一人一案方案"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=Q(superseded_at=None), name="one_plan_in_force_per_case"
            ),
            models.CheckConstraint(
                name="plan_names_causes_that_are_known", condition=Q(causes__gte=1, causes__lte=ALL_CAUSES)
            ),
            models.CheckConstraint(name="plan_uses_means_that_are_known", condition=Q(means__lte=ALL_MEANS)),
            models.CheckConstraint(name="plan_says_what_is_done", condition=~Q(measures="")),
        ]

    def __str__(self):
        return f"{self.case} 方案"

    @property
    def cause_labels(self) -> list[str]:
        return [cause.label for cause in Cause if self.causes & cause]

    @property
    def told(self) -> str:
        """What is done, after the means it belongs to."""
        means = "、".join(each.label for each in Means if self.means & each)
        return f"{means}：{self.measures}" if means else self.measures


class Visit(models.Model):
    """One visit or call. ``token`` is given by the form that reports it: sent twice, it is one visit."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="visits", verbose_name="个案")
    token = models.UUIDField("提交编号", unique=True, default=uuid.uuid4)
    line = models.CharField("线", max_length=10, choices=Line.choices)
    on = models.DateField("走访日期")
    visitor = models.CharField("走访人", max_length=60)
    way = models.CharField("方式", max_length=10, choices=VisitWay.choices)
    met = models.CharField("见到的人", max_length=10, choices=Met.choices)
    result = models.CharField("结果", max_length=10, choices=VisitResult.choices)
    text = models.CharField("情况", max_length=500)
    photo = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="照片"
    )
    at = models.DateTimeField("登记时间", default=timezone.now)
    by_id = models.BigIntegerField("登记人编号", null=True)
    by_name = models.CharField("登记人", max_length=60)

    class Meta:
        verbose_name = "走访记录"
        ordering = ["-on", "-pk"]
        constraints = [
            models.CheckConstraint(name="visit_says_something", condition=~Q(text="") & ~Q(visitor=""))
        ]

    def __str__(self):
        return f"{self.case} {self.on}"

    @property
    def proves(self) -> Proof | None:
        """Return what it shows: a call that nobody took, a house where nobody was, is on file and does no duty."""
        return None if self.met == Met.NOBODY else Proof.VISIT


class LessonQuerySet(models.QuerySet):
    def within(self, first: dt.date, last: dt.date):
        return self.filter(on__gte=first, on__lte=last)

    def hours(self) -> int:
        """Return how many lessons these are."""
        return self.aggregate(total=Sum("lessons"))["total"] or 0


class Lesson(models.Model):
    """One time of 送教上门: how many lessons of what. The norm is the county's (Shandong: 2 times of 3 a week, 216 a year)."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="lessons", verbose_name="个案")
    token = models.UUIDField("提交编号", unique=True, default=uuid.uuid4)
    on = models.DateField("送教日期")
    lessons = models.PositiveSmallIntegerField("课时", validators=[MinValueValidator(1)])
    subject = models.CharField("内容", max_length=120)
    teacher = models.CharField("送教教师", max_length=60)
    remark = models.CharField("学习情况", max_length=300, blank=True)
    photo = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="照片"
    )
    at = models.DateTimeField("登记时间", default=timezone.now)
    by_id = models.BigIntegerField("登记人编号", null=True)
    by_name = models.CharField("登记人", max_length=60)

    objects = LessonQuerySet.as_manager()

    class Meta:
        verbose_name = "送教记录"
        ordering = ["-on", "-pk"]
        constraints = [
            models.CheckConstraint(name="lesson_has_hours", condition=Q(lessons__gte=1, lessons__lte=8))
        ]

    def __str__(self):
        return f"{self.case} {self.on}"

    @property
    def proves(self) -> Proof:
        return Proof.LESSON


def school_year_of(day: dt.date) -> tuple[dt.date, dt.date]:
    """Return the first and last day of the school year of ``day``: September to August."""
    first = day.year if day.month >= 9 else day.year - 1
    return dt.date(first, 9, 1), dt.date(first + 1, 8, 31)
