"""What a school shows at the start of a term (十个到位), and what schools and townships tell families (集中宣传)."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from dropout.enums import CAMPAIGN_MONTHS, ReadyItem
from povertyedu.files.models import StoredFile
from povertyedu.orgs.models import Area, School, Term

from .placed import ONE_PLACE, PlacedQuerySet


class ReadyCheckQuerySet(PlacedQuerySet):
    """Answers by school."""

    def _reads_at(self, scope) -> Q:
        return Q(school__in=School.objects.in_scope(scope))


class ReadyCheck(models.Model):
    """十个到位: one of ten items at one school in one term: in place or not, with a note and evidence."""

    school = models.ForeignKey(School, models.PROTECT, related_name="ready_checks", verbose_name="学校")
    term = models.ForeignKey(Term, models.PROTECT, related_name="+", verbose_name="学期")
    item = models.CharField("项目", max_length=16, choices=ReadyItem.choices)
    in_place = models.BooleanField("到位")
    note = models.CharField("说明", max_length=200, blank=True)
    file = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="佐证"
    )
    checked_on = models.DateField("检查日期")
    checked_by = models.CharField("检查人", max_length=60)

    objects = ReadyCheckQuerySet.as_manager()

    class Meta:
        verbose_name = "十个到位"
        ordering = ["school", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["school", "term", "item"], name="ready_item_once_per_term"),
            models.CheckConstraint(name="ready_item_is_one_of_ten", condition=Q(item__in=ReadyItem.values)),
            models.CheckConstraint(name="lack_is_explained", condition=Q(in_place=True) | ~Q(note="")),
        ]

    def __str__(self):
        return f"{self.school} {self.get_item_display()}"


class Campaign(models.Model):
    """集中宣传: one place in February or August: planned, then held, to village, household, class and person, with photos."""

    school = models.ForeignKey(
        School, models.PROTECT, null=True, blank=True, related_name="campaigns", verbose_name="学校"
    )
    area = models.ForeignKey(
        Area, models.PROTECT, null=True, blank=True, related_name="campaigns", verbose_name="县或乡镇"
    )
    year = models.PositiveSmallIntegerField("年度")
    month = models.PositiveSmallIntegerField("月份")
    planned_on = models.DateField("计划日期")
    plan = models.CharField("宣传计划", max_length=300)
    held_on = models.DateField("开展日期", null=True, blank=True)
    villages = models.PositiveIntegerField("到村（个）", default=0)
    households = models.PositiveIntegerField("到户（户）", default=0)
    classes = models.PositiveIntegerField("到班（个）", default=0)
    people = models.PositiveIntegerField("到人（人次）", default=0)
    note = models.CharField("开展情况", max_length=500, blank=True)
    by_name = models.CharField("登记人", max_length=60)

    objects = PlacedQuerySet.as_manager()

    class Meta:
        verbose_name = "集中宣传"
        ordering = ["-year", "-month", "pk"]
        constraints = [
            models.CheckConstraint(name="campaign_has_one_place", condition=ONE_PLACE),
            models.CheckConstraint(
                name="campaign_is_in_february_or_august", condition=Q(month__in=CAMPAIGN_MONTHS),
                violation_error_message="集中宣传在每年 2 月和 8 月。",
            ),
            models.CheckConstraint(
                name="held_campaign_reached_somebody",
                condition=Q(held_on=None) | Q(villages__gt=0) | Q(households__gt=0) | Q(classes__gt=0) | Q(people__gt=0),
                violation_error_message="请填写到了几个村、几户、几个班或多少人。",
            ),
            *[
                models.UniqueConstraint(
                    fields=["year", "month", name], condition=Q(**{f"{name}__isnull": False}), name=f"campaign_once_per_{name}"
                )
                for name in ("school", "area")
            ],
        ]  # fmt: skip

    def __str__(self):
        return f"{self.year}年{self.month}月 {self.place}"

    @property
    def place(self) -> School | Area:
        return self.school or self.area


class CampaignPhoto(models.Model):
    """A photo of a campaign; ``token`` is the form's, so that one sent twice is kept once."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="photos", verbose_name="集中宣传")
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+", verbose_name="照片")
    token = models.UUIDField("提交编号", unique=True, default=uuid.uuid4)
    at = models.DateTimeField("上传时间", default=timezone.now)

    class Meta:
        verbose_name = "宣传照片"
        ordering = ["pk"]

    def __str__(self):
        return f"{self.campaign} {self.file}"
