"""Reconciliation (对账) per source, to the fen: receipt -> allocation -> entitlement -> paid.

What was paid and what is on its way come from the frozen shares; what is entitled, and what no office has
passed on yet, is cut as the policies say now. A second reading of the same money, not by source, must agree.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Sum

from povertyedu.orgs.models import Term
from subsidies.enums import Kind, LineState, Payer, fund_sources
from subsidies.models import (
    Allocation,
    Balance,
    Entitlement,
    FundReceipt,
    Line,
    PaidAdjustment,
    Programme,
)
from subsidies.queries.earmarks import Need, handed_to_schools, in_order, returned_of, shares_of

from .positions import entitled_by_need
from .sourcing import UNSTATED, needs_of


@dataclass(frozen=True)
class Span:
    """Which money is looked at: a term, a budget year, or everything."""

    label: str
    terms: tuple[str, ...]
    receipts: dict  # the filter that picks them
    apart_fen: int = 0  # of a term: what came for its whole year

    @classmethod
    def of_term(cls, term: Term) -> "Span":
        whole_year = FundReceipt.objects.filter(term=None, year=term.year)
        return cls(str(term), (term.pk,), {"term": term}, whole_year.total_fen())

    @classmethod
    def of_year(cls, year: int) -> "Span":
        terms = Term.objects.filter(year=year).values_list("pk", flat=True)
        return cls(f"{year} 年", tuple(terms), {"year": year})

    @classmethod
    def everything(cls) -> "Span":
        return cls("全部", tuple(Term.objects.values_list("pk", flat=True)), {})


@dataclass
class Entry:
    """One source, or one programme of it, in fen; what came in and was shared out is a source's alone."""

    received_fen: int = 0
    allocated_fen: int = 0
    entitled_fen: int = 0
    paid_fen: int = 0
    in_hand_fen: int = 0

    @property
    def outstanding_fen(self) -> int:
        return self.entitled_fen - self.paid_fen - self.in_hand_fen

    @property
    def left_fen(self) -> int:
        """What came in and is not paid out."""
        return self.received_fen - self.paid_fen

    def __add__(self, other: "Entry") -> "Entry":
        return Entry(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))


@dataclass
class SourceEntry(Entry):
    """A source with its programmes."""

    label: str = ""
    programmes: list[tuple[Programme, Entry]] = field(default_factory=list)


@dataclass(frozen=True)
class Check:
    """A sum over the sources against the same money read without regard to source."""

    label: str
    by_source_fen: int
    whole_fen: int

    @property
    def difference_fen(self) -> int:
        return self.by_source_fen - self.whole_fen


@dataclass(frozen=True)
class Statement:
    """The reconciliation of a span."""

    span: Span
    sources: list[SourceEntry]
    total: Entry
    checks: list[Check]

    @property
    def agrees(self) -> bool:
        return not any(check.difference_fen for check in self.checks)


def reconcile(span: Span) -> Statement:
    """Return the money of ``span`` by source and programme, and whether the sums are the whole."""
    lines = Line.objects.filter(term__in=span.terms, payer=Payer.THIS_COUNTY)
    handed = Allocation.objects.handed_down().filter(term__in=span.terms)
    columns = {
        "entitled_fen": entitled_by_need(span.terms),
        "paid_fen": _summed(
            shares_of(lines.filter(state=LineState.PAID)), _shareless(lines.filter(state=LineState.PAID)),
            returned_of(span.terms), _shareless(PaidAdjustment.objects.filter(term__in=span.terms), "paid_fen"),
            handed_to_schools(handed),
        ),
        "in_hand_fen": _summed(shares_of(lines.open()), needs_of(lines.open().filter(shares=None))),
    }  # fmt: skip
    entries = _by_source(columns)
    receipts = FundReceipt.objects.filter(**span.receipts)
    for name, rows in (("received_fen", receipts), ("allocated_fen", handed)):
        for source, fen in rows.order_by().values_list("source").annotate(fen=Sum("amount_fen")):
            setattr(entries.setdefault(source, SourceEntry()), name, fen)
    found = []
    for code, label in fund_sources():
        if entry := entries.get(code):
            entry.label = label
            found.append(entry)
    total = sum((_plain(entry) for entry in found), Entry())
    return Statement(span, found, total, _checks(span, total, lines, receipts, handed))


def _plain(entry: Entry) -> Entry:
    return Entry(*(getattr(entry, name) for name in Entry.__dataclass_fields__))


def _summed(*needs: dict[Need, int]) -> dict[Need, int]:
    """Add {need: fen} up, minus included."""
    sums: dict[Need, int] = {}
    for one in needs:
        for need, fen in one.items():
            sums[need] = sums.get(need, 0) + fen
    return sums


def _shareless(rows, field: str = "amount_fen") -> dict[Need, int]:
    """Return what was paid or came back before shares were kept: nobody in particular bore it."""
    summed = rows.filter(shares=None).order_by().values_list("programme_id").annotate(fen=Sum(field))
    return {Need(UNSTATED, programme): fen for programme, fen in summed}


def _by_source(columns: dict[str, dict[Need, int]]) -> dict[str, SourceEntry]:
    programmes = Programme.objects.in_bulk()
    needs = {need: 0 for column in columns.values() for need in column}
    entries: dict[str, SourceEntry] = {}
    for need in in_order(needs):
        entry = Entry(**{name: column.get(need, 0) for name, column in columns.items()})
        source = entries.setdefault(need.source, SourceEntry())
        source.programmes.append((programmes[need.programme], entry))
        for name in columns:
            setattr(source, name, getattr(source, name) + getattr(entry, name))
    return entries


def _checks(span: Span, total: Entry, lines, receipts, handed) -> list[Check]:
    """Read the same money again, whole: from the tables, and the cash from the balance of the children."""
    owed = Entitlement.objects.filter(term__in=span.terms).exclude(kind=Kind.LOAN)
    adjusted = PaidAdjustment.objects.filter(term__in=span.terms)
    to_schools = sum(handed_to_schools(handed).values())
    cash = Balance.objects.filter(term__in=span.terms, programme__kind=Kind.CASH).aggregate(
        paid=Sum("paid_fen", default=0), in_hand=Sum("in_hand_fen", default=0)
    )
    paid = _sum(lines.filter(state=LineState.PAID)) + _sum(adjusted, "paid_fen")
    return [
        Check("到账登记", total.received_fen, receipts.total_fen()),
        Check("资金分配（已下达）", total.allocated_fen, _sum(handed)),
        Check("应享", total.entitled_fen, _sum(owed)),
        Check("发放明细已发，加冲账和拨到学校的", total.paid_fen, paid + to_schools),
        Check("学生余额表的已发现金", total.paid_fen - to_schools, cash["paid"]),
        Check("发放明细在途", total.in_hand_fen, _sum(lines.open())),
        Check("学生余额表的在途现金", total.in_hand_fen, cash["in_hand"]),
    ]


def _sum(rows, field: str = "amount_fen") -> int:
    return rows.order_by().aggregate(fen=Sum(field, default=0))["fen"]


def years() -> Sequence[int]:
    """Return the budget years with terms or receipts, the newest first."""
    of_terms = Term.objects.values_list("year", flat=True)
    return sorted({*of_terms, *FundReceipt.objects.values_list("year", flat=True)}, reverse=True)
