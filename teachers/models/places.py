"""Where schools stand: for distances, for allowances by remoteness, for rotation of quality schools."""

import datetime as dt
import math

from django.db import models
from django.db.models import Q

from povertyedu.orgs.models import School
from povertyedu.orgs.scope import ScopedQuerySet
from teachers.enums.registry import Remoteness

EARTH_KM = 6371.0


class AtSchoolQuerySet(ScopedQuerySet):
    """Rows of a school, by where the school is."""

    def _reads_at(self, scope) -> Q:
        return scope.school_q()


class SchoolPlace(models.Model):
    """What teachers' work needs to know of a school beside the register of schools."""

    school = models.OneToOneField(School, models.CASCADE, related_name="place", verbose_name="学校")
    latitude = models.DecimalField("纬度", max_digits=8, decimal_places=5, null=True, blank=True)
    longitude = models.DecimalField("经度", max_digits=8, decimal_places=5, null=True, blank=True)
    remoteness = models.PositiveSmallIntegerField(
        "偏远程度", choices=Remoteness.choices, default=Remoteness.NEAR
    )
    is_quality = models.BooleanField("优质学校", default=False, help_text="要按比例派出教师轮岗交流")

    objects = AtSchoolQuerySet.as_manager()

    class Meta:
        verbose_name = "学校位置"
        constraints = [
            models.CheckConstraint(
                name="school_place_is_in_china",
                condition=Q(latitude=None, longitude=None)
                | Q(latitude__gte=3, latitude__lte=54, longitude__gte=73, longitude__lte=136),
                violation_error_message="经纬度要一起填写：纬度 3 到 54，经度 73 到 136。",
            ),
            models.CheckConstraint(
                name="school_remoteness_is_known", condition=Q(remoteness__lte=Remoteness.FOURTH)
            ),
        ]

    def __str__(self):
        return f"{self.school} {self.get_remoteness_display()}"

    def tier_on(self, day: dt.date) -> int:
        """Return the tier that held on ``day``; read the former tiers along."""
        former = sorted(self.school.former_tiers.all(), key=lambda each: each.before)
        return next((each.remoteness for each in former if day < each.before), self.remoteness)

    def km_to(self, other: "SchoolPlace") -> float | None:
        """Return the distance as the crow flies, in km; None when one of the two is not on the map."""
        points = (self.latitude, self.longitude, other.latitude, other.longitude)
        if None in points:
            return None
        here, east, there, east_there = (math.radians(float(value)) for value in points)
        part = (
            math.sin((there - here) / 2) ** 2
            + math.cos(here) * math.cos(there) * math.sin((east_there - east) / 2) ** 2
        )
        return 2 * EARTH_KM * math.asin(math.sqrt(min(1.0, part)))


class FormerTier(models.Model):
    """The tier of remoteness a school had until a month; :class:`SchoolPlace` has the present one."""

    school = models.ForeignKey(School, models.CASCADE, related_name="former_tiers", verbose_name="学校")
    remoteness = models.PositiveSmallIntegerField("偏远程度", choices=Remoteness.choices)
    before = models.DateField("到哪个月为止", help_text="从这个月 1 日起是后来的档次")
    document = models.CharField("依据（文号）", max_length=120, blank=True)
    by_name = models.CharField("经办人", max_length=60)

    objects = AtSchoolQuerySet.as_manager()

    class Meta:
        verbose_name = "原来的偏远程度"
        ordering = ["school", "before"]
        constraints = [
            models.UniqueConstraint(fields=["school", "before"], name="former_tier_once_a_month"),
            models.CheckConstraint(name="former_tier_ends_with_a_month", condition=Q(before__day=1)),
            models.CheckConstraint(
                name="former_tier_is_known", condition=Q(remoteness__lte=Remoteness.FOURTH)
            ),
        ]

    def __str__(self):
        return f"{self.school} {self.before:%Y-%m} 前{self.get_remoteness_display()}"
