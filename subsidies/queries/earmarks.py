"""What the money that came in may cover, and what covers what."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from django.db.models import F, Q, Sum

from subsidies.earmarks import draw, had_by, taken_of
from subsidies.enums import Kind, LineState, fund_sources
from subsidies.models import AdjustmentShare, Allocation, Commitment, FundReceipt, LineShare, Programme

SPENT = (LineState.SENT, LineState.PAID)
COMMITTED = (LineState.LISTED, LineState.HELD, *SPENT)


class Need(NamedTuple):
    """Money of one source for one programme."""

    source: str
    programme: str


class Lack(NamedTuple):
    """A need of which a part is not covered, in fen."""

    need: Need
    needed_fen: int
    available_fen: int

    @property
    def lacking_fen(self) -> int:
        return self.needed_fen - self.available_fen


class Pot(NamedTuple):
    """A receipt as money to be had: its source and the programmes it may be spent on."""

    pk: int
    source: str
    programmes: frozenset[str]


def pots(sources: Iterable[str] | None = None) -> dict[Pot, int]:
    """Return the receipts that stand, of ``sources`` or all, the earliest first, with their fen; two queries."""
    found = FundReceipt.objects.standing().order_by("received_on", "pk").prefetch_related("earmarks")
    if sources is not None:
        found = found.filter(source__in=list(sources))
    return {
        Pot(r.pk, r.source, frozenset(e.programme_id for e in r.earmarks.all())): r.amount_fen for r in found
    }


def covers(pot: Pot, need: Need) -> bool:
    return pot.source == need.source and need.programme in pot.programmes


def sums_of(rows, field: str) -> dict[Need, int]:
    """Return {need: fen} of commitments, summed over ``field``."""
    summed = rows.order_by().values("source", "programme").annotate(fen=Sum(field))
    return {Need(row["source"], row["programme"]): row["fen"] for row in summed if row["fen"]}


def shares_of(lines) -> dict[Need, int]:
    """Return {need: fen} of the frozen shares of ``lines``."""
    kept = lines.order_by().filter(shares__isnull=False).values_list("shares__source", "programme_id")
    return {Need(*need): fen for *need, fen in kept.annotate(fen=Sum("shares__amount_fen"))}


class Cover(NamedTuple):
    """What of some needs is covered, and what is left of each pot after it."""

    covered: dict[Need, int]
    left: dict[Pot, int]


def cover(needed: Mapping[Need, int], *, before: Mapping[Need, int], of: Mapping[Pot, int]) -> Cover:
    """Cover ``before`` (older needs) and then ``needed`` from the pots ``of``, as far as they reach."""
    covered: dict[Need, int] = {}
    left = dict(of)
    for source in {need.source for need in (*needed, *before)}:
        takers = {(0, need): fen for need, fen in before.items() if need.source == source}
        takers |= {(1, need): fen for need, fen in needed.items() if need.source == source}
        here = {pot: fen for pot, fen in of.items() if pot.source == source}
        flow = draw(takers, here, lambda taker, pot: covers(pot, taker[1]))
        covered |= {need: fen for (turn, need), fen in had_by(flow).items() if turn}
        for pot, fen in taken_of(flow).items():
            left[pot] -= fen
    return Cover(covered, left)


def lacks(needed: Mapping[Need, int], *, before: Mapping[Need, int], of: Mapping[Pot, int]) -> list[Lack]:
    """Return what of ``needed`` the pots ``of`` do not cover once ``before`` (older needs) is covered."""
    covered = cover(needed, before=before, of=of).covered
    found = [Lack(need, fen, covered.get(need, 0)) for need, fen in needed.items()]
    return [lack for lack in found if lack.lacking_fen]


def in_order(needs: Mapping[Need, int]) -> dict[Need, int]:
    """Return ``needs`` by source as charts stack them, then by programme as lists show them."""
    sources = [code for code, _ in fund_sources()]
    programmes = list(Programme.objects.values_list("pk", flat=True))
    place = {code: number for number, code in enumerate(sources)}
    order = {code: number for number, code in enumerate(programmes)}
    keys = sorted(needs, key=lambda need: (place.get(need.source, 99), order.get(need.programme, 9999)))
    return {need: needs[need] for need in keys}


def held_by(batch) -> dict[Need, int]:
    """Return what ``batch`` has taken."""
    return sums_of(Commitment.objects.filter(batch=batch), "amount_fen")


def handed_to_schools(allocations) -> dict[Need, int]:
    """Return what ``allocations`` give to schools for good: of waivers and meals, which no batch pays.

    What is shared out of cash is a plan: it is spent when a batch pays the child.
    """
    to_schools = allocations.exclude(programmes__kind=Kind.CASH)
    summed = to_schools.order_by().values("source", "programmes").annotate(fen=Sum("amount_fen"))
    return {Need(row["source"], row["programmes"]): row["fen"] for row in summed}


def came_back(sources: Iterable[str] | None = None) -> dict[Need, int]:
    """Return what adjustments add to what was paid, mostly less than nothing: money returned, or settled otherwise."""
    rows = AdjustmentShare.objects.all()
    return _by_need(rows if sources is None else rows.filter(source__in=list(sources)))


def returned_of(terms: Iterable[str]) -> dict[Need, int]:
    """Return the same of the money of some terms."""
    return _by_need(AdjustmentShare.objects.filter(adjustment__term__in=list(terms)))


def _by_need(rows) -> dict[Need, int]:
    summed = rows.order_by().values("source", "adjustment__programme").annotate(fen=Sum("amount_fen"))
    return {Need(row["source"], row["adjustment__programme"]): row["fen"] for row in summed}


def added(*needs: Mapping[Need, int]) -> dict[Need, int]:
    """Return several {need: fen} as one; what adds up to nothing or less is left out."""
    sums: Counter[Need] = Counter()
    for one in needs:
        sums.update(one)
    return {need: fen for need, fen in sums.items() if fen > 0}


def other_commitments(batch, sources: Iterable[str]) -> dict[Need, int]:
    """Return what other batches hold of ``sources``, and what schools have of it."""
    others = Commitment.objects.exclude(batch=batch).filter(source__in=list(sources))
    to_schools = handed_to_schools(Allocation.objects.live().filter(source__in=list(sources)))
    return added(sums_of(others, "amount_fen"), to_schools, came_back(sources))


def committed_of() -> dict[Need, int]:
    """Return what all batches hold, and what is approved to go to schools."""
    held, to_schools = sums_of(Commitment.objects.all(), "amount_fen"), Allocation.objects.live()
    return added(held, handed_to_schools(to_schools), came_back())


def spent_of(sources: Iterable[str] | None = None) -> dict[Need, int]:
    """Return what has gone to the bank or to schools, of ``sources`` or all."""
    rows, to_schools = Commitment.objects.filter(spent_fen__gt=0), Allocation.objects.handed_down()
    if sources is not None:
        rows, to_schools = (found.filter(source__in=list(sources)) for found in (rows, to_schools))
    return added(sums_of(rows, "spent_fen"), handed_to_schools(to_schools), came_back(sources))


def committed_rows(batch) -> list[dict]:
    """Return by source and programme what the open, sent and paid lines of ``batch`` take, and what of it is spent."""
    return list(
        LineShare.objects.filter(line__batch=batch, line__state__in=COMMITTED)
        .values("source", "line__programme")
        .annotate(fen=Sum("amount_fen"), spent=Sum("amount_fen", filter=Q(line__state__in=SPENT), default=0))
    )


def used_of(spent: Mapping[Need, int], of: Mapping[Pot, int]) -> dict[int, int]:
    """Return {key of a receipt: fen of it that ``spent`` used up}: the earliest money is spent first."""
    used: dict[int, int] = {}
    for source in {pot.source for pot in of}:
        here = {pot: fen for pot, fen in of.items() if pot.source == source}
        gone = {need: fen for need, fen in spent.items() if need.source == source}
        used |= {pot.pk: fen for pot, fen in had_by(draw(here, gone, covers)).items()}
    return used


class Plan(NamedTuple):
    """An allocation as a need: of a source, for any of its programmes, from one receipt or from whichever."""

    pk: int
    source: str
    programmes: frozenset[str]
    receipt: int | None


def plan_of(allocation) -> Plan:
    programmes = frozenset(programme.pk for programme in allocation.programmes.all())
    return Plan(allocation.pk, allocation.source, programmes, allocation.receipt_id)


def planned(source: str) -> dict[Plan, int]:
    """Return the live allocations of ``source``, those bound to one receipt first."""
    found = Allocation.objects.live().filter(source=source).prefetch_related("programmes")
    return {
        plan_of(each): each.amount_fen for each in found.order_by(F("receipt").asc(nulls_last=True), "pk")
    }


def plan_lacks(plan: Plan, fen: int, *, of: Mapping[Pot, int]) -> int:
    """Return how much of ``fen`` the receipts ``of`` its source do not hold, once the other live plans have theirs."""

    def may(taker: Plan, pot: Pot) -> bool:
        own = taker.receipt in (None, pot.pk) and taker.source == pot.source
        return own and not taker.programmes.isdisjoint(pot.programmes)

    others = {other: amount for other, amount in planned(plan.source).items() if other.pk != plan.pk}
    return fen - had_by(draw(others | {plan: fen}, of, may)).get(plan, 0)
