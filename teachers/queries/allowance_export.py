"""The payout list of a roll as a workbook: one row a teacher, with what it is made of."""

from collections import defaultdict
from io import BytesIO

from django.utils import timezone

from povertyedu.workbooks.writing import LedgerColumn, LedgerSheet, Row, write_ledger
from teachers.enums.allowances import LineNature
from teachers.models import AllowanceRoll

COLUMNS = (
    LedgerColumn("序号", "int", width=7, summed=False), LedgerColumn("工号", width=14), LedgerColumn("姓名", width=12), LedgerColumn("学校", width=26),
    LedgerColumn("天数", "int", width=8, summed=False), LedgerColumn("本月（元）", "money", width=14), LedgerColumn("补发（元）", "money", width=14),
    LedgerColumn("扣回（元）", "money", width=14), LedgerColumn("实发（元）", "money", width=14), LedgerColumn("计算", width=50),
)  # fmt: skip


def roll_workbook(roll: AllowanceRoll, *, by: str) -> bytes:
    """Return the live lines of ``roll`` as an .xlsx with a total; two queries."""
    by_teacher = defaultdict(list)
    lines = roll.lines.live().select_related("teacher__person", "sheet__school")
    for line in lines.order_by("sheet__school__area_id", "sheet__school__code", "teacher__code", "for_month"):
        by_teacher[line.teacher_id].append(line)
    out, at = BytesIO(), timezone.localtime()
    sheet = LedgerSheet(
        name="发放清单", title=f"{roll}发放清单", columns=COLUMNS, rows=(Row(_row(n, own)) for n, own in enumerate(by_teacher.values(), 1)),
        unit_line=f"状态：{roll.get_state_display()}", right_line=f"单位：元　{by} {at:%Y-%m-%d %H:%M} 导出",
    )  # fmt: skip
    write_ledger(out, sheet)
    return out.getvalue()


def _row(number: int, lines: list) -> list:
    fen = {nature: sum(line.amount_fen for line in lines if line.nature == nature) for nature in LineNature}
    own = next((line for line in lines if line.nature == LineNature.REGULAR), None)
    told = "；".join(f"{line.for_month:%Y-%m}：{line.told}" for line in lines)
    return [
        number, lines[0].teacher.code, lines[0].teacher.name, lines[0].sheet.school.name, own.days if own else None,
        *(fen[nature] for nature in LineNature), sum(fen.values()), told,
    ]  # fmt: skip
