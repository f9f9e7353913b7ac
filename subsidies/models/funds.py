"""Money that came in: receipts by document number. A booked receipt is never changed; a reversal answers it."""

from django.db import models
from django.db.models import Q, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from povertyedu.files.models import StoredFile
from povertyedu.orgs.models import Term
from povertyedu.orgs.scope import ScopedQuerySet
from subsidies.enums import fund_sources

from .policy import Programme


class CountyQuerySet(ScopedQuerySet):
    """What is the county's as a whole: read by whoever holds the permission at the county, by nobody else."""

    def _reads_at(self, scope) -> Q:
        return Q(pk__isnull=False) if scope.of_county else Q(pk__in=())


class FundReceiptQuerySet(CountyQuerySet):
    def standing(self):
        """Receipts that count: neither reversed nor reversals, whose amounts cancel out."""
        return self.filter(reverses=None, reversal=None)

    def total_fen(self) -> int:
        return self.aggregate(fen=Coalesce(Sum("amount_fen"), 0))["fen"]


class FundReceipt(models.Model):
    """到账登记: money of one source received under a document, to be spent on the programmes it names and no others.

    Composed and booked in one transaction; once ``booked_at`` is set the database refuses any change,
    to its programmes too (migration ``views_and_triggers``). A reversal has the amount with the other sign.
    """

    number = models.CharField("指标文号", max_length=80)
    source = models.CharField("资金来源", max_length=30, choices=fund_sources)
    programmes = models.ManyToManyField(
        Programme, through="ReceiptProgramme", related_name="receipts", verbose_name="可用项目"
    )
    year = models.PositiveSmallIntegerField("预算年度")
    term = models.ForeignKey(
        Term, models.PROTECT, null=True, blank=True, related_name="receipts", verbose_name="学期"
    )
    received_on = models.DateField("到账日期")
    amount_fen = models.BigIntegerField("金额（分）")
    note = models.CharField("备注", max_length=200, blank=True)
    serial = models.PositiveSmallIntegerField("相同登记的序号", default=1)
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="reversal", verbose_name="冲销的登记"
    )
    reason = models.CharField("冲销理由", max_length=200, blank=True)
    booked_by = models.CharField("登记人", max_length=60)
    booked_at = models.DateTimeField("登记时间", null=True, blank=True)

    objects = FundReceiptQuerySet.as_manager()

    class Meta:
        verbose_name = "到账登记"
        ordering = ["-received_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="receipt_is_positive_and_reversal_negative",
                condition=Q(reverses=None, amount_fen__gt=0, reason="")
                | (Q(reverses__isnull=False, amount_fen__lt=0) & ~Q(reason="")),
            ),
            models.CheckConstraint(name="receipt_has_a_number", condition=~Q(number="")),
            models.UniqueConstraint(
                fields=["number", "source", "received_on", "amount_fen", "serial"],
                condition=Q(reverses=None),
                name="receipt_booked_once",
            ),
        ]
        indexes = [models.Index(fields=["source", "received_on"], name="receipt_by_source_and_day")]

    def __str__(self):
        return self.number

    @property
    def is_reversed(self) -> bool:
        return hasattr(self, "reversal")

    @property
    def period(self) -> str:
        return str(self.term) if self.term_id else f"{self.year} 年全年"


class ReceiptProgramme(models.Model):
    """One programme a receipt may be spent on (专款专用)."""

    receipt = models.ForeignKey(FundReceipt, models.PROTECT, related_name="earmarks", verbose_name="到账登记")
    programme = models.ForeignKey(Programme, models.PROTECT, related_name="+", verbose_name="资助项目")

    class Meta:
        verbose_name = "到账资金可用项目"
        constraints = [
            models.UniqueConstraint(fields=["receipt", "programme"], name="receipt_names_a_programme_once")
        ]

    def __str__(self):
        return f"{self.receipt_id} {self.programme_id}"


class ReceiptScan(models.Model):
    """The document of a receipt, scanned. Scans are added, never taken away."""

    receipt = models.ForeignKey(FundReceipt, models.PROTECT, related_name="scans", verbose_name="到账登记")
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+", verbose_name="扫描件")
    added_by = models.CharField("上传人", max_length=60)
    added_at = models.DateTimeField("上传时间", default=timezone.now)

    class Meta:
        verbose_name = "指标文件扫描件"
        ordering = ["pk"]

    def __str__(self):
        return str(self.file)
