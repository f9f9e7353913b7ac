"""Decisions on single lines of a batch: hold, release, remove. The list goes on without the one that waits."""

from django.db import transaction
from django.utils import timezone

from povertyedu.audit.models import record
from povertyedu.workflow.flow import Actor, StepRefused
from subsidies.enums import BatchStage, BatchState, HoldReason, LineState
from subsidies.models import Batch, Line, due_fen

from .batches import locked, take_account, take_seat


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
    chosen = list(lines.filter(batch=batch).values_list("pk", flat=True))
    held = Line.objects.filter(pk__in=chosen, state=LineState.LISTED).update(
        state=LineState.HELD, hold=why, note=reason.strip()[:200]
    )
    if chosen and not held:
        raise StepRefused("所选学生都不在“在册”状态，没有可暂缓的。请刷新后再看。")
    record(
        by, action="batch.hold_lines", subject=batch, changes={"lines": [None, chosen[:200]]}, reason=reason
    )
    return held


@transaction.atomic
def release_line(*, by: Actor, line: Line, reason: str, stage: str = BatchStage.OFFICE) -> Line:
    """Put one held line back on the list, for a reason.

    Refused while an objection is open, while there is no account, while less is due than it lists, and
    once approval has passed a line by: who was neither approved nor shown waits for the next batch.
    """
    _say_why(reason, "放行")
    batch = locked(line.batch)
    take_seat(batch, by, stage)
    line = Line.objects.select_for_update().get(pk=line.pk)
    if line.state != LineState.HELD:
        raise StepRefused(f"{line.student_name} 不在暂缓中，请刷新后再看。")
    if line.hold == HoldReason.OBJECTION:
        raise StepRefused(f"{line.student_name} 有公示异议，请在“公示管理”中答复异议，不能直接放行。")
    if batch.state != BatchState.OPEN and not line.notice_id and line.hold != HoldReason.NO_ACCOUNT:
        raise StepRefused(f"{line.student_name} 未随本批审批和公示，不能放行；请移出本批，列入下一批。")
    if Line.objects.filter(pk=line.pk, amount_fen__gt=due_fen()).exists():
        raise StepRefused(
            f"{line.student_name} 现在的应享金额低于本批金额，不能放行；请移出本批，列入下一批。"
        )
    if line.hold in (HoldReason.NO_ACCOUNT, HoldReason.HOLDER_DIFFERS):
        take_account(line)
    if not line.account_hash:
        raise StepRefused(f"{line.student_name} 还没有银行账户，请先在学生档案中补录。")
    line.state, line.hold, line.note = LineState.LISTED, "", reason.strip()[:200]
    line.save(update_fields=["state", "hold", "note"])
    record(by, action="line.release", subject=line, reason=reason)
    return line


@transaction.atomic
def remove_line(*, by: Actor, line: Line, reason: str) -> Line:
    """Take one line out of the batch, for a reason; its money is outstanding again."""
    _say_why(reason, "移出")
    batch = locked(line.batch)
    take_seat(batch, by, BatchStage.OFFICE)
    removed = Line.objects.filter(pk=line.pk, state__in=[LineState.LISTED, LineState.HELD]).update(
        state=LineState.REMOVED, note=reason.strip()[:200], settled_at=timezone.now()
    )
    if not removed:
        raise StepRefused(f"{line.student_name} 已送银行或已移出，不能再移出。")
    record(by, action="line.remove", subject=line, reason=reason)
    line.refresh_from_db()
    return line


def _say_why(reason: str, deed: str) -> None:
    if not reason.strip():
        raise StepRefused(f"“{deed}”必须填写理由。")
