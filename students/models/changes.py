"""Changes of an ID number or a bank account on file, waiting for a second person (待复核变更)."""

import json

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.utils import timezone

from povertyedu.orgs.scope import ScopedQuerySet
from povertyedu.sealing.fields import SealedCharField
from povertyedu.workflow.models import Decision
from students.enums import ChangeKind, ChangeState

from .registry import Enrolment, Student

DECIDED = (ChangeState.CONFIRMED, ChangeState.REFUSED)


class PendingChangeQuerySet(ScopedQuerySet):
    """Changes by the school of the enrolment they were proposed on, and by its household."""

    def _reads_at(self, scope) -> Q:
        at_home = scope.area_q("enrolment__home_area")  # a child away has no school of ours
        return scope.area_q("enrolment__school_area") | at_home | Q(enrolment__school__in=scope.schools)

    def waiting(self):
        return self.filter(state=ChangeState.WAITING)

    def with_child(self):
        return self.select_related("student", "enrolment__term", "enrolment__school")

    def card_words(self) -> Subquery:
        """Return, for an enrolment's row, the masked account that waits for it; NULL: none."""
        cards = self.waiting().filter(kind=ChangeKind.ACCOUNT, student=OuterRef("student_id"))
        return Subquery(cards.values("new_words")[:1])


class PendingChange(models.Model):
    """One change. It holds only while what it replaces is still on file."""

    student = models.ForeignKey(Student, models.PROTECT, related_name="pending_changes", verbose_name="学生")
    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="+", verbose_name="学籍")
    kind = models.CharField("项目", max_length=10, choices=ChangeKind.choices)
    sealed = SealedCharField("新值", help_text="JSON")
    value_hash = models.CharField("新值索引", max_length=32)
    replaces = models.CharField("原值索引", max_length=32)
    old_words = models.CharField("原为", max_length=120, help_text="遮掩后的")
    new_words = models.CharField("改为", max_length=120, help_text="遮掩后的")
    state = models.CharField("状态", max_length=10, choices=ChangeState.choices, default=ChangeState.WAITING)
    proposed_at = models.DateTimeField("提出时间", default=timezone.now)
    proposed_by_id = models.BigIntegerField("提出人编号")
    proposed_by = models.CharField("提出人", max_length=60)
    decided_at = models.DateTimeField("复核时间", null=True, blank=True)
    decided_by_id = models.BigIntegerField("复核人编号", null=True, blank=True)
    decided_by = models.CharField("复核人", max_length=60, blank=True)

    objects = PendingChangeQuerySet.as_manager()

    class Meta:
        verbose_name = "待复核变更"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["student", "kind"], condition=Q(state="waiting"), name="one_waiting_change_per_kind"
            ),
            models.CheckConstraint(
                name="change_decided_by_a_second_person",
                condition=Q(state__in=DECIDED, decided_at__isnull=False, decided_by_id__isnull=False)
                & ~Q(decided_by_id=F("proposed_by_id"))
                | ~Q(state__in=DECIDED) & Q(decided_at=None, decided_by_id=None),
                violation_error_message="变更由一人提出、另一人复核",
            ),
        ]

    def __str__(self):
        return f"{self.student} {self.get_kind_display()}"

    @property
    def value(self) -> dict:
        """The new values, in clear, by name of field."""
        return json.loads(self.sealed)


class ChangeDecision(Decision):
    subject = models.ForeignKey(
        PendingChange, models.PROTECT, related_name="decisions", verbose_name="待复核变更"
    )

    class Meta(Decision.Meta):
        verbose_name = "变更复核记录"
