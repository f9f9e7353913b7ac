"""教师全年工资收入: one line a teacher and year, for whoever may see pay."""

from povertyedu.accounts.permissions import Permission
from povertyedu.imports.rows import Change, Context, Row
from povertyedu.workbooks.cells import CellError, Cleaned, compact, text_of
from povertyedu.workbooks.columns import Column
from teachers.actions.pay import keep_pays
from teachers.amounts import clean_yuan
from teachers.models import TeacherPay

from .by_teacher import ByTeacherResource


def clean_year(cell) -> Cleaned:
    """A calendar year of four digits, with or without 年. Error: year_invalid."""
    text = compact(text_of(cell)).removesuffix("年")
    if not text:
        return Cleaned(None)
    if not (text.isascii() and text.isdigit() and 2010 <= int(text) <= 2060):
        raise CellError("year_invalid", f"年度“{text[:10]}”看不懂；请填写四位数的年份。")
    return Cleaned(int(text))


class TeacherPayResource(ByTeacherResource):
    """Pay by teacher and year; a later figure replaces an earlier one, the title is the teacher's present one."""

    kind = "teacher-pay"
    label = "教师全年工资收入"
    permission = Permission.VIEW_TEACHER_PAY
    preview = ("code", "name", "year")
    note = "一行一名教师一个年度，金额按元。同一年度以最后导入的为准。"

    year = Column("年度", aliases=("年份",), required=True, clean=clean_year)
    total = Column(
        "全年工资收入", aliases=("工资收入", "全年收入"), required=True, clean=clean_yuan, width=16, note="元"
    )

    def examine(self, row: Row, context: Context) -> None:
        values, teacher = row.values, self.teacher_of(row, context)
        if not values["name"]:
            row.reject("name", "value_missing", "没有填写姓名；请补填后重新上传。")
        if values["total"] == 0:
            row.reject("total", "amount_invalid", "全年工资收入应大于零；请核对。")
        if not row.errors:
            row.found = TeacherPay(
                teacher=teacher, title=teacher.title, year=values["year"], total_fen=values["total"]
            )

    def key(self, row: Row):
        return (row.found.teacher_id, row.found.year) if row.found else None

    def fingerprint(self, row: Row):
        return row.found.total_fen

    def look_up_records(self, rows, context: Context) -> None:
        known = TeacherPay.objects.filter(teacher__in={row.found.teacher_id for row in rows if row.found})
        self.known = {(t, y): fen for t, y, fen in known.values_list("teacher", "year", "total_fen")}

    def compare(self, row: Row, context: Context) -> list[Change] | None:
        if row.key not in self.known:
            return None
        return (
            [] if self.known[row.key] == row.found.total_fen else [Change("全年工资收入", "已登记的", "新的")]
        )

    def write(self, created, updated, context: Context) -> None:
        keep_pays(by=self.actor_of(context), pays=[row.found for row in [*created, *updated]])
