"""The ledger of help between schools as a workbook."""

from io import BytesIO

from django.utils import timezone

from povertyedu.workbooks.writing import LedgerColumn, LedgerSheet, Row, write_ledger

COLUMNS = (
    LedgerColumn("形式", width=11), LedgerColumn("帮扶学校", width=24), LedgerColumn("受援学校", width=24), LedgerColumn("受援乡镇（村）", width=16),
    LedgerColumn("学科", width=10), LedgerColumn("内容", width=30), LedgerColumn("教师", width=20), LedgerColumn("计划日期", "date", width=12),
    LedgerColumn("计划课时", "int", width=10, summed=True), LedgerColumn("状态", width=12), LedgerColumn("开展日期", "date", width=12),
    LedgerColumn("实际课时", "int", width=10, summed=True), LedgerColumn("受益人次", "int", width=10, summed=True), LedgerColumn("开展情况、取消理由", width=40),
    LedgerColumn("教师工号", width=16),
)  # fmt: skip


def help_workbook(rows, *, words: str, by: str) -> bytes:
    """Return ``rows`` as an .xlsx with totals; queries do not grow with the rows."""
    out, at = BytesIO(), timezone.localtime()
    found = rows.select_related("from_school", "to_school__area").prefetch_related("teachers__person")
    sheet = LedgerSheet(
        name="校际帮扶", title="校际帮扶台账", columns=COLUMNS, rows=(Row(_row(row)) for row in found.order_by("planned_on", "pk")),
        unit_line=f"筛选条件：{words}", right_line=f"{by} {at:%Y-%m-%d %H:%M} 导出",
    )  # fmt: skip
    write_ledger(out, sheet)
    return out.getvalue()


def _row(row) -> list:
    return [
        row.get_kind_display(), row.from_school.name, row.to_school.name, row.to_school.area.name, row.get_subject_display(), row.topic,
        "、".join(teacher.name for teacher in row.teachers.all()), row.planned_on, row.planned_hours, row.state_words, row.held_on, row.held_hours,
        row.audience, row.summary or row.reason,
        "、".join(teacher.code for teacher in row.teachers.all()),
    ]  # fmt: skip
