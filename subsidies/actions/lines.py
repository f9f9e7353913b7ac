"""Decisions on single lines of a batch: hold, release, remove. The list goes on without the one that waits."""

from django.db import transaction
from django.utils import timezone

from povertyedu.audit.models import record
from povertyedu.workflow.flow import Actor, StepRefused
from subsidies.enums import ACCOUNT_HOLDS, OWN, BatchStage, BatchState, HoldReason, LineState
from subsidies.models import Batch, Line, due_fen

from .batches import is_of_family, locked, take_account, take_seat
from .commitments import bring_up
from .publicising import open_objections


@transaction.atomic
def hold_lines(
    *, by: Actor, batch: Batch, lines, reason: str, stage: str = BatchStage.OFFICE, why: str = HoldReason.BY_HAND
) -> int:  # fmt: skip
    """Hold the listed ones of ``lines`` (a queryset within ``batch``) for a reason; return how many.

    StepRefused without a reason, or when a line has gone to the bank.
    """
    _say_why(reason, "暂缓")
    batch = locked(batch)
    take_seat(batch, by, stage)
    if batch.state == BatchState.ARCHIVED:
        raise StepRefused(f"批次 {batch} 已归档，不能再暂缓。")
    lines = lines.filter(batch=batch)
    if stage == BatchStage.CLERK:
        lines = lines.filter(sheet__state__in=OWN)
    chosen = list(lines.values_list("pk", flat=True))
    held = Line.objects.filter(pk__in=chosen, state=LineState.LISTED).update(
        state=LineState.HELD, hold=why, note=reason.strip()[:200]
    )
    if not held:
        raise StepRefused("所选学生都不在“在册”状态，没有可暂缓的。请刷新后再看。")
    record(
        by, action="batch.hold_lines", subject=batch, changes={"lines": [None, chosen[:200]]}, reason=reason
    )
    return held


def release_line(*, by: Actor, line: Line, reason: str, stage: str = BatchStage.OFFICE) -> Line:
    """Put one held line back on the list, for a reason.

    Refused while an objection is open, while there is no account, while less is due than it lists, and
    once approval has passed a line by: who was neither approved nor shown waits for the next batch. An
    account that came since is taken over; one of a stranger is refused until it has been looked at.
    """
    _say_why(reason, "放行")
    with transaction.atomic():
        line = _held(by=by, line=line, stage=stage)
        stranger = _account_not_looked_at(line)
        if not stranger:
            if not line.account_hash:
                raise StepRefused(f"{line.student_name} 还没有银行账户，请先在学生档案中补录。")
            line.state, line.hold, line.note = LineState.LISTED, "", reason.strip()[:200]
            line.save(update_fields=["state", "hold", "note"])
            record(by, action="line.release", subject=line, reason=reason)
            return line
        record(by, action="line.take_account", subject=line, reason=reason)
    # refused after the commit: the account stays on the line for whoever looks at it
    raise StepRefused(
        f"{line.student_name} 的银行账户开户人是“{stranger}”，不是学生或监护人。请核对该账户，确认无误后再次放行。"
    )


def _held(*, by: Actor, line: Line, stage: str) -> Line:
    """Return the line locked, its batch locked before; refuse what may not be released whatever its account is."""
    batch = locked(line.batch)
    take_seat(batch, by, stage)
    line = (
        Line.objects.select_for_update(of=("self",))
        .select_related("sheet", "student__guardian")
        .get(pk=line.pk)
    )
    if line.state != LineState.HELD:
        raise StepRefused(f"{line.student_name} 不在暂缓中，请刷新后再看。")
    if stage == BatchStage.CLERK and line.sheet.state not in OWN:
        raise StepRefused("本校名单已报送，不能再变动；请联系中心学校或资助中心。")
    _refuse_objected(line)
    if blocked := Line.objects.filter(pk=line.pk).blocked().values_list("block", flat=True).first():
        why = HoldReason(blocked).label
        raise StepRefused(
            f"{line.student_name} 因“{why}”停发，不能放行；请先在学生档案中核实解除，或移出本批。"
        )
    if batch.state != BatchState.OPEN and not line.notice_id and line.hold != HoldReason.NO_ACCOUNT:
        raise StepRefused(f"{line.student_name} 未随本批审批和公示，不能放行；请移出本批，列入下一批。")
    if Line.objects.filter(pk=line.pk, amount_fen__gt=due_fen()).exists():
        raise StepRefused(
            f"{line.student_name} 现在的应享金额低于本批金额，不能放行；请移出本批，列入下一批。"
        )
    return line


def _account_not_looked_at(line: Line) -> str:
    """Return the holder of the line's account when it is a stranger's that nobody has looked at yet, else "".

    A line held for its account, or without one, takes the child's present one over first.
    """
    held_for, before = line.hold, (line.account_hash, line.account_holder)
    if held_for in ACCOUNT_HOLDS or not line.account_hash:
        take_account(line)
    looked_at = held_for == HoldReason.HOLDER_DIFFERS and before == (line.account_hash, line.account_holder)
    if looked_at or not line.account_hash or is_of_family(line.account_holder, line.student):
        return ""
    line.hold = HoldReason.HOLDER_DIFFERS
    line.save(update_fields=["hold"])
    return line.account_holder


@transaction.atomic
def remove_line(*, by: Actor, line: Line, reason: str) -> Line:
    """Take one line out of the batch, for a reason; its money is outstanding again."""
    _say_why(reason, "移出")
    batch = locked(line.batch)
    take_seat(batch, by, BatchStage.OFFICE)
    _refuse_objected(line)
    removed = Line.objects.filter(pk=line.pk, state__in=[LineState.LISTED, LineState.HELD]).update(
        state=LineState.REMOVED, note=reason.strip()[:200], settled_at=timezone.now()
    )
    if not removed:
        raise StepRefused(f"{line.student_name} 已送银行或已移出，不能再移出。")
    bring_up(batch)
    record(by, action="line.remove", subject=line, reason=reason)
    line.refresh_from_db()
    return line


def _refuse_objected(line: Line) -> None:
    """Refuse to pass over an objection: whatever the line is held for, it is answered first."""
    if open_objections(line).exists():
        raise StepRefused(f"{line.student_name} 有公示异议，请先在“公示管理”中答复异议。")


def _say_why(reason: str, deed: str) -> None:
    if not reason.strip():
        raise StepRefused(f"“{deed}”必须填写理由。")
