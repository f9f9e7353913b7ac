"""周转宿舍: one line a resident, or a room nobody lives in; buildings and rooms come in with them."""

import datetime as dt
from decimal import Decimal, InvalidOperation

from django.db.models import Q

from povertyedu.accounts.permissions import Permission
from povertyedu.imports.cleaning import one_of, short_text
from povertyedu.imports.places import SchoolBook
from povertyedu.imports.rows import Change, Context, Row
from povertyedu.workbooks.cells import CellError, Cleaned, clean_int, compact, text_of
from povertyedu.workbooks.columns import Column
from povertyedu.workbooks.dates import clean_date
from teachers.actions.housing_import import Lodged, take_in_housing
from teachers.enums.housing import RoomState
from teachers.models import Occupancy, Room

from .by_teacher import ByTeacherResource

STATES = {state.label: state.value for state in RoomState} | {
    "在用": "in_use",
    "维修": "repair",
    "停用": "repair",
}
MOST_PLACES = 20
ALWAYS = dt.date.max


def clean_m2(cell) -> Cleaned:
    """Square metres with up to two decimals. Error: number_invalid."""
    text = compact(text_of(cell)).removesuffix("平方米").removesuffix("M2")
    if not text:
        return Cleaned(None)
    try:
        area = Decimal(text)
        if not 1 <= area < 10_000 or area * 100 != int(area * 100):
            raise InvalidOperation
    except InvalidOperation:
        raise CellError("number_invalid", f"面积“{text[:10]}”看不懂；请填平方米，最多两位小数。") from None
    return Cleaned(area.quantize(Decimal("0.01")))


