"""Purchase lists of equipment (采购清单) and what schools took of them on arrival (到货验收)."""

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from povertyedu.files.models import StoredFile
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Area, School
from povertyedu.orgs.scope import ScopedQuerySet
from povertyedu.workflow.models import Decision
from projects.enums import AcceptanceState, EquipmentKind, PurchaseState

from .funds import Contract, FundLine
from .gaps import AtSchoolQuerySet
from .project import Project


class PurchaseQuerySet(ScopedQuerySet):
    """Purchases by where they are made, and by the schools they are shared out to."""

    def _reads_at(self, scope) -> Q:
        shares = PurchaseShare.objects.filter(scope.school_q(), item__purchase=OuterRef("pk"))
        return scope.area_q("area_id") | Exists(shares)

    def with_sums(self):
        """Add ``total_fen`` (quantity x price), ``arrived_fen`` (what schools accepted of it) and ``places`` (schools)."""
        items = PurchaseItem.objects.filter(purchase=OuterRef("pk")).order_by().values("purchase")
        shares = (
            PurchaseShare.objects.filter(item__purchase=OuterRef("pk")).order_by().values("item__purchase")
        )
        whole = {"output_field": models.BigIntegerField()}
        return self.annotate(
            total_fen=Coalesce(Subquery(items.annotate(n=Sum(F("quantity") * F("price_fen"))).values("n")), 0, **whole),
            arrived_fen=Coalesce(
                Subquery(shares.annotate(n=Sum(F("accepted") * F("item__price_fen"))).values("n")), 0, **whole
            ),
            places=Coalesce(
                Subquery(shares.annotate(n=models.Count("school", distinct=True)).values("n")), 0, **whole
            ),
        )  # fmt: skip

    def late(self):
        return self.filter(state=PurchaseState.ORDERED, due_on__lt=today())


class Purchase(models.Model):
    """One purchase list: what is bought, for which schools, under which project, contract and money."""

    code = models.CharField("清单编号", max_length=20, unique=True)
    name = models.CharField("清单名称", max_length=80)
    area = models.ForeignKey(Area, models.PROTECT, related_name="purchases", verbose_name="采购地")
    project = models.ForeignKey(
        Project, models.PROTECT, null=True, blank=True, related_name="purchases", verbose_name="建设项目"
    )
    contract = models.ForeignKey(
        Contract, models.PROTECT, null=True, blank=True, related_name="purchases", verbose_name="合同"
    )
    line = models.ForeignKey(
        FundLine, models.PROTECT, null=True, blank=True, related_name="purchases", verbose_name="资金"
    )
    supplier = models.CharField("供应商", max_length=80, blank=True)
    state = models.CharField(
        "状态", max_length=10, choices=PurchaseState.choices, default=PurchaseState.DRAFT
    )
    drawn_on = models.DateField("拟订日期")
    drawn_by_id = models.BigIntegerField("拟订人编号", null=True)
    approved_by_id = models.BigIntegerField("审批人编号", null=True, blank=True)
    ordered_on = models.DateField("下单日期", null=True, blank=True)
    due_on = models.DateField("交货期限", null=True, blank=True)
    note = models.CharField("备注", max_length=200, blank=True)

    objects = PurchaseQuerySet.as_manager()

    class Meta:
        verbose_name = "采购清单"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["name"], name="purchase_name_once", violation_error_message="已有同名的采购清单。"
            ),
            models.CheckConstraint(
                name="purchase_approved_by_another_person",
                condition=Q(approved_by_id__isnull=True) | ~Q(approved_by_id=F("drawn_by_id")),
                violation_error_message="审批人不能是拟订人。",
            ),
            models.CheckConstraint(
                name="ordered_purchase_has_its_day",
                condition=~Q(state__in=[PurchaseState.ORDERED, PurchaseState.DELIVERED, PurchaseState.SETTLED])
                | Q(ordered_on__isnull=False, approved_by_id__isnull=False),
            ),
            models.CheckConstraint(
                name="purchase_money_is_of_a_project",
                condition=Q(project__isnull=False) | Q(contract__isnull=True, line__isnull=True),
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["state", "due_on"], name="purchase_by_state")]

    def __str__(self):
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("projects:purchase", args=[self.pk])

    @property
    def is_late(self) -> bool:
        return self.state == PurchaseState.ORDERED and bool(self.due_on) and self.due_on < today()

    @property
    def tone(self) -> str:
        if self.is_late:
            return "bad"
        return {"draft": "todo", "cancelled": "todo", "delivered": "ok", "settled": "ok"}.get(
            self.state, "doing"
        )

    @property
    def state_words(self) -> str:
        return f"{self.get_state_display()}，超期" if self.is_late else self.get_state_display()


