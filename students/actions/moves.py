"""Moves of one child (学籍异动): asked for, answered, settled.

``by`` is the Actor; a refusal is StepRefused with a sentence for the person who tried. Only the
enrolments of the move's term and of later open terms change; past terms keep where the child was.
"""

import datetime as dt

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from povertyedu.accounts.models import User
from povertyedu.audit.models import record
from povertyedu.audit.operations import because
from povertyedu.inbox.models import tell
from povertyedu.orgs.models import School, SchoolClass, Term
from povertyedu.workflow.flow import Actor, StepRefused, advance
from students.enums import ChangeCause, EnrolmentStatus, MoveKind, MoveSide, MoveState, Place
from students.facts import carried
from students.models import Enrolment, Move, MoveDecision, Student
from students.money import on_its_way
from students.queries.moves import last_place
from students.states import MOVE_FLOW

from .hardship import derive_categories, mark_changed
from .terms import refuse_closed

# What each kind of move starts from and leaves behind.
_STARTS_FROM = {
    MoveKind.OUT: (EnrolmentStatus.STUDYING,),
    MoveKind.LEAVE: (EnrolmentStatus.STUDYING,),
    MoveKind.RETURN: (EnrolmentStatus.SUSPENDED,),
    MoveKind.GRADUATE: (EnrolmentStatus.STUDYING,),
    MoveKind.DECEASED: (EnrolmentStatus.STUDYING, EnrolmentStatus.SUSPENDED),
}
_BECOMES = {
    MoveKind.OUT: EnrolmentStatus.LEFT,
    MoveKind.LEAVE: EnrolmentStatus.SUSPENDED,
    MoveKind.RETURN: EnrolmentStatus.STUDYING,
    MoveKind.GRADUATE: EnrolmentStatus.GRADUATED,
    MoveKind.DECEASED: EnrolmentStatus.LEFT,
}
EARLIEST = dt.timedelta(days=62)  # a move of the holidays counts for the term that follows


@transaction.atomic
def request_transfer(
    *, by: Actor, enrolment: Enrolment, to_school: School, side: str, effective_on: dt.date, reason: str,
    to_class: SchoolClass | None = None,
) -> Move:  # fmt: skip
    """Ask for a transfer within the county: the school of the other ``side`` answers. Nothing moves yet."""
    enrolment = _locked(enrolment)
    _check_open(enrolment, effective_on)
    if enrolment.status not in (EnrolmentStatus.STUDYING, EnrolmentStatus.SUSPENDED):
        raise StepRefused(f"该生本学期状态为“{enrolment.get_status_display()}”，不能办理县内转学。")
    if enrolment.school_id == to_school.pk:
        raise StepRefused("该生已在这所学校，不需要转学。")
    if enrolment.school_id is None:
        raise StepRefused("该生在县外就读，请办理“县外转入”。")
    _check_room(to_school, enrolment.stage)
    return _ask(by, enrolment, effective_on, reason, to_school=to_school, to_class=to_class, asked_by=side)


@transaction.atomic
def request_arrival(
    *, by: Actor, student: Student, term: Term, to_school: School, stage: str, grade: int, effective_on: dt.date, reason: str,
) -> Move:  # fmt: skip
    """Ask the school where the child was last for its transfer into ``term``, in which it is enrolled nowhere yet.

    ``stage`` and ``grade`` are those of the new term; they stand unless the old school enrols the child first.
    """
    student = Student.objects.select_for_update().get(pk=student.pk)
    refuse_closed(term)
    _check_day(term, effective_on)
    last = last_place(student, term)
    if last is None:
        raise StepRefused(f"该生在{term}以前没有县内学校的在读或休学学籍，请选“县外”转入。")
    _refuse_own(last, to_school)
    _check_room(to_school, stage)
    return _ask(
        by, last, effective_on, reason, to_school=to_school, asked_by=MoveSide.RECEIVING, term=term, stage=stage, grade=grade, class_name="",
    )  # fmt: skip


@transaction.atomic
def accept(*, by: Actor, move: Move, to_class: SchoolClass | None = None) -> Move:
    """Agree to a transfer; the child's enrolment goes over to the new school from the move's term on."""
    enrolment = _enrolment_of(move)
    _check_open(enrolment, move.effective_on)
    if move.requested_by_id == by.id:
        raise StepRefused("转学由一方提出、另一方答复；您提出的转学请对方学校的经办人答复。")
    if enrolment.school_id != move.from_school_id:
        raise StepRefused("提出以后该生的学籍已有变动，不在原学校；请“不同意”并说明，由对方重新提出。")
    to_class = to_class or move.to_class
    if to_class and (to_class.school_id, to_class.stage, to_class.grade) != (
        move.to_school_id, enrolment.stage, enrolment.grade,
    ):  # fmt: skip
        raise StepRefused("所选班级不属于转入学校的这个年级，请重新选择。")
    advance(move, MOVE_FLOW, "accept", by=by, to_class=to_class, **_settled(by, move.student))
    with because(by, action="move.accept", subject=move, label=f"{move.get_kind_display()}：{move.reason}"):
        for row in _from_here_on(enrolment):
            _go_over(row, move.to_school, to_class if row is enrolment else None)
        derive_categories(enrolment.term, student_ids=[move.student_id])
    _tell(move, f"{move.student.name}转往{move.to_school}：对方已同意，学籍已转移。", "ok")
    return move