class HousingResource(ByTeacherResource):
    """Rooms and who lives in them. A blank leaves what is known; no room beyond its places, nobody in two rooms."""

    kind = "housing"
    label = "周转宿舍"
    permission = Permission.KEEP_CARE
    preview = ("school", "building", "number", "capacity", "code", "since")
    key_column = "number"
    conflict_message = "同一间房的同一位住户在文件里出现了两次，内容不同；请核对后只保留正确的一行。"
    note = "一行一名住户，同一间房有几名住户写几行；没有人住的房间写一行，工号不填。退房的填退房日期。"

    school = Column("学校", aliases=("学校名称", "学校标识码"), required=True, clean=short_text(80), as_text=True, width=26)  # fmt: skip
    building = Column(
        "楼", aliases=("楼名", "宿舍楼"), required=True, clean=short_text(40), as_text=True, width=14
    )
    number = Column("房号", aliases=("房间", "房间号"), required=True, clean=short_text(20), as_text=True)
    capacity = Column("床位", aliases=("床位数",), clean=clean_int, width=8, note="新登记的房间必填")
    area = Column("面积（平方米）", aliases=("面积",), clean=clean_m2, width=14)
    state = Column("状态", clean=one_of(STATES, "状态"), choices=tuple(RoomState.labels), width=10)
    code = Column("工号", aliases=("住户工号", "教师工号"), clean=short_text(20), as_text=True)
    name = Column("住户", aliases=("姓名", "教师姓名"), clean=short_text(60))
    since = Column("入住日期", aliases=("入住时间",), clean=clean_date, width=13)
    until = Column("退房日期", aliases=("退房时间",), clean=clean_date, width=13)

    def look_up(self, rows, context: Context) -> None:
        super().look_up(rows, context)
        self.schools = SchoolBook()
        self.said: dict[tuple, dict[str, object]] = {}  # room -> what its first row says of it

    def examine(self, row: Row, context: Context) -> None:
        values = row.values
        word, teacher = values["school"], self.teacher_of(row, context)
        school = self.schools.named(word)
        if word and not school:
            row.reject("school", "school_unknown", f"没有叫“{word[:40]}”的学校，或不止一所；请照学校名册填写名称或标识码。")  # fmt: skip
        elif school and context.schools is not None and school.pk not in context.schools:
            row.reject("school", "out_of_scope", "不是您管理的学校，不能导入。")
        if values["name"] and not values["code"]:
            row.reject("code", "value_missing", "有住户的要填工号；请补填。")
        self._look_at_days(row, teacher)
        if values["capacity"] is not None and not 1 <= values["capacity"] <= MOST_PLACES:
            row.reject("capacity", "number_invalid", f"床位应为 1 到 {MOST_PLACES}；请核对。")
        if not row.errors:
            row.found = Lodged(
                school.pk, values["building"], values["number"], values["capacity"], values["area"], values["state"], teacher and teacher.pk,
                values["since"], values["until"],
            )  # fmt: skip
            self._look_at_room(row)

    def _look_at_days(self, row: Row, teacher) -> None:
        since, until = row.values["since"], row.values["until"]
        if teacher and not since:
            row.reject("since", "value_missing", "有住户的要填入住日期；请补填。")
        elif since and not row.values["code"]:
            row.reject("code", "value_missing", "有入住日期的要填住户的工号；请补填。")
        elif until and (not since or until < since):
            row.reject("until", "date_invalid", "退房日期不能早于入住日期；请核对。")

    def _look_at_room(self, row: Row) -> None:
        """Refuse a row that says otherwise of its room than an earlier row does."""
        said = self.said.setdefault(row.found.room, {})
        for name, heading in (("capacity", "床位"), ("area", "面积"), ("state", "状态")):
            value = row.values[name]
            if value is not None and said.setdefault(name, value) != value:
                row.reject(name, "id_conflict", f"同一间房前面的一行{heading}不同；请核对后改成一样。")

    def key(self, row: Row):
        return (*row.found.room, row.found.teacher, row.found.since) if row.found else None

    def look_up_records(self, rows, context: Context) -> None:
        schools, people = ({getattr(row.found, name) for row in rows} for name in ("school", "teacher"))
        rooms = Room.objects.filter(building__school__in=schools).select_related("building")
        self.rooms = {(room.building.school_id, room.building.name, room.number): room for room in rooms}
        living = Occupancy.objects.filter(Q(room__in=self.rooms.values()) | Q(teacher__in=people - {None}))
        self.stays = {(stay.room_id, stay.teacher_id, stay.since): stay for stay in living}
        self.in_room: dict[object, list[tuple]] = {}  # key of the room, or what names a new one -> stays
        self.of_teacher: dict[int, list[tuple]] = {}
        ends = {}
        for row in rows:
            if row.found.until and (room := self.rooms.get(row.found.room)):
                ends[room.pk, row.found.teacher, row.found.since] = row.found.until
        for key, stay in self.stays.items():  # a stay that the file ends leaves its place
            self._lives(stay.room_id, stay.teacher_id, stay.since, stay.until or ends.get(key))

    def _lives(self, room, teacher: int, since: dt.date, until: dt.date | None) -> None:
        self.in_room.setdefault(room, []).append((since, until or ALWAYS))
        self.of_teacher.setdefault(teacher, []).append((since, until or ALWAYS))

    def compare(self, row: Row, context: Context) -> list[Change] | None:
        new, room = row.found, self.rooms.get(row.found.room)
        said = self.said[new.room]
        capacity = said.get("capacity") or (room and room.capacity)
        if not capacity:
            row.reject("capacity", "value_missing", "新登记的房间要填床位；请补填。")
            return None
        place = room.pk if room else new.room
        stay = room and self.stays.get((room.pk, new.teacher, new.since))
        if room and capacity < room.capacity and self._most(place, ALWAYS, ALWAYS) > capacity:
            row.reject("capacity", "room_full", "住着的人比这个床位数多；请先办理退房，或核对床位。")
            return None
        if new.teacher and not stay:
            self._move_in(row, place, capacity, room and room.state)
        if room is None or (new.teacher and not stay):
            return None
        changes = self._room_changes(room, new)
        if stay and new.until and new.until != stay.until:
            if stay.until:
                row.reject("until", "done_already", f"已登记 {stay.until} 退房；请核对。")
            changes.append(Change("退房日期", "（空）", str(new.until)))
        return changes

    def _move_in(self, row: Row, place, capacity: int, state: str | None) -> None:
        new = row.found
        last = new.until or ALWAYS
        if any(since <= last and until >= new.since for since, until in self.of_teacher.get(new.teacher, ())):
            row.reject(
                "since", "lives_already", "这位教师在这段时间已住着周转宿舍；请先登记退房，或核对日期。"
            )
        elif self._most(place, new.since, last) >= capacity:
            row.reject(
                "number", "room_full", f"这间房共 {capacity} 个床位，这段时间已住满；请换一间，或核对日期。"
            )
        elif (self.said[new.room].get("state") or state) == RoomState.REPAIR and not new.until:
            row.reject("state", "room_closed", "维修停用的房间不能安排入住；请核对状态。")
        else:
            self._lives(place, new.teacher, new.since, new.until)

    def _most(self, place, first: dt.date, last: dt.date) -> int:
        """Return how many at most live there on one of the days; most do on a day somebody moves in."""
        stays = [
            (since, until) for since, until in self.in_room.get(place, ()) if since <= last and until >= first
        ]
        days = {max(since, first) for since, _ in stays}
        return max((sum(since <= day <= until for since, until in stays) for day in days), default=0)

    def _room_changes(self, room: Room, new: Lodged) -> list[Change]:
        pairs = (
            ("床位", room.capacity, new.capacity), ("面积（平方米）", room.area_m2, new.area),
            ("状态", room.get_state_display(), new.state and RoomState(new.state).label),
        )  # fmt: skip
        return [
            Change(heading, str(old or "（空）"), str(now))
            for heading, old, now in pairs
            if now not in (None, old)
        ]

    def write(self, created, updated, context: Context) -> None:
        take_in_housing(by=self.actor_of(context), rows=[row.found for row in created + updated])
