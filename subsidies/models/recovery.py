from django.db import models
from django.db.models import Q, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from povertyedu.orgs.models import School, Term
from povertyedu.workflow.models import Decision
from students.models import Student
from subsidies.enums import RecoveryMethod, RecoveryState

from .entitlement import PlacedQuerySet
from .policy import Programme

_OPEN = [RecoveryState.PROPOSED.value, RecoveryState.APPROVED.value]


class RecoveryQuerySet(PlacedQuerySet):
    def open(self):
        return self.filter(state__in=_OPEN)

    def to_offset(self):
        """Approved ones that are taken back from the child's next payments."""
        return self.filter(state=RecoveryState.APPROVED, method=RecoveryMethod.OFFSET)

    def with_taken(self):
        """Annotate ``taken_fen``: what has come back so far."""
        return self.annotate(
            taken_fen=-Coalesce(Sum("adjustments__paid_fen", filter=Q(adjustments__paid_fen__lt=0)), 0)
        )


class Recovery(models.Model):
    """追回: the decision that money paid beyond what is due comes back, and how. Never made by the system itself."""

    term = models.ForeignKey(Term, models.PROTECT, related_name="+", verbose_name="多发的学期")
    student = models.ForeignKey(Student, models.PROTECT, related_name="recoveries", verbose_name="学生")
    programme = models.ForeignKey(Programme, models.PROTECT, related_name="+", verbose_name="项目")
    rule = models.CharField("规则", max_length=60, blank=True)
    amount_fen = models.BigIntegerField("追回金额（分）")
    method = models.CharField("方式", max_length=10, choices=RecoveryMethod.choices)
    state = models.CharField(
        "状态", max_length=10, choices=RecoveryState.choices, default=RecoveryState.PROPOSED
    )
    reason = models.CharField("理由", max_length=200)
    proposed_by_id = models.BigIntegerField("提出人编号", null=True)
    proposed_by = models.CharField("提出人", max_length=60)
    proposed_at = models.DateTimeField("提出时间", default=timezone.now)
    # where the child was when it was paid too much: who reads it
    student_name = models.CharField("姓名", max_length=60)
    school = models.ForeignKey(School, models.PROTECT, related_name="+", verbose_name="学校")
    stage = models.CharField("学段", max_length=20)
    school_area = models.CharField("学校区划", max_length=12)
    home_area = models.CharField("户籍区划", max_length=12, blank=True)

    objects = RecoveryQuerySet.as_manager()

    class Meta:
        verbose_name = "多发追回"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(name="recovery_is_positive", condition=Q(amount_fen__gt=0)),
            models.CheckConstraint(name="recovery_has_a_reason", condition=~Q(reason="")),
            models.UniqueConstraint(
                fields=["student", "term", "programme"],
                condition=Q(state__in=_OPEN),
                name="one_open_recovery_per_money",
                violation_error_message="这笔多发已有未办结的追回",
            ),
        ]

    def __str__(self):
        return f"{self.student_name} {self.term_id} {self.programme_id}"


class RecoveryDecision(Decision):
    subject = models.ForeignKey(Recovery, models.PROTECT, related_name="decisions")

    class Meta(Decision.Meta):
        verbose_name = "追回办理记录"


class PaidAdjustment(models.Model):
    """冲账: what changes the paid side of one money without a payment: returned (minus), or taken from the next payment.

    An offset is two rows that sum to nothing: minus on the money that was overpaid, plus on the money
    that is now settled by it. Lines stay as the bank answered them; the balance view adds both up.
    """

    recovery = models.ForeignKey(Recovery, models.PROTECT, related_name="adjustments", verbose_name="追回")
    term = models.ForeignKey(Term, models.PROTECT, related_name="+", verbose_name="学期")
    student = models.ForeignKey(Student, models.PROTECT, related_name="+", verbose_name="学生")
    programme = models.ForeignKey(Programme, models.PROTECT, related_name="+", verbose_name="项目")
    paid_fen = models.BigIntegerField("已发增减（分）")
    rule = models.CharField("规则", max_length=60, blank=True)
    stage = models.CharField("学段", max_length=20)
    school = models.ForeignKey(School, models.PROTECT, null=True, related_name="+", verbose_name="学校")
    school_area = models.CharField("学校区划", max_length=12)
    home_area = models.CharField("户籍区划", max_length=12, blank=True)
    at = models.DateTimeField("时间", default=timezone.now)
    by_name = models.CharField("办理人", max_length=60)
    note = models.CharField("凭证或说明", max_length=200, blank=True)

    objects = PlacedQuerySet.as_manager()

    class Meta:
        verbose_name = "冲账"
        ordering = ["pk"]
        constraints = [models.CheckConstraint(name="adjustment_is_not_nothing", condition=~Q(paid_fen=0))]
        indexes = [models.Index(fields=["term", "student", "programme"], name="adjustment_by_money")]

    def __str__(self):
        return f"{self.student_id} {self.term_id} {self.programme_id} {self.paid_fen}"


class TermLedger(models.Model):
    """关账台账: the ledger of a term as it stood when the term was closed; later corrections never change it."""

    term = models.ForeignKey(Term, models.PROTECT, related_name="ledgers", verbose_name="学期")
    file = models.ForeignKey("files.StoredFile", models.PROTECT, related_name="+", verbose_name="文件")
    entitled_fen = models.BigIntegerField("应享现金（分）")
    paid_fen = models.BigIntegerField("已发现金（分）")
    closed_by = models.CharField("关账人", max_length=60)
    at = models.DateTimeField("时间", default=timezone.now)

    class Meta:
        verbose_name = "关账台账"
        ordering = ["-pk"]

    def __str__(self):
        return f"{self.term_id} {self.at:%Y-%m-%d}"