class PurchaseItem(models.Model):
    """One line of the list: kind, name, model, unit, how many, at what price (fen, per unit)."""

    purchase = models.ForeignKey(Purchase, models.CASCADE, related_name="items", verbose_name="采购清单")
    kind = models.CharField("类别", max_length=12, choices=EquipmentKind.choices)
    name = models.CharField("品名", max_length=40)
    model = models.CharField("规格型号", max_length=60, blank=True)
    unit = models.CharField("单位", max_length=10)
    quantity = models.PositiveIntegerField("数量")
    price_fen = models.BigIntegerField("单价")

    class Meta:
        verbose_name = "采购项"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["purchase", "name", "model"], name="purchase_item_once",
                violation_error_message="清单上已有这个品名和型号。",
            ),
            models.CheckConstraint(
                name="purchase_item_is_positive", condition=Q(quantity__gt=0, price_fen__gt=0),
                violation_error_message="数量和单价都应大于零。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.name} {self.model}".strip()

    @property
    def total_fen(self) -> int:
        return self.quantity * self.price_fen


class PurchaseShareQuerySet(AtSchoolQuerySet):
    def outstanding(self):
        """What is ordered and not yet accepted whole."""
        return self.filter(item__purchase__state=PurchaseState.ORDERED, accepted__lt=F("quantity"))

    def to_count(self):
        """Outstanding ones that no slip of the school waits for."""
        slips = Acceptance.objects.to_confirm()
        waiting = slips.filter(purchase=OuterRef("item__purchase"), school=OuterRef("school"))
        return self.outstanding().exclude(Exists(waiting))


class PurchaseShare(models.Model):
    """How many of an item one school gets; ``accepted`` is what it took in good order and another person confirmed."""

    item = models.ForeignKey(PurchaseItem, models.CASCADE, related_name="shares", verbose_name="采购项")
    school = models.ForeignKey(School, models.PROTECT, related_name="purchase_shares", verbose_name="学校")
    quantity = models.PositiveIntegerField("分配数")
    accepted = models.PositiveIntegerField("已验收", default=0)

    objects = PurchaseShareQuerySet.as_manager()

    class Meta:
        verbose_name = "采购分配"
        ordering = ["item", "school"]
        constraints = [
            models.UniqueConstraint(fields=["item", "school"], name="purchase_share_once_per_school"),
            models.CheckConstraint(
                name="share_accepted_within_quantity",
                condition=Q(quantity__gt=0, accepted__lte=F("quantity")),
                violation_error_message="验收数不能超过分配数。",
            ),
        ]

    def __str__(self):
        return f"{self.school} {self.quantity}"

    @property
    def left(self) -> int:
        return self.quantity - self.accepted


class PurchaseDecision(Decision):
    subject = models.ForeignKey(Purchase, models.PROTECT, related_name="decisions", verbose_name="采购清单")

    class Meta(Decision.Meta):
        verbose_name = "采购办理记录"


class AcceptanceQuerySet(AtSchoolQuerySet):
    def to_confirm(self):
        return self.filter(state=AcceptanceState.REPORTED)


class Acceptance(models.Model):
    """What one school counted of one purchase on a day, with its proof; another person confirms it."""

    purchase = models.ForeignKey(
        Purchase, models.PROTECT, related_name="acceptances", verbose_name="采购清单"
    )
    school = models.ForeignKey(School, models.PROTECT, related_name="acceptances", verbose_name="学校")
    on = models.DateField("验收日期")
    state = models.CharField(
        "状态", max_length=10, choices=AcceptanceState.choices, default=AcceptanceState.REPORTED
    )
    note = models.CharField("说明", max_length=200, blank=True)
    proof = models.ForeignKey(StoredFile, models.PROTECT, related_name="+", verbose_name="验收单、照片")
    by_id = models.BigIntegerField("验收人编号", null=True)
    by_name = models.CharField("验收人", max_length=60)
    at = models.DateTimeField("登记时间", default=timezone.now)
    confirmed_by_id = models.BigIntegerField("复核人编号", null=True, blank=True)
    confirmed_by = models.CharField("复核人", max_length=60, blank=True)

    objects = AcceptanceQuerySet.as_manager()

    class Meta:
        verbose_name = "到货验收"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["purchase", "school"], condition=Q(state=AcceptanceState.REPORTED), name="one_acceptance_waits_per_school",
                violation_error_message="这所学校已有一张验收单等着复核。",
            ),
            models.CheckConstraint(
                name="acceptance_confirmed_by_another_person",
                condition=~Q(state=AcceptanceState.CONFIRMED)
                | Q(confirmed_by_id__isnull=False, by_id__isnull=False) & ~Q(confirmed_by_id=F("by_id")),
                violation_error_message="复核人不能是验收人。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"验收单 {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("projects:acceptance", args=[self.pk])

    @property
    def tone(self) -> str:
        return {"reported": "doing", "confirmed": "ok"}.get(self.state, "warn")

    @property
    def subject(self) -> str:
        """How its finding names it."""
        return f"projects.acceptance:{self.pk}"


class AcceptanceLine(models.Model):
    """Of one share: taken in good order, damaged, and short of what was still to come."""

    acceptance = models.ForeignKey(Acceptance, models.PROTECT, related_name="lines", verbose_name="到货验收")
    share = models.ForeignKey(PurchaseShare, models.PROTECT, related_name="lines", verbose_name="采购分配")
    accepted = models.PositiveIntegerField("合格")
    damaged = models.PositiveIntegerField("损坏")
    short = models.PositiveIntegerField("短缺")

    class Meta:
        verbose_name = "验收明细"
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["acceptance", "share"], name="acceptance_line_once")]

    def __str__(self):
        return f"合格 {self.accepted}，损坏 {self.damaged}，短缺 {self.short}"

    @property
    def expected(self) -> int:
        return self.accepted + self.damaged + self.short

    @property
    def lacking(self) -> int:
        return self.damaged + self.short


class AcceptanceDecision(Decision):
    subject = models.ForeignKey(Acceptance, models.PROTECT, related_name="decisions", verbose_name="到货验收")

    class Meta(Decision.Meta):
        verbose_name = "验收办理记录"
