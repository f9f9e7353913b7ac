"""公开稿: the yearly fund plan, and progress with the use of money, drawn up, approved by another person, made public."""

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from povertyedu.orgs.models import Area
from povertyedu.orgs.scope import ScopedQuerySet
from povertyedu.publicity.models import Publication, tables_of
from povertyedu.workflow.models import Decision
from projects.enums import DisclosureKind, DisclosureState

UNDER_WAY = (DisclosureState.DRAFT, DisclosureState.SUBMITTED, DisclosureState.RETURNED)


class DisclosureQuerySet(ScopedQuerySet):
    """Disclosures are the county's."""

    def _reads_at(self, scope) -> Q:
        return scope.area_q("area_id")


class Disclosure(models.Model):
    """What is to be public of a year's projects, as they stood on ``on``; a version of the year's.

    ``content`` is what :mod:`povertyedu.publicity.publications` takes; the database keeps it as it was submitted.
    """

    area = models.ForeignKey(Area, models.PROTECT, related_name="disclosures", verbose_name="县")
    kind = models.CharField("内容", max_length=10, choices=DisclosureKind.choices)
    year = models.PositiveSmallIntegerField("年度")
    version = models.PositiveSmallIntegerField("版次")
    on = models.DateField("截至")
    note = models.CharField("说明", max_length=1000, blank=True)
    content = models.JSONField("公开内容")
    state = models.CharField(
        "状态", max_length=10, choices=DisclosureState.choices, default=DisclosureState.DRAFT
    )
    drawn_by_id = models.BigIntegerField("拟稿人编号", null=True)
    drawn_by = models.CharField("拟稿人", max_length=60)
    drawn_at = models.DateTimeField("拟稿时间", default=timezone.now)
    submitted_at = models.DateTimeField("提交时间", null=True, blank=True)
    decided_by_id = models.BigIntegerField("审批人编号", null=True)
    publication = models.OneToOneField(
        Publication, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="公开事项"
    )

    objects = DisclosureQuerySet.as_manager()

    class Meta:
        verbose_name = "项目公开"
        ordering = ["-year", "kind", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["area", "kind", "year", "version"], name="disclosure_version_once"),
            models.UniqueConstraint(
                fields=["area", "kind", "year"], condition=Q(state__in=UNDER_WAY), name="one_disclosure_under_way",
                violation_error_message="这一年度的这项内容已有一份在办，请先办完或放弃。",
            ),
            models.UniqueConstraint(
                fields=["area", "kind", "year"], condition=Q(state=DisclosureState.PUBLISHED), name="one_disclosure_public"
            ),
            models.CheckConstraint(
                name="disclosure_approved_by_another_person",
                condition=~Q(state__in=[DisclosureState.PUBLISHED, DisclosureState.REPLACED, DisclosureState.WITHDRAWN])
                | Q(decided_by_id__isnull=False, drawn_by_id__isnull=False, publication__isnull=False) & ~Q(decided_by_id=F("drawn_by_id")),
                violation_error_message="审批人不能是拟稿人。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.title}（第 {self.version} 版）"

    def get_absolute_url(self) -> str:
        return reverse("projects:disclosure", args=[self.pk])

    @property
    def title(self) -> str:
        return f"{self.year}年学校建设与设备{self.get_kind_display()}"

    @property
    def series(self) -> str:
        return f"projects.disclosure.{self.kind}:{self.year}"

    @property
    def tables(self) -> list[dict]:
        return tables_of(self.content)

    @property
    def may_be_drawn_again(self) -> bool:
        return self.state in (DisclosureState.DRAFT, DisclosureState.RETURNED)

    @property
    def tone(self) -> str:
        return {"submitted": "doing", "published": "ok", "returned": "warn", "withdrawn": "bad"}.get(
            self.state, "todo"
        )


class DisclosureDecision(Decision):
    subject = models.ForeignKey(Disclosure, models.PROTECT, related_name="decisions", verbose_name="项目公开")

    class Meta(Decision.Meta):
        verbose_name = "项目公开办理记录"
