"""What a column of an export can hold, and in which forms it can be written.

A source reads one value of a child in a term; its kind says which forms there are. The first form of each
kind, "", is the one the roster's own cleaners read back. Codes are those of the national registry
(:mod:`.national`); where it has none for a value, the word stands instead.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from povertyedu.orgs.models import Area, School
from povertyedu.ui.templatetags.ui import mask_id
from students.enums import FactKind, HardshipCategory
from students.facts import Fact, all_facts, facts_in_use
from students.models import BankAccount, Enrolment, Guardian, HardshipStatus, Household, Student
from students.numbers import NUMBERS

from .national import BOARDING_CODES, HUKOU_CODES, ID_KIND_CODES, SEX_CODES, grade_code, people_code

FIXED = "fixed"  # the source of a column that holds the same text in every row, or nothing
# Kind -> form -> how the form is offered.
FORMS: dict[str, dict[str, str]] = {
    "text": {"": "原样"},
    "date": {"": "2020-09-01", "ymd": "20200901", "cn": "2020年9月1日"},
    "month": {"": "2020-09", "ym": "202009", "cn": "2020年9月"},
    "coded": {"": "文字", "code": "国家代码"},
    "flag": {"": "是、否", "yes": "只填“是”，否的留空", "digit": "1、0"},
}
KINDS = {"text": "文字、数字", "date": "日期", "month": "年月", "coded": "有代码的", "flag": "是否"}


@dataclass(slots=True)
class Case:
    """A child in a term with all that its columns are read from."""

    row: Enrolment
    student: Student
    school: School | None
    guardian: Guardian | None
    account: BankAccount | None
    township: str = ""
    village: str = ""
    hardships: list[HardshipStatus] = field(default_factory=list)  # of the term, oldest first
    entry: HardshipStatus | None = None  # the newest that names a household
    members: list[HardshipStatus] = field(default_factory=list)  # of that household, the head first

    @property
    def household(self) -> Household | None:
        return self.entry.household if self.entry else None

    def since(self, category: int) -> dt.date | None:
        return next((each.since for each in self.hardships if each.category == category), None)


@dataclass(frozen=True)
class Source:
    """One thing that can be taken out: where it is read, how it is masked, what has to be looked up for it."""

    name: str
    heading: str
    read: Callable[[Case], Any]
    kind: str = "text"
    width: float = 12
    mask: Callable[[str], str] | None = None
    needs: str = ""  # "hardships" or "members"

    def cell(self, case: Case, form: str, *, full: bool) -> str:
        value = self.read(case)
        if self.mask is not None and value and not full:
            return self.mask(value)
        return WRITERS[self.kind](value, form)


def _text(value: Any, form: str) -> str:
    return "" if value is None else str(value)


def _date(value: dt.date | None, form: str) -> str:
    if value is None:
        return ""
    if form == "cn":
        return f"{value.year}年{value.month}月{value.day}日"
    return f"{value:%Y%m%d}" if form == "ymd" else f"{value:%Y-%m-%d}"


def _month(value: dt.date | None, form: str) -> str:
    if value is None:
        return ""
    if form == "cn":
        return f"{value.year}年{value.month}月"
    return f"{value:%Y%m}" if form == "ym" else f"{value:%Y-%m}"


def _coded(value: tuple[str, str], form: str) -> str:
    word, code = value
    return (code or word) if form == "code" else word


def _flag(value: bool | None, form: str) -> str:
    if value is None:
        return ""
    if form == "digit":
        return "1" if value else "0"
    return "是" if value else ("" if form == "yes" else "否")


WRITERS: dict[str, Callable[[Any, str], str]] = {
    "text": _text, "date": _date, "month": _month, "coded": _coded, "flag": _flag,
}  # fmt: skip


def _home_code(case: Case) -> str:
    return (case.student.home_area_id or "").ljust(12, "0") if case.student.home_area_id else ""


def _left_behind(case: Case) -> tuple[str, str]:
    # The registry's 1 and 2 tell one parent from both, which nobody has said here.
    return ("是", "") if case.student.is_left_behind else ("否", "0")


def _members(case: Case) -> str:
    return "、".join(
        f"{each.name}（{each.relation}）" if each.relation else each.name for each in case.members
    )


def _certificate(case: Case) -> str:
    return next((each.certificate for each in reversed(case.hardships) if each.certificate), "")


def _latest(case: Case) -> dt.date | None:
    return max((each.since for each in case.hardships), default=None)


ENROLMENT = (
    Source("school_code", "学校标识码", lambda c: c.school.code if c.school else "", width=14),
    Source("school_name", "学校名称", lambda c: c.school.name if c.school else c.row.outside_school, width=20),
    Source("stage", "学段", lambda c: c.row.get_stage_display()),
    Source("grade", "年级", lambda c: (c.row.grade_name, grade_code(c.row.stage, c.row.grade)), "coded"),
    Source("class_name", "班级", lambda c: c.row.school_class.name if c.row.school_class else ""),
    Source("boarding", "就读方式", lambda c: ("住校" if c.row.boarding else "走读", BOARDING_CODES[c.row.boarding]), "coded"),
    Source("entered_on", "入学年月", lambda c: c.row.entered_on, "month"),
    Source("major", "专业", lambda c: c.row.major),
    Source("agri_major", "是否涉农专业", lambda c: c.row.agri_major, "flag"),
    Source("term", "学期", lambda c: str(c.row.term), width=22),
    Source("status", "学籍状态", lambda c: c.row.get_status_display()),
    Source("place", "就读地", lambda c: c.row.get_place_display()),
    Source("outside_region", "县外学校所在地", lambda c: c.row.outside_region, width=18),
    Source("meal_days", "供餐天数", lambda c: c.row.meal_days),
)  # fmt: skip
STUDENT = (
    Source("name", "姓名", lambda c: c.student.name, width=10),
    Source("sex", "性别", lambda c: (c.student.get_sex_display(), SEX_CODES.get(c.student.sex, "")), "coded"),
    Source("ethnicity", "民族", lambda c: (c.student.ethnicity, people_code(c.student.ethnicity)), "coded"),
    Source("id_kind", "身份证件类型", lambda c: (c.student.get_id_kind_display(), ID_KIND_CODES.get(c.student.id_kind, "")), "coded"),
    Source("id_number", "身份证件号", lambda c: c.student.id_number, width=22, mask=NUMBERS["id_number"].mask),
    Source("student_no", "全国学籍号", lambda c: c.student.student_no, width=22, mask=NUMBERS["student_no"].mask),
    Source("birth_date", "出生日期", lambda c: c.student.birth_date, "date"),
    Source("home_township", "户籍乡镇", lambda c: c.township),
    Source("home_village", "户籍村", lambda c: c.village),
    Source("home_code", "户籍地代码", _home_code, width=15),
    Source("home_address", "详细地址", lambda c: c.student.home_address, width=24),
    Source("hukou", "户口性质", lambda c: (c.student.get_hukou_display(), HUKOU_CODES.get(c.student.hukou, "")), "coded"),
    Source("is_left_behind", "是否留守儿童", _left_behind, "coded"),
    Source("phone", "联系电话", lambda c: c.student.phone, width=14, mask=NUMBERS["phone"].mask),
    Source("remark", "备注", lambda c: c.student.remark, width=20),
)  # fmt: skip
GUARDIAN = (
    Source("guardian_name", "监护人姓名", lambda c: c.guardian.name if c.guardian else "", width=10),
    Source("guardian_relation", "监护人关系", lambda c: c.guardian.relation if c.guardian else ""),
    Source("guardian_id", "监护人身份证件号", lambda c: c.guardian.id_number if c.guardian else "", width=22, mask=NUMBERS["guardian_id_number"].mask),
    Source("has_guardian", "是否监护人", lambda c: True if c.guardian else None, "flag"),
)  # fmt: skip
ACCOUNT = (
    Source("holder", "开户人", lambda c: c.account.holder if c.account else ""),
    Source("holder_relation", "与开户人关系", lambda c: c.account.get_relation_display() if c.account else ""),
    Source("bank", "开户银行", lambda c: c.account.bank if c.account else ""),
    Source("account", "银行账号", lambda c: c.account.number if c.account else "", width=24, mask=NUMBERS["account_number"].mask),
)  # fmt: skip
HOUSEHOLD = (
    Source("household_no", "户编号", lambda c: c.household.number if c.household else "", width=22, needs="hardships"),
    Source("household_head", "户主姓名", lambda c: c.household.head_name if c.household else "", needs="hardships"),
    Source("household_relation", "与户主关系", lambda c: c.entry.relation if c.entry else "", needs="hardships"),
    Source("person_no", "人编号", lambda c: c.entry.person_no if c.entry else "", width=22, needs="hardships"),
    Source("household_exit", "脱贫状态", lambda c: c.household.get_exit_status_display() if c.household else "", width=18, needs="hardships"),
    Source("household_size", "户内登记人数", lambda c: len(c.members) or None, needs="members"),
    Source("household_members", "家庭成员（与户主关系）", _members, width=36, needs="members"),
)  # fmt: skip


def _hardship(category: HardshipCategory) -> tuple[Source, Source]:
    stem = f"hardship_{category.name.lower()}"
    return (
        Source(stem, category.label, lambda c: bool(c.row.categories & category), "flag"),
        Source(f"{stem}_since", f"{category.label}认定时间", lambda c: c.since(category), "date", needs="hardships"),
    )  # fmt: skip


HARDSHIP = (
    Source("categories", "困难类型", lambda c: "、".join(c.row.category_labels), width=24),
    Source("hardship_since", "最近认定时间", _latest, "date", needs="hardships"),
    Source("certificate", "残疾证号", _certificate, width=24, mask=mask_id, needs="hardships"),
    *(source for category in HardshipCategory for source in _hardship(category)),
)  # fmt: skip
GROUPS = {
    "学籍": ENROLMENT, "学生": STUDENT, "监护人": GUARDIAN, "银行账户": ACCOUNT, "建档立卡户": HOUSEHOLD, "困难认定": HARDSHIP,
}  # fmt: skip
FIXED_SOURCE = Source(FIXED, "固定内容", lambda c: "")


def _of_fact(fact: Fact) -> Source:
    is_flag = fact.kind == FactKind.FLAG
    read = (lambda c: c.row.facts.get(fact.name)) if is_flag else (lambda c: fact.cell(c.row.facts.get(fact.name)))  # fmt: skip
    return Source(fact.field_name, fact.heading, read, "flag" if is_flag else "text")


def offered() -> dict[str, tuple[Source, ...]]:
    """Return the sources of data by group, the county's own facts in use among them; two queries."""
    return {**GROUPS, "其他情况": tuple(map(_of_fact, facts_in_use()))}


def known() -> dict[str, Source]:
    """Return every source by name, those of retired facts too; two queries."""
    sources = [*(each for group in GROUPS.values() for each in group), *map(_of_fact, all_facts()), FIXED_SOURCE]  # fmt: skip
    return {source.name: source for source in sources}


def homes() -> Callable[[str], tuple[str, str]]:
    """Return what tells township and village of a home area as the roster names them; one query.

    Two villages of one name in a township are told by their code.
    """
    areas = dict(Area.objects.values_list("code", "name"))
    seen: dict[tuple[str, str], int] = {}
    for code, name in areas.items():
        seen[code[:9], name] = seen.get((code[:9], name), 0) + 1

    def home(code: str) -> tuple[str, str]:
        if len(code) < 12:
            return areas.get(code, ""), ""
        township, village = areas.get(code[:9], ""), areas.get(code, "")
        return township, village if seen.get((code[:9], village)) == 1 else code

    return home
