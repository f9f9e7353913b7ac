"""The columns of a child's record in words, for its history; numbers masked, as everywhere else."""

import re
from collections.abc import Iterable

from django.db import models

from povertyedu.orgs.enums import grade_name
from povertyedu.orgs.models import School, SchoolClass, Term
from povertyedu.ui.templatetags.ui import mask_account, mask_id, mask_phone

from .chronicle import GONE_CLASS, Change, Columns
from .enums import HardshipCategory, Place, category_labels
from .facts import all_facts
from .models import BankAccount, Enrolment, Guardian, HardshipStatus, Student
from .queries import area_names

MODELS: dict[str, type[models.Model]] = {
    "student": Student, "guardian": Guardian, "account": BankAccount, "enrolment": Enrolment, "hardship": HardshipStatus,
}  # fmt: skip
# Shown as they are, with the words of their own choices, under these names.
PLAIN = {
    "student": {
        "name": "姓名", "sex": "性别", "ethnicity": "民族", "id_kind": "证件类型", "home_address": "详细地址", "hukou": "户口性质",
        "is_left_behind": "留守儿童", "remark": "备注",
    },
    "guardian": {"name": "监护人", "relation": "监护人关系"},
    "account": {"holder": "开户人", "relation": "与开户人关系", "bank": "开户银行"},
    "enrolment": {
        "outside_school": "县外学校", "outside_region": "学校所在地", "place": "就读地", "stage": "学段", "boarding": "寄宿", "major": "专业",
        "agri_major": "涉农专业", "entered_on": "入学日期", "meal_days": "供餐天数", "status": "状态", "ownership": "办学性质", "setting": "城乡类型",
    },
    "hardship": {
        "name": "名单上的姓名", "since": "起始日期", "until": "终止日期", "counts": "享受政策", "source": "依据", "relation": "与户主关系",
        "exit_status": "脱贫状态",
    },
}  # fmt: skip
NUMBERS = {
    ("student", "id_number"): ("身份证件号", mask_id), ("student", "student_no"): ("学籍号", mask_id), ("student", "phone"): ("联系电话", mask_phone),
    ("guardian", "id_number"): ("监护人证件号", mask_id), ("account", "number"): ("银行账号", mask_account),
    ("hardship", "certificate"): ("残疾证号", mask_id),
}  # fmt: skip
_LONG_NUMBER = re.compile(r"\d{11,}[\dXx]?")


class Words:
    """What names of schools, classes, areas and terms ``changes`` need, looked up once: four queries."""

    def __init__(self, changes: Iterable[Change]):
        rows = [row for change in changes for row in (change.before, change.after) if row]

        def values(name: str) -> set:
            return {row[name] for row in rows if row.get(name)}

        self.schools = School.objects.in_bulk(values("school_id"))
        self.classes = SchoolClass.objects.in_bulk(values("school_class_id"))
        self.terms = Term.objects.in_bulk(values("term_id"))
        self.areas = area_names(
            values("home_area") | {code.ljust(12, "0") for code in values("home_area_id")}
        )
        self.facts = all_facts()

    def title(self, change: Change) -> str:
        """Return what a changed row is, e.g. 学籍（2020年秋季学期）."""
        source, row = change.key[0], change.after or change.before or {}
        if source == "enrolment":
            return f"学籍（{self.terms.get(row['term_id'], row['term_id'])}）"
        if source == "hardship":
            return f"困难认定（{HardshipCategory(row['category']).label}）"
        return {"student": "基本信息", "guardian": "监护人", "account": "银行账户"}[source]

    def of(self, source: str, row: Columns | None) -> dict[str, tuple]:
        """Return label -> (value to compare, text to show) of a row, as :func:`students.changes.differences` asks."""
        if row is None:
            return {}
        found = {label: self._plain(source, name, row[name]) for name, label in PLAIN[source].items()}
        for (of, name), (label, mask) in NUMBERS.items():
            if of == source:
                found[label] = (row[name], mask(row[name]) if row[name] else "")
        found |= getattr(self, f"_{source}", lambda row: {})(row)
        return found

    @staticmethod
    def _plain(source: str, name: str, value) -> tuple:
        field = MODELS[source]._meta.get_field(name)
        if value is None:
            return (None, "")
        if isinstance(field, models.BooleanField):
            return (str(value), "是" if value else "否")
        text = str(dict(field.flatchoices).get(value, value))
        return (text, _LONG_NUMBER.sub("（号码）", text))

    def _student(self, row: Columns) -> dict[str, tuple]:
        birth, code = row["birth_date"], (row["home_area_id"] or "").ljust(12, "0")
        home = self.areas.get(code, "") if row["home_area_id"] else ""
        merged = row["merged_into_id"]
        return {
            "出生日期": (birth, f"{birth.year}-**-**" if birth else ""),
            "现户籍地": (home, home),
            "并入": (merged, f"档案 {merged}" if merged else ""),
        }

    def _class(self, pk: int | None) -> str:
        found = self.classes.get(pk) if pk else None
        return found.name if found else GONE_CLASS if pk else ""

    def _enrolment(self, row: Columns) -> dict[str, tuple]:
        here = row["place"] == Place.IN_COUNTY
        words = {
            "学校": str(self.schools.get(row["school_id"], "")) if here else "",
            "班级": self._class(row["school_class_id"]),
            "年级": grade_name(row["stage"], row["grade"]),
            "户籍地": self.areas.get(row["home_area"], ""),
            "困难类型": "、".join(category_labels(row["categories"])),
            "对方是否已资助": ""
            if here
            else self._plain("enrolment", "aided_elsewhere", row["aided_elsewhere"])[1],
        }
        for fact in self.facts:
            words[fact.history_label] = fact.shown(row["facts"].get(fact.name))
        return {label: (text, text) for label, text in words.items()}
