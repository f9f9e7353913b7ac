"""Booking the money that came in, and taking back by reversal what was booked wrongly."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone

from povertyedu.accounts.models import User
from povertyedu.audit.models import record, record_many
from povertyedu.files.models import StoredFile
from povertyedu.orgs.calendar import today
from povertyedu.ui.numerals import yuan
from povertyedu.workflow.flow import Actor, StepRefused
from subsidies.models import FundReceipt, ReceiptProgramme, ReceiptScan

LARGEST_FEN = 10**13  # a hundred thousand million yuan: more is a slip


@dataclass(frozen=True)
class NewReceipt:
    """What a document says of money that came in; ``programmes`` are codes, ``year`` the budget's."""

    number: str
    source: str
    programmes: tuple[str, ...]
    received_on: dt.date
    amount_fen: int
    year: int
    term: str | None = None
    note: str = ""

    @property
    def key(self) -> tuple:
        """What makes two bookings the same money."""
        return self.number, self.source, self.received_on, self.amount_fen, frozenset(self.programmes)


def standing_keys(numbers: Sequence[str]) -> dict[tuple, FundReceipt]:
    """Return the receipts of these documents that stand, by :attr:`NewReceipt.key`; two queries."""
    found = FundReceipt.objects.standing().filter(number__in=set(numbers)).prefetch_related("earmarks")
    return {
        (r.number, r.source, r.received_on, r.amount_fen, frozenset(e.programme_id for e in r.earmarks.all())): r
        for r in found
    }  # fmt: skip


@transaction.atomic
def book_receipts(*, by: Actor, receipts: Sequence[NewReceipt]) -> list[FundReceipt]:
    """Book money received, in a number of statements that does not grow; return the rows.

    StepRefused when the same money stands booked already: same document, source, programmes, day and amount.
    """
    _refuse_repeats(receipts)
    serials = _serials(receipts)
    now = timezone.now()
    made = [
        FundReceipt(
            number=new.number, source=new.source, year=new.year, term_id=new.term, received_on=new.received_on,
            amount_fen=new.amount_fen, note=new.note, serial=serial, booked_by=by.name,
        )
        for new, serial in zip(receipts, serials, strict=True)
    ]  # fmt: skip
    try:
        with transaction.atomic():
            rows = FundReceipt.objects.bulk_create(made)
    except IntegrityError as error:  # somebody booked the same a moment before
        raise StepRefused("刚刚已有人登记了相同的到账，没有重复登记；请刷新后再看。") from error
    _name_programmes(rows, [new.programmes for new in receipts])
    FundReceipt.objects.filter(pk__in=[row.pk for row in rows]).update(booked_at=now)
    record_many(by, action="fund.book", rows=[(row, {"amount_fen": [None, row.amount_fen]}) for row in rows])
    for row in rows:
        row.booked_at = now
    return rows


def book_receipt(*, by: Actor, receipt: NewReceipt) -> FundReceipt:
    """Book one receipt."""
    return book_receipts(by=by, receipts=[receipt])[0]


def _refuse_repeats(receipts: Sequence[NewReceipt]) -> None:
    keys = [new.key for new in receipts]
    standing = standing_keys([new.number for new in receipts])
    for place, new in enumerate(receipts):
        if new.key in standing or new.key in keys[:place]:
            raise StepRefused(
                f"文号 {new.number}、{new.received_on:%Y-%m-%d} 到账的 {yuan(new.amount_fen)} 元已经登记过，没有重复登记。"
            )
        if not new.programmes:
            raise StepRefused(f"文号 {new.number} 没有写明可用于哪些项目；专款专用，请至少选一个项目。")


def _serials(receipts: Sequence[NewReceipt]) -> list[int]:
    """Return for each the number of its booking among those with equal document, source, day and amount.

    The database holds it unique, so that the same receipt booked twice at once stands once.
    """
    counted: dict[tuple, int] = {}
    earlier = FundReceipt.objects.filter(reverses=None, number__in={new.number for new in receipts})
    for key in earlier.values_list("number", "source", "received_on", "amount_fen"):
        counted[key] = counted.get(key, 0) + 1
    serials = []
    for new in receipts:
        key = (new.number, new.source, new.received_on, new.amount_fen)
        counted[key] = counted.get(key, 0) + 1
        serials.append(counted[key])
    return serials


def _name_programmes(rows: list[FundReceipt], programmes: Sequence[Sequence[str]]) -> None:
    ReceiptProgramme.objects.bulk_create(
        ReceiptProgramme(receipt=row, programme_id=code)
        for row, codes in zip(rows, programmes, strict=True)
        for code in dict.fromkeys(codes)
    )


@transaction.atomic
def reverse_receipt(*, by: Actor, receipt: FundReceipt, reason: str) -> FundReceipt:
    """Take back a booked receipt by one with the other sign, for a reason; return the reversal."""
    if not reason.strip():
        raise StepRefused("冲销必须填写理由。")
    receipt = FundReceipt.objects.select_for_update(of=("self",), no_key=True).get(pk=receipt.pk)
    if receipt.reverses_id:
        raise StepRefused("这一笔本身就是冲销，不能再冲销；请重新登记正确的到账。")
    if FundReceipt.objects.filter(reverses=receipt).exists():
        raise StepRefused(f"文号 {receipt.number} 的这一笔已经冲销过。")
    if allocation := receipt.allocations.live().first():
        raise StepRefused(f"这笔钱已按 {allocation} 分配到各校；请先收回分配，再冲销。")
    reversal = FundReceipt.objects.create(
        number=receipt.number, source=receipt.source, year=receipt.year, term_id=receipt.term_id, received_on=today(),
        amount_fen=-receipt.amount_fen, note=receipt.note, reverses=receipt, reason=reason.strip()[:200],
        booked_by=by.name,
    )  # fmt: skip
    _name_programmes([reversal], [receipt.earmarks.values_list("programme_id", flat=True)])
    FundReceipt.objects.filter(pk=reversal.pk).update(booked_at=timezone.now())
    record(
        by, action="fund.reverse", subject=receipt, changes={"amount_fen": [receipt.amount_fen, 0]}, reason=reason
    )  # fmt: skip
    reversal.refresh_from_db()
    return reversal


def keep_scan(*, by: Actor, receipt: FundReceipt, upload) -> ReceiptScan:
    """Keep a scan of the receipt's document (``upload`` is checked by the form)."""
    stored = StoredFile.keep(
        upload.chunks(), name=upload.name[:200], purpose="fund_document", personal=False,
        owner=User.objects.filter(pk=by.id).first(),
    )  # fmt: skip
    try:
        with transaction.atomic():
            scan = ReceiptScan.objects.create(receipt=receipt, file=stored, added_by=by.name)
            record(by, action="fund.scan", subject=receipt, changes={"扫描件": [None, stored.name]})
    except BaseException:
        stored.path.unlink(missing_ok=True)
        StoredFile.objects.filter(pk=stored.pk).delete()
        raise
    return scan
