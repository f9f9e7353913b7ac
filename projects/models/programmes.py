from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from povertyedu.indicators.enums import TargetBasis
from povertyedu.orgs.scope import ScopedQuerySet
from projects.enums import ProgrammeKind


class ProgrammeQuerySet(ScopedQuerySet):
    """All of them for the county; elsewhere those with a project there."""

    def _reads_at(self, scope) -> Q:
        if scope.of_county:
            return Q(pk__isnull=False)
        projects = Programme.projects.rel.related_model.objects
        there = projects.in_scope(scope).order_by()
        return Q(pk__in=there.values("programme"))


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
    def plan(self) -> str:
        """What its counts in the shared indicators are kept under."""
        return f"projects.programme:{self.pk}"

    @property
    def years(self) -> str:
        return (
            f"{self.first_year}—{self.last_year}"
            if self.last_year > self.first_year
            else f"{self.first_year}"
        )


class ProgrammeTargetQuerySet(ScopedQuerySet):
    """Targets by their programme."""

    def _reads_at(self, scope) -> Q:
        return Q(programme__in=Programme.objects.in_scope(scope).values("pk"))


class ProgrammeTarget(models.Model):
    """What a programme sets out to do of an item: 当年完成 300 所, 累计完成 17,859 人, 年末达到 469 所, 比例不低于 70%.

    ``clause`` is where the plan says so: two clauses with different figures are two rows, and both are told. What was done
    is counted by projects, by counts of the bureau, or by the shared indicator that ``indicator`` names.
    """

    programme = models.ForeignKey(Programme, models.PROTECT, related_name="targets", verbose_name="建设规划")
    year = models.PositiveSmallIntegerField("年度")
    item = models.CharField("内容", max_length=40)
    unit = models.CharField("单位", max_length=10)
    basis = models.CharField("口径", max_length=8, choices=TargetBasis.choices, default=TargetBasis.ADDED)
    planned = models.DecimalField("计划数", max_digits=14, decimal_places=2)
    clause = models.CharField("出处", max_length=80, blank=True)
    is_inferred = models.BooleanField("年度为推定", default=False)
    indicator = models.CharField("对应指标", max_length=40, blank=True)

    objects = ProgrammeTargetQuerySet.as_manager()

    class Meta:
        verbose_name = "规划年度目标"
        ordering = ["programme", "year", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "year", "item", "basis", "clause"], name="programme_target_once",
                violation_error_message="这一年度、这一口径、这一出处已有这项目标。",
            ),
            models.CheckConstraint(name="programme_target_is_positive", condition=Q(planned__gt=0)),
            models.CheckConstraint(
                name="programme_share_is_a_percentage", condition=~Q(basis=TargetBasis.SHARE) | Q(planned__lte=100),
                violation_error_message="比例应在 0 到 100 之间。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.year} {self.item}"
