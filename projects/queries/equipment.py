"""Reads of purchases and acceptances: tabs, filters, one list with its schools, what a reader's schools still wait for."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from povertyedu.orgs.models import School
from projects.enums import AcceptanceState, PurchaseState
from projects.models import Acceptance, AcceptanceLine, Purchase, PurchaseItem, PurchaseShare

TABS = {
    "all": ("全部", ~Q(state=PurchaseState.CANCELLED)),
    "draft": ("拟订中", Q(state=PurchaseState.DRAFT)),
    "submitted": ("待审批", Q(state=PurchaseState.SUBMITTED)),
    "approved": ("待下单", Q(state=PurchaseState.APPROVED)),
    "ordered": ("采购中", Q(state=PurchaseState.ORDERED)),
    "done": ("已办结", Q(state__in=[PurchaseState.DELIVERED, PurchaseState.SETTLED])),
    "cancelled": ("已作废", Q(state=PurchaseState.CANCELLED)),
}


def narrowed(rows: QuerySet[Purchase], wanted: dict) -> QuerySet[Purchase]:
    if township := wanted.get("township"):
        at = PurchaseShare.objects.filter(township.scope.area_q("school__area_id"))
        rows = rows.filter(pk__in=at.values("item__purchase"))
    if kind := wanted.get("kind"):
        rows = rows.filter(pk__in=PurchaseItem.objects.filter(kind=kind).values("purchase"))
    if text := wanted.get("q"):
        rows = rows.filter(Q(name__contains=text) | Q(code__contains=text) | Q(supplier__contains=text))
    return rows


def totals(rows: QuerySet[Purchase]) -> dict[str, int]:
    """Return how many lists, what they cost and what of it schools accepted, in fen; three queries."""
    keys = rows.order_by().values("pk")
    items = PurchaseItem.objects.filter(purchase__in=keys)
    shares = PurchaseShare.objects.filter(item__purchase__in=keys)
    return {
        "count": rows.count(),
        "total_fen": items.aggregate(n=Coalesce(Sum(F("quantity") * F("price_fen")), 0))["n"],
        "arrived_fen": shares.aggregate(n=Coalesce(Sum(F("accepted") * F("item__price_fen")), 0))["n"],
    }


@dataclass
class SchoolLine:
    """One school's part of a list: how many of each item, in the order of the items, and how far it is."""

    school: School
    shares: list[PurchaseShare | None]
    waiting: Acceptance | None = None

    @property
    def left(self) -> int:
        return sum(share.left for share in self.shares if share)

    @property
    def total_fen(self) -> int:
        return sum(share.quantity * share.item.price_fen for share in self.shares if share)


def items_of(purchase: Purchase, shares: QuerySet[PurchaseShare]) -> list[PurchaseItem]:
    """Return the items with ``shared`` and ``arrived`` over the given shares; one query."""
    mine = Q(shares__in=shares.order_by().values("pk"))
    sums = {
        "shared": Coalesce(Sum("shares__quantity", filter=mine), 0),
        "arrived": Coalesce(Sum("shares__accepted", filter=mine), 0),
    }
    return list(purchase.items.annotate(**sums))


def schools_of(
    purchase: Purchase, items: Iterable[PurchaseItem], shares: QuerySet[PurchaseShare]
) -> list[SchoolLine]:
    """Return a line per school of ``shares``; two queries."""
    place = {item.pk: number for number, item in enumerate(items)}
    found: dict[int, SchoolLine] = {}
    for share in shares.select_related("school", "item").order_by("school__area_id", "school__name"):
        line = found.setdefault(share.school_id, SchoolLine(share.school, [None] * len(place)))
        line.shares[place[share.item_id]] = share
    for acceptance in Acceptance.objects.to_confirm().filter(purchase=purchase, school__in=found):
        found[acceptance.school_id].waiting = acceptance
    return list(found.values())


@dataclass
class Delivery:
    """What one school still waits for of one purchase."""

    purchase: Purchase
    school: School
    shares: list[PurchaseShare] = field(default_factory=list)
    waiting: Acceptance | None = None

    @property
    def words(self) -> str:
        return "、".join(f"{share.item} {share.left} {share.item.unit}" for share in self.shares)


def deliveries(shares: QuerySet[PurchaseShare]) -> list[Delivery]:
    """Return what is to come, a line per purchase and school, the most urgent first; two queries."""
    found: dict[tuple[int, int], Delivery] = {}
    rows = shares.outstanding().select_related("item__purchase", "school")
    for share in rows.order_by("item__purchase__due_on", "item__purchase", "school__name", "item"):
        purchase = share.item.purchase
        found.setdefault((purchase.pk, share.school_id), Delivery(purchase, share.school)).shares.append(
            share
        )
    purchases = {purchase for purchase, _ in found}
    for acceptance in Acceptance.objects.to_confirm().filter(purchase__in=purchases):
        if line := found.get((acceptance.purchase_id, acceptance.school_id)):
            line.waiting = acceptance
    return list(found.values())


ACCEPTANCE_TABS = {
    "due": ("待验收", None),
    "reported": ("待复核", Q(state=AcceptanceState.REPORTED)),
    "confirmed": ("已确认", Q(state=AcceptanceState.CONFIRMED)),
    "rejected": ("退回重验", Q(state=AcceptanceState.REJECTED)),
}


def with_counts(rows: QuerySet[Acceptance]) -> QuerySet[Acceptance]:
    """Add how many were taken, damaged and short, and of how many kinds."""
    return rows.select_related("purchase", "school").annotate(
        accepted=Sum("lines__accepted"),
        damaged=Sum("lines__damaged"),
        short=Sum("lines__short"),
        kinds=Count("lines"),
    )


def lines_of(acceptance: Acceptance) -> list[AcceptanceLine]:
    return list(acceptance.lines.select_related("share__item", "asset"))