@transaction.atomic
def refuse(*, by: Actor, move: Move, reason: str) -> Move:
    """Refuse a transfer, with a reason that the asking school reads."""
    advance(move, MOVE_FLOW, "refuse", by=by, reason=reason, **_stamp(by))
    _tell(move, f"{move.student.name}的转学，对方学校不同意：{reason.strip()}", "warn")
    return move


@transaction.atomic
def withdraw(*, by: Actor, move: Move, reason: str = "") -> Move:
    """Take a request back before it is answered."""
    advance(move, MOVE_FLOW, "withdraw", by=by, reason=reason, **_stamp(by))
    return move


@transaction.atomic
def settle(
    *, by: Actor, enrolment: Enrolment, kind: str, effective_on: dt.date, reason: str,
    outside_school: str = "", outside_region: str = "", to_class: SchoolClass | None = None,
) -> Move:  # fmt: skip
    """Settle at once what the child's own school decides: out of the county, leave, return, graduation, death.

    ``to_class`` is for a return only: it may be of another grade of the same school.
    """
    enrolment = _locked(enrolment)
    _check_open(enrolment, effective_on)
    if enrolment.status not in _STARTS_FROM[kind] or enrolment.school_id is None:
        raise StepRefused(
            f"该生本学期状态为“{enrolment.get_status_display()}”，不能办理“{MoveKind(kind).label}”。"
        )
    if Move.objects.open().filter(student=enrolment.student_id).exists():
        raise StepRefused("该生有一件转学正在等对方学校答复，请先办完或撤回。")
    move = _new(by, kind, MoveState.DONE, enrolment, effective_on, reason, outside_school=outside_school,
                outside_region=outside_region, **_settled(by, enrolment.student))  # fmt: skip
    with because(by, action="move.settle", subject=move, label=f"{move.get_kind_display()}：{move.reason}"):
        for row in _from_here_on(enrolment):
            row.status = _BECOMES[kind]
            if to_class and row.pk == enrolment.pk:
                row.school_class, row.stage, row.grade = to_class, to_class.stage, to_class.grade
            row.save()
            mark_changed(row.term, [row.student_id], ChangeCause.TRANSFER)
    return move


@transaction.atomic
def take_in(
    *, by: Actor, student: Student, term: Term, school: School, stage: str, grade: int, boarding: bool,
    effective_on: dt.date, reason: str, outside_school: str, outside_region: str = "", to_class: SchoolClass | None = None,
) -> Move:  # fmt: skip
    """Enrol a child whose record the county has and who comes back from outside it."""
    refuse_closed(term)
    student = Student.objects.select_for_update().get(pk=student.pk)
    row = Enrolment.objects.filter(student=student, term=term).first() or Enrolment(
        student=student, term=term, home_area=student.home_area.full_code if student.home_area else ""
    )
    if row.pk and row.place == Place.IN_COUNTY and row.status not in (EnrolmentStatus.LEFT, EnrolmentStatus.GRADUATED):  # fmt: skip
        raise StepRefused("该生本学期在县内有学籍，请改办“县内转学”，由原学校答复。")
    if not row.pk and (last := last_place(student, term)):
        _refuse_own(last, school)
        raise StepRefused(
            f"该生{last.term}在{last.school}{last.get_status_display()}，还没有办理转出；请选“县内其他学校”转入，由该校答复。"
        )
    _check_room(school, stage)
    row.stage, row.grade, row.boarding, row.status = stage, grade, boarding, EnrolmentStatus.STUDYING
    row.place, row.outside_school, row.outside_region = Place.IN_COUNTY, "", ""
    row.school, row.school_class = school, to_class
    _stamp_school(row, school)
    _check_day(term, effective_on)
    with because(by, action="move.settle", subject=student, label=MoveKind.IN.label):
        row.save()
        derive_categories(term, student_ids=[student.pk])
    mark_changed(term, [student.pk], ChangeCause.TRANSFER)
    return _new(by, MoveKind.IN, MoveState.DONE, row, effective_on, reason, from_school=None, to_school=school,
                to_class=to_class, outside_school=outside_school, outside_region=outside_region, **_settled(by, student))  # fmt: skip


@transaction.atomic
def follow_up(*, by: Actor, move: Move, note: str) -> Move:
    """Say what came of the money the child had on its way when it moved; said once."""
    if not note.strip():
        raise StepRefused("请写明未结清的资助怎样处理了。")
    done = Move.objects.with_money_left().filter(pk=move.pk).update(
        follow_up=note.strip()[:200], followed_up_at=timezone.now(), followed_up_by=by.name
    )  # fmt: skip
    if not done:
        raise StepRefused("这件异动没有待跟进的资助，或已有人跟进，请刷新后再看。")
    move.refresh_from_db()
    record(by, action="move.follow_up", subject=move, reason=move.follow_up)
    return move


