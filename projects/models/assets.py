"""The asset ledger of schools (资产台账): cards, and a book of entries that says how many stand there."""

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from povertyedu.orgs.models import School
from projects.enums import AssetEntryKind, EquipmentKind

from .gaps import AtSchoolQuerySet
from .purchases import AcceptanceLine


class AssetQuerySet(AtSchoolQuerySet):
    def standing(self):
        return self.filter(quantity__gt=0)

    def with_value(self):
        """Add ``value_fen``: quantity x price."""
        return self.annotate(
            value_fen=models.ExpressionWrapper(
                F("quantity") * F("price_fen"), output_field=models.BigIntegerField()
            )
        )


class Asset(models.Model):
    """One card: things of one kind that came to one school together. ``quantity`` is added up from its entries by the database."""

    code = models.CharField("资产编号", max_length=30)
    school = models.ForeignKey(School, models.PROTECT, related_name="assets", verbose_name="学校")
    kind = models.CharField("类别", max_length=12, choices=EquipmentKind.choices)
    name = models.CharField("品名", max_length=40)
    model = models.CharField("规格型号", max_length=60, blank=True)
    unit = models.CharField("单位", max_length=10)
    price_fen = models.BigIntegerField("单价")
    acquired_on = models.DateField("取得日期")
    quantity = models.IntegerField("在册数", default=0)
    place = models.CharField("存放地点", max_length=60, blank=True)
    line = models.OneToOneField(
        AcceptanceLine, models.PROTECT, null=True, blank=True, related_name="asset", verbose_name="验收明细"
    )
    moved_from = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="moved_to", verbose_name="调自"
    )

    objects = AssetQuerySet.as_manager()

    class Meta:
        verbose_name = "学校资产"
        ordering = ["school", "kind", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["school", "code"], name="asset_code_once_per_school",
                violation_error_message="这所学校已有这个资产编号。",
            ),
            models.CheckConstraint(
                name="asset_is_not_overdrawn", condition=Q(quantity__gte=0),
                violation_error_message="处置、调出的数量超过在册数。",
            ),
            models.CheckConstraint(name="asset_has_code_and_price", condition=~Q(code="") & Q(price_fen__gte=0)),
        ]  # fmt: skip
        indexes = [models.Index(fields=["school", "kind"], name="asset_by_school")]

    def __str__(self):
        return f"{self.name} {self.model}".strip()

    def get_absolute_url(self) -> str:
        return reverse("projects:asset", args=[self.pk])

    @property
    def total_fen(self) -> int:
        return self.quantity * self.price_fen


class AssetEntry(models.Model):
    """One entry of an asset's book, never changed: how many came or went, on which decision."""

    asset = models.ForeignKey(Asset, models.PROTECT, related_name="entries", verbose_name="学校资产")
    kind = models.CharField("事项", max_length=10, choices=AssetEntryKind.choices)
    quantity = models.IntegerField("数量", help_text="增加为正，减少为负")
    on = models.DateField("日期")
    document = models.CharField("依据", max_length=80)
    reason = models.CharField("理由", max_length=200, blank=True)
    by_id = models.BigIntegerField("经办人编号", null=True)
    by_name = models.CharField("经办人", max_length=60)
    at = models.DateTimeField("登记时间", default=timezone.now)

    class Meta:
        verbose_name = "资产变动"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="asset_entry_comes_or_goes",
                condition=Q(kind__in=["accepted", "stock", "moved_in"], quantity__gt=0)
                | Q(kind__in=["moved_out", "disposed", "lost"], quantity__lt=0),
            ),
            models.CheckConstraint(
                name="asset_entry_has_its_document", condition=~Q(document=""),
                violation_error_message="资产变动要写明依据。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.get_kind_display()} {self.quantity}"
