"""The fund book: entries are added and never changed; the database adds them up per source and per part of a contract.

Triggers (migration ``triggers``) put each entry onto its line and part, so that the constraints here hold whatever writes.
"""

import datetime as dt
from collections import Counter
from itertools import accumulate

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from povertyedu.orgs.scope import ScopedQuerySet
from povertyedu.workflow.models import Decision
from projects.enums import EntryKind, FundSource, RequestKind, RequestState

from .project import Project


class FundLine(models.Model):
    """One source of one project: what is granted, what came in, what is contracted, what is paid, in fen.

    ``over_contract_fen`` and ``over_pay_fen`` are what another person approved beyond the limit.
    """

    project = models.ForeignKey(Project, models.PROTECT, related_name="fund_lines", verbose_name="建设项目")
    source = models.CharField("资金来源", max_length=12, choices=FundSource.choices)
    budget_fen = models.BigIntegerField("预算（分）", default=0)
    arrived_fen = models.BigIntegerField("到位（分）", default=0)
    contracted_fen = models.BigIntegerField("合同（分）", default=0)
    paid_fen = models.BigIntegerField("支付（分）", default=0)
    over_contract_fen = models.BigIntegerField("批准超预算签约（分）", default=0)
    over_pay_fen = models.BigIntegerField("批准超合同支付（分）", default=0)

    class Meta:
        verbose_name = "项目资金"
        ordering = ["project", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["project", "source"], name="project_has_a_source_once"),
            models.CheckConstraint(
                name="fund_line_is_not_negative",
                condition=Q(
                    budget_fen__gte=0, arrived_fen__gte=0, contracted_fen__gte=0, paid_fen__gte=0, over_contract_fen__gte=0,
                    over_pay_fen__gte=0,
                ),
            ),
            models.CheckConstraint(name="arrived_within_budget", condition=Q(arrived_fen__lte=F("budget_fen"))),
            models.CheckConstraint(
                name="contracted_within_budget", condition=Q(contracted_fen__lte=F("budget_fen") + F("over_contract_fen"))
            ),
            models.CheckConstraint(
                name="paid_within_contracted", condition=Q(paid_fen__lte=F("contracted_fen") + F("over_pay_fen"))
            ),
            models.CheckConstraint(
                name="source_not_overspent",
                condition=Q(paid_fen__lte=F("budget_fen") + F("over_contract_fen") + F("over_pay_fen")),
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.project} {self.get_source_display()}"

    @property
    def free_fen(self) -> int:
        """What may still be contracted."""
        return self.budget_fen + self.over_contract_fen - self.contracted_fen

    @property
    def movable_fen(self) -> int:
        """What may be moved to another source or project: neither contracted nor paid. An approved excess adds nothing to it."""
        return max(0, self.budget_fen - max(self.contracted_fen, self.paid_fen))


