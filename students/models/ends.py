"""Hardships that a list marked complete no longer names: proposed to end, by a person."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from povertyedu.orgs.models import Term
from povertyedu.orgs.scope import ScopedQuerySet
from povertyedu.workflow.models import Decision
from students.enums import EndState, HardshipCategory, ListSource

from .registry import HardshipStatus

DECIDED = (EndState.CONFIRMED, EndState.REFUSED)


class ProposedEndQuerySet(ScopedQuerySet):
    """Read like the hardships they are about: by household, without one by the county alone."""

    def _reads_at(self, scope) -> Q:
        if scope.of_county:
            return Q()
        there = HardshipStatus.objects.filter(scope.area_q("household__area"))
        return Q(id_hash__in=there.values("id_hash"))

    def waiting(self):
        return self.filter(state=EndState.WAITING)


class ProposedEnd(models.Model):
    """One person's hardship whose list of ``term`` is complete without that person.

    It names the status by ID number, category and source, not by key: undoing an import may take the row away.
    """

    term = models.ForeignKey(Term, models.PROTECT, related_name="+", verbose_name="学期")
    id_hash = models.CharField("证件号索引", max_length=32)
    id_words = models.CharField("身份证件号", max_length=40, blank=True, help_text="遮掩后的")
    name = models.CharField("姓名", max_length=60)
    place = models.CharField("村", max_length=60, blank=True)
    category = models.PositiveIntegerField("困难类型", choices=HardshipCategory.choices)
    source = models.CharField("依据", max_length=20, choices=ListSource.choices)
    since = models.DateField("起始日期")
    list_name = models.CharField("名单", max_length=200)
    state = models.CharField("状态", max_length=10, choices=EndState.choices, default=EndState.WAITING)
    proposed_at = models.DateTimeField("提出时间", default=timezone.now)
    proposed_by_id = models.BigIntegerField("导入人编号", null=True)
    proposed_by = models.CharField("导入人", max_length=60)
    decided_at = models.DateTimeField("确认时间", null=True, blank=True)
    decided_by_id = models.BigIntegerField("确认人编号", null=True, blank=True)
    decided_by = models.CharField("确认人", max_length=60, blank=True)

    objects = ProposedEndQuerySet.as_manager()

    class Meta:
        verbose_name = "待终止认定"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["term", "id_hash", "category", "source"],
                condition=~Q(state="lapsed"),
                name="end_proposed_once_a_term",
            ),
            models.CheckConstraint(
                name="end_decided_by_a_second_person",
                condition=Q(state__in=DECIDED, decided_at__isnull=False, decided_by_id__isnull=False)
                & (Q(proposed_by_id=None) | ~Q(decided_by_id=F("proposed_by_id")))
                | ~Q(state__in=DECIDED) & Q(decided_at=None, decided_by_id=None),
                violation_error_message="名单由一人导入、另一人确认终止",
            ),
        ]

    def __str__(self):
        return f"{self.name} {self.get_category_display()}"


class EndDecision(Decision):
    subject = models.ForeignKey(
        ProposedEnd, models.PROTECT, related_name="decisions", verbose_name="待终止认定"
    )

    class Meta(Decision.Meta):
        verbose_name = "终止认定办理记录"
