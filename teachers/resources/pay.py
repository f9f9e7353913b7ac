"""教师全年工资收入: one line a teacher and year, for whoever may see pay."""

from povertyedu.accounts.permissions import Permission
from povertyedu.imports.cleaning import short_text
from povertyedu.imports.resources import ImportResource
from povertyedu.imports.rows import Change, Context, Row
from povertyedu.workbooks.cells import CellError, Cleaned, compact, text_of
from povertyedu.workbooks.columns import Column
from povertyedu.workflow.flow import Actor
from teachers.actions.pay import keep_pays
from teachers.amounts import clean_yuan
from teachers.models import Teacher, TeacherPay


def clean_year(cell) -> Cleaned:
    """A calendar year of four digits, with or without 年. Error: year_invalid."""
    text = compact(text_of(cell)).removesuffix("年")
    if not text:
        return Cleaned(None)
    if not (text.isascii() and text.isdigit() and 2010 <= int(text) <= 2060):
        raise CellError("year_invalid", f"年度“{text[:10]}”看不懂；请填写四位数的年份。")
    return Cleaned(int(text))


class TeacherPayResource(ImportResource):
    """Pay by teacher and year; a later figure replaces an earlier one, the title is the teacher's present one."""

    kind = "teacher-pay"
    label = "教师全年工资收入"
    permission = Permission.VIEW_TEACHER_PAY
    needs_term = False
    preview = ("code", "name", "year")
    key_column = "code"
    note = "一行一名教师一个年度，金额按元。同一年度以最后导入的为准。"

    code = Column("工号", aliases=("教师工号",), required=True, clean=short_text(20), as_text=True)
    name = Column("姓名", aliases=("教师姓名",), required=True, clean=short_text(60))
    year = Column("年度", aliases=("年份",), required=True, clean=clean_year)
    total = Column(
        "全年工资收入", aliases=("工资收入", "全年收入"), required=True, clean=clean_yuan, width=16, note="元"
    )

    def look_up(self, rows, context: Context) -> None:
        codes = {row.values["code"] for row in rows if row.values["code"]}
        found = Teacher.objects.filter(code__in=codes).select_related("person")
        self.teachers = {teacher.code: teacher for teacher in found}

    def examine(self, row: Row, context: Context) -> None:
        values = row.values
        teacher = self.teachers.get(values["code"])
        if values["code"] and not teacher:
            row.reject("code", "teacher_unknown", f"没有工号为“{values['code'][:20]}”的教师；请核对。")
        elif teacher and values["name"] and teacher.name != values["name"]:
            row.reject("name", "name_differs", f"工号{teacher.code}登记的姓名不是这个；请核对工号和姓名。")
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
        by = context.by.as_actor(self.permission) if context.by else Actor(None, context.by_name, "")
        keep_pays(by=by, pays=[row.found for row in [*created, *updated]])
