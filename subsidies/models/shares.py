"""Who bears a batch: the shares of every line by source, and what the batch takes of each source's money."""

from django.db import models
from django.db.models import F, Q

from subsidies.enums import fund_sources

from .batch import Batch, Line
from .policy import Programme
from .recovery import PaidAdjustment


class LineShare(models.Model):
    """What one source bears of a line, as the policy said when the aid office passed the line on.

    Frozen there, so that what was paid by which source stays true whatever the policy says later. The
    database refuses to change a share, or to take one off a line that has gone to the bank.
    """

    line = models.ForeignKey(Line, models.PROTECT, related_name="shares", verbose_name="发放明细")
    source = models.CharField("资金来源", max_length=30, choices=fund_sources)
    amount_fen = models.BigIntegerField("金额（分）")

    class Meta:
        verbose_name = "发放明细资金来源"
        constraints = [
            models.UniqueConstraint(fields=["line", "source"], name="one_share_per_line_and_source"),
            models.CheckConstraint(name="share_is_positive", condition=Q(amount_fen__gt=0)),
        ]

    def __str__(self):
        return f"{self.line_id} {self.source}"


class AdjustmentShare(models.Model):
    """What of an adjustment falls to one source: money that came back goes back to whoever had paid it.

    Frozen like the shares of lines; the shares of an adjustment sum to it, minus included.
    """

    adjustment = models.ForeignKey(PaidAdjustment, models.PROTECT, related_name="shares", verbose_name="冲账")
    source = models.CharField("资金来源", max_length=30, choices=fund_sources)
    amount_fen = models.BigIntegerField("金额（分）")

    class Meta:
        verbose_name = "冲账资金来源"
        constraints = [
            models.UniqueConstraint(
                fields=["adjustment", "source"], name="one_share_per_adjustment_and_source"
            ),
            models.CheckConstraint(name="adjustment_share_is_not_nothing", condition=~Q(amount_fen=0)),
        ]

    def __str__(self):
        return f"{self.adjustment_id} {self.source}"


class Commitment(models.Model):
    """What an approved batch takes of a source's money for a programme; lower when lines fail or leave.

    ``spent_fen`` of it has gone to the bank. Brought up to date by every verb that settles lines.
    """

    batch = models.ForeignKey(Batch, models.PROTECT, related_name="commitments", verbose_name="批次")
    source = models.CharField("资金来源", max_length=30, choices=fund_sources)
    programme = models.ForeignKey(Programme, models.PROTECT, related_name="+", verbose_name="资助项目")
    amount_fen = models.BigIntegerField("占用金额（分）")
    spent_fen = models.BigIntegerField("已支出金额（分）", default=0)

    class Meta:
        verbose_name = "批次占用资金"
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "source", "programme"], name="one_commitment_per_batch_source_and_programme"
            ),
            models.CheckConstraint(
                name="commitment_is_positive_and_covers_what_is_spent",
                condition=Q(amount_fen__gt=0, spent_fen__gte=0, spent_fen__lte=F("amount_fen")),
            ),
        ]
        indexes = [models.Index(fields=["source", "programme"], name="commitment_by_source")]

    def __str__(self):
        return f"{self.batch_id} {self.source} {self.programme_id}"
