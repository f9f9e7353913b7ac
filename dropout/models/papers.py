"""Papers of a case: 限期复学通知书, the guardian's 协议书, and 四不办理 where the county uses them."""

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from dropout.enums import Delivery, DenialKind
from povertyedu.files.models import StoredFile
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Area
from povertyedu.orgs.scope import ScopedQuerySet

from .cases import AWAY, Case


class PaperQuerySet(ScopedQuerySet):
    """Papers by the case they belong to."""

    def _reads_at(self, scope) -> Q:
        return Q(Exists(Case.objects.filter(pk=OuterRef("case")).in_scope(scope)))


class ReturnOrderQuerySet(PaperQuerySet):
    def undelivered(self):
        return self.filter(delivered_on=None, fulfilled_on=None)

    def running(self):
        return self.filter(delivered_on__isnull=False, fulfilled_on=None, due_on__gte=today())

    def overdue(self):
        """Return those that ran out with the child still away; one whose case ended otherwise asks nothing any more."""
        return self.filter(fulfilled_on=None, due_on__lt=today(), case__state__in=AWAY)

    def fulfilled(self):
        """Return those of children that came back, also before the order was issued."""
        return self.filter(fulfilled_on__isnull=False)


class ReturnOrder(models.Model):
    """限期复学通知书 (also 限期返校通知书): the township tells the guardian until when the child must be back."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="orders", verbose_name="个案")
    township = models.ForeignKey(Area, models.PROTECT, related_name="+", verbose_name="乡镇")
    year = models.PositiveSmallIntegerField("年份")
    serial = models.PositiveIntegerField("序号")
    guardian = models.CharField("监护人", max_length=60)
    issued_on = models.DateField("签发日期")
    due_on = models.DateField("返校期限")
    issued_by_id = models.BigIntegerField("签发人编号", null=True)
    issued_by = models.CharField("签发人", max_length=60)
    delivered_to = models.CharField("送达给", max_length=60, blank=True)
    delivered_on = models.DateField("送达日期", null=True, blank=True)
    delivery = models.CharField("送达方式", max_length=10, choices=Delivery.choices, blank=True)
    scan = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="送达回证"
    )
    fulfilled_on = models.DateField("履行日期", null=True, blank=True)

    objects = ReturnOrderQuerySet.as_manager()

    class Meta:
        verbose_name = "限期复学通知书"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["township", "year", "serial"], name="order_number_once"),
            models.CheckConstraint(
                name="order_is_due_after_it_is_issued", condition=Q(due_on__gt=F("issued_on")),
                violation_error_message="返校期限应晚于签发日期。",
            ),
            models.CheckConstraint(
                name="delivery_says_to_whom_and_how",
                condition=Q(delivered_on=None, delivered_to="", delivery="")
                | Q(delivered_on__gte=F("issued_on")) & ~Q(delivered_to="") & ~Q(delivery=""),
                violation_error_message="送达须写明哪天、送达给谁、用什么方式，且不早于签发日期。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return self.number

    @property
    def number(self) -> str:
        return f"{self.township.name}限复字〔{self.year}〕{self.serial}号"

    @property
    def standing(self) -> tuple[str, str]:
        """Shape and word of where it stands."""
        if self.fulfilled_on:
            return ("ok", "已履行") if self.fulfilled_on >= self.issued_on else ("ok", "签发前已返校")
        if self.due_on < today():
            return "bad", "逾期未返校"
        return ("doing", "已送达") if self.delivered_on else ("todo", "待送达")


class Agreement(models.Model):
    """协议书 of the township's government and a guardian: no work outside, and the child is sent to school."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="agreements", verbose_name="个案")
    township = models.ForeignKey(Area, models.PROTECT, related_name="+", verbose_name="乡镇")
    guardian = models.CharField("监护人", max_length=60)
    issued_on = models.DateField("拟定日期")
    issued_by_id = models.BigIntegerField("经办人编号", null=True)
    issued_by = models.CharField("经办人", max_length=60)
    signed_on = models.DateField("签订日期", null=True, blank=True)
    scan = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="签字扫描件"
    )

    objects = PaperQuerySet.as_manager()

    class Meta:
        verbose_name = "控辍保学协议书"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "guardian"], name="one_agreement_per_guardian",
                violation_error_message="这位监护人已有一份协议书。",
            ),
            models.CheckConstraint(
                name="signed_agreement_has_its_scan",
                condition=Q(signed_on=None, scan=None) | Q(signed_on__isnull=False, scan__isnull=False),
                violation_error_message="登记签订须填签订日期并上传签字的扫描件。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.case} {self.guardian}"

    @property
    def standing(self) -> tuple[str, str]:
        return ("ok", "已签订") if self.signed_on else ("todo", "待签订")


class DenialQuerySet(PaperQuerySet):
    def standing(self):
        return self.filter(lifted_on=None)

    def to_approve(self):
        return self.standing().filter(approved_on=None)


class Denial(models.Model):
    """四不办理: one of the four, proposed by one, approved by another; lifted when the child returns."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="denials", verbose_name="个案")
    kind = models.CharField("事项", max_length=16, choices=DenialKind.choices)
    reason = models.CharField("理由", max_length=300)
    proposed_at = models.DateTimeField("提出时间", default=timezone.now)
    proposed_by_id = models.BigIntegerField("提出人编号", null=True)
    proposed_by = models.CharField("提出人", max_length=60)
    approved_on = models.DateField("批准日期", null=True, blank=True)
    approved_by_id = models.BigIntegerField("批准人编号", null=True, blank=True)
    approved_by = models.CharField("批准人", max_length=60, blank=True)
    lifted_on = models.DateField("解除日期", null=True, blank=True)

    objects = DenialQuerySet.as_manager()

    class Meta:
        verbose_name = "四不办理通知"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(name="denial_is_one_of_four", condition=Q(kind__in=DenialKind.values)),
            models.UniqueConstraint(
                fields=["case", "kind"], condition=Q(lifted_on=None), name="one_standing_denial_per_kind",
                violation_error_message="这一项已经提出或批准过，还没有解除。",
            ),
            models.CheckConstraint(
                name="denial_is_approved_by_another_person",
                condition=Q(approved_on=None, approved_by_id=None)
                | Q(approved_on__isnull=False, approved_by_id__isnull=False, proposed_by_id__isnull=False)
                & ~Q(approved_by_id=F("proposed_by_id")),
                violation_error_message="须由提出人以外的人批准。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.case} {self.get_kind_display()}"

    @property
    def standing(self) -> tuple[str, str]:
        if self.lifted_on:
            return "ok", "已解除"
        return ("bad", "已批准") if self.approved_on else ("todo", "待批准")
