"""A batch before the public: lists put up, objections, the end of the period.

The lower half of this module is what ``povertyedu.publicity`` asks for by name (PUBLICITY_SUBJECTS).
"""

from collections.abc import Iterable
from itertools import groupby

from django.db import transaction
from django.db.models import Max, OuterRef, Subquery
from django.utils import timezone

from povertyedu.accounts.permissions import Permission
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import School
from povertyedu.publicity.actions import put_up, withdraw
from povertyedu.publicity.models import Notice, NoticeState, Objection, ObjectionState
from povertyedu.workflow.flow import Actor, StepRefused
from subsidies.enums import BatchStage, BatchState, HoldReason, LineState
from subsidies.models import Batch, Line, LineQuerySet
from subsidies.states import STAGE_OF

from .batches import hold_fallen, locked, step, take_seat
from .commitments import bring_up


def about(batch: Batch) -> str:
    """Return how notices name the batch they are about."""
    return f"subsidies.batch:{batch.pk}"


def publish(*, by: Actor, batch: Batch) -> Batch:
    """Put up one notice per school and start the working-day clock.

    Entitlements are compared again first, so that nobody is shown who is no longer due the money; that
    hold stands even when nobody is left to show.
    """
    with transaction.atomic():
        if locked(batch).state == BatchState.APPROVED:
            hold_fallen(batch, batch.lines.all(), by=by)
    with transaction.atomic():
        return _publish(by=by, batch=locked(batch))


def _publish(*, by: Actor, batch: Batch) -> Batch:
    take_seat(batch, by, BatchStage.OFFICE)
    if batch.state != BatchState.APPROVED:
        raise StepRefused("本批还没有审批同意，或已经公示，请刷新后再看。")
    closes = _show(batch, batch.lines.shown_in_public(), by=by)
    step(batch, "publish", by=by, publicity_until=closes)
    return batch


@transaction.atomic
def republish(*, by: Actor, batch: Batch, school: School, reason: str) -> Batch:
    """Show a school's changed list: the old notice comes down, the new one begins its whole period again."""
    batch = locked(batch)
    take_seat(batch, by, BatchStage.OFFICE)
    hold_fallen(batch, batch.lines.filter(school=school), by=by)
    for notice in Notice.objects.filter(about=about(batch), school=school, state=NoticeState.OPEN):
        withdraw(by=by, notice=notice, reason=reason)
    closes = _show(batch, batch.lines.filter(school=school).shown_in_public(), by=by)
    step(
        batch, "republish", by=by, reason=reason, publicity_until=max(batch.publicity_until or closes, closes)
    )
    return batch


def _show(batch: Batch, lines, *, by: Actor):
    """Put up ``lines`` by school, tie each to its notice, and return the last day of the period."""
    lines = lines.select_related("programme").order_by(
        "school_area", "school_id", "stage", "grade", "class_name", "student_name", "student_id", "programme__position"
    )  # fmt: skip
    by_school = groupby(lines.iterator(chunk_size=2000), key=lambda line: line.school_id)
    lists = ((school, _public_rows(group)) for school, group in by_school)
    notices = put_up(by=by, about=about(batch), title=f"{batch.term} 学生资助拟发放名单公示", lists=lists)
    if not notices:
        raise StepRefused("没有可公示的学生。")
    of_school = Notice.objects.filter(
        about=about(batch), state=NoticeState.OPEN, school=OuterRef("school_id")
    )
    Line.objects.filter(
        batch=batch,
        school__in=[notice.school_id for notice in notices],
        pk__in=batch.lines.shown_in_public().values("pk"),
    ).update(notice=Subquery(of_school.values("pk")[:1]))
    return notices[0].closes_on


def _public_rows(lines: Iterable[Line]) -> list[dict]:
    """Return a row per child with its programmes in one cell; ``lines`` come child by child."""
    rows = []
    for _, of_child in groupby(lines, key=lambda line: line.student_id):
        first, *more = of_child
        names = dict.fromkeys(line.programme.name for line in (first, *more))
        rows.append(
            {
                "name": first.student_name,
                "school": first.school_name,
                "grade": first.grade_name,
                "school_class": first.class_name,
                "programme": "、".join(names),
            }
        )
    return rows


