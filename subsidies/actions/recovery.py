"""Money paid beyond what is due: who decides that it comes back, and how it does. Nothing here happens by itself.

An overpayment is a negative outstanding of the balance. A person proposes its recovery with a reason, another
approves; then it is returned, or taken from what the child is paid next, until nothing is left of it.
"""

from django.db import transaction
from django.utils import timezone

from povertyedu.audit.models import record
from povertyedu.workflow.flow import Actor, StepRefused, advance
from subsidies.enums import Kind, LineState, RecoveryMethod, RecoveryState
from subsidies.models import Balance, Entitlement, Line, PaidAdjustment, Recovery, RecoveryDecision
from subsidies.states import RECOVERY_FLOW

from .sourcing import freeze_adjustment

PLACE = ("stage", "school_id", "school_area", "home_area")


@transaction.atomic
def propose_recovery(*, by: Actor, balance: Balance, method: str, reason: str) -> Recovery:
    """Propose that what is overpaid of one money comes back whole; StepRefused when nothing is, or one is under way."""
    money = {
        "student_id": balance.student_id,
        "term_id": balance.term_id,
        "programme_id": balance.programme_id,
    }
    over_fen = overpaid_fen(**money)
    if over_fen <= 0:
        raise StepRefused("这笔资助已没有多发，无须追回，请刷新后再看。")
    if Recovery.objects.open().filter(**money).exists():
        raise StepRefused("这笔多发已有未办结的追回，请在“多发追回”中办理。")
    paid = Line.objects.filter(**money, state=LineState.PAID).order_by("-pk").first()
    if paid is None:
        raise StepRefused("没有找到这名学生这笔资助的发放记录：多发在已并入的档案上，请先核对重复学生。")
    recovery = Recovery.objects.create(
        **money, rule=paid.rule, amount_fen=over_fen, method=RecoveryMethod(method), reason=reason.strip(),
        proposed_by_id=by.id, proposed_by=by.name, student_name=paid.student_name,
        **{name: getattr(paid, name) for name in PLACE},
    )  # fmt: skip
    RecoveryDecision.append(
        recovery, step=RECOVERY_FLOW["propose"], old="", by=by, reason=reason, at=timezone.now()
    )
    record(
        by,
        action="recovery.propose",
        subject=recovery,
        changes={"amount_fen": [None, over_fen]},
        reason=reason,
    )
    return recovery


def overpaid_fen(*, student_id: int, term_id: str, programme_id: str) -> int:
    """Return how much more was paid of one money than is due now; 0 when it was not."""
    found = Balance.objects.filter(student=student_id, term=term_id, programme=programme_id)
    outstanding = found.values_list("outstanding_fen", flat=True).first() or 0
    return max(0, -outstanding)


def locked(recovery: Recovery) -> Recovery:
    return Recovery.objects.select_for_update(of=("self",)).get(pk=recovery.pk)


@transaction.atomic
def approve_recovery(*, by: Actor, recovery: Recovery) -> Recovery:
    """Let another person decide that the money comes back; what is to be offset begins with what is outstanding now."""
    recovery = locked(recovery)
    if by.id == recovery.proposed_by_id:
        raise StepRefused("提出追回的人不能自己批准，请由其他审批领导办理。")
    if overpaid_of(recovery) < recovery.amount_fen:
        raise StepRefused("多发金额在提出以后已变小，请退回资助中心核对后重新提出。")
    advance(recovery, RECOVERY_FLOW, "approve", by=by)
    if recovery.method == RecoveryMethod.OFFSET:
        offset(by=by, students=[recovery.student_id])
    recovery.refresh_from_db()
    return recovery


def overpaid_of(recovery: Recovery) -> int:
    return overpaid_fen(
        student_id=recovery.student_id, term_id=recovery.term_id, programme_id=recovery.programme_id
    )


@transaction.atomic
def answer_recovery(*, by: Actor, recovery: Recovery, verb: str, reason: str) -> Recovery:
    """Refuse, withdraw or end a recovery with a reason; what has come back by then stays come back."""
    recovery = locked(recovery)
    if verb == "refuse" and by.id == recovery.proposed_by_id:
        raise StepRefused("提出追回的人不能自己答复，请由其他审批领导办理。")
    advance(recovery, RECOVERY_FLOW, verb, by=by, reason=reason)
    return recovery


