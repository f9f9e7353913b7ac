"""Verbs of acceptance: a school counts what came, another person confirms; then it stands in the ledger and fills gaps."""

import datetime as dt
from collections.abc import Mapping, Sequence

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from povertyedu.audit.models import record
from povertyedu.findings.actions import find
from povertyedu.findings.enums import FindingSource
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import School
from povertyedu.workflow.flow import Actor, StepRefused, advance
from projects.enums import PurchaseState
from projects.models import Acceptance, AcceptanceDecision, AcceptanceLine, Purchase, PurchaseShare
from projects.states import ACCEPTANCE_FLOW, PURCHASE_FLOW

from .assets import take_in
from .files import stored
from .possession import credit


def accept(
    *, by: Actor, purchase: Purchase, school: School, on: dt.date, counts: Mapping[int, tuple[int, int]], upload, note: str = "",
    account=None,
) -> Acceptance:  # fmt: skip
    """Count what came: share -> (in good order, damaged); what is still missing is short. ``upload`` is the signed slip or a photo."""
    with stored(upload, purpose="acceptance_proof", account=account) as proof, transaction.atomic():
        _ordered(purchase)
        if on > today():
            raise StepRefused("验收日期不能晚于今天。")
        if purchase.ordered_on and on < purchase.ordered_on:
            raise StepRefused(f"验收日期不能早于下单日期（{purchase.ordered_on}）。")
        made = Acceptance(
            purchase=purchase,
            school=school,
            on=on,
            note=note.strip()[:200],
            proof=proof,
            by_id=by.id,
            by_name=by.name,
        )
        made.validate_constraints()
        lines = _lines(made, counts)
        made.save()
        AcceptanceLine.objects.bulk_create(lines)
        step = ACCEPTANCE_FLOW["report"]
        AcceptanceDecision.append(made, step=step, old="", by=by, reason=made.note, at=timezone.now())
        taken = {str(line.share.item): [line.expected, line.accepted] for line in lines}
        record(by, action="acceptance.report", subject=made, changes=taken)
    return made


def _ordered(purchase: Purchase) -> Purchase:
    locked = Purchase.objects.select_for_update(no_key=True).get(pk=purchase.pk)
    if locked.state != PurchaseState.ORDERED:
        raise StepRefused(f"这张采购清单{locked.get_state_display()}，现在不能验收。")
    return locked


def _lines(acceptance: Acceptance, counts: Mapping[int, tuple[int, int]]) -> list[AcceptanceLine]:
    """Return a line per share that something is still to come of; none is counted twice or beyond what is due."""
    due = PurchaseShare.objects.outstanding().filter(
        item__purchase=acceptance.purchase, school=acceptance.school
    )
    lines = []
    for share in due.select_related("item").order_by("item"):
        good, damaged = counts.get(share.pk, (0, 0))
        short = share.left - good - damaged
        if short < 0:
            raise StepRefused(
                f"“{share.item}”应到 {share.left} {share.item.unit}，合格 {good}、损坏 {damaged}，多出 {-short}；请核对，多送的退回供应商。"
            )
        lines.append(
            AcceptanceLine(acceptance=acceptance, share=share, accepted=good, damaged=damaged, short=short)
        )
    if not any(line.accepted or line.damaged for line in lines):
        raise StepRefused("没有到货的不用登记验收；请填写合格或损坏的数量。")
    return lines


@transaction.atomic
def confirm(
    *, by: Actor, acceptance: Acceptance, reason: str = "", due_on: dt.date | None = None
) -> Acceptance:
    """Confirm as another person: things enter the ledger and the school's figures, gaps are reported filled.

    With ``due_on`` what is short or damaged becomes a finding with that deadline; without, it stays open on the list.
    """
    purchase = _ordered(acceptance.purchase)
    locked = Acceptance.objects.select_for_update(no_key=True).get(pk=acceptance.pk)
    if by.id is None or locked.by_id == by.id:
        raise StepRefused("复核人不能是验收人，请由另一人复核。")
    advance(
        locked, ACCEPTANCE_FLOW, "confirm", by=by, reason=reason, confirmed_by_id=by.id, confirmed_by=by.name
    )
    lines = list(locked.lines.select_related("share__item").order_by("pk"))
    for line in lines:
        PurchaseShare.objects.filter(pk=line.share_id).update(accepted=F("accepted") + line.accepted)
    came = [line for line in lines if line.accepted]
    take_in(by=by, acceptance=locked, lines=came)
    credit(by=by, acceptance=locked, lines=came)
    if due_on and any(line.lacking for line in lines):
        _find(by, locked, lines, due_on)
    if not PurchaseShare.objects.outstanding().filter(item__purchase=purchase).exists():
        advance(purchase, PURCHASE_FLOW, "deliver", by=by, reason="各校都已验收，没有短缺")
    return locked


def _find(by: Actor, acceptance: Acceptance, lines: Sequence[AcceptanceLine], due_on: dt.date) -> None:
    """Open a finding at the school for what is short or damaged: it is closed when the supplier has made it good."""
    told = "；".join(
        f"{line.share.item} 短缺 {line.short}、损坏 {line.damaged}" for line in lines if line.lacking
    )
    find(
        by=by, title=f"{acceptance.purchase.name}到货不足：{told}"[:200], text=told, due_on=due_on, source=FindingSource.PROJECT,
        origin=str(acceptance), school=acceptance.school, subject=acceptance.subject, url=acceptance.get_absolute_url(),
    )  # fmt: skip


@transaction.atomic
def reject(*, by: Actor, acceptance: Acceptance, reason: str) -> Acceptance:
    """Send it back to be counted again; what was written stays."""
    if acceptance.by_id == by.id:
        raise StepRefused("退回也要由另一人办理。")
    advance(acceptance, ACCEPTANCE_FLOW, "reject", by=by, reason=reason)
    return acceptance
