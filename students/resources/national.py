"""The student form of the national registry (全国学籍系统, 72 columns: facts.md 3.1), read as it is.

Most of it is aliases and value codes of the roster's columns. What no alias can say is here: the family
stands twice to the right under the same twelve headings, the school stands in a title above the table, and
the grade's code tells the stage.
"""

import re

from povertyedu.imports.reading import Arrangement
from povertyedu.orgs.enums import Stage
from povertyedu.workbooks.cells import (
    EMPTY,
    NONE_WORDS,
    NOTHING,
    CellError,
    Cleaned,
    clean_code,
    clean_yes_no,
)
from povertyedu.workbooks.headers import Header, normal_heading
from povertyedu.workbooks.reading import Sheet
from students.enums import Hukou, IdentityKind, Sex
from students.peoples import OTHER_PEOPLES, PEOPLES

MEMBER = {"成员姓名": "guardian_name", "关系": "guardian_relation", "身份证件号": "guardian_id"}
IS_GUARDIAN = "是否监护人"
BLOCK = 12  # columns that a member of the family takes
YES = ("1", "1.0", "是", "Y", "y", "√")
_SCHOOL_NAME = re.compile(r"学校(?:名称|全称)?[:：]\s*([^\s:：;；,，]+)")
_SCHOOL_CODE = re.compile(r"学校标识码[:：]?\s*([0-9]{10})")
_GRADE_CODE = re.compile(r"[1-3][1-6]").fullmatch
LEFT_BEHIND = {"2": True, "非留守儿童": False, "单亲留守儿童": True, "双亲留守儿童": True}
STAGE_OF_CODE = {"1": Stage.PRIMARY.value, "2": Stage.JUNIOR.value, "3": Stage.SENIOR.value}
# On the way out; what has no code of its own (a permit may be 6, 7 or 8) is written in words.
SEX_CODES = {Sex.MALE.value: "1", Sex.FEMALE.value: "2"}
HUKOU_CODES = {Hukou.RURAL.value: "1", Hukou.URBAN.value: "2"}
BOARDING_CODES = {False: "1", True: "2"}
ID_KIND_CODES = {IdentityKind.ID_CARD.value: "1", IdentityKind.PASSPORT.value: "A", IdentityKind.OTHER.value: "Z"}  # fmt: skip


def clean_ethnicity(cell) -> Cleaned:
    """A people by name, with or without 族, or by its number in GB/T 3304 (01 汉族 to 56 基诺族). Error: value_unknown."""
    text = clean_code(cell).value
    if not text or text in NOTHING or text in NONE_WORDS:
        return EMPTY
    if text.isascii() and text.isdigit() and 1 <= int(text) <= len(PEOPLES):
        return Cleaned(PEOPLES[int(text) - 1])
    for name in (text, f"{text}族"):
        if name in PEOPLES:
            return Cleaned(name)
    if text in OTHER_PEOPLES:
        return Cleaned(text)
    raise CellError(
        "value_unknown", f"没有“{text[:20]}”这个民族；请对照户口簿，写成“汉族”“布依族”这样的全称。"
    )


def clean_left_behind(cell) -> Cleaned:
    """是 or 否, or the national registry's 0 非留守, 1 单亲留守, 2 双亲留守. Error: value_unknown."""
    text = clean_code(cell).value
    if text in LEFT_BEHIND:
        return Cleaned(LEFT_BEHIND[text])
    return clean_yes_no(cell)


def stage_of_grade(code: str | None) -> str | None:
    """Return the stage that a grade code of the national registry tells: 11-16, 21-24, 31-33; None for other words."""
    return STAGE_OF_CODE[code[0]] if code and _GRADE_CODE(code) else None


def grade_code(stage: str, grade: int) -> str:
    """Return the code that :func:`stage_of_grade` reads; "" for stages that have none."""
    tens = next((code for code, of in STAGE_OF_CODE.items() if of == stage), "")
    return f"{tens}{grade}" if tens else ""


def people_code(name: str) -> str:
    """Return the number of a people in GB/T 3304 as two digits, "" for a name it does not have."""
    return f"{PEOPLES.index(name) + 1:02d}" if name in PEOPLES else ""


def arrange(sheet: Sheet, header: Header) -> Arrangement:
    """Return where guardian and school are on ``sheet``: in the family's columns, in the title."""
    return Arrangement(
        *_family(header),
        defaults={} if {"school_code", "school_name"} & header.mapping.keys() else _school(sheet, header),
    )


def _family(header: Header):
    """Return the header with the guardian's columns in the first block, and what brings the guardian there."""
    headings = {index: normal_heading(text) for index, text in header.headings.items()}
    starts = [index for index, text in sorted(headings.items()) if text == "成员姓名"]
    if not starts or "guardian_name" in header.mapping:
        return header, None
    blocks = [{headings.get(i): i for i in range(start, start + BLOCK)} for start in starts[:2]]
    first = blocks[0]
    mapping = header.mapping | {name: first[text] for text, name in MEMBER.items() if text in first}
    if any(header.headings.get(i) and mapping["name"] == i for i in starts):
        return header, None  # a list of family members, not the form of a pupil
    told = [each for each in header.duplicates if each.index < starts[0]]
    header = Header(header.row_numbers, mapping, header.headings, header.unknown, told, header.missing)
    if len(blocks) == 1 or any(IS_GUARDIAN not in block for block in blocks):
        return header, None
    return header, lambda cells: _guardian_first(cells, *blocks)


def _guardian_first(cells: list, first: dict, second: dict) -> list:
    """Return the row with the second member in the first one's place where only the second is the guardian."""

    def at(block: dict, text: str):
        index = block.get(text)
        return cells[index] if index is not None and index < len(cells) else ""

    if str(at(first, IS_GUARDIAN)) in YES or str(at(second, IS_GUARDIAN)) not in YES:
        return cells
    changed = list(cells)
    for text in MEMBER:
        if text in first:
            changed[first[text]] = at(second, text)
    return changed


def _school(sheet: Sheet, header: Header) -> dict[str, str]:
    """Return the school that the rows above the table name: 学校名称：…, 学校标识码：…."""
    cells = [
        str(cell)
        for number, row in sheet.rows
        if number < header.row_numbers[0]
        for cell in row
        if cell != ""
    ]
    titles = "　".join(
        f"{cell}：" if cell.strip() in ("学校", "学校名称", "学校标识码") else cell for cell in cells
    ).replace("：　", "：")
    code, name = _SCHOOL_CODE.search(titles), _SCHOOL_NAME.search(titles)
    found = {"school_code": code and code[1], "school_name": name and name[1]}
    return {column: text for column, text in found.items() if text}
