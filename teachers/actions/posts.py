"""Posts: given, moved, ended. The database refuses what overlaps or goes over; here it is said in words beforehand."""

import datetime as dt

from django.db import IntegrityError, transaction

from povertyedu.audit.models import record
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Person, School
from povertyedu.workflow.flow import Actor, StepRefused
from teachers.enums.establishment import ExcessState
from teachers.enums.registry import SERVING, AppointmentKind, TeacherState
from teachers.models import Appointment, Establishment, ExcessRequest, Teacher
from teachers.models.registry import fullest

DAY = dt.timedelta(days=1)


@transaction.atomic
def appoint(
    *, by: Actor, teacher: Teacher, school: School, subject: str, since: dt.date, kind: str = AppointmentKind.ESTABLISHED,
    excess_request: ExcessRequest | None = None, note: str = "",
) -> Appointment:  # fmt: skip
    """Give ``teacher`` a post at ``school`` from ``since``; a post held now ends the day before. Refused over the establishment."""
    held = (
        Teacher.objects.select_for_update(no_key=True, of=("self",))
        .select_related("person")
        .get(pk=teacher.pk)
    )
    if held.state not in SERVING:
        raise StepRefused(f"{held.name}{held.get_state_display()}，不能聘任；请先更正状态。")
    if not school.is_open:
        raise StepRefused(f"{school.name}已停办，不能聘任。")
    present = held.appointments.standing().select_related("school").first()
    if present and present.school_id == school.pk:
        raise StepRefused(f"{held.name}已在{school.name}任职；学科或编制情况变了，请用“更正岗位”。")
    _hold(school, present)
    if present:
        _end(present, since - DAY)
    if kind == AppointmentKind.ESTABLISHED:
        refuse_without_place(school, since)
    if excess_request is None and kind == AppointmentKind.ESTABLISHED:
        excess_request = _excess_in_use(school, since)
    made = Appointment(
        teacher=held, school=school, subject=subject, since=since, kind=kind, excess_request=excess_request, note=note, by_name=by.name,
    )  # fmt: skip
    _save(made)
    Person.objects.filter(pk=held.person_id).update(school=school)
    old = present.school.name if present else None
    record(
        by,
        action="teacher.appoint",
        subject=held,
        changes={"school": [old, school.name], "since": [None, str(since)]},
        reason=note,
    )
    return made


@transaction.atomic
def correct_post(
    *, by: Actor, post: Appointment, subject: str, since: dt.date, kind: str, note: str = ""
) -> Appointment:
    """Correct what a post says of its subject, first day and establishment; teacher and school stay."""
    locked = (
        Appointment.objects.select_for_update(no_key=True, of=("self",))
        .select_related("school", "teacher__person")
        .get(pk=post.pk)
    )
    old = {"subject": locked.subject, "since": str(locked.since), "kind": locked.kind}
    takes_more = locked.kind != kind or since < locked.since
    if (
        kind == AppointmentKind.ESTABLISHED
        and takes_more
        and (locked.until is None or locked.until >= today())
    ):
        _hold(locked.school, None)
        refuse_without_place(locked.school, since, apart_from=locked)
    locked.subject, locked.since, locked.kind, locked.note = subject, since, kind, note
    if locked.until and locked.until < since:
        raise StepRefused(f"聘任日期不能晚于止任日期 {locked.until}。")
    _save(locked)
    new = {"subject": subject, "since": str(since), "kind": kind}
    record(
        by, action="teacher.correct_post", subject=locked.teacher, changes={k: [old[k], new[k]] for k in new if old[k] != new[k]}, reason=note,
    )  # fmt: skip
    return locked


@transaction.atomic
def leave(*, by: Actor, teacher: Teacher, state: str, on: dt.date, reason: str) -> Teacher:
    """End the post held, on its last day ``on``, and say why the teacher no longer holds one: retired, gone, or without a post."""
    held = (
        Teacher.objects.select_for_update(no_key=True, of=("self",))
        .select_related("person")
        .get(pk=teacher.pk)
    )
    away = held.deployments.under_way().select_related("receiving").first()
    if away:
        raise StepRefused(
            f"{held.name}正在{away.destination}{away.get_kind_display()}；请先在派遣里办理返回或提前结束，再办理离岗。"
        )
    present = held.appointments.standing().select_related("school").first()
    if present:
        _hold(None, present)
        _end(present, on)
    old, held.state = held.state, state
    held.updated_by = by.name
    held.save(update_fields=["state", "updated_by"])
    if state in (TeacherState.RETIRED, TeacherState.LEFT):
        held.service_terms.running().filter(since__lte=on).update(ended_on=on)
    record(
        by, action="teacher.leave", subject=held, reason=reason,
        changes={"state": [old, state], "school": [present.school.name if present else None, None], "until": [None, str(on)]},
    )  # fmt: skip
    return held


def refuse_without_place(school: School, since: dt.date, apart_from: Appointment | None = None) -> None:
    """Raise StepRefused with the figures when ``school`` has an established post too few on a day from ``since`` on.

    Days before today are history. ``apart_from``: a post that stands already, and is to be another.
    """
    found = Establishment.objects.filter(school=school).first()
    if found is None:
        raise StepRefused(f"{school.name}还没有核定编制，不能聘任在编教师；请先核定编制，或按“聘用”办理。")
    others = Appointment.objects.exclude(pk=apart_from.pk) if apart_from else Appointment.objects.all()
    told = found.refusal(others.holding_places(school)[school.pk], since)
    if told:
        raise StepRefused(f"{school.name}{told}")


def _hold(school: School | None, present: Appointment | None) -> None:
    """Lock the establishments that will change, in one order: two moves that cross never wait for each other."""
    keys = [key for key in (school and school.pk, present and present.school_id) if key]
    list(
        Establishment.objects.select_for_update(no_key=True)
        .filter(school__in=keys)
        .order_by("pk")
        .values_list("pk")
    )


def _end(post: Appointment, until: dt.date) -> None:
    if until < post.since:
        raise StepRefused(
            f"{post.school.name}的岗位自 {post.since} 起，不能在 {until} 以前结束；请核对日期。"
        )
    Appointment.objects.filter(pk=post.pk).update(until=until)


def _excess_in_use(school: School, since: dt.date) -> ExcessRequest | None:
    """Return the approved request that a post over the authorised number goes by."""
    found = Establishment.objects.get(school=school)
    if fullest(Appointment.objects.holding_places(school)[school.pk], since) < found.authorised:
        return None
    return ExcessRequest.objects.filter(school=school, state=ExcessState.APPROVED).order_by("pk").last()


def _save(post: Appointment) -> None:
    try:
        with transaction.atomic():
            post.save()
    except IntegrityError as clash:
        told = str(clash)
        if (
            "同时只能有一个岗位" in told
            or "teacher_holds_one_post" in told
            or "appointment.teacher_id" in told
        ):
            raise StepRefused(
                "这位教师在这段时间已有岗位；一人同时只能有一个岗位，请核对聘任日期。"
            ) from clash
        refuse_without_place(post.school, post.since, apart_from=post)
        raise StepRefused("刚有人办理了这所学校的聘任，请刷新后再看。") from clash
