"""The need of teachers as a workbook: schools, subjects of schools, subjects over all."""

from io import BytesIO

from django.utils import timezone

from povertyedu.workbooks.writing import LedgerColumn, LedgerSheet, Row, write_ledger

from .establishment import township_of
from .need import SchoolNeed, by_subject

SCHOOLS = (
    LedgerColumn("乡镇", width=12), LedgerColumn("学校", width=26), LedgerColumn("学段", width=10), LedgerColumn("学生数", "int", width=9, summed=True),
    LedgerColumn("班数", "int", width=8, summed=True), LedgerColumn("应配", "int", width=8, summed=True), LedgerColumn("现有", "int", width=8, summed=True),
    LedgerColumn("缺", "int", width=8, summed=True), LedgerColumn("超", "int", width=8, summed=True), LedgerColumn("缺全科", "int", width=9, summed=True),
    LedgerColumn("无教师学科", width=30), LedgerColumn("怎样算的", width=24),
)  # fmt: skip
SUBJECTS = (
    LedgerColumn("学校", width=26), LedgerColumn("学段", width=10), LedgerColumn("学科", width=14), LedgerColumn("应配", "int", width=8, summed=True),
    LedgerColumn("现有", "int", width=8, summed=True), LedgerColumn("缺", "int", width=8, summed=True), LedgerColumn("超", "int", width=8, summed=True),
)  # fmt: skip
TOTALS = (
    LedgerColumn("学科", width=14), LedgerColumn("应配", "int", width=10, summed=True), LedgerColumn("现有", "int", width=10, summed=True),
    LedgerColumn("缺", "int", width=10, summed=True), LedgerColumn("超", "int", width=10, summed=True), LedgerColumn("没有教师的学校", "int", width=14),
)  # fmt: skip


def workbook_of(needs: list[SchoolNeed], *, words: str, by: str) -> bytes:
    """Return ``needs`` as an .xlsx of three sheets, each with its total."""
    out, at = BytesIO(), timezone.localtime()
    lines = {"unit_line": words, "right_line": f"单位：名　{by} {at:%Y-%m-%d %H:%M} 导出"}
    schools = (Row(_of_stage(need, stage)) for need in needs for stage in need.stages)
    subjects = (
        Row([need.school.name, stage.label, each.label, each.needed, each.staff, each.shortage, each.surplus])
        for need in needs for stage in need.stages for each in stage.subjects
    )  # fmt: skip
    totals = (
        Row([each.label, each.needed, each.staff, each.shortage, each.surplus, each.without])
        for each in by_subject(needs)
    )
    write_ledger(
        out,
        LedgerSheet(name="学校需求", title="教师需求测算表", columns=SCHOOLS, rows=schools, **lines),
        LedgerSheet(name="学科需求", title="分校分学科教师需求", columns=SUBJECTS, rows=subjects, **lines),
        LedgerSheet(name="学科合计", title="分学科教师需求合计", columns=TOTALS, rows=totals, **lines),
    )
    return out.getvalue()


def _of_stage(need: SchoolNeed, stage) -> list:
    return [
        township_of(need.school), need.school.name, stage.label, stage.pupils, stage.classes, stage.needed, stage.staff, stage.shortage, stage.surplus,
        stage.full_shortage, "、".join(stage.lacking), stage.told,
    ]  # fmt: skip
