from django.db import models
from django.db.models import Q
from django.utils import timezone

from povertyedu.files.models import StoredFile
from povertyedu.orgs.scope import ScopedQuerySet

from .batch import Batch


class BankFileQuerySet(ScopedQuerySet):
    def _reads_at(self, scope) -> Q:
        return Q(batch__in=Batch.objects.in_scope(scope))


class BankFile(models.Model):
    """A payment file as it left for the bank: numbered in sequence, never exported a second time."""

    batch = models.ForeignKey(Batch, models.PROTECT, related_name="bank_files", verbose_name="批次")
    number = models.PositiveSmallIntegerField("序号")
    file = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="文件"
    )
    students = models.PositiveIntegerField("人数", default=0)
    lines_count = models.PositiveIntegerField("笔数", default=0)
    amount_fen = models.BigIntegerField("金额（分）", default=0)
    made_at = models.DateTimeField("生成时间", default=timezone.now)
    made_by = models.CharField("生成人", max_length=60)

    objects = BankFileQuerySet.as_manager()

    class Meta:
        verbose_name = "银行文件"
        ordering = ["batch", "number"]
        constraints = [models.UniqueConstraint(fields=["batch", "number"], name="bank_file_number_once")]

    def __str__(self):
        return f"{self.batch}-{self.number:02d}"

    def serial(self, bank_no: int) -> str:
        """Return the 流水号 the bank sees and gives back for one line."""
        return f"{self}-{bank_no:05d}"


class BankReturn(models.Model):
    """The bank's answer to a file (回盘), as it was read: applied whole or not at all."""

    bank_file = models.ForeignKey(BankFile, models.PROTECT, related_name="returns", verbose_name="银行文件")
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+", verbose_name="回盘文件")
    paid = models.PositiveIntegerField("成功笔数")
    failed = models.PositiveIntegerField("失败笔数")
    paid_fen = models.BigIntegerField("成功金额（分）")
    failed_fen = models.BigIntegerField("失败金额（分）")
    read_at = models.DateTimeField("读入时间", default=timezone.now)
    read_by = models.CharField("读入人", max_length=60)

    class Meta:
        verbose_name = "银行回盘"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["bank_file"],
                name="one_return_per_bank_file",
                violation_error_message="该文件已读入回盘",
            )
        ]

    def __str__(self):
        return f"{self.bank_file} 回盘"
