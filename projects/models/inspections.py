"""Half-yearly inspection of projects (半年检查): fund use, progress, quality; by the township itself, then by the county."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from povertyedu.findings.models import Finding
from povertyedu.orgs.models import Area
from povertyedu.orgs.scope import ScopedQuerySet
from projects.enums import InspectionItem, InspectionLevel, Verdict

from .project import Project


class InspectionQuerySet(ScopedQuerySet):
    def _reads_at(self, scope) -> Q:
        return Q(project__in=Project.objects.in_scope(scope).values("pk"))


class Inspection(models.Model):
    """One project looked at once in a half of a year by the county, or by one of its townships; problems become findings."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="inspections", verbose_name="建设项目")
    year = models.PositiveSmallIntegerField("年度")
    half = models.PositiveSmallIntegerField("半年", choices=[(1, "上半年"), (2, "下半年")])
    level = models.CharField("检查层级", max_length=10, choices=InspectionLevel.choices)
    area = models.ForeignKey(Area, models.PROTECT, related_name="+", verbose_name="检查单位所在地")
    on = models.DateField("检查日期")
    by_id = models.BigIntegerField("检查人编号", null=True)
    by_name = models.CharField("检查人", max_length=60)
    partners = models.CharField(
        "一同检查的单位", max_length=100, blank=True, help_text="县级复查由教育局会同财政局"
    )
    at = models.DateTimeField("登记时间", default=timezone.now)

    objects = InspectionQuerySet.as_manager()

    class Meta:
        verbose_name = "项目检查"
        ordering = ["-on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "year", "half", "level", "area"], name="project_inspected_once_a_half_year_level_and_place",
                violation_error_message="这个项目本半年已有这一层级的检查记录。",
            ),
            models.CheckConstraint(name="inspection_is_of_a_half_year", condition=Q(half__in=[1, 2])),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.year}年{self.get_half_display()} {self.get_level_display()}"


class InspectionResult(models.Model):
    """What one of the three items was found to be."""

    inspection = models.ForeignKey(
        Inspection, models.PROTECT, related_name="results", verbose_name="项目检查"
    )
    item = models.CharField("检查内容", max_length=10, choices=InspectionItem.choices)
    verdict = models.CharField("结论", max_length=10, choices=Verdict.choices)
    text = models.CharField("情况", max_length=300, blank=True)
    findings = models.ManyToManyField(Finding, related_name="inspection_results", verbose_name="整改事项")

    class Meta:
        verbose_name = "项目检查结论"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["inspection", "item"], name="inspection_has_an_item_once"),
            models.CheckConstraint(
                name="inspection_problem_is_described", condition=~Q(verdict=Verdict.PROBLEM) | ~Q(text="")
            ),
        ]

    def __str__(self):
        return f"{self.get_item_display()} {self.get_verdict_display()}"

    def subject_at(self, place: str) -> str:
        """How its finding at a place is named; ``place`` is an area's code or "s" and a school's key."""
        return f"projects.inspection:{self.inspection_id}:{self.item}:{place}"
