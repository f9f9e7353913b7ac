"""Enrolments that draw no money: 双重学籍 while it is decided or only suspected, 虚假学籍 until the bureau takes it back.

Whoever pays reads :class:`~students.models.PayoutBlock` (facts.md 1.4, Linxia 二(三)6).
"""

from django.db import transaction
from django.utils import timezone

from povertyedu.audit.models import record, record_many
from povertyedu.workflow.flow import Actor, StepRefused
from students.enums import BlockKind
from students.models import DuplicatePair, Enrolment, PayoutBlock
from students.queries.duplicates import suspected


@transaction.atomic
def mark_false(*, by: Actor, enrolment: Enrolment, reason: str) -> PayoutBlock:
    """Recognise an enrolment as false, for a reason: its money is held from now on. StepRefused when it is already."""
    enrolment = Enrolment.objects.select_for_update().select_related("student").get(pk=enrolment.pk)
    if enrolment.payout_blocks.in_force().filter(kind=BlockKind.FALSE).exists():
        raise StepRefused("该学籍已认定为虚假学籍，不用重复认定。")
    block = PayoutBlock.objects.create(
        enrolment=enrolment, kind=BlockKind.FALSE, reason=reason.strip(), set_by=by.name
    )
    record(
        by,
        action="enrolment.block",
        subject=enrolment.student,
        changes={"停发": ["", str(BlockKind.FALSE.label)]},
        reason=reason,
    )
    return block


@transaction.atomic
def lift(*, by: Actor, block: PayoutBlock, reason: str) -> PayoutBlock:
    """Let an enrolment draw money again, for a reason. A block that stands for an undecided pair goes with its decision."""
    block = (
        PayoutBlock.objects.select_for_update(of=("self",))
        .select_related("enrolment__student")
        .get(pk=block.pk)
    )
    if block.lifted_at:
        raise StepRefused("这一停发已经解除，请刷新后再看。")
    if block.kind in (BlockKind.DUAL, BlockKind.SUSPECTED):
        raise StepRefused("双重学籍的停发随“重复学生”的判定解除，请先办理该判定。")
    _lift(PayoutBlock.objects.filter(pk=block.pk), by=by, why=reason)
    record(
        by, action="enrolment.unblock", subject=block.enrolment.student, changes={"停发": [block.get_kind_display(), ""]}, reason=reason
    )  # fmt: skip
    block.refresh_from_db()
    return block


def block_both(*, by: Actor, pair: DuplicatePair, enrolments) -> int:
    """Hold the money of both enrolments of each term while ``pair`` is decided; return how many."""
    rows = [
        PayoutBlock(
            enrolment=row, kind=BlockKind.DUAL, pair=pair, set_by=by.name,
            reason=f"与{other.school or other.outside_school}的{other.student.name}疑为同一人",
        )
        for one, two in enrolments
        for row, other in ((one, two), (two, one))
    ]  # fmt: skip
    return len(PayoutBlock.objects.bulk_create(rows, ignore_conflicts=True))


@transaction.atomic
def hold_suspected(*, by: Actor, students=None) -> int:
    """Hold the money of both enrolments of undecided pairs that are almost surely one child; return how many.

    ``students`` narrows it to the pairs of these. Decided, a pair lets its money go (:func:`lift_of`).
    """
    held = (
        PayoutBlock.objects.in_force().filter(kind=BlockKind.SUSPECTED).values_list("enrolment_id", flat=True)
    )
    held, rows = set(held), []
    for pair, one, two in suspected(students):
        for row, other in ((one, two), (two, one)):
            if row.pk not in held:
                held.add(row.pk)
                reason = f"与{other.school or other.outside_school}的{other.student.name}疑为同一人，待判定"
                rows.append(
                    PayoutBlock(
                        enrolment=row,
                        kind=BlockKind.SUSPECTED,
                        pair_id=pair,
                        set_by=by.name,
                        reason=reason[:200],
                    )
                )
    PayoutBlock.objects.bulk_create(rows, ignore_conflicts=True)
    told = {"停发": ["", str(BlockKind.SUSPECTED.label)]}
    record_many(by, action="enrolment.block", rows=[(block.enrolment.student, told) for block in rows])
    return len(rows)


def lift_of(*, by: Actor, pair: DuplicatePair, why: str) -> None:
    _lift(pair.blocks.in_force(), by=by, why=why)


def _lift(blocks, *, by: Actor, why: str) -> None:
    blocks.update(lifted_at=timezone.now(), lifted_by=by.name, lifted_why=why.strip()[:200])