@transaction.atomic
def record_return(*, by: Actor, recovery: Recovery, amount_fen: int, note: str) -> Recovery:
    """Enter money that was returned, with its voucher; at most what is left to recover, each voucher once."""
    recovery = locked(recovery)
    if recovery.state != RecoveryState.APPROVED or recovery.method != RecoveryMethod.RETURNED:
        raise StepRefused("这笔追回不在“已批准，等待退回”的状态，不能登记退款。")
    if recovery.adjustments.filter(note=note, paid_fen=-amount_fen).exists():
        raise StepRefused(
            f"“{note}”的 {amount_fen / 100:,.2f} 元已经登记过，没有再记。确是另一笔退款的，请写它自己的凭证号。"
        )
    left = left_of(recovery)
    if not 0 < amount_fen <= left:
        raise StepRefused(f"退款金额须大于零，且不超过还应追回的 {left / 100:,.2f} 元。")
    _adjust(recovery, recovery, -amount_fen, by=by, note=note)
    if amount_fen == left:
        advance(recovery, RECOVERY_FLOW, "settle", by=by)
    return recovery


def left_of(recovery: Recovery) -> int:
    """Return what is still to come back, in fen."""
    return recovery.amount_fen - Recovery.objects.with_taken().get(pk=recovery.pk).taken_fen


def _adjust(recovery: Recovery, of, paid_fen: int, *, by: Actor, note: str) -> PaidAdjustment:
    """Write one row on the paid side of the money of ``of`` (a recovery or an entitlement)."""
    adjustment = PaidAdjustment.objects.create(
        recovery=recovery, term_id=of.term_id, student_id=of.student_id, programme_id=of.programme_id, rule=of.rule,
        paid_fen=paid_fen, by_name=by.name, note=note, **{name: getattr(of, name) for name in PLACE},
    )  # fmt: skip
    freeze_adjustment(adjustment)
    return adjustment


@transaction.atomic
def offset(*, by: Actor, students=None) -> int:
    """Settle what children are owed and nobody pays yet against what they were paid too much; return the fen.

    Goes through the approved recoveries, oldest first, each locked; a money in hand of a batch is left
    alone. Called at approval, and for everybody when a batch is opened, before it lists what is outstanding.
    """
    waiting = Recovery.objects.to_offset().select_for_update(of=("self",)).order_by("pk")
    if students is not None:
        waiting = waiting.filter(student__in=students)
    recoveries = list(waiting)
    if not recoveries:
        return 0
    owed = _owed_to({recovery.student_id for recovery in recoveries})
    taken_fen = 0
    for recovery in recoveries:
        left = min(left_of(recovery), overpaid_of(recovery))
        for money in owed.get(recovery.student_id, []):
            part = min(left, money.open_fen)
            if part <= 0:
                continue
            note = f"以{recovery.term}{recovery.programme}多发抵扣"
            _adjust(recovery, recovery, -part, by=by, note=note)
            _adjust(recovery, money, part, by=by, note=note)
            money.open_fen -= part
            left -= part
            taken_fen += part
        if left_of(recovery) == 0:
            advance(recovery, RECOVERY_FLOW, "settle", by=by)
    return taken_fen


def _owed_to(students: set[int]) -> dict[int, list[Entitlement]]:
    """Return {student: entitlements with ``open_fen``, what is outstanding of each}, earlier terms first."""
    balances = Balance.objects.filter(
        student__in=students, outstanding_fen__gt=0, in_hand_fen=0, programme__kind=Kind.CASH
    )
    open_fen = {(b.student_id, b.term_id, b.programme_id): b.outstanding_fen for b in balances}
    owed: dict[int, list[Entitlement]] = {}
    order = ("term__starts_on", "programme__position", "programme")
    for money in Entitlement.objects.filter(student__in=students).order_by(*order):
        key = (money.student_id, money.term_id, money.programme_id)
        if key in open_fen:
            money.open_fen = open_fen[key]
            owed.setdefault(money.student_id, []).append(money)
    return owed
