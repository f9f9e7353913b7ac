"""Verbs of purchase lists: drawn up, shared out to schools, approved by another person, ordered within contract and money."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import IntegrityError, transaction
from django.db.models import F, Sum
from django.utils import timezone

from povertyedu.accounts.models import User
from povertyedu.accounts.permissions import Permission as P
from povertyedu.audit.models import record, record_many
from povertyedu.inbox.models import tell_many
from povertyedu.orgs.calendar import today
from povertyedu.ui.numerals import yuan
from povertyedu.workflow.flow import Actor, StepRefused, advance
from projects.enums import PurchaseState
from projects.models import (
    Acceptance,
    Contract,
    FundLine,
    Purchase,
    PurchaseDecision,
    PurchaseItem,
    PurchaseShare,
)
from projects.states import PURCHASE_FLOW

SPENDING = (PurchaseState.ORDERED, PurchaseState.DELIVERED, PurchaseState.SETTLED)


@dataclass(frozen=True)
class NewItem:
    """One line of a list; ``shares`` is school -> how many."""

    kind: str
    name: str
    unit: str
    quantity: int
    price_fen: int
    model: str = ""
    shares: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class NewPurchase:
    name: str
    area: str
    project: int | None = None
    supplier: str = ""
    note: str = ""
    items: tuple[NewItem, ...] = ()


@transaction.atomic
def draw_up(*, by: Actor, lists: Sequence[NewPurchase]) -> list[Purchase]:
    """Draw up lists with their items and shares, in a number of statements that does not grow."""
    codes = _codes(len(lists))
    rows = [
        Purchase(
            code=code, name=new.name, area_id=new.area, project_id=new.project, supplier=new.supplier, note=new.note, drawn_on=today(),
            drawn_by_id=by.id,
        )
        for code, new in zip(codes, lists, strict=True)
    ]  # fmt: skip
    try:
        with transaction.atomic():
            made = Purchase.objects.bulk_create(rows)
    except IntegrityError as clash:
        raise StepRefused("已有同名的采购清单；请换一个名称，或打开原来的清单修改。") from clash
    wanted = [(row, item) for row, new in zip(made, lists, strict=True) for item in new.items]
    items = PurchaseItem.objects.bulk_create(
        PurchaseItem(
            purchase=row, kind=item.kind, name=item.name, model=item.model, unit=item.unit, quantity=item.quantity, price_fen=item.price_fen,
        )
        for row, item in wanted
    )  # fmt: skip
    PurchaseShare.objects.bulk_create(
        PurchaseShare(item=item, school_id=school, quantity=quantity)
        for item, (_, new) in zip(items, wanted, strict=True)
        for school, quantity in new.shares.items()
    )
    PurchaseDecision.append_many(made, step=PURCHASE_FLOW["draw_up"], by=by, at=timezone.now())
    record_many(by, action="purchase.draw_up", rows=[(row, {}) for row in made])
    return made


def _codes(number: int) -> list[str]:
    """Return the next codes of this year: CG2026-0001."""
    head = f"CG{today().year}-"
    codes = Purchase.objects.filter(code__startswith=head).order_by("-code").values_list("code", flat=True)
    last = int(codes[0].rpartition("-")[2]) if codes else 0
    return [f"{head}{last + n:04d}" for n in range(1, number + 1)]


@transaction.atomic
def extend(*, by: Actor, purchase: Purchase, items: Sequence[NewItem]) -> Purchase:
    """Add further schools or items to a draft, as the rest of a workbook brings them; what is there grows by what is new."""
    _draft(purchase)
    known = {(item.name, item.model): item for item in purchase.items.all()}
    for new in items:
        item = known.get((new.name, new.model))
        if item:
            PurchaseItem.objects.filter(pk=item.pk).update(quantity=F("quantity") + new.quantity)
        else:
            item = PurchaseItem.objects.create(
                purchase=purchase, kind=new.kind, name=new.name, model=new.model, unit=new.unit, quantity=new.quantity, price_fen=new.price_fen
            )  # fmt: skip
        PurchaseShare.objects.bulk_create(
            PurchaseShare(item=item, school_id=school, quantity=quantity)
            for school, quantity in new.shares.items()
        )
        record(
            by,
            action="purchase.item",
            subject=purchase,
            changes={str(item): [None, f"+{new.quantity}{new.unit}"]},
        )
    return purchase


@transaction.atomic
def put_item(*, by: Actor, item: PurchaseItem) -> PurchaseItem:
    """Put a line on a draft, new or corrected."""
    _draft(item.purchase)
    item.validate_constraints()
    item.save()
    said = f"{item.quantity}{item.unit} × {yuan(item.price_fen)}"
    record(by, action="purchase.item", subject=item.purchase, changes={str(item): [None, said]})
    return item


@transaction.atomic
def remove_item(*, by: Actor, item: PurchaseItem) -> Purchase:
    """Take a line and its shares off a draft."""
    purchase = _draft(item.purchase)
    record(by, action="purchase.item", subject=purchase, changes={str(item): [str(item.quantity), None]})
    item.delete()
    return purchase


@transaction.atomic
def share_out(*, by: Actor, item: PurchaseItem, school: int, quantity: int) -> PurchaseItem:
    """Say how many of an item a school gets; none takes the school off."""
    _draft(item.purchase)
    others = item.shares.exclude(school=school).aggregate(n=Sum("quantity"))["n"] or 0
    if others + quantity > item.quantity:
        raise StepRefused(
            f"“{item}”共 {item.quantity} {item.unit}，别的学校已分 {others}，这里最多 {item.quantity - others}；请核对，或先改清单数量。"
        )
    if quantity:
        PurchaseShare.objects.update_or_create(item=item, school_id=school, defaults={"quantity": quantity})
    else:
        item.shares.filter(school=school).delete()
    record(by, action="purchase.share", subject=item.purchase, changes={f"{item} {school}": [None, quantity]})
    return item


def _draft(purchase: Purchase) -> Purchase:
    locked = Purchase.objects.select_for_update(no_key=True).get(pk=purchase.pk)
    if locked.state != PurchaseState.DRAFT:
        raise StepRefused(f"清单{locked.get_state_display()}，不能再改；请先请审批人退回修改。")
    return locked


@transaction.atomic
def submit(*, by: Actor, purchase: Purchase, reason: str = "") -> Purchase:
    """Send a list to be approved; every item is shared out to the last one."""
    _draft(purchase)
    items = list(purchase.items.annotate(shared=Sum("shares__quantity")))
    if not items:
        raise StepRefused("清单上还没有采购项，先添加再提交。")
    for item in items:
        if (item.shared or 0) != item.quantity:
            raise StepRefused(
                f"“{item}”清单 {item.quantity} {item.unit}，分到学校 {item.shared or 0}，相差 {item.quantity - (item.shared or 0)}；请分配完再提交。"
            )
    advance(purchase, PURCHASE_FLOW, "submit", by=by, reason=reason)
    return purchase


@transaction.atomic
def approve(*, by: Actor, purchase: Purchase, reason: str = "") -> Purchase:
    """Approve as another person than who drew it up."""
    if by.id is None or purchase.drawn_by_id == by.id:
        raise StepRefused("审批人不能是拟订人，请由另一人审批。")
    advance(purchase, PURCHASE_FLOW, "approve", by=by, reason=reason, approved_by_id=by.id)
    return purchase


@transaction.atomic
def send_back(*, by: Actor, purchase: Purchase, reason: str) -> Purchase:
    advance(purchase, PURCHASE_FLOW, "return", by=by, reason=reason)
    return purchase


@transaction.atomic
def cancel(*, by: Actor, purchase: Purchase, reason: str) -> Purchase:
    advance(purchase, PURCHASE_FLOW, "cancel", by=by, reason=reason)
    return purchase


@transaction.atomic
def order(
    *, by: Actor, purchase: Purchase, supplier: str, ordered_on: dt.date, due_on: dt.date, contract: Contract | None = None,
    line: FundLine | None = None,
) -> Purchase:  # fmt: skip
    """Order what is approved, under a contract or out of a source of its project, never for more than is there."""
    if ordered_on > today():
        raise StepRefused("下单日期不能晚于今天。")
    if due_on < ordered_on:
        raise StepRefused("交货期限不能早于下单日期。")
    for named in (contract, line):
        if named and named.project_id != purchase.project_id:
            raise StepRefused("合同、资金不是这张清单的项目的；请重新选择。")
    _refuse_beyond(purchase, contract, line)
    changes = {
        "supplier": supplier.strip(),
        "ordered_on": ordered_on,
        "due_on": due_on,
        "contract": contract,
        "line": line,
    }
    advance(
        purchase,
        PURCHASE_FLOW,
        "order",
        by=by,
        reason=f"{supplier.strip()}，{due_on} 前到货"[:200],
        **changes,
    )
    _tell_schools(purchase, due_on)
    return purchase


def _tell_schools(purchase: Purchase, due_on: dt.date) -> None:
    """Tell whoever takes deliveries at each school what is coming, and until when; three queries for any number of schools."""
    coming: dict[int, list[str]] = defaultdict(list)
    shares = PurchaseShare.objects.filter(item__purchase=purchase).select_related("item").order_by("item")
    for share in shares:
        coming[share.school_id].append(f"{share.item.name} {share.quantity} {share.item.unit}")
    told = [
        (user, f"已为本校采购设备（{purchase.name}）：{'、'.join(coming[school])}，{due_on} 前到货；到货后请点数，登记验收。")
        for user, school in User.objects.at_schools(P.ACCEPT_EQUIPMENT, coming)
    ]  # fmt: skip
    tell_many(told, url="/projects/deliveries/", tone="warn")


def _refuse_beyond(purchase: Purchase, contract: Contract | None, line: FundLine | None) -> None:
    """Refuse a list that costs more than the contract, or the source without one, has left for it."""
    if contract:
        Contract.objects.select_for_update(no_key=True).get(pk=contract.pk)
        limit = contract.parts.aggregate(n=Sum("contracted_fen"))["n"] or 0
        others, what = Purchase.objects.filter(contract=contract), f"合同 {contract.number}"
    elif line:
        limit = FundLine.objects.select_for_update(no_key=True).get(pk=line.pk).budget_fen
        others = Purchase.objects.filter(line=line, contract=None)
        what = f"{line.get_source_display()}预算"
    else:
        return
    cost = _cost(Purchase.objects.filter(pk=purchase.pk))
    ordered = _cost(others.filter(state__in=SPENDING).exclude(pk=purchase.pk))
    if cost + ordered > limit:
        raise StepRefused(
            f"{what} {yuan(limit)} 元，别的清单已下单 {yuan(ordered)} 元，这张清单 {yuan(cost)} 元，超出 {yuan(cost + ordered - limit)} 元；"
            "请改清单，或先申请合同变更、资金调剂。"
        )


def _cost(rows) -> int:
    """Return what the lists of ``rows`` cost, in fen."""
    items = PurchaseItem.objects.filter(purchase__in=rows.values("pk"))
    return items.aggregate(n=Sum(F("quantity") * F("price_fen")))["n"] or 0


@transaction.atomic
def settle(*, by: Actor, purchase: Purchase, reason: str) -> Purchase:
    """End a purchase with what came; what is still short will not come any more."""
    if Acceptance.objects.to_confirm().filter(purchase=purchase).exists():
        raise StepRefused("还有学校的验收单等着复核；请先复核，再按实收办结。")
    advance(purchase, PURCHASE_FLOW, "settle", by=by, reason=reason)
    return purchase
