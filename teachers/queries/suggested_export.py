"""A suggested plan as a workbook: its moves, each with its reasons."""

from collections.abc import Iterable
from io import BytesIO

from django.utils import timezone

from povertyedu.workbooks.writing import LedgerColumn, write_table
from teachers.models import PlannedMove, PlanRun

COLUMNS = (
    LedgerColumn("序号", "int", width=7), LedgerColumn("工号", width=12), LedgerColumn("姓名", width=10), LedgerColumn("派出学校", width=24),
    LedgerColumn("接收学校", width=24), LedgerColumn("岗位", width=14), LedgerColumn("公里", width=8), LedgerColumn("为什么是这名教师", width=40),
    LedgerColumn("为什么是这所学校", width=32), LedgerColumn("补什么缺", width=40), LedgerColumn("代价", width=32), LedgerColumn("状态", width=10),
)  # fmt: skip


def workbook_of(run: PlanRun, moves: Iterable[PlannedMove], *, by: str) -> bytes:
    """Return ``moves`` (with teacher and schools) as an .xlsx."""
    out, at = BytesIO(), timezone.localtime()
    write_table(
        out, COLUMNS, (_line(move) for move in moves), title=f"教师交流建议方案（{run.term}）", name="建议调动",
        unit_line=f"{run}，调动 {run.since} 至 {run.until}", right_line=f"{by} {at:%Y-%m-%d %H:%M} 导出",
    )  # fmt: skip
    return out.getvalue()


def _line(move: PlannedMove) -> list:
    why = move.why
    return [
        move.number, move.teacher.code, move.teacher.name, move.from_school.name, move.school.name, move.post_label,
        "" if move.km is None else f"{move.km:f}", why["why_teacher"], why["why_school"], why["closes"], why["costs"], move.get_state_display(),
    ]  # fmt: skip
