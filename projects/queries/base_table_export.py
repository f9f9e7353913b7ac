"""A base table as a workbook: every project with its figures, what changed since the last table, and the words written."""

from io import BytesIO

from django.utils import timezone

from povertyedu.workbooks.writing import LedgerColumn, LedgerSheet, Row, write_ledger
from projects.enums import FundSource
from projects.models import BaseTable

from .base_tables import Compared

_FACTS = (
    ("code", "项目编号", 14), ("name", "项目名称", 30), ("programme", "建设规划", 20), ("year", "计划年度", 9), ("area", "所在乡镇", 12),
    ("schools", "项目学校", 24), ("kind", "建设性质", 10), ("content_done", "完成/计划", 36), ("starts_on", "计划开工", 12),
    ("started_on", "实际开工", 12), ("due_on", "计划竣工", 12), ("finished_on", "实际竣工", 12),
)  # fmt: skip
_SUMS = (("budget_fen", "预算"), ("arrived_fen", "到位"), ("contracted_fen", "合同"), ("paid_fen", "支付"))
COLUMNS = (
    *(LedgerColumn(heading, "int" if key == "year" else "text", width=width, summed=False) for key, heading, width in _FACTS),
    LedgerColumn("状态", width=10), LedgerColumn("形象进度%", "int", width=10), LedgerColumn("比上期（百分点）", "int", width=10),
    *(LedgerColumn(f"{label}预算（元）", "money", width=16) for label in FundSource.labels),
    *(LedgerColumn(f"{label}合计（元）", "money", width=16) for _, label in _SUMS),
    LedgerColumn("到位比上期（元）", "money", width=16), LedgerColumn("支付比上期（元）", "money", width=16), LedgerColumn("说明", width=30),
)  # fmt: skip


def workbook_of(table: BaseTable, rows: list[Compared], *, by: str) -> bytes:
    """Return the table as an .xlsx with totals."""
    out, at = BytesIO(), timezone.localtime()
    sheet = LedgerSheet(
        name="双月报基础表", title=f"学校建设与设备项目双月报基础表（{table.period}）", columns=COLUMNS,
        rows=(Row(_line(each)) for each in rows), unit_line=f"截至 {table.last}　{table.state_words}",
        right_line=f"单位：元　{by} {at:%Y-%m-%d %H:%M} 导出",
    )  # fmt: skip
    write_ledger(out, sheet)
    return out.getvalue()


def _line(each: Compared) -> list:
    row = each.row
    budgets = [row.by_source[source][0] if source in row.by_source else None for source in FundSource.values]
    before = each.before is not None
    return [
        *(row.facts[key] for key, _, _ in _FACTS), row.state_words, row.percent, each.percent_grown if before else None, *budgets,
        *(getattr(row, name) for name, _ in _SUMS), each.arrived_grown if before else None, each.paid_grown if before else None, row.note,
    ]  # fmt: skip
