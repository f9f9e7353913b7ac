"""Turnover rooms as a workbook, in the columns they are imported in: one row a resident, one a room nobody lives in."""

from collections.abc import Iterator
from io import BytesIO

from django.utils import timezone

from povertyedu.workbooks.writing import LedgerColumn, LedgerSheet, Row, write_ledger

COLUMNS = (
    LedgerColumn("学校", width=26), LedgerColumn("楼", width=14), LedgerColumn("房号", width=10), LedgerColumn("状态", width=10),
    LedgerColumn("床位", "int", width=8), LedgerColumn("面积（平方米）", width=14), LedgerColumn("住户", width=12), LedgerColumn("工号", width=12),
    LedgerColumn("入住日期", "date", width=13),
)  # fmt: skip


def housing_workbook(buildings, *, words: str, by: str) -> bytes:
    """Return ``buildings`` of :func:`teachers.queries.housing.buildings_of` as an .xlsx with how much there is in its head."""
    out, at = BytesIO(), timezone.localtime()
    rooms = [room for building in buildings for room in building.all_rooms]
    told = f"{len(rooms)} 间，床位 {sum(room.capacity for room in rooms)}，已住 {sum(len(room.people) for room in rooms)}"
    sheet = LedgerSheet(
        name="周转宿舍", title="教师周转宿舍台账", columns=COLUMNS, rows=(Row(row) for building in buildings for row in _rows(building)),
        unit_line=f"{words}　{told}", right_line=f"{by} {at:%Y-%m-%d %H:%M} 导出", grand_total="",
    )  # fmt: skip
    write_ledger(out, sheet)
    return out.getvalue()


def _rows(building) -> Iterator[list]:
    for room in building.all_rooms:
        facts = [
            building.school.name,
            building.name,
            room.number,
            room.get_state_display(),
            room.capacity,
            str(room.area_m2 or ""),
        ]
        for each in room.people:
            yield [*facts, str(each.teacher), each.teacher.code, each.since]
        if not room.people:
            yield [*facts, "", "", None]
