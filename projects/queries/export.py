"""The ledger of projects as a workbook: plan, progress and money by source, with totals."""

from io import BytesIO

from django.db.models import QuerySet
from django.utils import timezone

from povertyedu.workbooks.writing import LedgerColumn, LedgerSheet, Row, write_ledger
from projects.enums import FundSource
from projects.models import Project

COLUMNS = (
    LedgerColumn("项目编号", width=14), LedgerColumn("项目名称", width=30), LedgerColumn("建设规划", width=20), LedgerColumn("计划年度", "int", width=9),
    LedgerColumn("建设性质", width=10), LedgerColumn("所在乡镇", width=12), LedgerColumn("项目学校", width=24), LedgerColumn("建设内容", width=36),
    LedgerColumn("状态", width=9), LedgerColumn("形象进度%", "int", width=10), LedgerColumn("计划竣工", width=12),
    *(LedgerColumn(f"{label}（元）", "money", width=16) for label in FundSource.labels),
    LedgerColumn("预算合计（元）", "money", width=16), LedgerColumn("到位（元）", "money", width=16), LedgerColumn("合同（元）", "money", width=16),
    LedgerColumn("支付（元）", "money", width=16), LedgerColumn("计划数对不上", width=40),
)  # fmt: skip


def workbook_of(rows: QuerySet[Project], *, words: str, by: str) -> bytes:
    """Return ``rows`` as an .xlsx with a total; ``words`` tell the filter. Queries do not grow with the rows."""
    out, at = BytesIO(), timezone.localtime()
    found = rows.select_related("programme", "area").prefetch_related(
        "fund_lines", "quantities", "sites__school"
    )
    sheet = LedgerSheet(
        name="项目台账", title="学校建设与设备项目台账", columns=COLUMNS, rows=(Row(_line(row)) for row in found.order_by("code")),
        unit_line=f"筛选条件：{words}", right_line=f"单位：元　{by} {at:%Y-%m-%d %H:%M} 导出",
    )  # fmt: skip
    write_ledger(out, sheet)
    return out.getvalue()


def _line(row: Project) -> list:
    lines = {line.source: line for line in row.fund_lines.all()}
    budgets = [lines[source].budget_fen if source in lines else None for source in FundSource.values]
    sums = [
        sum(getattr(line, name) for line in lines.values())
        for name in ("budget_fen", "arrived_fen", "contracted_fen", "paid_fen")
    ]
    content = "；".join(
        f"{each.item}{each.planned.normalize():f}{each.unit}" for each in row.quantities.all()
    )
    return [
        row.code, row.name, row.programme.name, row.year, row.get_kind_display(), row.area.name,
        "、".join(site.school.name for site in row.sites.all()), content, row.get_state_display(), row.percent,
        str(row.due_on or ""), *budgets, *sums, row.plan_differs,
    ]  # fmt: skip
