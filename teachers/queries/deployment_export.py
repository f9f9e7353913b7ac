"""Deployments as a workbook, in the columns they are imported by."""

from io import BytesIO

from django.utils import timezone

from povertyedu.workbooks.writing import LedgerColumn, write_table

COLUMNS = (
    LedgerColumn("序号", "int", width=7), LedgerColumn("工号", width=12), LedgerColumn("姓名", width=10), LedgerColumn("任教学科", width=10),
    LedgerColumn("类型", width=10), LedgerColumn("派出学校", width=24), LedgerColumn("接收学校", width=24), LedgerColumn("借调单位", width=20), LedgerColumn("起", "date", width=12),
    LedgerColumn("止", "date", width=12), LedgerColumn("状态", width=14), LedgerColumn("到岗日期", "date", width=12),
    LedgerColumn("实际最后一天", "date", width=13), LedgerColumn("文号", width=18), LedgerColumn("事由", width=30),
)  # fmt: skip


def workbook_of(rows, *, words: str, by: str) -> bytes:
    """Return ``rows`` (deployments with their people) as an .xlsx."""
    out, at = BytesIO(), timezone.localtime()
    write_table(
        out, COLUMNS, (_line(number, row) for number, row in enumerate(rows.iterator(chunk_size=1000), start=1)), title="教师支教轮岗安排表",
        name="支教轮岗", unit_line=f"筛选条件：{words}", right_line=f"{by} {at:%Y-%m-%d %H:%M} 导出",
    )  # fmt: skip
    return out.getvalue()


def _line(number: int, row) -> list:
    teacher = row.teacher
    return [
        number, teacher.code, teacher.name, teacher.get_subject_display(), row.get_kind_display(), row.sending.name, row.receiving and row.receiving.name,
        row.office,
        row.since, row.until, row.state_words, row.started_on, row.ended_on, row.document, row.reason,
    ]  # fmt: skip
