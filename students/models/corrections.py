"""Leave to change one child's facts of a closed term (更正申请)."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from povertyedu.orgs.scope import ScopedQuerySet
from povertyedu.workflow.models import Decision
from students.enums import FACT_LABELS, OTHER_FACTS, CorrectionState, TermFact

from .registry import Enrolment

OPEN = (CorrectionState.REQUESTED, CorrectionState.APPROVED)
ANSWERED = (CorrectionState.APPROVED, CorrectionState.REFUSED, CorrectionState.USED)


class CorrectionQuerySet(ScopedQuerySet):
    """Requests by the school of the enrolment they are about, and by its household."""

    def _reads_at(self, scope) -> Q:
        at_home = scope.area_q("enrolment__home_area")  # a child away has no school of ours
        return scope.area_q("enrolment__school_area") | at_home | Q(enrolment__school__in=scope.schools)

    def to_answer(self):
        return self.filter(state=CorrectionState.REQUESTED)

    def granted(self):
        return self.filter(state=CorrectionState.APPROVED)

    def unfinished(self):
        """Return those that still may change something: asked for, or granted and not used."""
        return self.filter(state__in=OPEN)

    def with_child(self):
        return self.select_related(
            "enrolment__student", "enrolment__term", "enrolment__school", "enrolment__school_class"
        )


class Correction(models.Model):
    """One request; approved, it lets exactly the named facts of that enrolment be changed, once."""

    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="corrections", verbose_name="学籍")
    facts = models.JSONField("更正项目", default=list, help_text="TermFact 的值")
    wanted = models.CharField("应为", max_length=200)
    reason = models.CharField("理由", max_length=200)
    state = models.CharField(
        "状态", max_length=10, choices=CorrectionState.choices, default=CorrectionState.REQUESTED
    )
    requested_at = models.DateTimeField("申请时间", default=timezone.now)
    requested_by_id = models.BigIntegerField("申请人编号", null=True)
    requested_by = models.CharField("申请人", max_length=60)
    answered_at = models.DateTimeField("审批时间", null=True, blank=True)
    answered_by_id = models.BigIntegerField("审批人编号", null=True)
    answered_by = models.CharField("审批人", max_length=60, blank=True)
    used_at = models.DateTimeField("更正时间", null=True, blank=True)
    used_by = models.CharField("更正人", max_length=60, blank=True)

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        verbose_name = "更正申请"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment"], condition=Q(state__in=OPEN), name="one_open_correction_per_enrolment"
            ),
            models.CheckConstraint(
                name="correction_is_answered_by_another",
                condition=~Q(answered_by_id=F("requested_by_id")) | Q(answered_by_id=None),
                violation_error_message="更正由一人申请、另一人审批",
            ),
            models.CheckConstraint(
                name="answered_correction_has_a_time",
                condition=Q(state__in=ANSWERED, answered_at__isnull=False)
                | Q(state=CorrectionState.REQUESTED, answered_at=None)
                | Q(state=CorrectionState.WITHDRAWN),
            ),
            models.CheckConstraint(
                name="used_correction_has_a_time",
                condition=Q(state=CorrectionState.USED, used_at__isnull=False)
                | ~Q(state=CorrectionState.USED) & Q(used_at=None),
            ),
        ]

    def __str__(self):
        return f"{self.enrolment.student} {self.enrolment.term}"

    @property
    def fact_words(self) -> str:
        return "；".join(TermFact(fact).label for fact in self.facts)

    def allows(self, label: str) -> bool:
        """Whether ``label``, a name as :func:`students.changes.snapshot` has it, may be changed."""
        if label.startswith(OTHER_FACTS):
            return TermFact.OTHER in self.facts
        return any(label in FACT_LABELS[TermFact(fact)] for fact in self.facts)


class CorrectionDecision(Decision):
    subject = models.ForeignKey(Correction, models.PROTECT, related_name="decisions", verbose_name="更正申请")

    class Meta(Decision.Meta):
        verbose_name = "更正办理记录"