@transaction.atomic
def clear(*, by: Actor, batch: Batch) -> Batch:
    """End the publicity of a batch once its last working day is over; held children stay held."""
    batch = locked(batch)
    last = Notice.objects.filter(about=about(batch)).exclude(state=NoticeState.WITHDRAWN)
    until = last.aggregate(day=Max("closes_on"))["day"]
    if batch.state == BatchState.IN_PUBLICITY and until and today() <= until:
        raise StepRefused(f"公示到 {until:%Y-%m-%d} 为止，期满后的第二天才能转发放。")
    step(batch, "clear", by=by)
    return batch


# --- what publicity asks of this app -------------------------------------------------------------


def people_on(notice: Notice) -> list[tuple[str, str]]:
    """Return (subject, words) of each line on ``notice`` that an objection may still be raised against."""
    lines = (
        Line.objects.filter(notice=notice, state__in=[LineState.LISTED, LineState.HELD])
        .select_related("programme")
        .order_by("stage", "grade", "class_name", "student_name", "pk")
    )
    return [
        (f"subsidies.line:{line.pk}", f"{line.student_name}（{line.grade_name}{line.class_name}，{line.programme}）")
        for line in lines
    ]  # fmt: skip


def objection_raised(objection: Objection, *, by: Actor) -> None:
    """Hold the child an objection is about: the line named and, while it is open, the child's others of the batch."""
    line, of_child = _lines_of_child(objection)
    if line is None or line.state not in (LineState.LISTED, LineState.HELD):
        raise StepRefused("该生资金已送银行或已移出本批，不能再登记异议。")
    # who is held already stays held for the same reason; an open objection alone keeps from release
    of_child.listed().update(state=LineState.HELD, hold=HoldReason.OBJECTION, note="公示期间收到异议")


def objection_answered(objection: Objection, *, by: Actor) -> None:
    """Remove the line when the objection is upheld; release the child's when it was the last open one and dismissed.

    The other lines of a child against whom an objection was upheld stay held: a person decides.
    """
    if line := Line.objects.filter(pk=_line_id(objection)).select_related("batch").first():
        locked(line.batch)  # before its lines, as every verb of a batch does
    line, of_child = _lines_of_child(objection)
    if line is None:
        return
    take_seat(line.batch, by, STAGE_OF[Permission.HANDLE_OBJECTION])
    waiting = of_child.held().filter(hold=HoldReason.OBJECTION)
    if objection.state == ObjectionState.UPHELD:
        of_child.filter(pk=line.pk, state__in=[LineState.LISTED, LineState.HELD]).update(
            state=LineState.REMOVED, hold=HoldReason.OBJECTION, settled_at=timezone.now(), note="公示异议成立"
        )
        waiting.update(hold=HoldReason.BY_HAND, note="该生另一项目的公示异议成立，请核对后放行或移出")
        bring_up(line.batch)
    elif not open_objections(line).exists():
        waiting.update(state=LineState.LISTED, hold="", note="公示异议不成立")


def open_objections(line: Line):
    """Return the open objections against the child of ``line`` in its batch."""
    of_child = Line.objects.filter(batch=line.batch_id, student=line.student_id).values_list("pk", flat=True)
    subjects = [f"subsidies.line:{pk}" for pk in of_child]
    return Objection.objects.filter(subject__in=subjects, state=ObjectionState.OPEN)


def _lines_of_child(objection: Objection) -> tuple[Line | None, LineQuerySet]:
    """Return the line an objection names and all of that child's in the batch, locked until the transaction ends."""
    line = Line.objects.filter(pk=_line_id(objection)).first()
    if line is None:
        return None, Line.objects.none()
    of_child = Line.objects.filter(batch=line.batch_id, student=line.student_id)
    list(of_child.order_by("pk").select_for_update().values_list("pk", flat=True))
    line.refresh_from_db()
    return line, of_child


def _line_id(objection: Objection) -> int:
    return int(objection.subject.rpartition(":")[2])
