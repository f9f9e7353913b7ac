"""What schools have of the items of the standards, as deliveries and disposals change it; gaps that a delivery fills."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal

from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from povertyedu.audit.models import record
from povertyedu.orgs.calendar import today
from povertyedu.workflow.flow import Actor
from projects.enums import COUNTED_AS, OF_VALUE, VALUE_ITEM, EquipmentKind, GapState, PlanField
from projects.models import (
    Acceptance,
    AcceptanceLine,
    Condition,
    Gap,
    GapDecision,
    PlanChange,
    ProjectQuantity,
    Standard,
)
from projects.states import GAP_PARTLY_FILLED

from .gaps import fill_proved

PLANNED_VALUE = "设备仪器价值"  # what plans call the value of instruments, computers left out
WAN = Decimal(10_000)


def counted(things: Iterable[tuple[str, int, int]]) -> dict[str, Decimal]:
    """Return what (kind, number, price in fen) add to each item of the standards; values in yuan."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for kind, number, price_fen in things:
        if item := COUNTED_AS.get(EquipmentKind(kind)):
            found[item] += number
        if kind in OF_VALUE:
            found[VALUE_ITEM] += Decimal(number * price_fen) / 100
    return dict(found)


def change(*, by: Actor, school: int, gained: dict[str, Decimal]) -> None:
    """Add to (or take from) what the school reported it has; an item it never reported stays unreported."""
    in_wan = Standard.objects.filter(item=VALUE_ITEM, unit="万元").exists() if VALUE_ITEM in gained else False
    for item, amount in gained.items():
        amount = amount / WAN if item == VALUE_ITEM and in_wan else amount
        rows = Condition.objects.filter(school=school, item=item)
        rows.update(amount=Greatest(F("amount") + amount, Decimal(0)), on=today(), by_name=by.name)


def credit(*, by: Actor, acceptance: Acceptance, lines: Sequence[AcceptanceLine]) -> list[Gap]:
    """Let a confirmed delivery count: the school's figures, its project's quantities, its gaps. Return the gaps filled."""
    things = [(line.share.item.kind, line.accepted, line.share.item.price_fen) for line in lines]
    gained = counted(things)
    change(by=by, school=acceptance.school_id, gained=gained)
    if acceptance.purchase.project_id:
        _advance_project(by, acceptance, things)
    standing = Gap.objects.select_for_update(no_key=True).filter(
        school=acceptance.school_id, item__in=gained, state__in=[GapState.OPEN, GapState.PLANNED]
    )
    return [
        gap for gap in standing.order_by("pk") if _fill(by, acceptance, gap, _in_unit(gap, gained[gap.item]))
    ]


def _advance_project(by: Actor, acceptance: Acceptance, things: Sequence[tuple[str, int, int]]) -> None:
    done = counted([thing for thing in things if thing[0] != EquipmentKind.COMPUTERS]) | {
        COUNTED_AS[EquipmentKind.COMPUTERS]: Decimal(sum(n for kind, n, _ in things if kind == EquipmentKind.COMPUTERS))
    }  # fmt: skip
    if VALUE_ITEM in done:
        done[PLANNED_VALUE] = done.pop(VALUE_ITEM)
    project = acceptance.purchase.project_id
    rows = ProjectQuantity.objects.select_for_update(no_key=True).filter(project=project, item__in=done)
    for row in rows.order_by("pk"):
        old, row.done = row.done, row.done + done[row.item]
        row.save(update_fields=["done"])
        PlanChange.note(project, PlanField.DONE, row.item, old, row.done, by=by, reason=str(acceptance))


def _in_unit(gap: Gap, amount: Decimal) -> Decimal:
    return amount / WAN if gap.item == VALUE_ITEM and gap.unit == "万元" else amount


def _fill(by: Actor, acceptance: Acceptance, gap: Gap, amount: Decimal) -> bool:
    """Report the gap filled by who counted, with the slip as proof; where it is not enough, make it smaller. Return whether filled."""
    told = f"{acceptance}：到货合格 {amount.normalize():f} {gap.unit}，{by.name}复核确认"
    first = acceptance.decisions.earliest("pk")
    if gap.present + amount >= gap.needed:
        school = Actor(first.by_id, first.by_name, first.by_role)
        fill_proved(by=school, gap=gap, reason=told, proof=acceptance.proof)
        return True
    old, gap.present = gap.present, gap.present + amount
    gap.save(update_fields=["present"])
    step = GAP_PARTLY_FILLED[GapState(gap.state)]
    GapDecision.append(gap, step=step, old=gap.state, by=by, reason=told, at=timezone.now())
    record(by, action="gap.receive", subject=gap, changes={"present": [str(old), str(gap.present)]})
    return False
