from django.db import models
from django.db.models import Q
from django.utils import timezone

from povertyedu.files.models import StoredFile
from povertyedu.jobs.models import Job
from povertyedu.orgs.models import Term
from povertyedu.orgs.scope import ScopedQuerySet
from povertyedu.sealing.fields import SealedCharField
from students.enums import ComparisonKind, ComparisonState, FoundIn, ListKind

from .registry import Student


class ComparisonQuerySet(ScopedQuerySet):
    def _reads_at(self, scope) -> Q:
        """A comparison is of a whole county's lists: only who reads the county reads it."""
        return Q() if scope.of_county else Q(pk__in=())


class Comparison(models.Model):
    """四查三比对: two lists set against each other on a day. Once frozen, lists and numbers stay as they were."""

    kind = models.CharField("比对", max_length=24, choices=ComparisonKind.choices)
    term = models.ForeignKey(Term, models.PROTECT, related_name="comparisons", verbose_name="学期")
    state = models.CharField(
        "状态", max_length=10, choices=ComparisonState.choices, default=ComparisonState.WORKING
    )
    youngest = models.PositiveSmallIntegerField(
        "最小年龄", null=True, blank=True, help_text="周岁，学年开始前 8 月 31 日"
    )
    oldest = models.PositiveSmallIntegerField("最大年龄", null=True, blank=True)
    job = models.ForeignKey(
        Job, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="后台任务"
    )
    made_by = models.CharField("比对人", max_length=60)
    made_at = models.DateTimeField("开始时间", default=timezone.now)
    frozen_at = models.DateTimeField("定格时间", null=True, blank=True)
    only_left = models.PositiveIntegerField("只在甲方", default=0)
    only_right = models.PositiveIntegerField("只在乙方", default=0)
    both = models.PositiveIntegerField("两方都有", default=0)
    error = models.CharField("没有完成的原因", max_length=300, blank=True)

    objects = ComparisonQuerySet.as_manager()

    class Meta:
        verbose_name = "名单比对"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="frozen_comparison_has_a_time",
                condition=Q(state="frozen", frozen_at__isnull=False)
                | (~Q(state="frozen") & Q(frozen_at=None)),
            ),
            models.CheckConstraint(
                name="failed_comparison_says_why", condition=~Q(state="failed") | ~Q(error="")
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {timezone.localtime(self.made_at):%Y-%m-%d}"


class ComparisonSide(models.Model):
    """One of the two lists: where it came from, how many children it named, which rows could not be read."""

    comparison = models.ForeignKey(Comparison, models.CASCADE, related_name="sides", verbose_name="比对")
    is_left = models.BooleanField("甲方")
    source = models.CharField("来源", max_length=20, choices=ListKind.choices)
    label = models.CharField("名单", max_length=120)
    file = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="文件"
    )
    earlier = models.ForeignKey(
        Comparison, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="上一次比对"
    )
    people = models.PositiveIntegerField("人数", default=0)
    left_out = models.PositiveIntegerField("未参与比对", default=0)
    remarks = models.JSONField("读取说明", default=list)

    class Meta:
        verbose_name = "比对名单"
        ordering = ["comparison", "-is_left"]
        constraints = [
            models.UniqueConstraint(fields=["comparison", "is_left"], name="comparison_has_two_sides"),
            models.CheckConstraint(
                name="comparison_side_has_its_source",
                condition=Q(source="file", file__isnull=False, earlier=None)
                | Q(source="found_before", file=None, earlier__isnull=False)
                | Q(source__in=["enrolled", "registered_poor"], file=None, earlier=None),
            ),
        ]

    def __str__(self):
        return self.label


class ComparisonRowQuerySet(ScopedQuerySet):
    def _reads_at(self, scope) -> Q:
        return Q() if scope.of_county else scope.area_q("area_code")


class ComparisonRow(models.Model):
    """A child whom the comparison found on one side only (or, where that is what was asked, on both)."""

    comparison = models.ForeignKey(Comparison, models.CASCADE, related_name="rows", verbose_name="比对")
    found_in = models.CharField("所在", max_length=12, choices=FoundIn.choices)
    id_hash = models.CharField("证件号索引", max_length=32)
    id_number = SealedCharField("身份证件号")
    name = models.CharField("姓名", max_length=60)
    place = models.CharField("村或学校", max_length=120, blank=True)
    area_code = models.CharField("区划", max_length=12, blank=True)
    student = models.ForeignKey(
        Student, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="学生"
    )

    objects = ComparisonRowQuerySet.as_manager()

    class Meta:
        verbose_name = "比对结果"
        constraints = [
            models.UniqueConstraint(fields=["comparison", "id_hash"], name="child_once_per_comparison")
        ]
        indexes = [models.Index(fields=["comparison", "found_in", "id"], name="comparison_row_by_side")]

    def __str__(self):
        return self.name