class Contract(models.Model):
    """A contract of a project; its amount is that of its parts, one per source that pays it."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="contracts", verbose_name="建设项目")
    number = models.CharField("合同编号", max_length=60)
    contractor = models.CharField("承包单位（供应商）", max_length=80)
    signed_on = models.DateField("签订日期")
    due_on = models.DateField("合同竣工（交货）日期", null=True, blank=True)

    class Meta:
        verbose_name = "合同"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "number"], name="contract_once_per_project", violation_error_message="这个项目已有这个合同编号。",
            ),
            models.CheckConstraint(name="contract_has_number_and_contractor", condition=~Q(number="") & ~Q(contractor="")),
            models.CheckConstraint(
                name="contract_is_due_after_it_is_signed", condition=Q(due_on=None) | Q(due_on__gte=F("signed_on")),
                violation_error_message="合同竣工（交货）日期不能早于签订日期。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.number} {self.contractor}"


class ContractPart(models.Model):
    """What one source bears of a contract, and what was paid of it."""

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="parts", verbose_name="合同")
    line = models.ForeignKey(FundLine, models.PROTECT, related_name="parts", verbose_name="项目资金")
    contracted_fen = models.BigIntegerField("合同（分）", default=0)
    paid_fen = models.BigIntegerField("支付（分）", default=0)
    over_pay_fen = models.BigIntegerField("批准超合同支付（分）", default=0)

    class Meta:
        verbose_name = "合同资金"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "line"], name="contract_has_a_source_once"),
            models.CheckConstraint(
                name="contract_part_is_not_negative",
                condition=Q(contracted_fen__gte=0, paid_fen__gte=0, over_pay_fen__gte=0),
            ),
            models.CheckConstraint(
                name="paid_within_contract_part",
                condition=Q(paid_fen__lte=F("contracted_fen") + F("over_pay_fen")),
            ),
        ]

    def __str__(self):
        return f"{self.contract} {self.line.get_source_display()}"

    @property
    def left_fen(self) -> int:
        return self.contracted_fen + self.over_pay_fen - self.paid_fen

    def left_on(self, day: dt.date) -> int:
        """What a payment of ``day`` may be at most: the least that was left at the end of it and of each day since, in fen."""
        added = Counter({day: 0})
        for on, kind, fen in self.entries.values_list("on", "kind", "amount_fen"):
            added[max(on, day)] += -fen if kind == EntryKind.PAYMENT else fen
        return max(0, min(accumulate(added[on] for on in sorted(added))))


class FundRequestQuerySet(ScopedQuerySet):
    """Requests by the project that asks."""

    def _reads_at(self, scope) -> Q:
        return Q(project__in=Project.objects.in_scope(scope).values("pk"))

    def to_decide(self):
        return self.filter(state=RequestState.ASKED)

    def like(self, request: "FundRequest"):
        """Narrow to what asks the same as ``request``."""
        asked = ("kind", "line", "to_line", "part", "amount_fen", "days")
        return self.filter(**{name: getattr(request, name) for name in asked})


class FundRequest(models.Model):
    """What one person asks and another approves: a transfer between sources, a change of contract, an excess.

    ``amount_fen`` is negative for a contract that becomes cheaper and for an excess that is not needed any more; ``days`` are
    what a change adds to its time.
    """

    project = models.ForeignKey(Project, models.PROTECT, related_name="requests", verbose_name="建设项目")
    kind = models.CharField("事项", max_length=14, choices=RequestKind.choices)
    line = models.ForeignKey(
        FundLine, models.PROTECT, null=True, related_name="requests", verbose_name="资金（调出）"
    )
    to_line = models.ForeignKey(
        FundLine, models.PROTECT, null=True, blank=True, related_name="requests_in", verbose_name="调入资金"
    )
    part = models.ForeignKey(
        ContractPart, models.PROTECT, null=True, blank=True, related_name="requests", verbose_name="合同资金"
    )
    amount_fen = models.BigIntegerField("金额（分）")
    days = models.SmallIntegerField("延长天数", default=0)
    reason = models.CharField("理由", max_length=500)
    state = models.CharField("状态", max_length=10, choices=RequestState.choices, default=RequestState.ASKED)
    asked_by_id = models.BigIntegerField("申请人编号")
    asked_by = models.CharField("申请人", max_length=60)
    asked_at = models.DateTimeField("申请时间", default=timezone.now)
    decided_by_id = models.BigIntegerField("审批人编号", null=True)

    objects = FundRequestQuerySet.as_manager()

    class Meta:
        verbose_name = "项目资金申请"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="request_decided_by_another_person",
                condition=~Q(state=RequestState.APPROVED)
                | Q(decided_by_id__isnull=False) & ~Q(decided_by_id=F("asked_by_id")),
                violation_error_message="审批人不能是申请人。",
            ),
            models.CheckConstraint(name="request_says_why", condition=~Q(reason="")),
            models.CheckConstraint(
                name="request_names_what_its_kind_needs",
                condition=Q(kind=RequestKind.TRANSFER, line__isnull=False, to_line__isnull=False, amount_fen__gt=0)
                & ~Q(line=F("to_line"))
                | Q(kind=RequestKind.OVER_CONTRACT, line__isnull=False) & ~Q(amount_fen=0)
                | Q(kind=RequestKind.OVER_PAY, part__isnull=False, line__isnull=False) & ~Q(amount_fen=0)
                | Q(kind=RequestKind.CHANGE, part__isnull=False, line__isnull=False) & (~Q(amount_fen=0) | ~Q(days=0)),
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["state"], name="fund_request_by_state")]

    def __str__(self):
        return f"{self.project} {self.get_kind_display()}"

    def get_absolute_url(self) -> str:
        return reverse("projects:request", args=[self.pk])

    @property
    def tone(self) -> str:
        return {"asked": "doing", "approved": "ok", "refused": "bad"}.get(self.state, "todo")


class RequestDecision(Decision):
    subject = models.ForeignKey(
        FundRequest, models.PROTECT, related_name="decisions", verbose_name="项目资金申请"
    )

    class Meta(Decision.Meta):
        verbose_name = "项目资金审批记录"


class FundEntryQuerySet(ScopedQuerySet):
    """Entries by their project."""

    def _reads_at(self, scope) -> Q:
        return Q(line__project__in=Project.objects.in_scope(scope).values("pk"))

    def like(self, entry: "FundEntry"):
        """Narrow to what says the same as ``entry`` and was not taken back; what requests booked is told apart by them."""
        said = {
            name: getattr(entry, name) for name in ("line", "part", "kind", "amount_fen", "on", "document")
        }
        return self.filter(**said, reverses=None, reversal=None, request=None)


class FundEntry(models.Model):
    """One entry of the fund book. What was wrong is taken back by its reversal: the same with the other sign.

    What stands in it by an approved request is undone by the opposite request only.
    """

    line = models.ForeignKey(FundLine, models.PROTECT, related_name="entries", verbose_name="项目资金")
    part = models.ForeignKey(
        ContractPart, models.PROTECT, null=True, blank=True, related_name="entries", verbose_name="合同资金"
    )
    kind = models.CharField("事项", max_length=14, choices=EntryKind.choices)
    amount_fen = models.BigIntegerField("金额（分）")
    on = models.DateField("日期")
    document = models.CharField("文号（凭证号）", max_length=80, blank=True)
    request = models.ForeignKey(
        FundRequest, models.PROTECT, null=True, blank=True, related_name="entries", verbose_name="批准的申请"
    )
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="reversal", verbose_name="冲销的一笔"
    )
    reason = models.CharField("冲销理由", max_length=200, blank=True)
    by_id = models.BigIntegerField("经办人编号", null=True)
    by_name = models.CharField("经办人", max_length=60)
    at = models.DateTimeField("登记时间", default=timezone.now)

    objects = FundEntryQuerySet.as_manager()

    class Meta:
        verbose_name = "项目资金账"
        ordering = ["on", "pk"]
        constraints = [
            models.CheckConstraint(name="fund_entry_has_an_amount", condition=~Q(amount_fen=0)),
            models.CheckConstraint(
                name="fund_entry_falls_by_reversal_or_request_only",
                condition=Q(amount_fen__gt=0) | Q(reverses__isnull=False) | Q(request__isnull=False),
            ),
            models.CheckConstraint(
                name="fund_reversal_says_why",
                condition=Q(reverses=None, reason="") | Q(reverses__isnull=False) & ~Q(reason=""),
            ),
            models.CheckConstraint(
                name="fund_entry_of_a_contract_names_its_part",
                condition=Q(kind__in=[EntryKind.BUDGET, EntryKind.ARRIVAL, EntryKind.OVER_CONTRACT], part=None)
                | Q(kind__in=[EntryKind.CONTRACT, EntryKind.PAYMENT, EntryKind.OVER_PAY], part__isnull=False),
            ),
            models.CheckConstraint(
                name="fund_excess_names_its_request",
                condition=~Q(kind__in=[EntryKind.OVER_CONTRACT, EntryKind.OVER_PAY]) | Q(request__isnull=False),
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["kind", "on"], name="fund_entry_by_kind_and_day"),
            models.Index(fields=["line", "kind", "on", "amount_fen"], name="fund_entry_by_what_it_says"),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.amount_fen}"

    @property
    def may_be_reversed(self) -> bool:
        return not (self.reverses_id or self.request_id or self.is_reversed)

    @property
    def is_reversed(self) -> bool:
        return hasattr(self, "reversal")
