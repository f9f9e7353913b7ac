"""Verbs of the asset ledger: taken in on acceptance, registered as old stock, moved and disposed of by decision; nothing overwritten."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from povertyedu.audit.models import record, record_many
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import School
from povertyedu.workflow.flow import Actor, StepRefused
from projects.enums import AssetEntryKind
from projects.models import Acceptance, AcceptanceLine, Asset, AssetEntry

from .possession import change, counted


@dataclass(frozen=True)
class OldStock:
    """What a school had before the ledger began."""

    school: int
    code: str
    kind: str
    name: str
    unit: str
    quantity: int
    price_fen: int
    acquired_on: dt.date
    model: str = ""
    place: str = ""
    document: str = ""


def take_in(*, by: Actor, acceptance: Acceptance, lines: Sequence[AcceptanceLine]) -> list[Asset]:
    """Make a card of each accepted line; the caller holds the transaction."""
    cards = Asset.objects.bulk_create(
        Asset(
            code=f"YS{acceptance.pk}-{number}", school_id=acceptance.school_id, kind=line.share.item.kind, name=line.share.item.name,
            model=line.share.item.model, unit=line.share.item.unit, price_fen=line.share.item.price_fen, acquired_on=acceptance.on, line=line,
        )
        for number, line in enumerate(lines, start=1)
    )  # fmt: skip
    document = f"{acceptance.purchase.code} {acceptance}"
    AssetEntry.objects.bulk_create(
        _entry(by, card, AssetEntryKind.ACCEPTED, line.accepted, acceptance.on, document)
        for card, line in zip(cards, lines, strict=True)
    )
    return cards


def _entry(
    by: Actor, asset: Asset, kind: str, quantity: int, on: dt.date, document: str, reason: str = ""
) -> AssetEntry:
    return AssetEntry(
        asset=asset, kind=kind, quantity=quantity, on=on, document=document.strip()[:80], reason=reason.strip()[:200], by_id=by.id,
        by_name=by.name,
    )  # fmt: skip


@transaction.atomic
def register_stock(*, by: Actor, rows: Sequence[OldStock]) -> list[Asset]:
    """Put old stock on the ledger, set-based; what the school reported it has is not changed by it."""
    made = [
        Asset(
            code=row.code, school_id=row.school, kind=row.kind, name=row.name, model=row.model, unit=row.unit, price_fen=row.price_fen,
            acquired_on=row.acquired_on, place=row.place,
        )
        for row in rows
    ]  # fmt: skip
    try:
        with transaction.atomic():
            cards = Asset.objects.bulk_create(made)
    except IntegrityError as clash:
        raise StepRefused("这所学校已有这个资产编号；没有重复登记，请核对编号。") from clash
    AssetEntry.objects.bulk_create(
        _entry(by, card, AssetEntryKind.STOCK, row.quantity, row.acquired_on, row.document or "原有资产登记")
        for card, row in zip(cards, rows, strict=True)
    )
    record_many(
        by, action="asset.register", rows=[(card, {"quantity": [None, row.quantity]}) for card, row in zip(cards, rows, strict=True)]
    )  # fmt: skip
    return cards


@transaction.atomic
def remove(
    *, by: Actor, asset: Asset, kind: str, quantity: int, on: dt.date, document: str, reason: str
) -> AssetEntry:
    """Note that some were disposed of or are lost, by a decision; the card stays with what is left."""
    locked = _with(asset, quantity, on, document)
    entry = _entry(by, locked, kind, -quantity, on, document, reason)
    entry.save()
    _count(by, locked, locked.school_id, -quantity)
    record(
        by,
        action="asset.remove",
        subject=locked,
        changes={"quantity": [locked.quantity, locked.quantity - quantity]},
        reason=reason,
    )
    return entry


@transaction.atomic
def move(
    *, by: Actor, asset: Asset, to_school: School, quantity: int, on: dt.date, document: str, reason: str
) -> Asset:
    """Move some to another school, which gets a card of its own that says where they came from."""
    locked = _with(asset, quantity, on, document)
    if to_school.pk == locked.school_id:
        raise StepRefused("调入的学校就是现在的学校，请重新选择。")
    out = _entry(by, locked, AssetEntryKind.MOVED_OUT, -quantity, on, document, f"调往{to_school}。{reason}")
    out.save()
    card = Asset.objects.create(
        code=f"DR{out.pk}", school=to_school, kind=locked.kind, name=locked.name, model=locked.model, unit=locked.unit,
        price_fen=locked.price_fen, acquired_on=locked.acquired_on, moved_from=locked,
    )  # fmt: skip
    _entry(
        by, card, AssetEntryKind.MOVED_IN, quantity, on, document, f"由{locked.school}调入。{reason}"
    ).save()
    _count(by, locked, locked.school_id, -quantity)
    _count(by, locked, to_school.pk, quantity)
    record(
        by,
        action="asset.move",
        subject=locked,
        changes={"school": [str(locked.school), str(to_school)], "quantity": [None, quantity]},
        reason=reason,
    )
    return card


def _with(asset: Asset, quantity: int, on: dt.date, document: str) -> Asset:
    """Return the card, locked, once it has that many and the decision is named."""
    locked = (
        Asset.objects.select_for_update(no_key=True, of=("self",)).select_related("school").get(pk=asset.pk)
    )
    if not document.strip():
        raise StepRefused("要写明批准的文号。")
    if on > today():
        raise StepRefused("日期不能晚于今天。")
    if on < locked.acquired_on:
        raise StepRefused(f"日期不能早于取得日期（{locked.acquired_on}）。")
    if not 0 < quantity <= locked.quantity:
        raise StepRefused(
            f"在册 {locked.quantity} {locked.unit}，不能办理 {quantity} {locked.unit}；请核对数量。"
        )
    return locked


def _count(by: Actor, asset: Asset, school: int, quantity: int) -> None:
    change(by=by, school=school, gained=counted([(asset.kind, quantity, asset.price_fen)]))
