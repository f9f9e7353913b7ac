"""外出就读名单: children of the county who study in another one (异地就读, 高校), one line a child."""

import re
from dataclasses import dataclass

from povertyedu.accounts.permissions import Permission
from povertyedu.imports.cleaning import known_value_words, one_of, short_text
from povertyedu.imports.places import AreaBook, AreaUnknown
from povertyedu.imports.resources import ImportResource
from povertyedu.imports.rows import Change, Context, Row
from povertyedu.options.registry import options
from povertyedu.orgs.enums import Stage, grade_name
from povertyedu.sealing import keyed_hash
from povertyedu.workbooks.columns import Column
from students.enums import AidedElsewhere, EnrolmentStatus, Place
from students.names import normal_name

from .away_records import KnownChild, away_facts, home_of, known_children, write
from .boarding import boarding_column
from .columns import ID_ALIASES, id_column, person_name
from .grades import STAGE_WORDS, clean_stage, read_grade
from .roster_records import GIVEN_UP, MERGED, NUMBER_TAKEN
from .undo import ChildrenUndone

ANSWERS = {
    "是": AidedElsewhere.YES.value, "否": AidedElsewhere.NO.value, "待核实": AidedElsewhere.TO_VERIFY.value,
    "已资助": AidedElsewhere.YES.value, "未资助": AidedElsewhere.NO.value, "核实中": AidedElsewhere.TO_VERIFY.value,
}  # fmt: skip
ON_ROSTER = "该学生本学期在“{}”的花名册上，不能同时登记为县外就读；请核实在哪里就读，已转出的先办理转出。"
NO_HOME = "没有填写户籍乡镇；县外就读的学生按户籍地管理，请补填户籍乡镇和户籍村。"
IN_COUNTY = "就读学校就在本县；本县学校的学生请放进学生花名册。"


@dataclass(slots=True)
class FoundAway:
    """What a row was found to mean."""

    id_hash: str | None
    stage: str | None
    grade: int | None
    area: str | None
    place: str
    known: KnownChild | None = None
    student_pk: int | None = None