# --- how they do it -------------------------------------------------------------------------------


def _locked(enrolment: Enrolment) -> Enrolment:
    """Return the enrolment as it is now; the child's row is locked, so that two moves take turns."""
    Student.objects.select_for_update().get(pk=enrolment.student_id)
    return Enrolment.objects.select_related("student", "term", "school", "school_class").get(pk=enrolment.pk)


def _enrolment_of(move: Move) -> Enrolment:
    """Return the locked enrolment that a transfer takes over: one to be made where the term has none yet."""
    student = Student.objects.select_for_update().get(pk=move.student_id)
    if student.merged_into_id:
        raise StepRefused("该生的这份档案已并入另一份；请“不同意”并说明，由对方按保留的档案重新提出。")
    rows = student.enrolments.select_related("student", "term", "school", "school_class")
    if found := rows.filter(term=move.term_id).first():
        return found
    last = last_place(student, move.term)
    return Enrolment(
        student=student, term=move.term, school=move.from_school, stage=move.stage, grade=move.grade,
        boarding=bool(last and last.boarding), facts=carried(last.facts) if last else {},
        home_area=student.home_area.full_code if student.home_area else "",
    )  # fmt: skip


def _check_open(enrolment: Enrolment, effective_on: dt.date) -> None:
    refuse_closed(enrolment.term)
    _check_day(enrolment.term, effective_on)


def _check_day(term: Term, day: dt.date) -> None:
    if not term.starts_on - EARLIEST <= day <= term.ends_on:
        raise StepRefused(
            f"异动日期 {day} 不在{term}（{term.starts_on} 至 {term.ends_on}）内；假期办理的可提前两个月。"
        )


def _refuse_own(last: Enrolment, school: School) -> None:
    if last.school_id == school.pk:
        raise StepRefused(f"该生{last.term}就在这所学校，不需要转入；请在升级名单或本学期花名册中办理。")


def _check_room(school: School, stage: str) -> None:
    if not school.is_open:
        raise StepRefused(f"{school}已停办，不能转入。")
    if not school.stage_set.filter(stage=stage).exists():
        raise StepRefused(f"{school}没有该生所在的学段，请核对转入学校。")


def _ask(by: Actor, enrolment: Enrolment, effective_on, reason: str, **fields) -> Move:
    try:
        with transaction.atomic():
            return _new(by, MoveKind.TRANSFER, MoveState.REQUESTED, enrolment, effective_on, reason, **fields)
    except IntegrityError:
        raise StepRefused("该生已有一件转学正在等对方学校答复，请先办完或撤回。") from None


def _new(by: Actor, kind: str, state: str, enrolment: Enrolment, effective_on, reason: str, **fields) -> Move:
    values = {
        "from_school": enrolment.school, "term": enrolment.term, "stage": enrolment.stage, "grade": enrolment.grade,
        "class_name": enrolment.school_class.name if enrolment.school_class else "",
    } | fields  # fmt: skip
    move = Move.objects.create(
        kind=kind, state=state, student=enrolment.student, effective_on=effective_on, reason=reason.strip(), requested_by_id=by.id, requested_by=by.name, **values,
    )  # fmt: skip
    step = MOVE_FLOW["request" if state == MoveState.REQUESTED else "settle"]
    MoveDecision.append(move, step=step, old="", by=by, reason=reason, at=timezone.now())
    changes = {
        "kind": ["", MoveKind(kind).label],
        "schools": [str(values["from_school"] or ""), str(values.get("to_school") or "")],
    }
    record(by, action=f"move.{step.verb}", subject=move, changes=changes, reason=reason.strip())
    return move


def _stamp(by: Actor) -> dict:
    return {"settled_at": timezone.now(), "settled_by_id": by.id, "settled_by": by.name}


def _settled(by: Actor, student: Student) -> dict:
    """Return the stamp of a settled move, with the money that stays behind for somebody to follow up."""
    return _stamp(by) | {"money": "；".join(on_its_way(student))[:400]}


def _from_here_on(enrolment: Enrolment) -> list[Enrolment]:
    """Return ``enrolment`` and the child's later open ones at the same school."""
    later = Enrolment.objects.filter(
        student=enrolment.student_id, school=enrolment.school_id, term__is_closed=False,
        term__starts_on__gt=enrolment.term.starts_on,
    )  # fmt: skip
    return [enrolment, *later.select_related("term")]


def _go_over(row: Enrolment, school: School, to_class: SchoolClass | None) -> None:
    row.school, row.school_class = school, to_class
    _stamp_school(row, school)
    row.save()
    mark_changed(row.term, [row.student_id], ChangeCause.TRANSFER)


def _stamp_school(row: Enrolment, school: School) -> None:
    """Keep the new school as it is in this term; its later changes do not reach back."""
    row.ownership, row.setting = school.ownership, school.setting
    row.school_area = school.area.full_code


def _tell(move: Move, text: str, tone: str) -> None:
    tell(
        User.objects.filter(pk=move.requested_by_id).first(),
        text,
        url=reverse("students:move", args=[move.pk]),
        tone=tone,
    )
