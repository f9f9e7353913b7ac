"""What changed in a child's record, as the log keeps it: names of fields, old and new, no number in clear."""

import re

from povertyedu.sealing import keyed_hash

from .facts import all_facts
from .models import Enrolment, Student
from .numbers import NUMBERS
from .queries import area_names

_LONG_NUMBER = re.compile(r"\d{11,}[\dXx]?")


def snapshot(student: Student, enrolment: Enrolment) -> dict[str, tuple]:
    """Return label -> (value to compare, text to show) of the record and of one term's facts."""
    words = {fact.history_label: fact.shown(enrolment.facts.get(fact.name)) for fact in all_facts()}
    return _columns(student, enrolment) | {label: (text, text) for label, text in words.items()}


def _columns(student: Student, enrolment: Enrolment) -> dict[str, tuple]:
    account = student.bank_account if hasattr(student, "bank_account") else None
    guardian = student.guardian if hasattr(student, "guardian") else None
    birth = student.birth_date
    words = {
        "姓名": student.name,
        "性别": student.get_sex_display(),
        "民族": student.ethnicity,
        "证件类型": student.get_id_kind_display(),
        "详细地址": student.home_address,
        "户口性质": student.get_hukou_display(),
        "留守儿童": _yes_no(student.is_left_behind),
        "备注": student.remark,
        "监护人": guardian.name if guardian else "",
        "监护人关系": guardian.relation if guardian else "",
        "开户人": account.holder if account else "",
        "与开户人关系": account.get_relation_display() if account else "",
        "开户银行": account.bank if account else "",
        **_term_words(enrolment),
    }
    shown = {label: (text, _LONG_NUMBER.sub("（号码）", text)) for label, text in words.items()}
    shown["出生日期"] = (birth, f"{birth.year}-**-**" if birth else "")
    for number in NUMBERS.values():
        value = number.read(student)
        shown[number.label] = (value, number.mask(value) if value else "")
    return shown


def _term_words(enrolment: Enrolment) -> dict[str, str]:
    return {
        "学校": str(enrolment.school or enrolment.outside_school),
        "学校所在地": enrolment.outside_region,
        "对方是否已资助": enrolment.get_aided_elsewhere_display() if enrolment.school is None else "",
        "就读地": enrolment.get_place_display(),
        "学段": enrolment.get_stage_display(),
        "年级": enrolment.grade_name,
        "班级": enrolment.school_class.name if enrolment.school_class else "",
        "寄宿": _yes_no(enrolment.boarding),
        "专业": enrolment.major,
        "涉农专业": _yes_no(enrolment.agri_major),
        "入学日期": str(enrolment.entered_on or ""),
        "户籍地": area_names([enrolment.home_area]).get(enrolment.home_area, ""),
        "供餐天数": "" if enrolment.meal_days is None else str(enrolment.meal_days),
        "状态": enrolment.get_status_display(),
        "困难类型": "、".join(enrolment.category_labels),
    }


def _yes_no(value: bool) -> str:
    return "是" if value else "否"


def fingerprint(student: Student, enrolment: Enrolment) -> str:
    """Return a keyed hash of all that the form shows: another one means that somebody changed the record."""
    values = {label: value for label, (value, _) in _columns(student, enrolment).items()}
    del values["困难类型"]  # the lists' own, which no form changes
    values |= dict(sorted(enrolment.facts.items()))
    return keyed_hash("\n".join(f"{label}={value}" for label, value in values.items()))


def differences(before: dict[str, tuple], after: dict[str, tuple]) -> dict[str, list[str]]:
    """Return label -> [old text, new text] of what differs; a changed number says so where its mask does not."""
    found = {}
    for label, (value, text) in after.items():
        old_value, old_text = before.get(label, ("", ""))
        if (value or "") == (old_value or ""):
            continue
        found[label] = [old_text, f"{text}（号码已改）" if text == old_text else text]
    return found
