"""Stages and grades as schools write them."""

import re
import unicodedata

from povertyedu.imports.cleaning import one_of
from povertyedu.orgs.enums import GRADE_NAMES, STAGE_YEARS, Stage
from povertyedu.orgs.models import Term

STAGE_WORDS = {
    "学前": Stage.PRESCHOOL.value, "小学": Stage.PRIMARY.value, "初中": Stage.JUNIOR.value,
    "普通高中": Stage.SENIOR.value, "中职": Stage.VOCATIONAL.value,
    "专科": Stage.COLLEGE.value, "本科": Stage.BACHELOR.value, "研究生": Stage.POSTGRADUATE.value,
    "学前教育": Stage.PRESCHOOL.value, "幼儿园": Stage.PRESCHOOL.value, "幼儿": Stage.PRESCHOOL.value,
    "小学阶段": Stage.PRIMARY.value, "初级中学": Stage.JUNIOR.value, "普通初中": Stage.JUNIOR.value,
    "高中": Stage.SENIOR.value, "普高": Stage.SENIOR.value, "高级中学": Stage.SENIOR.value,
    "中等职业": Stage.VOCATIONAL.value, "中等职业教育": Stage.VOCATIONAL.value, "中等职业学校": Stage.VOCATIONAL.value,
    "中专": Stage.VOCATIONAL.value, "职高": Stage.VOCATIONAL.value, "职业高中": Stage.VOCATIONAL.value,
    "高职": Stage.COLLEGE.value, "大专": Stage.COLLEGE.value, "高职专科": Stage.COLLEGE.value,
    "大学本科": Stage.BACHELOR.value, "硕士": Stage.POSTGRADUATE.value, "博士": Stage.POSTGRADUATE.value,
}  # fmt: skip
clean_stage = one_of(STAGE_WORDS, "学段", code="stage_unknown")

_NUMERALS = {word: number for number, word in enumerate("一二三四五六七八九", start=1)}
_NUMERAL = r"([0-9]{1,2}|[一二三四五六七八九]|十[一二三]?)"
_GRADE = re.compile(_NUMERAL + r"(?:年级|年)?").fullmatch
_PREFIXED = re.compile(
    r"(?:小学?|初中?|高中?|职|职高|中职|大|本科|专科|研)" + _NUMERAL + r"(?:年级|年)?"
).fullmatch
_COHORT = re.compile(r"(20[0-9]{2})级").fullmatch
_WITH_CLASS = re.compile(r"(.{1,8}?)([.·(-]?)([0-9]{1,2}|[一二三四五六七八九十]{1,2})\)?班").fullmatch
_HAN = frozenset("一二三四五六七八九十")
_PRESCHOOL = {"托": 0, "小": 1, "中": 2, "大": 3, "学前": 3}
# The national registry's own codes: 11-16 primary, 21-24 junior, 31-33 senior.
_NATIONAL = {Stage.PRIMARY: 10, Stage.JUNIOR: 20, Stage.SENIOR: 30, Stage.VOCATIONAL: 40}


def read_grade(stage: str, text: str, term: Term | None = None) -> int | None:
    """Return the grade (1 = first of the stage) that ``text`` means, None when it is none of the stage's.

    Read are the names of GRADE_NAMES, 初一, 7年级, 1, codes 11-16 and 21-23, and 2020级 in ``term``.
    """
    names = GRADE_NAMES.get(stage, ())
    if text in names:
        return names.index(text) + 1
    if stage == Stage.PRESCHOOL:
        grade = _PRESCHOOL.get(text.removesuffix("班"))
    elif match := _COHORT(text):
        grade = _year_begun(term) - int(match[1]) + 1 if term else None
    else:
        grade = _numbered(stage, text)
    return grade if grade and 1 <= grade <= STAGE_YEARS[stage] else None


def read_grade_and_class(stage: str, text: str, term: Term | None = None) -> tuple[int | None, str | None]:
    """Return the grade that ``text`` means, and the class where it names one, too: 二（1）班, 五年级2班, 大一班.

    Two numbers of one script without anything between them (12班) may be one, and are not parted.
    """
    if grade := read_grade(stage, text, term):
        return grade, None
    text = "".join(unicodedata.normalize("NFKC", text).split()).removeprefix("幼儿园")
    match = _WITH_CLASS(text)
    if match and (match[2] or not _one_script(match[1][-1], match[3][0])):
        of = str(int(match[3])) if match[3].isascii() else match[3]
        return read_grade(stage, match[1], term), f"{of}班"
    return read_grade(stage, text, term), None


def _one_script(last: str, first: str) -> bool:
    return (last.isdecimal() and first.isdecimal()) or (last in _HAN and first in _HAN)


def _numbered(stage: str, text: str) -> int | None:
    match = _GRADE(text) or _PREFIXED(text)
    if not match or (text[0] == "小" and stage != Stage.PRIMARY):
        return None
    number = _number(match[1])
    if stage == Stage.JUNIOR and 7 <= number <= 9:
        return number - 6
    if number > 10 and match[1].isascii():
        return number - _NATIONAL.get(stage, 0)
    return number


def _number(text: str) -> int:
    if text.isascii():
        return int(text)
    return 10 + _NUMERALS.get(text[1:], 0) if text[0] == "十" else _NUMERALS[text]


def _year_begun(term: Term) -> int:
    """Return the calendar year in which the school year of ``term`` began."""
    return term.year if term.season == "autumn" else term.year - 1


_WITHIN = re.compile(r"[一二三四五六七八九1-9]年级|[初高][一二三]")


def grade_suggestions(stage: str | None, text: str) -> list[dict[str, str]]:
    """Return the grade that stands inside ``text``: in its stage, or else with the stage it belongs to."""
    words = dict.fromkeys(_WITHIN.findall("".join(unicodedata.normalize("NFKC", text).split())))
    if len(words) != 1:
        return []
    (word,) = words
    if stage and read_grade(stage, word):
        return [{"grade": word}] if word != text else []
    others = [other for other in (Stage.PRIMARY, Stage.JUNIOR, Stage.SENIOR) if word in GRADE_NAMES[other]]
    others = others or [Stage.JUNIOR] * (word in ("七年级", "八年级", "九年级"))
    return [{"stage": _STAGE_NAMES[others[0]], "grade": word}] if len(others) == 1 else []


_STAGE_NAMES = {Stage.PRIMARY: "小学", Stage.JUNIOR: "初中", Stage.SENIOR: "普通高中"}
