"""Rooms and their residents from a workbook, written together."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from povertyedu.audit.models import record_many
from povertyedu.orgs.models import School
from povertyedu.workflow.flow import Actor
from teachers.enums.housing import RequestState, RoomState
from teachers.models import Building, HousingRequest, Occupancy, Room, Teacher

RoomKey = tuple[int, str, str]


@dataclass(frozen=True)
class Lodged:
    """A room of a building of a school (key), and who lives there from when to when; None leaves what is known."""

    school: int
    building: str
    number: str
    capacity: int | None = None
    area: Decimal | None = None
    state: str | None = None
    teacher: int | None = None
    since: dt.date | None = None
    until: dt.date | None = None

    @property
    def room(self) -> RoomKey:
        return self.school, self.building, self.number


@transaction.atomic
def take_in_housing(*, by: Actor, rows: Sequence[Lodged]) -> None:
    """Write ``rows`` down; who moves out makes room before a room becomes smaller and others move in. Queries do not grow with the rows."""
    rooms = _rooms(by, rows)
    stays = [row for row in rows if row.teacher]
    people = Teacher.objects.select_related("person").in_bulk({row.teacher for row in stays})
    held = Occupancy.objects.filter(teacher__in=people).select_for_update(no_key=True, of=("self",))
    known = {(stay.room_id, stay.teacher_id, stay.since): stay for stay in held.order_by("pk")}
    ended, made = [], []
    for row in stays:
        room, teacher = rooms[row.room], people[row.teacher]
        stay = known.get((room.pk, teacher.pk, row.since))
        if stay is None:
            made.append(
                Occupancy(room=room, teacher=teacher, since=row.since, until=row.until, by_name=by.name)
            )
        elif row.until and stay.until is None:
            stay.room, stay.teacher, stay.until = room, teacher, row.until
            ended.append(stay)
    Occupancy.objects.bulk_update(ended, ["until"], batch_size=500)
    _correct(by, rooms, rows)
    Occupancy.objects.bulk_create(made, batch_size=500)
    _no_longer_wait(made)
    record_many(
        by, action="housing.move_out", rows=[(stay, {"until": [None, str(stay.until)]}) for stay in ended]
    )
    record_many(
        by, action="housing.move_in", rows=[(stay, {"room": [None, str(stay.room)]}) for stay in made]
    )


def _facts(rows: Sequence[Lodged]) -> dict[RoomKey, dict]:
    """Return what ``rows`` say of each room; a later row adds to an earlier one."""
    found: dict[RoomKey, dict] = {}
    for row in rows:
        told = {"capacity": row.capacity, "area_m2": row.area, "state": row.state}
        found.setdefault(row.room, {}).update(
            (name, value) for name, value in told.items() if value is not None
        )
    return found


def _rooms(by: Actor, rows: Sequence[Lodged]) -> dict[RoomKey, Room]:
    """Return the rooms that ``rows`` name, as they are; those that are not there are registered, and their buildings."""
    facts = _facts(rows)
    buildings = _buildings(by, dict.fromkeys((school, name) for school, name, _ in facts))
    by_pk = {each.pk: each for each in buildings.values()}
    held = Room.objects.filter(building__in=by_pk).select_for_update(no_key=True, of=("self",))
    rooms: dict[RoomKey, Room] = {}
    for room in held.order_by("pk"):
        room.building = by_pk[room.building_id]
        rooms[room.building.school_id, room.building.name, room.number] = room
    made = {
        key: Room(building=buildings[key[:2]], number=key[2], **{"state": RoomState.IN_USE} | told)
        for key, told in facts.items()
        if key not in rooms
    }
    Room.objects.bulk_create(made.values(), batch_size=500)
    record_many(
        by,
        action="housing.room",
        rows=[(room, {"capacity": [None, room.capacity]}) for room in made.values()],
    )
    return rooms | made


def _buildings(by: Actor, wanted: Collection[tuple[int, str]]) -> dict[tuple[int, str], Building]:
    rows = Building.objects.filter(school__in={school for school, _ in wanted}).select_related("school")
    found = {(each.school_id, each.name): each for each in rows}
    schools = School.objects.in_bulk({school for school, _ in wanted})
    made = {key: Building(school=schools[key[0]], name=key[1]) for key in wanted if key not in found}
    Building.objects.bulk_create(made.values(), batch_size=500)
    record_many(
        by, action="housing.building", rows=[(each, {"name": [None, each.name]}) for each in made.values()]
    )
    return found | made


def _correct(by: Actor, rooms: dict[RoomKey, Room], rows: Sequence[Lodged]) -> None:
    """Write what ``rows`` say of rooms that were said to be otherwise."""
    changed = []
    for key, told in _facts(rows).items():
        room = rooms[key]
        before = {
            name: str(getattr(room, name)) for name, value in told.items() if getattr(room, name) != value
        }
        if before:
            for name in before:
                setattr(room, name, told[name])
            changed.append((room, {name: [old, str(told[name])] for name, old in before.items()}))
    Room.objects.bulk_update([room for room, _ in changed], ["capacity", "area_m2", "state"], batch_size=500)
    record_many(by, action="housing.room", rows=changed)


def _no_longer_wait(made: Sequence[Occupancy]) -> None:
    """Close the requests of who now lives somewhere."""
    living = {stay.teacher_id: stay for stay in made if stay.until is None}
    waiting = list(HousingRequest.objects.waiting().filter(teacher__in=living))
    for request in waiting:
        request.state, request.occupancy = RequestState.HOUSED, living[request.teacher_id]
    HousingRequest.objects.bulk_update(waiting, ["state", "occupancy"], batch_size=500)
