"""生均装备 as a workbook: what each school has, what it should have, both per pupil."""

from collections.abc import Sequence
from io import BytesIO

from django.utils import timezone

from povertyedu.orgs.models import Term
from povertyedu.workbooks.writing import LedgerColumn, write_table

from .ratios import MEASURES, Cell, RatioLine

COLUMNS = (
    LedgerColumn("学校", width=26), LedgerColumn("学生", "int", width=9), LedgerColumn("寄宿生", "int", width=9),
    *(
        LedgerColumn(heading, width=width)
        for each in MEASURES
        for heading, width in ((f"{each.item}现有", 12), (f"{each.item}应有", 12), (each.heading, 14), ("标准", 9), ("是否达标", 9))
    ),
)  # fmt: skip


def workbook_of(lines: Sequence[RatioLine], whole: RatioLine, term: Term, *, words: str, by: str) -> bytes:
    """Return ``lines`` and their whole as an .xlsx."""
    out, at = BytesIO(), timezone.localtime()
    write_table(
        out, COLUMNS, [_line(line) for line in (*lines, whole)], title="生均装备一览表", name="生均装备",
        unit_line=f"{term}　筛选条件：{words}", right_line=f"{by} {at:%Y-%m-%d %H:%M} 导出",
    )  # fmt: skip
    return out.getvalue()


def _line(line: RatioLine) -> list:
    name = line.school.name if line.school else "合计（填报了的学校）"
    return [name, line.pupils, line.boarders, *(value for cell in line.cells for value in _cell(cell))]


def _cell(cell: Cell) -> list[str]:
    numbers = (cell.have, cell.should, cell.ratio, cell.standard)
    have, should, ratio, standard = ("" if each is None else f"{each.normalize():f}" for each in numbers)
    if cell.have is None:
        return ["没有填报", should, "", standard, ""]
    return [
        have,
        should,
        ratio,
        standard,
        "" if cell.should is None else "不达标" if cell.is_short else "达标",
    ]
