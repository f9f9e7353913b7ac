"""薄弱学校: each with a contact person and measures of its own (宜章 二8三是: 一校一对策)."""

from django.db import models
from django.db.models import Q

from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import School
from povertyedu.orgs.scope import ScopedQuerySet


class WeakSchoolQuerySet(ScopedQuerySet):
    """Weak schools by the school; what is said of one is for all who work there."""

    def _reads_at(self, scope) -> Q:
        return Q(school__in=School.objects.in_scope(scope))

    def standing(self):
        """Return those that are weak now."""
        return self.filter(closed_on=None)


class WeakSchool(models.Model):
    """One school held to be weak in keeping its children, until it is not any more; each is to have a contact and measures."""

    school = models.ForeignKey(School, models.PROTECT, related_name="+", verbose_name="学校")
    reason = models.CharField("薄弱在哪里", max_length=200)
    contact = models.CharField("联系人", max_length=60, blank=True)
    phone = models.CharField("联系人电话", max_length=30, blank=True)
    measures = models.CharField("对策", max_length=500, blank=True)
    listed_on = models.DateField("列入日期", default=today)
    closed_on = models.DateField("移出日期", null=True, blank=True)
    by_name = models.CharField("登记人", max_length=60)

    objects = WeakSchoolQuerySet.as_manager()

    class Meta:
        verbose_name = "薄弱学校"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["school"], condition=Q(closed_on=None), name="school_is_weak_once",
                violation_error_message="这所学校已在薄弱学校名单里。",
            ),
            models.CheckConstraint(
                name="weak_school_says_why", condition=~Q(reason=""), violation_error_message="请写明薄弱在哪里。"
            ),
            models.CheckConstraint(
                name="weak_school_ends_after_it_began",
                condition=Q(closed_on=None) | Q(closed_on__gte=models.F("listed_on")),
                violation_error_message="移出日期不能早于列入日期。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.school} 薄弱学校"

    @property
    def lacks(self) -> str:
        """What it should have and has not."""
        return "、".join(
            word for word, value in (("联系人", self.contact), ("对策", self.measures)) if not value
        )
