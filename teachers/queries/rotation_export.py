"""The table of rotation, the list of who is due and heads' terms of office, as workbooks."""

from io import BytesIO

from django.utils import timezone

from povertyedu.indicators.definitions import Period
from povertyedu.workbooks.writing import LedgerColumn, write_table

from .rotation import Due, SchoolRotation

COLUMNS = (
    LedgerColumn("学校", width=26), LedgerColumn("专任教师", "int", width=10), LedgerColumn("轮岗", "int", width=8), LedgerColumn("占专任教师", width=11),
    LedgerColumn("符合条件", "int", width=10), LedgerColumn("符合条件的轮岗", "int", width=15), LedgerColumn("占符合条件", width=11),
    LedgerColumn("其中骨干", "int", width=10), LedgerColumn("骨干占比", width=10), LedgerColumn("应轮岗未轮岗", "int", width=13),
)  # fmt: skip
DUE_COLUMNS = (
    LedgerColumn("序号", "int", width=7), LedgerColumn("工号", width=12), LedgerColumn("姓名", width=10), LedgerColumn("学校", width=26),
    LedgerColumn("任教学科", width=10), LedgerColumn("职称", width=8), LedgerColumn("骨干", width=10), LedgerColumn("在校自", "date", width=12),
    LedgerColumn("理由", width=40), LedgerColumn("已有安排", width=24),
)  # fmt: skip


TERM_COLUMNS = (
    LedgerColumn("工号", width=12), LedgerColumn("姓名", width=10), LedgerColumn("学校", width=26), LedgerColumn("第几届", "int", width=9),
    LedgerColumn("起", "date", width=12), LedgerColumn("止", "date", width=12),
)  # fmt: skip


def workbook_of(
    rows: list[SchoolRotation], total: SchoolRotation, *, period: Period, words: str, by: str
) -> bytes:
    lines = [_line(row.school.name, row) for row in rows] + ([_line("合计", total)] if len(rows) > 1 else [])
    return _written(COLUMNS, lines, f"优质学校教师轮岗交流统计表（{period.label}）", "轮岗率", words, by)


def due_workbook_of(rows: list[Due], *, period: Period, words: str, by: str) -> bytes:
    lines = [
        [
            number, row.teacher.code, row.teacher.name, row.school.name, row.teacher.get_subject_display(), row.teacher.get_title_display(),
            row.teacher.get_backbone_display(), row.since, "；".join(row.reasons), row.note,
        ]
        for number, row in enumerate(rows, start=1)
    ]  # fmt: skip
    return _written(DUE_COLUMNS, lines, f"优质学校应轮岗教师名单（{period.label}）", "应轮岗", words, by)


def head_terms_workbook(rows, *, words: str, by: str) -> bytes:
    """Return heads' terms of office in the columns they are imported by."""
    lines = [
        [row.teacher.code, row.teacher.name, row.school.name, row.number, row.since, row.until]
        for row in rows
    ]
    return _written(TERM_COLUMNS, lines, "校长任期登记表", "校长任期", words, by)


def _written(columns, lines, title: str, name: str, words: str, by: str) -> bytes:
    out, at = BytesIO(), timezone.localtime()
    write_table(
        out,
        columns,
        lines,
        title=title,
        name=name,
        unit_line=f"筛选条件：{words}",
        right_line=f"{by} {at:%Y-%m-%d %H:%M} 导出",
    )
    return out.getvalue()


def _line(name: str, row: SchoolRotation) -> list:
    return [
        name, row.staff.denominator, row.staff.numerator, row.staff.percent_text, row.eligible.denominator, row.eligible.numerator,
        row.eligible.percent_text, row.backbone.numerator, row.backbone.percent_text, row.due,
    ]  # fmt: skip
