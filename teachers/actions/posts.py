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
    _refuse_away(held, "调动")
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
    *, by: Actor, post: Appointment, subject: str, since: dt.date, until: dt.date | None, kind: str, note: str = ""
) -> Appointment:  # fmt: skip
    """Correct what a post says of its subject, days and establishment; teacher and school stay. What stands is ended by other verbs."""
    locked = (
        Appointment.objects.select_for_update(no_key=True, of=("self",))
        .select_related("school", "teacher__person")
        .get(pk=post.pk)
    )
    _refuse_days(locked, since, until)
    old = _told(locked)
    longer = since < locked.since or (locked.until and (until is None or until > locked.until))
    takes_more = kind == AppointmentKind.ESTABLISHED and (locked.kind != kind or longer)
    if takes_more and (until is None or until >= today()):
        _hold(locked.school, None)
        refuse_without_place(locked.school, since, apart_from=locked)
    locked.subject, locked.since, locked.until, locked.kind, locked.note = subject, since, until, kind, note
    _save(locked)
    if until is None:
        Person.objects.filter(pk=locked.teacher.person_id).update(school=locked.school)
    new = _told(locked)
    record(
        by, action="teacher.correct_post", subject=locked.teacher, changes={k: [old[k], new[k]] for k in new if old[k] != new[k]}, reason=note,
    )  # fmt: skip
    return locked


def _told(post: Appointment) -> dict:
    """Return what a correction may change, for the log."""
    return {
        "subject": post.subject, "since": str(post.since), "until": post.until and str(post.until), "kind": post.kind,
    }  # fmt: skip


def _refuse_days(post: Appointment, since: dt.date, until: dt.date | None) -> None:
    """Raise StepRefused when ``post`` cannot have these days."""
    if post.until is None and until is not None:
        raise StepRefused("现任岗位没有止任日期；结束岗位请办理“离任”或“调动”。")
    if until and until < since:
        raise StepRefused(f"聘任日期不能晚于止任日期 {until}。")
    teacher, state = post.teacher, post.teacher.get_state_display()
    if post.until and (until is None or until > today()) and not teacher.is_serving:
        raise StepRefused(
            f"{teacher.name}已{state}，止任日期不能晚于今天；没有{state}的，请先更正教师的状态。"
        )


@transaction.atomic
def withdraw_post(*, by: Actor, post: Appointment, reason: str) -> Teacher:
    """Take back a post that has not begun, for good; the one that ended on the day before it goes on. The log keeps what it was."""
    held = (
        Teacher.objects.select_for_update(no_key=True, of=("self",))
        .select_related("person")
        .get(pk=post.teacher_id)
    )
    taken = held.appointments.select_related("school").get(pk=post.pk)
    if taken.has_begun:
        raise StepRefused(
            f"{taken.school.name}的岗位自 {taken.since} 起，已经开始，不能撤回；请办理“更正”“调动”或“离任”。"
        )
    sent = held.deployments.binding().filter(sending=taken.school, since__gte=taken.since).first()
    if sent:
        raise StepRefused(
            f"{held.name}从{taken.school.name}的{sent.get_kind_display()}（{sent.period}）已批准；请先撤回那次派出，再撤回岗位。"
        )
    before = held.appointments.filter(until=taken.since - DAY).select_related("school").first()
    _hold(taken.school, before)
    taken.delete()
    if before:
        if before.kind == AppointmentKind.ESTABLISHED:
            refuse_without_place(before.school, taken.since, apart_from=before)
        Appointment.objects.filter(pk=before.pk).update(until=None)
    Person.objects.filter(pk=held.person_id).update(school=before and before.school)
    record(
        by, action="teacher.withdraw_post", subject=held, reason=reason,
        changes={"school": [taken.school.name, before and before.school.name], "since": [str(taken.since), None], "kind": [taken.kind, None]},
    )  # fmt: skip
    return held


@transaction.atomic
def leave(*, by: Actor, teacher: Teacher, state: str, on: dt.date, reason: str) -> Teacher:
    """End the post held, on its last day ``on``, and say why the teacher no longer holds one: retired, gone, or without a post."""
    held = (
        Teacher.objects.select_for_update(no_key=True, of=("self",))
        .select_related("person")
        .get(pk=teacher.pk)
    )
    _refuse_away(held, "离岗")
    present = held.appointments.not_over().select_related("school").order_by("-since").first()
    if on > today():
        raise StepRefused(f"止任日期不能晚于今天 {today()}；请到那天再办理。")
    if not held.is_serving:
        raise StepRefused(f"{held.name}已是“{held.get_state_display()}”，没有岗位，不用再办理离任。")
    if held.state == state and (present is None or present.until == on):
        raise StepRefused(f"{held.name}没有岗位，不用再办理离任。")
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


def _refuse_away(teacher: Teacher, verb: str) -> None:
    """Raise StepRefused while ``teacher`` works elsewhere: what was agreed to is from the school of the post."""
    away = teacher.deployments.under_way().select_related("receiving").first()
    if away:
        raise StepRefused(away.refusal(teacher.name, verb))


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
    if not post.has_begun and until < post.since:
        raise StepRefused(
            f"{post.school.name}的岗位自 {post.since} 起，还没有开始；请先在任职经历里撤回，再办理。"
        )
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
