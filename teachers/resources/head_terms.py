"""校长任期: one line a term of office; the days of a term that is known are corrected."""

import datetime as dt

from povertyedu.accounts.permissions import Permission
from povertyedu.imports.cleaning import short_text
from povertyedu.imports.places import SchoolBook
from povertyedu.imports.resources import ImportResource
from povertyedu.imports.rows import Change, Context, Row
from povertyedu.workbooks.cells import CellError, Cleaned, compact, text_of
from povertyedu.workbooks.columns import Column
from povertyedu.workbooks.dates import clean_date
from povertyedu.workflow.flow import Actor
from teachers.actions.head_terms import TermOfHead, take_in_head_terms
from teachers.models import Appointment, HeadTerm, Teacher

NUMBERS = "一二三四五六七八九"


def clean_number(cell) -> Cleaned:
    """Which term: 2, 第2届, 第二届. Error: number_invalid."""
    text = compact(text_of(cell)).removeprefix("第").removesuffix("届")
    if not text:
        return Cleaned(None)
    if len(text) == 1 and text in NUMBERS:
        return Cleaned(NUMBERS.index(text) + 1)
    if len(text) == 1 and text in "123456789":
        return Cleaned(int(text))
    raise CellError("number_invalid", f"第几届“{text[:10]}”看不懂；请填 1 到 9。")


class HeadTermResource(ImportResource):
    """Terms of heads by teacher, school and number; the same file again writes nothing."""

    kind = "head-terms"
    label = "校长任期"
    permission = Permission.IMPORT_TEACHERS
    needs_term = False
    preview = ("code", "name", "school", "number", "since", "until")
    key_column = "code"
    conflict_message = (
        "同一位校长在同一所学校的同一届在文件里出现了两次，起止不同；请核对后只保留正确的一行。"
    )
    note = "一行一届。学校不填为起日的岗位所在学校；登记过的一届起止不同的，按文件更正。"

    code = Column("工号", aliases=("校长工号", "教师工号"), required=True, clean=short_text(20), as_text=True)
    name = Column("姓名", aliases=("校长", "校长姓名", "教师姓名"), clean=short_text(60))
    school = Column("学校", aliases=("任职学校", "学校名称", "学校标识码"), clean=short_text(80), as_text=True, width=24)  # fmt: skip
    number = Column("第几届", aliases=("届次", "任期", "届数"), required=True, clean=clean_number, width=9)
    since = Column("起", aliases=("任期起", "任职起", "起始日期"), required=True, clean=clean_date, width=12)
    until = Column("止", aliases=("任期止", "任职止", "终止日期"), required=True, clean=clean_date, width=12)

    def look_up(self, rows, context: Context) -> None:
        self.schools = SchoolBook()
        codes = {row.values["code"] for row in rows if row.values["code"]}
        found = Teacher.objects.filter(code__in=codes).select_related("person")
        self.teachers = {teacher.code: teacher for teacher in found}
        self.posts: dict[int, list[tuple]] = {}
        posts = Appointment.objects.filter(teacher__code__in=codes).order_by("since")
        for teacher, *post in posts.values_list("teacher", "school", "since", "until"):
            self.posts.setdefault(teacher, []).append(tuple(post))

    def examine(self, row: Row, context: Context) -> None:
        values = row.values
        teacher = self.teachers.get(values["code"])
        if values["code"] and not teacher:
            row.reject("code", "teacher_unknown", f"没有工号为“{values['code'][:20]}”的教师；请先登记教师。")
        elif teacher and values["name"] and teacher.name != values["name"]:
            row.reject("name", "name_differs", f"工号 {teacher.code} 的教师是{teacher.name}，和姓名不一致；请核对。")  # fmt: skip
        since, until = values["since"], values["until"]
        if since and until and until <= since:
            row.reject("until", "date_invalid", "任期的止日应晚于起日；请核对。")
        school = self._school(row, teacher, since)
        if not row.errors:
            row.found = TermOfHead(teacher.pk, school, values["number"], since, until)

    def _school(self, row: Row, teacher: Teacher | None, since: dt.date | None) -> int | None:
        """Return the school that is named, else that of the post on the first day."""
        if word := row.values["school"]:
            found = self.schools.named(word)
            if not found:
                row.reject("school", "school_unknown", f"没有叫“{word[:40]}”的学校，或不止一所；请照学校名册填写名称或标识码。")  # fmt: skip
            return found and found.pk
        if not (teacher and since):
            return None
        for school, first, last in self.posts.get(teacher.pk, ()):
            if first <= since and (last is None or last >= since):
                return school
        row.reject("school", "no_post", f"{teacher.name}在 {since} 没有学校岗位；请填学校。")
        return None

    def key(self, row: Row):
        return (row.found.teacher, row.found.school, row.found.number) if row.found else None

    def fingerprint(self, row: Row):
        return row.found

    def look_up_records(self, rows, context: Context) -> None:
        teachers = {row.found.teacher for row in rows if row.found}
        known = HeadTerm.objects.filter(teacher__in=teachers)
        self.known = {tuple(key): tuple(days) for *key, since, until in known.values_list("teacher", "school", "number", "since", "until") for days in [(since, until)]}  # fmt: skip

    def compare(self, row: Row, context: Context) -> list[Change] | None:
        known = self.known.get(row.key)
        if known is None:
            return None
        pairs = zip(("起", "止"), known, (row.found.since, row.found.until), strict=True)
        return [Change(heading, str(old), str(new)) for heading, old, new in pairs if old != new]

    def write(self, created, updated, context: Context) -> None:
        by = context.by.as_actor(self.permission) if context.by else Actor(None, context.by_name, "")
        take_in_head_terms(by=by, rows=[row.found for row in created + updated])
