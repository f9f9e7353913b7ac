"""计划台账、进度台账、资金台账 as workbooks; each sums up to the fund book."""

import datetime as dt
from collections.abc import Iterable
from io import BytesIO

from django.utils import timezone

from povertyedu.workbooks.writing import LedgerColumn, LedgerSheet, Row, write_ledger
from projects.enums import FundSource

from .as_of import AsOf

LEDGERS = {"plan": "计划台账", "progress": "进度台账", "funds": "资金台账"}
_FIRST = (
    LedgerColumn("项目编号", width=14), LedgerColumn("项目名称", width=30), LedgerColumn("建设规划", width=20), LedgerColumn("计划年度", "int", width=9),
    LedgerColumn("所在乡镇", width=12), LedgerColumn("项目学校", width=24),
)  # fmt: skip
COLUMNS = {
    "plan": (
        *_FIRST, LedgerColumn("建设性质", width=10), LedgerColumn("建设内容", width=36), LedgerColumn("计划开工", "date", width=12),
        LedgerColumn("计划竣工", "date", width=12), *(LedgerColumn(f"{label}（元）", "money", width=16) for label in FundSource.labels),
        LedgerColumn("计划投资（元）", "money", width=16),
    ),
    "progress": (
        *_FIRST, LedgerColumn("状态", width=12), LedgerColumn("计划开工", "date", width=12), LedgerColumn("实际开工", "date", width=12),
        LedgerColumn("计划竣工", "date", width=12), LedgerColumn("实际竣工", "date", width=12), LedgerColumn("已完成节点", width=10),
        LedgerColumn("计划进度%", "int", width=10), LedgerColumn("形象进度%", "int", width=10), LedgerColumn("超期天数", "int", width=9),
        LedgerColumn("完成/计划", width=36), LedgerColumn("承包单位", width=24),
    ),
    "funds": (
        *_FIRST, LedgerColumn("资金来源", width=14), LedgerColumn("预算（元）", "money", width=16), LedgerColumn("到位（元）", "money", width=16),
        LedgerColumn("合同（元）", "money", width=16), LedgerColumn("支付（元）", "money", width=16),
    ),
}  # fmt: skip


def workbook_of(rows: Iterable[AsOf], name: str, *, on: dt.date, words: str, by: str) -> bytes:
    """Return the ledger ``name`` of ``rows`` as an .xlsx with its totals."""
    out, at = BytesIO(), timezone.localtime()
    lines = (Row(line) for row in rows for line in _LINES[name](row))
    sheet = LedgerSheet(
        name=LEDGERS[name], title=f"学校建设与设备项目{LEDGERS[name]}", columns=COLUMNS[name], rows=lines,
        unit_line=f"截至 {on}　筛选条件：{words}", right_line=f"单位：元　{by} {at:%Y-%m-%d %H:%M} 导出",
        grand_total="" if name == "progress" else "总计",
    )  # fmt: skip
    write_ledger(out, sheet)
    return out.getvalue()


def _head(row: AsOf) -> list:
    it = row.project
    return [it.code, it.name, it.programme.name, it.year, it.area.name, "、".join(row.schools)]


def _plan(row: AsOf) -> list[list]:
    budgets = [row.money[source].budget_fen if source in row.money else None for source in FundSource.values]
    it = row.project
    return [
        [*_head(row), it.get_kind_display(), row.content, row.starts_on, row.due_on, *budgets, row.total.budget_fen]
    ]  # fmt: skip


def _progress(row: AsOf) -> list[list]:
    return [
        [
            *_head(row), row.state_words, row.starts_on, row.started_on, row.due_on, row.finished_on, row.last_milestone,
            row.planned_percent, row.percent, row.days_late or None, row.content_done, "、".join(row.contractors),
        ]
    ]  # fmt: skip


def _funds(row: AsOf) -> list[list]:
    return [[*_head(row), label, *money.as_dict().values()] for label, money in row.sources]


_LINES = {"plan": _plan, "progress": _progress, "funds": _funds}
