from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from povertyedu.orgs.scope import ScopedQuerySet
from projects.enums import ProgrammeKind

COUNTY_DIGITS = 6


class ProgrammeQuerySet(ScopedQuerySet):
    """All of them for the county; elsewhere those with a project there."""

    def _reads_at(self, scope) -> Q:
        if any(len(code) <= COUNTY_DIGITS for code in scope.areas):
            return Q(pk__isnull=False)
        there = (
            scope.area_q("projects__area_id") | scope.area_q("projects__sites__school__area_id")
            | Q(projects__sites__school__in=scope.schools) | Q(projects__sites__school__centre__in=scope.centres)
        )  # fmt: skip
        return Q(pk__in=Programme.objects.filter(there).values("pk"))


class Programme(models.Model):
    """A plan that projects are carried out under, from one year to another."""

    name = models.CharField("名称", max_length=80, unique=True)
    kind = models.CharField("类别", max_length=20, choices=ProgrammeKind.choices)
    first_year = models.PositiveSmallIntegerField("起始年度")
    last_year = models.PositiveSmallIntegerField("截止年度")
    document = models.CharField("依据文件", max_length=120, blank=True)

    objects = ProgrammeQuerySet.as_manager()

    class Meta:
        verbose_name = "建设规划"
        ordering = ["-last_year", "name"]
        constraints = [
            models.CheckConstraint(name="programme_has_a_name", condition=~Q(name="")),
            models.CheckConstraint(
                name="programme_ends_after_it_begins", condition=Q(last_year__gte=F("first_year")),
                violation_error_message="截止年度不能早于起始年度。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("projects:programme", args=[self.pk])

    @property
    def years(self) -> str:
        return (
            f"{self.first_year}—{self.last_year}"
            if self.last_year > self.first_year
            else f"{self.first_year}"
        )


class ProgrammeTarget(models.Model):
    """What a programme sets out to do in one year, by item: 968 所, 441,553 平方米."""

    programme = models.ForeignKey(Programme, models.PROTECT, related_name="targets", verbose_name="建设规划")
    year = models.PositiveSmallIntegerField("年度")
    item = models.CharField("内容", max_length=40)
    unit = models.CharField("单位", max_length=10)
    planned = models.DecimalField("计划数", max_digits=14, decimal_places=2)

    class Meta:
        verbose_name = "规划年度目标"
        ordering = ["programme", "year", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "year", "item"], name="programme_target_once",
                violation_error_message="这一年度已有这项目标。",
            ),
            models.CheckConstraint(name="programme_target_is_positive", condition=Q(planned__gt=0)),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.year} {self.item}"
