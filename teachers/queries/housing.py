"""Turnover rooms: free and occupied sums, the waiting list in its order with reasons."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from povertyedu.orgs.calendar import today
from teachers.enums.housing import RoomState
from teachers.models import Building, HousingRequest, Room

NEW_YEARS = 3  # teachers of at most so many years of service are new


@dataclass
class Stock:
    """What a school has: rooms, places, how many of them are taken and free today, who waits."""

    school: object
    rooms: int = 0
    places: int = 0
    occupied: int = 0
    out_of_use: int = 0
    waiting: int = 0

    @property
    def free(self) -> int:
        return self.places - self.out_of_use - self.occupied


def stock_of(schools, rooms, requests) -> list[Stock]:
    """Return the stock of each of ``schools`` that has rooms or people waiting; two queries."""
    found = {school.pk: Stock(school) for school in schools}
    for room in rooms.with_occupied().select_related("building"):
        stock = found.get(room.building.school_id)
        if stock is None:
            continue
        stock.rooms += 1
        stock.places += room.capacity
        stock.occupied += room.occupied
        if room.state == RoomState.REPAIR:
            stock.out_of_use += max(0, room.capacity - room.occupied)
    for school in requests.waiting().values_list("school", flat=True):
        if school in found:
            found[school].waiting += 1
    return [stock for stock in found.values() if stock.rooms or stock.waiting]


@dataclass
class Waiting:
    """One who waits, and why they stand where they do."""

    request: HousingRequest
    reasons: list[str] = field(default_factory=list)
    rank: tuple = ()


def waiting_list(requests: Sequence[HousingRequest], day: dt.date | None = None) -> list[Waiting]:
    """Return who waits in order, each with its reasons: home elsewhere, new to service, family to care for, then who asked first.

    ``requests`` come with teacher__person, teacher__home_area and school__area.
    """
    day = day or today()
    found = []
    for request in requests:
        teacher, waiting = request.teacher, Waiting(request)
        away = bool(teacher.home_area_id) and teacher.home_area_id[:9] != request.school.area_id[:9]
        new = teacher.years_of_service(day) < NEW_YEARS
        if away:
            waiting.reasons.append(f"家在{teacher.home_area.name}，不在学校所在乡镇")
        if new:
            waiting.reasons.append(f"参加工作不满 {NEW_YEARS} 年")
        if teacher.family_care:
            waiting.reasons.append("家庭需要照顾")
        waiting.reasons.append(f"{request.asked_on} 申请")
        waiting.rank = (not away, not new, not teacher.family_care, request.asked_on, request.pk)
        found.append(waiting)
    return sorted(found, key=lambda waiting: waiting.rank)


def buildings_of(rows, occupancies) -> list[Building]:
    """Return ``rows`` (buildings) with ``all_rooms``, each with ``people`` (occupancies of today); three queries."""
    found = list(rows.select_related("school"))
    rooms = list(Room.objects.filter(building__in=found).order_by("number"))
    living: dict[int, list] = {}
    for occupancy in occupancies.filter(room__in=rooms).in_force().select_related("teacher__person"):
        living.setdefault(occupancy.room_id, []).append(occupancy)
    by_building: dict[int, list] = {}
    for room in rooms:
        room.people = living.get(room.pk, [])
        room.free = room.capacity - len(room.people) if room.state == RoomState.IN_USE else 0
        by_building.setdefault(room.building_id, []).append(room)
    for building in found:
        building.all_rooms = by_building.get(building.pk, [])
    return found
