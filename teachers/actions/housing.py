"""Verbs of turnover housing: buildings, rooms, moving in and out, waiting."""

import datetime as dt

from django.db import IntegrityError, transaction

from povertyedu.audit.models import record
from povertyedu.orgs.models import School
from povertyedu.workflow.flow import Actor, StepRefused
from teachers.enums.housing import RequestState, RoomState
from teachers.models import Building, HousingRequest, Occupancy, Room, Teacher


@transaction.atomic
def keep_building(*, by: Actor, building: Building) -> Building:
    building.validate_constraints()
    building.save()
    record(by, action="housing.building", subject=building, changes={"name": [None, building.name]})
    return building


@transaction.atomic
def keep_room(*, by: Actor, room: Room) -> Room:
    """Store a room, new or changed; its places cannot fall below who lives there."""
    room.validate_constraints()
    try:
        with transaction.atomic():
            room.save()
    except IntegrityError as clash:
        raise StepRefused("现在住着的人比这个床位数多；请先办理退房。") from clash
    record(by, action="housing.room", subject=room, changes={"capacity": [None, room.capacity]})
    return room


@transaction.atomic
def move_in(*, by: Actor, room: Room, teacher: Teacher, since: dt.date, note: str = "") -> Occupancy:
    """Let a teacher live in a room from a day on; whoever waited stops waiting.

    Two who take the last place at once: the database lets one in.
    """
    room = (
        Room.objects.select_for_update(no_key=True, of=("self",)).select_related("building").get(pk=room.pk)
    )
    if room.state != RoomState.IN_USE:
        raise StepRefused("这间房维修停用，不能安排入住。")
    made = Occupancy(room=room, teacher=teacher, since=since, note=note.strip()[:200], by_name=by.name)
    made.validate_constraints()
    try:
        with transaction.atomic():
            made.save()
    except IntegrityError as clash:
        raise StepRefused(_why_full(room, teacher, since)) from clash
    waiting = HousingRequest.objects.waiting().filter(teacher=teacher)
    waiting.update(state=RequestState.HOUSED, occupancy=made)
    record(by, action="housing.move_in", subject=made, changes={"room": [None, str(room)]})
    return made


def _why_full(room: Room, teacher: Teacher, since: dt.date) -> str:
    other = (
        Occupancy.objects.filter(teacher=teacher).order_by("-since").select_related("room__building").first()
    )
    if other and (other.until is None or other.until >= since):
        return f"{teacher}在这段时间已住在{other.room}；请先办理退房。"
    return f"{room}共 {room.capacity} 个床位，从 {since} 起已住满；请换一间或改日期。"


@transaction.atomic
def move_out(*, by: Actor, occupancy: Occupancy, until: dt.date, note: str = "") -> Occupancy:
    """End an occupancy; the day of moving out still counts."""
    occupancy = Occupancy.objects.select_for_update(no_key=True, of=("self",)).get(pk=occupancy.pk)
    if occupancy.until is not None:
        raise StepRefused("已经办理退房，请刷新后再看。")
    if until < occupancy.since:
        raise StepRefused("退房日期不能早于入住日期。")
    occupancy.until = until
    occupancy.note = "；".join(filter(None, [occupancy.note, note.strip()]))[:200]
    occupancy.save(update_fields=["until", "note"])
    record(by, action="housing.move_out", subject=occupancy, changes={"until": [None, str(until)]})
    return occupancy


@transaction.atomic
def ask(*, by: Actor, school: School, teacher: Teacher, asked_on: dt.date, reason: str) -> HousingRequest:
    """Put a teacher on the waiting list of a school."""
    if Occupancy.objects.in_force().filter(teacher=teacher).exists():
        raise StepRefused("这位教师已住着周转宿舍，不必轮候。")
    made = HousingRequest(
        school=school, teacher=teacher, asked_on=asked_on, reason=reason.strip()[:200], by_name=by.name
    )
    made.validate_constraints()
    made.save()
    record(by, action="housing.ask", subject=made, changes={"school": [None, school.name]})
    return made


@transaction.atomic
def withdraw(*, by: Actor, request: HousingRequest, reason: str) -> HousingRequest:
    """Take a teacher off the waiting list, with the reason."""
    if not reason.strip():
        raise StepRefused("取消轮候必须填写理由。")
    done = HousingRequest.objects.waiting().filter(pk=request.pk)
    if not done.update(state=RequestState.WITHDRAWN, ended_reason=reason.strip()[:200]):
        raise StepRefused("已不在轮候，请刷新后再看。")
    record(
        by,
        action="housing.withdraw",
        subject=request,
        changes={"state": ["waiting", "withdrawn"]},
        reason=reason,
    )
    request.refresh_from_db()
    return request
