"""A batch before the public: lists put up, objections, the end of the period.

The lower half of this module is what ``povertyedu.publicity`` asks for by name (PUBLICITY_SUBJECTS).
"""

from collections.abc import Iterable
from itertools import groupby

from django.db import transaction
from django.db.models import Max, OuterRef, Subquery
from django.utils import timezone

from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import School
from povertyedu.publicity.actions import put_up, withdraw
from povertyedu.publicity.models import Notice, NoticeState, Objection, ObjectionState
from povertyedu.workflow.flow import Actor, StepRefused
from subsidies.enums import BatchStage, BatchState, HoldReason, LineState
from subsidies.models import Batch, Line

from .batches import locked, step, take_seat


def about(batch: Batch) -> str:
    """Return how notices name the batch they are about."""
    return f"subsidies.batch:{batch.pk}"


@transaction.atomic
def publish(*, by: Actor, batch: Batch) -> Batch:
    """Put up one notice per school and start the working-day clock."""
    batch = locked(batch)
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
    """Hold the line an objection is about."""
    held = Line.objects.filter(pk=_line_id(objection), state__in=[LineState.LISTED, LineState.HELD]).update(
        state=LineState.HELD, hold=HoldReason.OBJECTION, note="公示期间收到异议"
    )
    if not held:
        raise StepRefused("该生资金已送银行或已移出本批，不能再登记异议。")


def objection_answered(objection: Objection, *, by: Actor) -> None:
    """Remove the line when the objection is upheld; release it when it was the last open one and dismissed."""
    line = Line.objects.select_for_update().filter(pk=_line_id(objection)).first()
    if line is None or line.state != LineState.HELD:
        return
    if objection.state == ObjectionState.UPHELD:
        line.state, line.settled_at, line.note = LineState.REMOVED, timezone.now(), "公示异议成立"
    elif not Objection.objects.filter(subject=objection.subject, state=ObjectionState.OPEN).exists():
        missing = not line.account_hash
        line.state = LineState.HELD if missing else LineState.LISTED
        line.hold = HoldReason.NO_ACCOUNT if missing else ""
        line.note = "公示异议不成立"
    line.save(update_fields=["state", "hold", "note", "settled_at"])


def _line_id(objection: Objection) -> int:
    return int(objection.subject.rpartition(":")[2])
