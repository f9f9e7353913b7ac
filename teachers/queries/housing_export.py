"""Turnover rooms as a workbook: one row a place that is taken, one a room with free places."""

from io import BytesIO

from django.utils import timezone

from povertyedu.workbooks.writing import LedgerColumn, LedgerSheet, Row, write_ledger

COLUMNS = (
    LedgerColumn("学校", width=26), LedgerColumn("楼", width=14), LedgerColumn("房号", width=10), LedgerColumn("状态", width=10),
    LedgerColumn("床位", "int", width=8, summed=True), LedgerColumn("已住", "int", width=8, summed=True), LedgerColumn("空床", "int", width=8, summed=True),
    LedgerColumn("住户（工号，入住日期）", width=50),
)  # fmt: skip


def housing_workbook(buildings, *, words: str, by: str) -> bytes:
    """Return ``buildings`` of :func:`teachers.queries.housing.buildings_of` as an .xlsx with totals."""
    out, at = BytesIO(), timezone.localtime()
    rows = (Row(_row(building, room)) for building in buildings for room in building.all_rooms)
    sheet = LedgerSheet(
        name="周转宿舍", title="教师周转宿舍台账", columns=COLUMNS, rows=rows, unit_line=words, right_line=f"{by} {at:%Y-%m-%d %H:%M} 导出",
    )  # fmt: skip
    write_ledger(out, sheet)
    return out.getvalue()


def _row(building, room) -> list:
    people = "；".join(f"{each.teacher}（{each.teacher.code}，{each.since}）" for each in room.people)
    return [
        building.school.name, building.name, room.number, room.get_state_display(), room.capacity, len(room.people), max(0, room.free), people,
    ]  # fmt: skip
