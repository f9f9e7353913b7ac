"""Verbs of training: plans, courses, who takes part, completion with proof, second rounds held by who was trained."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone

from povertyedu.audit.models import record
from povertyedu.files.models import StoredFile
from povertyedu.orgs.calendar import today
from povertyedu.orgs.enums import Setting
from povertyedu.workflow.flow import Actor, StepRefused, advance
from teachers.enums.training import TraineeState, TrainingForm, TrainingLevel
from teachers.models import Appointment, Teacher, Trainee, TraineeDecision, TrainingCourse, TrainingTarget
from teachers.states.training import TRAINEE_FLOW


@transaction.atomic
def set_target(
    *, by: Actor, year: int, level: str = "", form: str = "", people: int, document: str = "", is_inferred: bool = False
) -> TrainingTarget:  # fmt: skip
    """Set how many are to be trained; the same year, level and form again changes the number.

    ``is_inferred``: the plan's document gives the number without its year.
    """
    found = TrainingTarget.objects.filter(year=year, level=level, form=form).first() or TrainingTarget(
        year=year, level=level, form=form
    )
    old = found.people
    found.people, found.document, found.is_inferred = people, document, is_inferred
    found.validate_constraints()
    found.save()
    record(by, action="training.target", subject=found, changes={"people": [old and str(old), str(people)]})
    return found


@transaction.atomic
def keep_course(*, by: Actor, course: TrainingCourse) -> TrainingCourse:
    """Store a course, new or corrected; refused with fewer places than are taken."""
    course.validate_constraints()
    course.save()
    record(by, action="training.course", subject=course, changes={"places": [None, str(course.places)]})
    return course


@transaction.atomic
def hold_second_round(
    *, by: Actor, trainee: Trainee, starts_on, hours: int, places: int, name: str = ""
) -> TrainingCourse:
    """Open the second round (二级培训) that who completed a course holds at the school where they work."""
    if trainee.state != TraineeState.COMPLETED:
        raise StepRefused("完成培训并认定学时以后，才能办二级培训。")
    course = TrainingCourse(
        name=name or f"{trainee.course.name}（二级培训）", level=TrainingLevel.SCHOOL, form=TrainingForm.IN_SCHOOL, organiser=trainee.school.name,
        starts_on=starts_on, ends_on=starts_on, hours=hours, places=places, school=trainee.school, relays=trainee.course, trainer=trainee.teacher,
    )  # fmt: skip
    return keep_course(by=by, course=course)


@transaction.atomic
def enrol(*, by: Actor, course: TrainingCourse, teachers: Sequence[Teacher]) -> list[Trainee]:
    """Enrol teachers who hold a post, set-based; refused over the places, twice, and for who holds the second round."""
    locked = TrainingCourse.objects.select_for_update(no_key=True).get(pk=course.pk)
    if len(teachers) > locked.free:
        raise StepRefused(f"还有 {locked.free} 个名额，选了 {len(teachers)} 人；请减少人数，或先增加名额。")
    posts = {
        post.teacher_id: post.school
        for post in Appointment.objects.in_force().filter(teacher__in=teachers).select_related("school")
    }
    for teacher in teachers:
        if teacher.pk not in posts:
            raise StepRefused(f"{teacher}现在没有岗位，不能报名。")
        if teacher.pk == locked.trainer_id:
            raise StepRefused(f"{teacher}是主讲教师，不用报名。")
    rows = [
        Trainee(course=locked, teacher=teacher, school=school, is_rural=school.setting == Setting.RURAL)
        for teacher in teachers
        if (school := posts[teacher.pk])
    ]
    try:
        with transaction.atomic():
            made = Trainee.objects.bulk_create(rows)
    except IntegrityError as clash:
        raise StepRefused("有人已报这门课程，或名额刚被占满；没有报名，请刷新后再看。") from clash
    TraineeDecision.append_many(made, step=TRAINEE_FLOW["enrol"], by=by, at=timezone.now())
    record(by, action="training.enrol", subject=locked, changes={"count": [None, str(len(made))]})
    return made


@dataclass(frozen=True)
class Completion:
    """What somebody has to show for a course."""

    hours: int
    certificate: str = ""
    completed_on: object = None


def report(*, by: Actor, trainee: Trainee, completion: Completion, upload=None, account=None) -> Trainee:
    """Report a course completed, with hours and a certificate's number or a scan."""
    if not completion.certificate and upload is None:
        raise StepRefused("完成的要填证书编号，或上传佐证材料。")
    if not 0 < completion.hours <= trainee.course.hours:
        raise StepRefused(
            f"这门课程 {trainee.course.hours} 学时，学时应在 1 到 {trainee.course.hours} 之间。"
        )
    on = completion.completed_on or min(trainee.course.ends_on, today())
    if not trainee.course.starts_on <= on <= today():
        raise StepRefused("完成日期应在课程开始以后，不晚于今天。")
    stored = upload and StoredFile.keep(
        upload.chunks(), name=upload.name[:200], purpose="training_proof", personal=True, owner=account
    )
    try:
        advance(
            trainee, TRAINEE_FLOW, "report", by=by, hours=completion.hours, certificate=completion.certificate, completed_on=on,
            evidence=stored or None, reported_by_id=by.id,
        )  # fmt: skip
    except BaseException:
        if stored:
            stored.path.unlink(missing_ok=True)
            StoredFile.objects.filter(pk=stored.pk).delete()
        raise
    return trainee


@transaction.atomic
def confirm(*, by: Actor, trainee: Trainee) -> Trainee:
    """Accept the hours as another person than who reported them."""
    locked = Trainee.objects.select_for_update(no_key=True, of=("self",)).get(pk=trainee.pk)
    if by.id is None or locked.reported_by_id == by.id:
        raise StepRefused("认定人不能是上报人，请由另一人认定。")
    advance(locked, TRAINEE_FLOW, "confirm", by=by, confirmed_by_id=by.id)
    return locked


@transaction.atomic
def confirm_all(*, by: Actor, course: TrainingCourse) -> int:
    """Accept the hours of everybody whom another person reported; return how many."""
    rows = list(course.trainees.filter(state=TraineeState.REPORTED).exclude(reported_by_id=by.id))
    for row in rows:
        confirm(by=by, trainee=row)
    return len(rows)


def send_back(*, by: Actor, trainee: Trainee, reason: str) -> Trainee:
    advance(
        trainee, TRAINEE_FLOW, "send_back", by=by, reason=reason, hours=0, certificate="", evidence=None, completed_on=None, reported_by_id=None
    )  # fmt: skip
    return trainee


def miss(*, by: Actor, trainee: Trainee, reason: str) -> Trainee:
    """Note that somebody did not take part; the place is free for another."""
    advance(trainee, TRAINEE_FLOW, "miss", by=by, reason=reason)
    return trainee
