"""The list of gaps as a workbook, in order of urgency."""

from io import BytesIO

from django.utils import timezone

from povertyedu.workbooks.writing import LedgerColumn, write_table

COLUMNS = (
    LedgerColumn("次序", "int", width=7), LedgerColumn("学校", width=24), LedgerColumn("内容", width=18), LedgerColumn("单位", width=8),
    LedgerColumn("应有", width=12), LedgerColumn("现有", width=12), LedgerColumn("缺口", width=12), LedgerColumn("优先理由", width=24),
    LedgerColumn("来源", width=12), LedgerColumn("状态", width=10), LedgerColumn("建设项目", width=24), LedgerColumn("说明", width=30),
)  # fmt: skip


def workbook_of(rows, *, words: str, by: str) -> bytes:
    """Return ``rows`` (gaps by priority, with school and project) as an .xlsx."""
    out, at = BytesIO(), timezone.localtime()
    lines = (_line(number, row) for number, row in enumerate(rows, start=1))
    write_table(
        out, COLUMNS, lines, title="办学条件缺口清单", name="缺口清单", unit_line=f"筛选条件：{words}",
        right_line=f"{by} {at:%Y-%m-%d %H:%M} 导出",
    )  # fmt: skip
    return out.getvalue()


def _line(number: int, row) -> list:
    numbers = [f"{each.normalize():f}" for each in (row.needed, row.present, row.short)]
    return [
        number, row.school.name, row.item, row.unit, *numbers, "、".join(row.reasons), row.get_origin_display(), row.get_state_display(),
        row.project.name if row.project else "", row.note,
    ]  # fmt: skip
