"""Money shared out among schools: a run with its factors and weights, and what each school gets and why."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from povertyedu.orgs.models import School, Term
from povertyedu.workflow.models import Decision, Seat
from subsidies.enums import AllocationState, fund_sources

from .funds import CountyQuerySet, FundReceipt
from .policy import Policy, Programme


class AllocationQuerySet(CountyQuerySet):
    def live(self):
        """Runs whose money is spoken for: approved or handed down."""
        return self.filter(state__in=[AllocationState.APPROVED, AllocationState.ALLOCATED])

    def handed_down(self):
        return self.filter(state=AllocationState.ALLOCATED)


class Allocation(models.Model):
    """资金分配: one source's money for some programmes in a term, shared out among schools.

    First every registered-poor child x the highest standard, the rest by factors. Drafts may be worked out
    again; once submitted nothing of it changes any more, the database refuses it.
    """

    number = models.CharField("编号", max_length=30, unique=True)
    source = models.CharField("资金来源", max_length=30, choices=fund_sources)
    programmes = models.ManyToManyField(Programme, related_name="allocations", verbose_name="项目")
    term = models.ForeignKey(Term, models.PROTECT, related_name="allocations", verbose_name="学期")
    receipt = models.ForeignKey(
        FundReceipt,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="allocations",
        verbose_name="到账登记",
    )
    policy = models.ForeignKey(Policy, models.PROTECT, related_name="+", verbose_name="资助标准")
    amount_fen = models.BigIntegerField("分配金额（分）")
    weights = models.JSONField("因素权重", default=dict)
    state = models.CharField(
        "状态", max_length=12, choices=AllocationState.choices, default=AllocationState.DRAFT
    )
    note = models.CharField("说明", max_length=200, blank=True)
    # what the last working out found
    need_fen = models.BigIntegerField("建档立卡按最高标准所需（分）", default=0)
    first_fen = models.BigIntegerField("首先分配（分）", default=0)
    rest_fen = models.BigIntegerField("因素法分配（分）", default=0)
    standards = models.JSONField("最高标准", default=list, help_text="学段、金额、规则、条款")
    pools = models.JSONField("因素", default=list, help_text="因素、权重、总量、金额")
    worked_out_at = models.DateTimeField("测算时间", default=timezone.now)
    drawn_up_by = models.CharField("拟订人", max_length=60)
    drawn_up_at = models.DateTimeField("拟订时间", default=timezone.now)

    objects = AllocationQuerySet.as_manager()

    class Meta:
        verbose_name = "资金分配"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(name="allocation_is_positive", condition=Q(amount_fen__gt=0)),
            models.CheckConstraint(
                name="allocation_is_first_and_rest",
                condition=Q(amount_fen=F("first_fen") + F("rest_fen"), first_fen__gte=0, rest_fen__gte=0),
            ),
        ]

    def __str__(self):
        return self.number


class AllocationShare(models.Model):
    """One school's part of an allocation, with its arithmetic."""

    allocation = models.ForeignKey(Allocation, models.CASCADE, related_name="shares", verbose_name="资金分配")
    school = models.ForeignKey(School, models.PROTECT, related_name="+", verbose_name="学校")
    need_fen = models.BigIntegerField("建档立卡按最高标准所需（分）")
    first_fen = models.BigIntegerField("首先分配（分）")
    rest_fen = models.BigIntegerField("因素法分配（分）")
    amount_fen = models.BigIntegerField("合计（分）")
    poor = models.JSONField("建档立卡人数", default=list, help_text="学段、人数、标准")
    by_factor = models.JSONField("各因素", default=dict, help_text="因素 -> 数量、金额")

    class Meta:
        verbose_name = "学校资金分配"
        constraints = [
            models.UniqueConstraint(fields=["allocation", "school"], name="one_share_per_school"),
            models.CheckConstraint(
                name="share_of_a_school_is_first_and_rest",
                condition=Q(
                    amount_fen=F("first_fen") + F("rest_fen"), first_fen__gte=0, rest_fen__gte=0,
                    first_fen__lte=F("need_fen"),
                ),
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.allocation_id} {self.school_id}"


class AllocationDecision(Decision):
    subject = models.ForeignKey(Allocation, models.PROTECT, related_name="decisions")

    class Meta(Decision.Meta):
        verbose_name = "资金分配办理记录"


class AllocationSeat(Seat):
    """Who has acted on an allocation, in which one stage: who draws up, who approves and who hands down are different people."""

    subject = models.ForeignKey(Allocation, models.PROTECT, related_name="seats")

    class Meta:
        verbose_name = "资金分配席位"
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "user_id"],
                name="one_stage_per_person_and_allocation",
                violation_error_message="同一次资金分配中一人只能办理一个环节",
            ),
        ]
