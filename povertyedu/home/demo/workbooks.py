"""The county as the workbooks that its offices and schools would hand in; a visitor may import them again."""

from collections.abc import Iterator
from pathlib import Path

from povertyedu.orgs.enums import GRADE_NAMES
from povertyedu.workbooks.writing import LedgerColumn, LedgerSheet, Row, write_ledger, write_table

from .people import AUTUMN, ENJOYING, NOT_EXITED, SPRING, TERMS, Child, People
from .places import Places

AREAS = ("区划代码", "名称", "级别", "上级代码", "是否贫困村")
SCHOOLS = ("学校标识码", "学校名称", "办学类型", "办学性质", "城乡类型", "所在乡镇", "是否寄宿制")
ROSTER = (
    "序号", "学校标识码", "学校名称", "学段", "年级", "班级", "姓名", "性别", "民族", "身份证件类型", "身份证件号", "全国学籍号", "出生日期",
    "户籍乡镇", "户籍村", "户口性质", "就读方式", "入学年月", "专业", "是否涉农专业", "监护人姓名", "监护人关系", "监护人身份证件号",
    "联系电话", "是否留守儿童", "开户人", "开户银行", "银行账号", "备注",
)  # fmt: skip
REGISTERED_POOR = (
    "序号", "乡镇", "行政村", "户编号", "人编号", "姓名", "证件号码", "与户主关系", "脱贫状态", "识别时间",
)  # fmt: skip
CATEGORIES = ("序号", "姓名", "身份证号", "乡镇", "村", "起始时间")
TARGETS = ("序号", "姓名", "身份证号", "学段", "就读学校")
AWAY = (
    "序号", "姓名", "身份证件号", "户籍乡镇", "户籍村", "学段", "年级", "就读学校", "就读学校所在地", "就读方式", "对方是否已资助",
)  # fmt: skip
SHEETS = ("持证残疾人", "农村低保", "农村特困", "孤儿", "烈士子女")
BANK = "云岭县农村信用合作联社"
_SINCE = "202509"


def yes_no(value: bool) -> str:
    return "是" if value else "否"


def numbered(rows: Iterator[tuple]) -> Iterator[tuple]:
    for number, row in enumerate(rows, 1):
        yield (str(number), *row)


def area_rows(places: Places) -> Iterator[tuple]:
    yield "529901", "云岭县", "县", "", ""
    for township in places.townships:
        yield township.code, township.name, "乡镇", "529901", ""
        for village in township.villages:
            yield village.code, village.name, "村", township.code, yes_no(village.is_poor)


def school_rows(places: Places) -> Iterator[tuple]:
    for school in places.schools:
        yield (
            school.code, school.name, school.kind.label, school.ownership.label, school.setting.label,
            school.township.name, yes_no(school.takes_boarders),
        )  # fmt: skip


def roster_rows(people: People, term: str) -> Iterator[tuple]:
    """Yield a row of ROSTER without its number for each child in school in ``term``, school by school."""
    children = people.of(term)
    children.sort(key=lambda c: (c.seats[term].school.code, c.seats[term].stage, c.seats[term].grade))
    for child in children:
        seat, family = child.seats[term], child.family
        major, agricultural = child.major if seat.stage == "vocational" else ("", None)
        yield (
            seat.school.code, seat.school.name, seat.stage.label, GRADE_NAMES[seat.stage][seat.grade - 1],
            child.classes[term], child.name, child.sex, child.ethnicity,
            "居民身份证" if child.id_number else "暂无证件", child.id_number, child.student_no, f"{child.birth:%Y%m%d}",
            family.village.township.name, family.village.name, child.hukou, "住校" if seat.boarding else "走读",
            child.entered(term), major, "" if agricultural is None else yes_no(agricultural),
            family.guardian, family.relation, family.guardian_id, child.phone, yes_no(child.left_behind),
            child.holder, BANK if child.account else "", child.account, child.remark,
        )  # fmt: skip


def poor_rows(people: People, term: str) -> Iterator[tuple]:
    """Yield each person of the registered-poor households as the list of ``term`` has them, head first."""
    for family in people.families:
        if not family.exit_status:
            continue
        listed = [child for child in family.children if child.id_number and term not in child.unlisted]
        if listed:
            yield from _household_rows(family, listed)


def _household_rows(family, children: list[Child]) -> Iterator[tuple]:
    home = (family.village.township.name, family.village.name, family.number)
    yield (
        *home,
        f"{family.number}01",
        family.guardian,
        family.guardian_id,
        "户主",
        family.exit_status,
        family.identified,
    )
    for child in children:
        yield (
            *home,
            child.person_no,
            child.name,
            child.id_number,
            "子女",
            family.exit_status,
            family.identified,
        )


def category_rows(people: People, sheet: str) -> Iterator[tuple]:
    for child in people.children:
        if sheet in child.hardships and child.id_number:
            number = (
                f"{child.id_number}{43 if child.level % 2 else 24}"
                if sheet == "持证残疾人"
                else child.id_number
            )
            village = child.family.village
            yield child.name, number, village.township.name, village.name, _SINCE


def target_rows(people: People, term: str) -> Iterator[tuple]:
    """Yield the province's list: the registered poor who are to be aided, some missing, a few who are not here."""
    for child in people.children:
        seat = child.seats.get(term) or child.seats.get(SPRING)
        counts = child.family.exit_status in (ENJOYING, NOT_EXITED)
        if seat and counts and child.id_number and not child.off_target and term not in child.unlisted:
            yield child.name, child.id_number, seat.stage.label, seat.school.name


def away_rows(people: People) -> Iterator[tuple]:
    """Yield the children who learn in other counties in autumn."""
    for child in people.children:
        if away := child.away:
            village = child.family.village
            yield (
                child.name, child.id_number, village.township.name, village.name, away.stage.label,
                GRADE_NAMES[away.stage][away.grade - 1], away.school, away.region, "住校", away.answer,
            )  # fmt: skip


def write_workbooks(places: Places, people: People, folder: Path) -> dict[str, Path]:
    """Write every workbook into ``folder`` and return the paths by kind, with the term where there is one."""
    folder.mkdir(parents=True, exist_ok=True)
    written: dict[str, Path] = {}

    def write(key: str, name: str, headings, rows, title: str = "") -> None:
        written[key] = folder / f"{name}.xlsx"
        write_table(written[key], list(headings), rows, title=title)

    write("areas", "行政区划", AREAS, area_rows(places))
    write("schools", "学校名册", SCHOOLS, school_rows(places))
    written["categories"] = folder / "困难类型名单.xlsx"
    write_ledger(written["categories"], *(_category_sheet(people, sheet) for sheet in SHEETS))
    write(f"away {AUTUMN}", f"外出就读名单-{AUTUMN}", AWAY, numbered(away_rows(people)))
    for term in TERMS:
        write(f"roster {term}", f"学生花名册-{term}", ROSTER, numbered(roster_rows(people, term)))
        write(
            f"registered-poor {term}", f"建档立卡人口名单-{term}", REGISTERED_POOR, numbered(poor_rows(people, term)),
            title="云岭县建档立卡人口名单",
        )  # fmt: skip
        write(f"target-list {term}", f"省下达名单-{term}", TARGETS, numbered(target_rows(people, term)))
    return written


def _category_sheet(people: People, sheet: str) -> LedgerSheet:
    headings = ["残疾证号" if h == "身份证号" and sheet == SHEETS[0] else h for h in CATEGORIES]
    rows = (Row(row) for row in numbered(category_rows(people, sheet)))
    return LedgerSheet(sheet, "", [LedgerColumn(h) for h in headings], rows, grand_total="", sign_off=())
