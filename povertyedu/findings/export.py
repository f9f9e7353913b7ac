"""The list of findings as a workbook (整改台账)."""

from io import BytesIO

from django.utils import timezone

from povertyedu.workbooks.writing import LedgerColumn, write_table

from .models import Finding

COLUMNS = (
    LedgerColumn("编号", "int", width=8), LedgerColumn("来源", width=12), LedgerColumn("来源说明", width=20), LedgerColumn("问题", width=30),
    LedgerColumn("责任单位", width=20), LedgerColumn("责任人", width=10), LedgerColumn("发现日期", width=12), LedgerColumn("整改期限", width=12),
    LedgerColumn("状态", width=12), LedgerColumn("整改措施", width=30), LedgerColumn("整改结果", width=30), LedgerColumn("销号日期", width=12),
)  # fmt: skip


def workbook_of(rows, *, words: str, by: str) -> bytes:
    """Return ``rows`` (findings with their places) as an .xlsx; ``words`` tell the filter."""
    out = BytesIO()
    at = timezone.localtime()
    write_table(
        out, COLUMNS, (_line(row) for row in rows.iterator(chunk_size=1000)), title="整改销号台账", name="整改台账",
        unit_line=f"筛选条件：{words or '全部'}", right_line=f"{by} {at:%Y-%m-%d %H:%M} 导出",
    )  # fmt: skip
    return out.getvalue()


def _line(row: Finding) -> list:
    return [
        row.pk, row.get_source_display(), row.origin, row.title, row.place_name, row.owner.name if row.owner else "", str(row.found_on),
        str(row.due_on), row.state_words, row.measure, row.result, str(row.closed_on or ""),
    ]  # fmt: skip
