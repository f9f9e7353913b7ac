"""Earmarked money (专款专用): what an approved batch takes of each source, and that no batch takes what is not there.

Every verb that settles lines brings its batch's commitments up to date under the batch's lock. Whether there
is enough is asked under a lock on the receipts themselves, so that two batches cannot both have the last money.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from povertyedu.audit.models import record
from povertyedu.options.registry import options
from povertyedu.ui.numerals import yuan
from povertyedu.workflow.flow import Actor, StepRefused
from subsidies.enums import LineState, fund_sources
from subsidies.models import Batch, Commitment, FundReceipt, LineShare, Programme
from subsidies.queries.earmarks import (
    Lack,
    Need,
    committed_rows,
    held_by,
    in_order,
    lacks,
    other_commitments,
    pots,
    shares_of,
    spent_of,
)

from .sourcing import freeze_shares, needs_of

AT_BANK = (LineState.SENT, LineState.PAID, LineState.FAILED)


def commit(batch: Batch, *, by: Actor) -> None:
    """Freeze who bears the lines of a batch and take the money; StepRefused where a source lacks it.

    The batch is locked by the caller.
    """
    withdraw_commitments(batch)
    freeze_shares(batch)
    bring_up(batch)
    _check(batch, held_by(batch), before=partial(other_commitments, batch), by=by)


def withdraw_commitments(batch: Batch) -> None:
    """Give back all that a batch holds; its lines are borne by nobody until it is passed on again."""
    LineShare.objects.filter(line__batch=batch).exclude(line__state__in=AT_BANK).delete()
    Commitment.objects.filter(batch=batch).delete()


def bring_up(batch: Batch) -> None:
    """Make the commitments of ``batch`` what its lines take now: what failed or left is released."""
    Commitment.objects.filter(batch=batch).delete()
    Commitment.objects.bulk_create(
        Commitment(
            batch=batch, source=row["source"], programme_id=row["line__programme"], amount_fen=row["fen"], spent_fen=row["spent"],
        )
        for row in committed_rows(batch)
    )  # fmt: skip


def check_file(batch: Batch, lines, *, by: Actor) -> None:
    """Ask once more before ``lines`` go to the bank: what has left already comes first, whoever sent it."""
    freeze_shares(batch)
    _check(batch, shares_of(lines), before=spent_of, by=by)


def _check(batch: Batch, needed: Mapping[Need, int], *, before: Callable, by: Actor) -> None:
    """Refuse, note or pass over what the receipts do not cover, as the county has chosen.

    ``before``: sources -> what is covered first; asked once the receipts are locked.
    """
    rule = checking()
    wanted = rule.checked(needed)
    if not wanted:
        return
    sources = {need.source for need in wanted}
    locked = FundReceipt.objects.select_for_update(no_key=True, of=("self",)).filter(source__in=sources)
    list(locked.order_by("pk").values_list("pk", flat=True))
    found = lacks(wanted, before=before(sources), of=pots(sources))
    if not found:
        return
    told = sentences(found)
    if rule.refuses:
        raise StepRefused(f"资金不足，不能办理：{told}。请先登记到账资金，或将部分学生移出本批。")
    record(by, action="batch.funds_short", subject=batch, changes={"资金": [None, told]})


class Checking:
    """How the county wants batches compared with the money that came in."""

    def __init__(self, mode: str, unchecked: Iterable[str]):
        self.mode = mode
        names = {label: code for code, label in fund_sources()}
        self.unchecked = frozenset(names[label] for label in unchecked if label in names)

    def checked(self, needs: Mapping[Need, int]) -> dict[Need, int]:
        """Return those of ``needs`` that must be covered by what came in."""
        if self.mode == "不检查":
            return {}
        return {need: fen for need, fen in needs.items() if need.source not in self.unchecked}

    @property
    def refuses(self) -> bool:
        """Whether a batch that lacks money is refused; by itself, once the county has booked any receipt."""
        if self.mode == "自动":
            return FundReceipt.objects.standing().exists()
        return self.mode == "不足时拒绝"


def checking() -> Checking:
    chosen = options("funds_check", "funds_unchecked_sources")
    return Checking(chosen["funds_check"], chosen["funds_unchecked_sources"])


def funding_of(batch: Batch, lines=None) -> list[dict]:
    """Return how a batch is funded as things stand, a row per source and programme; nothing is locked or written.

    Before the batch is passed on it is what ``lines`` (else its open lines) would take.
    """
    needs = held_by(batch) or needs_of((batch.lines if lines is None else lines).open())
    wanted = checking().checked(needs)
    sources = {need.source for need in wanted}
    found = lacks(wanted, before=other_commitments(batch, sources), of=pots(sources)) if sources else []
    lacking = {lack.need: lack for lack in found}
    names, programmes = dict(fund_sources()), Programme.objects.in_bulk()
    return [
        {
            "source": names.get(need.source, need.source), "programme": programmes[need.programme], "fen": fen,
            "checked": need in wanted, "lacking_fen": lacking[need].lacking_fen if need in lacking else 0,
        }
        for need, fen in in_order(needs).items()
    ]  # fmt: skip


def sentences(found: Iterable[Lack]) -> str:
    """Say which source lacks how much for which programme."""
    by_need = {lack.need: lack for lack in found}
    names = dict(fund_sources())
    programmes = dict(Programme.objects.values_list("pk", "name"))
    return "；".join(
        f"{names.get(need.source, need.source)}的“{programmes[need.programme]}”缺 {yuan(lack.lacking_fen)} 元"
        f"（需 {yuan(lack.needed_fen)} 元，可用 {yuan(lack.available_fen)} 元）"
        for need in in_order(dict.fromkeys(by_need, 0))
        if (lack := by_need[need])
    )
