"""The money that came in: receipts of both terms, one handed down to schools, one waiting for approval, one that is short."""

import datetime as dt
from collections import defaultdict

from povertyedu.orgs.models import Term
from povertyedu.workflow.flow import Actor
from subsidies.actions import allocating, funds
from subsidies.actions.positions import entitled_by_need
from subsidies.enums import Kind
from subsidies.models import FundReceipt, Programme

from .batches import Bureau
from .people import AUTUMN, SPRING

CAME = {SPRING: dt.date(2026, 3, 12), AUTUMN: dt.date(2026, 9, 15)}
NUMBERS = {
    "superior": "云财教〔2026〕{}号", "existing_national": "省财教〔2026〕{}号", "county_poverty_fund": "云扶办〔2026〕{}号",
}  # fmt: skip
ROUND_FEN = 100_000  # documents grant whole thousands of yuan
SHORT = 0.6  # of what autumn's waivers need has come so far
MORE = 1.5  # times what autumn's boarders need has come: the rest is shared out by factors


def book_money() -> None:
    """Book what came for each source: enough for every cash programme, of autumn's waivers only a part."""
    bureau = Bureau()
    for term, place in ((SPRING, 10), (AUTUMN, 40)):
        for programmes, source, fen in _granted(term):
            place += 1
            funds.book_receipt(
                by=bureau.finance,
                receipt=funds.NewReceipt(
                    number=NUMBERS[source].format(place), source=source, programmes=tuple(programmes),
                    received_on=CAME[term] + dt.timedelta(days=place % 7), amount_fen=fen, year=2026, term=term,
                ),
            )  # fmt: skip
    _share_out(bureau.aid, bureau.approver, bureau.finance)


def _granted(term: str) -> list[tuple[list[str], str, int]]:
    """Return (programmes, source, fen): the cash of a source together, every waiver by itself."""
    kinds = dict(Programme.objects.values_list("pk", "kind"))
    asked: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for need, fen in entitled_by_need([term]).items():
        if need.source in NUMBERS:
            cash = kinds[need.programme] == Kind.CASH
            asked[need.source, "" if cash else need.programme][need.programme] = fen
    granted = []
    for (source, waiver), needs in asked.items():
        fen = sum(needs.values())
        if term == AUTUMN:
            fen = int(fen * (SHORT if waiver else MORE if source == "superior" else 1))
        granted.append((list(needs), source, -(-fen // ROUND_FEN) * ROUND_FEN))
    return granted


def _share_out(aid: Actor, approver: Actor, finance: Actor) -> None:
    """Hand spring's waiver money down to the schools; leave the sharing out of autumn's boarding money to the approver."""
    receipts = FundReceipt.objects.prefetch_related("programmes")
    waiver = receipts.filter(term=SPRING, programmes__kind=Kind.WAIVER).order_by("pk").first()
    boarding = receipts.filter(term=AUTUMN, source="superior").order_by("pk").first()
    for receipt, verbs in ((waiver, ("submit", "approve", "allocate")), (boarding, ("submit",))):
        if receipt is None:
            continue
        made = allocating.draw_up(
            by=aid, term=Term.objects.get(pk=receipt.term_id), source=receipt.source, programmes=list(receipt.programmes.all()),
            amount_fen=receipt.amount_fen, weights={"pupils": 40, "boarders": 30, "hardship": 30}, receipt=receipt,
        )  # fmt: skip
        for verb, by in zip(verbs, (aid, approver, finance), strict=False):
            allocating.take_step(by=by, allocation=made, verb=verb)
