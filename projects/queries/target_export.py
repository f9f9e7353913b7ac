"""Targets against what was done, as a workbook."""

from collections.abc import Iterable
from io import BytesIO

from django.utils import timezone

from povertyedu.workbooks.writing import LedgerColumn, write_table

from .programmes import TargetLine

COLUMNS = (
    LedgerColumn("建设规划", width=24), LedgerColumn("类别", width=12), LedgerColumn("年度", "int", width=8), LedgerColumn("内容", width=24),
    LedgerColumn("口径", width=10), LedgerColumn("单位", width=8), LedgerColumn("规划目标", width=14), LedgerColumn("项目计划", width=14),
    LedgerColumn("完成", width=14), LedgerColumn("完成率%", "int", width=9), LedgerColumn("情况", width=10), LedgerColumn("数据来源", width=16),
    LedgerColumn("出处", width=20),
)  # fmt: skip


def workbook_of(lines: Iterable[TargetLine], *, words: str, by: str) -> bytes:
    out, at = BytesIO(), timezone.localtime()
    write_table(
        out, COLUMNS, (_line(line) for line in lines), title="建设规划目标对照", name="目标对照", unit_line=words,
        right_line=f"{by} {at:%Y-%m-%d %H:%M} 导出",
    )  # fmt: skip
    return out.getvalue()


def _line(line: TargetLine) -> list:
    numbers = [
        "" if each is None else f"{each.normalize():f}" for each in (line.target, line.planned, line.shown)
    ]
    source = f"{line.origin} {line.counted_on or ''}".strip()
    return [
        line.programme.name, line.programme.get_kind_display(), line.year, line.item, line.of.get_basis_display(), line.unit, *numbers,
        line.percent, line.words[1], source, _clause(line),
    ]  # fmt: skip


def _clause(line: TargetLine) -> str:
    return "，".join(filter(None, [line.of.clause, "年度为推定" if line.of.is_inferred else ""]))