class AwayResource(ChildrenUndone, ImportResource):
    """Children who carry household scope and have no school of ours; the other county's answer decides who pays."""

    kind = "away"
    label = "外出就读名单"
    preview = ("name", "id_number", "home_village", "stage", "outside_school", "aided_elsewhere")
    permission = Permission.IMPORT_LISTS
    note = "户籍在本县、在县外就读的学生，包括大学生；“对方是否已资助”填是、否或待核实，不清楚可以不填。"
    key_column = "id_number"
    conflict_message = "同一身份证号在名单里出现了两次，内容不同，几行都暂不导入；请核对后只保留正确的一行。"

    name = person_name()
    id_number = id_column("身份证件号", ID_ALIASES, required=True, missing_code="id_missing")
    home_township = Column(
        "户籍乡镇",
        aliases=("乡镇", "户籍所在乡镇", "户口所在乡镇", "所属乡镇", "家庭所在乡镇"),
        clean=short_text(60),
    )
    home_village = Column(
        "户籍村",
        aliases=("村", "行政村", "户籍村（社区）", "户籍所在村", "户口所在村", "村（社区）"),
        clean=short_text(60),
    )
    stage = Column(
        "学段", aliases=("就读学段",), required=True, missing_code="stage_unknown", clean=clean_stage,
        choices=known_value_words(STAGE_WORDS),
    )  # fmt: skip
    grade = Column("年级", aliases=("就读年级",), required=True, missing_code="grade_out_of_range", clean=short_text(20))  # fmt: skip
    outside_school = Column(
        "就读学校", aliases=("学校", "学校名称", "就读学校名称", "就读院校"), required=True, missing_code="school_unknown",
        clean=short_text(80), width=22,
    )  # fmt: skip
    outside_region = Column(
        "就读学校所在地", aliases=("学校所在地", "就读地", "所在地", "就读所在地"), required=True, missing_code="area_unknown",
        clean=short_text(80), width=18, note="写到市（州）或县，如“贵州省遵义市”。",
    )  # fmt: skip
    boarding = boarding_column()
    aided_elsewhere = Column(
        "对方是否已资助", aliases=("就读地是否已资助", "对方是否资助", "是否已由就读地资助"),
        clean=one_of(ANSWERS, "对方是否已资助"), choices=known_value_words(ANSWERS), width=16,
    )  # fmt: skip
    major = Column("专业", aliases=("专业名称", "就读专业"), clean=short_text(60))

    def look_up(self, rows, context: Context) -> None:
        self.areas = AreaBook()
        chosen = options("home_province", "county_name")
        self.province, self.county = province_stem(chosen["home_province"]), chosen["county_name"]
        self.own = () if context.schools is None else context.by.scope(self.permission).areas

    def examine(self, row: Row, context: Context) -> None:
        values = row.values
        number, stage, grade = values["id_number"], values["stage"], None
        if stage and values["grade"]:
            grade = read_grade(stage, values["grade"], context.term)
            if grade is None:
                row.reject(
                    "grade", "grade_out_of_range", f"该学段没有“{values['grade']}”；请核对学段和年级。"
                )
        region = values["outside_region"] or ""
        if self.county in region:
            row.reject("outside_region", "on_roster", IN_COUNTY)
        place = Place.IN_PROVINCE if region.startswith(self.province) else Place.ELSEWHERE
        id_hash = keyed_hash(number) if number else None
        row.found = FoundAway(id_hash, stage, grade, self._home(row, context), place.value)

    def _home(self, row: Row, context: Context) -> str | None:
        try:
            area = self.areas.find(row.values["home_township"], row.values["home_village"])
            if told := self.areas.merger(row.values["home_township"], row.values["home_village"]):
                row.warn("home_village", "area_merged", told)
        except AreaUnknown as unknown:
            row.reject("home_village", "area_unknown", str(unknown))
            return None
        if area is None:
            if not {error.column for error in row.errors} & {"home_township", "home_village"}:
                row.reject("home_township", "area_unknown", NO_HOME)
        elif context.schools is not None and not area.startswith(self.own or ("-",)):
            row.reject(
                "home_township",
                "out_of_scope",
                "户籍地不归您管理，不能由您导入；请由户籍所在乡镇或县里导入。",
            )
        return area

    def key(self, row: Row):
        return row.found.id_hash

    def look_up_records(self, rows, context: Context) -> None:
        self.known = known_children([row.found.id_hash for row in rows], context.term)
        self.claimed: set[int] = set()

    def compare(self, row: Row, context: Context) -> list[Change] | None:
        found = row.found
        found.known = known = self.known.get(found.id_hash)
        if known is None:
            return None
        if known.given_up and normal_name(known.name) != normal_name(row.values["name"]):
            row.reject("id_number", "id_conflict", MERGED)
            return None
        if known.pk in self.claimed:
            row.reject("id_number", "id_conflict", NUMBER_TAKEN)
            return None
        if known.given_up:
            row.warn("id_number", "number_given_up", GIVEN_UP)
        self.claimed.add(known.pk)
        found.student_pk = known.pk
        enrolment = known.enrolment
        if enrolment and enrolment.place == Place.IN_COUNTY and enrolment.status != EnrolmentStatus.LEFT:
            row.reject("id_number", "on_roster", ON_ROSTER.format(enrolment.school))
            return None
        if known.name != row.values["name"]:
            row.warn("name", "name_changed", f"该身份证号原来的姓名是“{known.name}”；请确认是否改名。")
        return self._changes(row)

    def _changes(self, row: Row) -> list[Change]:
        known, found = row.found.known, row.found
        changed = []
        if known.name != row.values["name"]:
            changed.append(Change("姓名", known.name, row.values["name"]))
        if home_of(found):
            changed.append(Change("户籍地", known.home_area_id or "（空）", found.area))
        if known.enrolment is None or known.enrolment.place == Place.IN_COUNTY:
            where = f"{row.values['outside_school']} {grade_name(found.stage, found.grade)}"
            return [*changed, Change("本学期学籍", "（无）" if known.enrolment is None else "已转出", where)]
        for field, new in away_facts(row).items():
            old = getattr(known.enrolment, field)
            if new is not None and new != old:
                changed.append(
                    Change(HEADINGS[field], shown(field, old, known.enrolment), shown(field, new, found))
                )
        return changed

    def write(self, created, updated, context: Context) -> None:
        write(created, updated, context)


HEADINGS = {
    "place": "就读地", "stage": "学段", "grade": "年级", "outside_school": "就读学校", "outside_region": "就读学校所在地",
    "boarding": "就读方式", "major": "专业", "aided_elsewhere": "对方是否已资助", "home_area": "户籍区划",
}  # fmt: skip
_LABELS = {
    "place": dict(Place.choices), "stage": dict(Stage.choices), "boarding": {True: "住校", False: "走读"},
    "aided_elsewhere": dict(AidedElsewhere.choices),
}  # fmt: skip


def shown(field: str, value, of) -> str:
    """Return a fact as a person reads it; ``of`` has the stage that a grade belongs to."""
    if field == "grade":
        return grade_name(of.stage, value)
    return _LABELS.get(field, {}).get(value, value) or "（空）"


def province_stem(name: str) -> str:
    """Return what addresses begin with: 贵州 for 贵州省, 内蒙古 for 内蒙古自治区."""
    return re.sub(r"(?:省|市|(?:壮族|回族|维吾尔)?自治区)$", "", name)
