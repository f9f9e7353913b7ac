"""How the money stands: what of each receipt lies idle, and per source and programme what is short or left over.

Reads, but above the queries: a policy's text says who bears what is not yet passed on.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Count

from povertyedu.options.registry import option
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Term
from subsidies.enums import Kind, fund_sources
from subsidies.models import Allocation, Entitlement, FundReceipt, Line, Programme
from subsidies.queries.earmarks import (
    COMMITTED,
    Need,
    added,
    committed_of,
    cover,
    handed_to_schools,
    in_order,
    pots,
    returned_of,
    shares_of,
    spent_of,
    used_of,
)

from .commitments import checking
from .sourcing import Fundings


@dataclass(frozen=True)
class Lying:
    """What of a receipt is used and what lies, for how long."""

    amount_fen: int
    used_fen: int
    received_on: dt.date
    limit: int  # days after which the county calls it idle (滞留)

    @property
    def lying_fen(self) -> int:
        return self.amount_fen - self.used_fen

    @property
    def days(self) -> int:
        """Days since it came, while any of it lies."""
        return (today() - self.received_on).days if self.lying_fen else 0

    @property
    def is_idle(self) -> bool:
        return self.days > self.limit


def lying_money() -> dict[int, Lying]:
    """Return {key of a standing receipt: how it lies}, the earliest first; a constant number of queries."""
    limit = option("funds_idle_days")
    standing = pots()
    used = used_of(spent_of(), standing)
    received = dict(FundReceipt.objects.standing().values_list("pk", "received_on"))
    return {pot.pk: Lying(fen, used.get(pot.pk, 0), received[pot.pk], limit) for pot, fen in standing.items()}


@dataclass
class Row:
    """One programme of a source in a term; all in fen."""

    programme: Programme
    entitled_fen: int
    committed_fen: int
    covered_fen: int

    @property
    def needed_fen(self) -> int:
        return max(0, self.entitled_fen - self.committed_fen)

    @property
    def lacking_fen(self) -> int:
        return self.needed_fen - self.covered_fen


@dataclass
class Position:
    """A source: what came in all told, what batches hold of it, its programmes in the term, what would be left."""

    source: str
    is_checked: bool = True  # whether the county compares it with what came in
    received_fen: int = 0
    committed_fen: int = 0
    left_fen: int = 0
    rows: list[Row] = field(default_factory=list)

    @property
    def label(self) -> str:
        return dict(fund_sources()).get(self.source, self.source)

    def total(self, name: str) -> int:
        return sum(getattr(row, name) for row in self.rows)

    @property
    def needed_fen(self) -> int:
        return self.total("needed_fen")

    @property
    def lacking_fen(self) -> int:
        return self.total("lacking_fen")

    @property
    def entitled_fen(self) -> int:
        return self.total("entitled_fen")


def entitled_by_need(terms: Sequence[str]) -> dict[Need, int]:
    """Return what the entitlements of ``terms`` ask of each source for each programme, loans apart; sums equal them."""
    kinds = list(
        Entitlement.objects.filter(term__in=terms)
        .exclude(kind=Kind.LOAN)
        .values_list("term_id", "programme_id", "rule", "amount_fen")
        .annotate(children=Count("student_id"))
        .order_by()
    )
    fundings = Fundings(terms)
    needs: dict[Need, int] = {}
    for term, programme, rule, fen, children in kinds:
        for source, share in fundings.split(term, rule, fen):
            if share:
                need = Need(source, programme)
                needs[need] = needs.get(need, 0) + share * children
    return needs


def positions(term: Term) -> list[Position]:
    """Return how each source stands against what ``term`` still needs, in the order of the sources.

    What batches hold already is covered first, of whatever term; then what the term's entitlements ask
    beyond what batches hold of it.
    """
    entitled = entitled_by_need([term.pk])
    held_of_term = added(
        shares_of(Line.objects.filter(term=term, state__in=COMMITTED)),
        handed_to_schools(Allocation.objects.live().filter(term=term)),
        returned_of([term.pk]),
    )
    needed = {need: fen - held_of_term.get(need, 0) for need, fen in entitled.items()}
    held, standing = committed_of(), pots()
    result = cover({need: fen for need, fen in needed.items() if fen > 0}, before=held, of=standing)
    programmes = Programme.objects.in_bulk()
    unchecked = checking().unchecked
    found = {code: Position(code, code not in unchecked) for code, _ in fund_sources()}
    for need in in_order(entitled | dict.fromkeys(held_of_term, 0)):
        row = Row(
            programmes[need.programme], entitled.get(need, 0), held_of_term.get(need, 0), result.covered.get(need, 0)
        )  # fmt: skip
        found[need.source].rows.append(row)
    for pot, fen in standing.items():
        found[pot.source].received_fen += fen
        found[pot.source].left_fen += result.left[pot]
    for need, fen in held.items():
        found[need.source].committed_fen += fen
    return [position for position in found.values() if position.rows or position.received_fen]


def short_of_money(term: Term) -> int:
    """Return how many sources and programmes lack money for ``term``; 0 where the county keeps no receipts here."""
    if not FundReceipt.objects.standing().exists():
        return 0
    checked = [position for position in positions(term) if position.is_checked]
    return sum(1 for position in checked for row in position.rows if row.lacking_fen)


def idle_receipts() -> list[Lying]:
    """Return the receipts that have lain longer than the county allows, the earliest first."""
    return [lying for lying in lying_money().values() if lying.is_idle]
