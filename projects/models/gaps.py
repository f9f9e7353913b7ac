"""What a school lacks against the county's standard (缺口清单, 一校一策), until it is there and confirmed (销号)."""

from django.db import models
from django.db.models import Case, ExpressionWrapper, F, Q, Value, When
from django.urls import reverse

from povertyedu.files.models import StoredFile
from povertyedu.orgs.enums import Stage
from povertyedu.orgs.models import School
from povertyedu.orgs.scope import ScopedQuerySet
from povertyedu.workflow.models import Decision
from projects.enums import STANDING_GAPS, Basis, GapOrigin, GapState

from .project import Project


class AtSchoolQuerySet(ScopedQuerySet):
    """Rows of a school, by where the school is."""

    def _reads_at(self, scope) -> Q:
        return scope.school_q()


class Standard(models.Model):
    """How much of an item a school should have: 1 套课桌椅 per pupil, 8 平方米 per pupil of 初中. The county's own, editable."""

    item = models.CharField("内容", max_length=40)
    unit = models.CharField("单位", max_length=10)
    stage = models.CharField(
        "学段", max_length=20, choices=Stage.choices, blank=True, help_text="不选为各学段相同"
    )
    basis = models.CharField("计算方法", max_length=10, choices=Basis.choices)
    amount = models.DecimalField("标准", max_digits=12, decimal_places=4)
    document = models.CharField("依据", max_length=120, blank=True)

    class Meta:
        verbose_name = "办学条件标准"
        ordering = ["item", "stage"]
        constraints = [
            models.UniqueConstraint(
                fields=["item", "stage"], name="standard_once_per_item_and_stage", violation_error_message="这项内容、这个学段已有标准。"
            ),
            models.CheckConstraint(name="standard_is_positive", condition=Q(amount__gt=0)),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.item} {self.get_stage_display()}".strip()


class Condition(models.Model):
    """What a school has of an item (办学条件现状), as last reported."""

    school = models.ForeignKey(School, models.PROTECT, related_name="conditions", verbose_name="学校")
    item = models.CharField("内容", max_length=40)
    amount = models.DecimalField("现有数", max_digits=14, decimal_places=2)
    on = models.DateField("填报日期")
    by_name = models.CharField("填报人", max_length=60)

    objects = AtSchoolQuerySet.as_manager()

    class Meta:
        verbose_name = "办学条件现状"
        ordering = ["school", "item"]
        constraints = [
            models.UniqueConstraint(fields=["school", "item"], name="condition_once_per_school"),
            models.CheckConstraint(name="condition_is_not_negative", condition=Q(amount__gte=0)),
        ]

    def __str__(self):
        return f"{self.school} {self.item}"


class GapQuerySet(AtSchoolQuerySet):
    def standing(self):
        return self.filter(state__in=STANDING_GAPS)

    def by_priority(self):
        """Order: hazard, poor village, boarding school, the larger share missing, the older one."""
        flag = {"output_field": models.IntegerField()}
        return self.annotate(
            in_poor_village=Case(
                When(school__area__is_poor_village=True, then=Value(1)), default=Value(0), **flag
            ),
            boards=Case(When(school__takes_boarders=True, then=Value(1)), default=Value(0), **flag),
            share=ExpressionWrapper(
                (F("needed") - F("present")) * 100 / F("needed"), output_field=models.FloatField()
            ),
        ).order_by("-is_hazard", "-in_poor_village", "-boards", "-share", "pk")


class Gap(models.Model):
    """One item a school lacks; filled by one person with proof, confirmed by another."""

    school = models.ForeignKey(School, models.PROTECT, related_name="gaps", verbose_name="学校")
    item = models.CharField("内容", max_length=40)
    unit = models.CharField("单位", max_length=10)
    needed = models.DecimalField("应有", max_digits=14, decimal_places=2)
    present = models.DecimalField("现有", max_digits=14, decimal_places=2)
    is_hazard = models.BooleanField("危房等安全隐患", default=False)
    origin = models.CharField("来源", max_length=10, choices=GapOrigin.choices)
    note = models.CharField("说明", max_length=200, blank=True)
    state = models.CharField("状态", max_length=10, choices=GapState.choices, default=GapState.OPEN)
    project = models.ForeignKey(
        Project, models.PROTECT, null=True, blank=True, related_name="gaps", verbose_name="建设项目"
    )
    found_on = models.DateField("登记日期")
    filled_on = models.DateField("补齐日期", null=True, blank=True)
    filled_by_id = models.BigIntegerField("报告人编号", null=True, blank=True)
    proof = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="佐证材料"
    )
    confirmed_by_id = models.BigIntegerField("核实人编号", null=True, blank=True)
    closed_on = models.DateField("销号日期", null=True, blank=True)

    objects = GapQuerySet.as_manager()

    class Meta:
        verbose_name = "办学条件缺口"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["school", "item"], condition=Q(state__in=STANDING_GAPS), name="one_standing_gap_per_school_and_item",
                violation_error_message="这所学校的这项缺口已在清单上。",
            ),
            models.CheckConstraint(
                name="gap_lacks_something", condition=Q(present__gte=0, needed__gt=F("present")),
                violation_error_message="应有数应大于现有数。",
            ),
            models.CheckConstraint(
                name="planned_gap_names_its_project", condition=~Q(state=GapState.PLANNED) | Q(project__isnull=False)
            ),
            models.CheckConstraint(
                name="filled_gap_has_proof",
                condition=~Q(state__in=[GapState.FILLED, GapState.CLOSED])
                | Q(proof__isnull=False, filled_on__isnull=False, filled_by_id__isnull=False),
                violation_error_message="报告补齐须上传佐证材料。",
            ),
            models.CheckConstraint(
                name="closed_gap_confirmed_by_another_person",
                condition=~Q(state=GapState.CLOSED)
                | Q(confirmed_by_id__isnull=False, closed_on__isnull=False) & ~Q(confirmed_by_id=F("filled_by_id")),
                violation_error_message="核实人不能是报告补齐的人。",
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["state", "item"], name="gap_by_state")]

    def __str__(self):
        return f"{self.school} {self.item}"

    def get_absolute_url(self) -> str:
        return reverse("projects:gap", args=[self.pk])

    @property
    def short(self):
        return self.needed - self.present

    @property
    def reasons(self) -> list[str]:
        """Why it stands where it stands in the order."""
        told = [
            ("安全隐患", self.is_hazard),
            ("贫困村", self.school.area.is_poor_village),
            ("寄宿制", self.school.takes_boarders),
        ]
        share = int(self.short * 100 / self.needed)
        return [*(word for word, holds in told if holds), f"缺 {share}%"]

    @property
    def tone(self) -> str:
        if self.state == GapState.OPEN:
            return "bad" if self.is_hazard else "warn"
        return {"closed": "ok", "dropped": "todo"}.get(self.state, "doing")


class GapDecision(Decision):
    subject = models.ForeignKey(Gap, models.PROTECT, related_name="decisions", verbose_name="办学条件缺口")

    class Meta(Decision.Meta):
        verbose_name = "缺口办理记录"
