"""校际帮扶计划: one line an activity, by form, schools, day and topic."""

import re

from povertyedu.accounts.permissions import Permission
from povertyedu.imports.cleaning import known_value_words, one_of, short_text
from povertyedu.imports.places import SchoolBook
from povertyedu.imports.resources import ImportResource
from povertyedu.imports.rows import Change, Context, Row
from povertyedu.orgs.models import Term
from povertyedu.workbooks.cells import clean_int
from povertyedu.workbooks.columns import Column
from povertyedu.workbooks.dates import clean_date
from povertyedu.workflow.flow import Actor
from teachers.actions.mutual_help import NewHelp, take_in_plans
from teachers.enums.mutual_help import HelpKind
from teachers.models import HelpActivity, Teacher

from .teachers import SUBJECTS

KINDS = {kind.label: kind.value for kind in HelpKind} | {
    "送教下乡": "lessons", "送课": "lessons", "网络课堂": "shared_class", "联合办班": "joint_class", "送教": "teaching", "送训": "teaching",
    "送教送训到校": "teaching",
}  # fmt: skip
MOST_HOURS = 200


class HelpResource(ImportResource):
    """Activities that are planned. One that is there already is left alone, held or not."""

    kind = "help-activities"
    label = "校际帮扶计划"
    permission = Permission.KEEP_MUTUAL_HELP
    needs_term = False
    preview = ("form", "from_school", "to_school", "topic", "planned_on")
    key_column = "topic"
    conflict_message = "两所学校这一天相同形式、相同内容的计划在文件里出现了两次；请核对后只保留正确的一行。"
    note = "一行一次活动，学期按计划日期。开展以后在页面上登记并上传佐证；已有的计划不改动。"

    form = Column("形式", aliases=("帮扶形式", "活动形式"), required=True, clean=one_of(KINDS, "形式"), choices=tuple(HelpKind.labels))  # fmt: skip
    from_school = Column("帮扶学校", aliases=("派出学校", "支援学校"), required=True, clean=short_text(80), as_text=True, width=24)  # fmt: skip
    to_school = Column("受援学校", aliases=("接收学校",), required=True, clean=short_text(80), as_text=True, width=24)  # fmt: skip
    subject = Column("学科", clean=one_of(SUBJECTS, "学科"), choices=known_value_words(SUBJECTS), note="不分学科的不填")  # fmt: skip
    topic = Column("内容", aliases=("主题", "活动内容"), required=True, clean=short_text(120), width=28)
    codes = Column("教师工号", aliases=("工号",), clean=short_text(300), as_text=True, width=20, note="几位的用顿号隔开")  # fmt: skip
    planned_on = Column("计划日期", aliases=("日期", "活动日期"), required=True, clean=clean_date, width=13)
    hours = Column("计划课时", aliases=("课时",), required=True, clean=clean_int, width=9)

    def look_up(self, rows, context: Context) -> None:
        self.schools = SchoolBook()
        self.terms = list(Term.objects.all())
        codes = {code for row in rows for code in _codes(row)}
        found = Teacher.objects.serving().filter(code__in=codes).with_post()
        self.teachers = {teacher.code: teacher for teacher in found}

    def examine(self, row: Row, context: Context) -> None:
        values = row.values
        giver, getter = (self._school(row, name) for name in ("from_school", "to_school"))
        if giver and giver == getter:
            row.reject("to_school", "school_same", "帮扶学校和受援学校不能是同一所；请核对。")
        elif giver and getter and context.schools is not None and not {giver, getter} & context.schools:
            row.reject("from_school", "out_of_scope", "帮扶学校或受援学校应是您管理的学校。")
        term = self._term(row)
        if values["hours"] is not None and not 1 <= values["hours"] <= MOST_HOURS:
            row.reject("hours", "number_invalid", f"计划课时应为 1 到 {MOST_HOURS}；请核对。")
        teachers = self._teachers(row, {giver, getter})
        if not row.errors:
            row.found = NewHelp(
                values["form"], term.pk, giver, getter, values["subject"] or "", values["topic"], values["planned_on"], values["hours"], teachers
            )  # fmt: skip

    def _school(self, row: Row, name: str) -> int | None:
        word = row.values[name]
        found = self.schools.named(word)
        if word and not found:
            row.reject(name, "school_unknown", f"没有叫“{word[:40]}”的学校，或不止一所；请照学校名册填写名称或标识码。")  # fmt: skip
        return found.pk if found else None

    def _term(self, row: Row) -> Term | None:
        day = row.values["planned_on"]
        found = next((term for term in self.terms if day and term.starts_on <= day <= term.ends_on), None)
        if day and not found:
            row.reject("planned_on", "term_unknown", f"{day} 不在登记过的学期里；请核对日期，或先建学期。")
        return found

    def _teachers(self, row: Row, schools: set) -> tuple[int, ...]:
        keys = []
        for code in _codes(row):
            teacher = self.teachers.get(code)
            if teacher is None or teacher.post is None or teacher.post.school_id not in schools:
                row.reject(
                    "codes", "teacher_unknown", f"这两所学校没有工号为“{code[:20]}”的在职教师；请核对。"
                )
            else:
                keys.append(teacher.pk)
        return tuple(keys)

    def key(self, row: Row):
        return row.found and row.found.key

    def fingerprint(self, row: Row):
        return row.found

    def look_up_records(self, rows, context: Context) -> None:
        days = {row.found.planned_on for row in rows}
        known = HelpActivity.objects.filter(planned_on__in=days)
        self.known = set(known.values_list("kind", "from_school", "to_school", "planned_on", "topic"))

    def compare(self, row: Row, context: Context) -> list[Change] | None:
        return [] if row.key in self.known else None

    def write(self, created, updated, context: Context) -> None:
        by = context.by.as_actor(self.permission) if context.by else Actor(None, context.by_name, "")
        take_in_plans(by=by, rows=[row.found for row in created])


def _codes(row: Row) -> list[str]:
    return [code for code in re.split(r"[、,，;；\s]+", row.values["codes"] or "") if code]
