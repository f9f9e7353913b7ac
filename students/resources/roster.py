"""花名册: every child of a school in a term, 29 columns (facts.md 3.1, 3.4) and the facts without a column of their own."""

import datetime as dt
from dataclasses import dataclass, field

from povertyedu.accounts.permissions import Permission
from povertyedu.imports.cleaning import Lenient, known_value_words, one_of, short_text
from povertyedu.imports.places import AreaBook, AreaUnknown, SchoolBook, SchoolEntry
from povertyedu.imports.rows import Change, Context, Row
from povertyedu.orgs.enums import grade_name
from povertyedu.sealing import keyed_hash
from povertyedu.workbooks.cells import (
    CellError,
    birth_date_of,
    clean_bank_account,
    clean_code,
    clean_id_number,
    clean_person_name,
    clean_phone,
    clean_student_no,
    clean_yes_no,
)
from povertyedu.workbooks.columns import Column
from povertyedu.workbooks.dates import clean_birth_date, clean_month
from povertyedu.workbooks.identity import sex_of
from students.enums import HolderRelation, IdentityKind, Place, Sex

from . import roster_records as records
from .boarding import boarding_column
from .columns import ACCOUNT_ALIASES, ID_ALIASES, PHONE_ALIASES, clean_hukou, id_column, person_name
from .fact_columns import FactColumns
from .grades import STAGE_WORDS, clean_stage, grade_suggestions, read_grade_and_class
from .national import arrange, clean_ethnicity, clean_left_behind, stage_of_grade
from .roster_questions import question
from .roster_school import found_school, school_of
from .roster_writing import write as write_roster
from .undo import ChildrenUndone

SEXES = {"男": Sex.MALE.value, "女": Sex.FEMALE.value, "1": Sex.MALE.value, "2": Sex.FEMALE.value, "男性": Sex.MALE.value, "女性": Sex.FEMALE.value}  # fmt: skip
HOLDER_RELATIONS = {
    **{relation.label: relation.value for relation in HolderRelation}, "父": HolderRelation.FATHER.value, "母": HolderRelation.MOTHER.value,
    "爸爸": HolderRelation.FATHER.value, "妈妈": HolderRelation.MOTHER.value, "学生本人": HolderRelation.SELF.value, "自己": HolderRelation.SELF.value,
    **dict.fromkeys(("祖父", "祖母", "外祖父", "外祖母", "爷爷", "奶奶", "外公", "外婆", "祖父母"), HolderRelation.GRANDPARENT.value),
    "监护人": HolderRelation.GUARDIAN.value, "其他": HolderRelation.OTHER.value,
}  # fmt: skip
ID_KINDS = {
    "居民身份证": IdentityKind.ID_CARD.value, "身份证": IdentityKind.ID_CARD.value, "1": IdentityKind.ID_CARD.value, "户口簿": IdentityKind.ID_CARD.value,
    "港澳台居民居住证": IdentityKind.HK_MACAO_TAIWAN.value, "港澳居民来往内地通行证": IdentityKind.HK_MACAO_TAIWAN.value,
    "台湾居民来往大陆通行证": IdentityKind.HK_MACAO_TAIWAN.value, "9": IdentityKind.OTHER.value, "6": IdentityKind.HK_MACAO_TAIWAN.value, "7": IdentityKind.HK_MACAO_TAIWAN.value,
    "8": IdentityKind.HK_MACAO_TAIWAN.value, "护照": IdentityKind.PASSPORT.value, "A": IdentityKind.PASSPORT.value,
    "暂无证件": IdentityKind.NONE.value, "无": IdentityKind.NONE.value, "无证件": IdentityKind.NONE.value, "其他": IdentityKind.OTHER.value, "Z": IdentityKind.OTHER.value,
}  # fmt: skip
HOME_OUTSIDE = "户籍地代码是外县的，没有登记户籍地；外县户籍的学生只按学校管理，不用改。"
ID_MISSING = "没有身份证号，也没有 J 或 L 开头的临时学籍号；请补填其中一项。"
TEMPORARY = "没有身份证号，暂用临时学籍号建档；办好身份证后请补填。"

ACCOUNT_IS_ID = "银行账号没有采用：这一格是身份证号，不是银行账号；请对照存折或卡面填写。"
HOLDER_MISMATCH = "与开户人关系填了“本人”，但开户人与学生姓名不同；发放时会先暂缓，请核对户名或关系。"
ON_AWAY_LIST = (
    "该学生本学期登记为县外就读，不能同时在本县花名册上；请核实在哪里就读，已转回的先在学生页办理转入。"
)


@dataclass(slots=True)
class Found:
    """What a roster row was found to mean; hashes are None where there is no number."""

    school: SchoolEntry
    stage: str
    grade: int
    area: str | None
    id_hash: str | None
    no_hash: str | None
    sex: str | None
    birth: dt.date | None
    student: "records.KnownStudent | None" = None
    enrolment: "records.KnownEnrolment | None" = None
    student_pk: int | None = None
    facts: dict = field(default_factory=dict)
    id_given_up: bool = False  # the number is that of a record merged into the child's
    no_given_up: bool = False


class RosterResource(ChildrenUndone, FactColumns):
    """The roster of one or many schools for a term."""

    kind = "roster"
    label = "学生花名册"
    preview = ("name", "id_number", "school_name", "grade", "class_name", "boarding")
    permission = Permission.IMPORT_ROSTER
    note = "一行一名学生；身份证号和银行账号请按文本填写。空格不会清除已有内容。"
    key_column = "id_number"
    can_be_complete = True
    without = {"boarding": "新学生按走读登记，已有的学生不变"}
    conflict_message = (
        "同一身份证号（或学籍号）在文件里对应不同的人、学校或内容，几行都暂不导入；请核对后只保留正确的一行。"
    )
    lenient_codes = {
        "ethnicity": "value_unknown", "hukou": "value_unknown", "remark": "value_unknown", "birth_date": "date_invalid",
        "student_no": "student_no_invalid", "guardian_id": "guardian_id_invalid", "phone": "phone_invalid", "account": "account_invalid",
    }  # fmt: skip

    school_code = Column(
        "学校标识码", aliases=("学校代码", "标识码"), clean=clean_code, as_text=True, width=14
    )
    school_name = Column(
        "学校名称",
        aliases=("学校", "就读学校", "就读学校名称", "学校全称", "所在学校", "所属学校", "所在学校名称"),
        clean=short_text(80),
        width=20,
    )
    stage = Column(
        "学段", aliases=("就读学段",), clean=clean_stage, choices=list(known_value_words(STAGE_WORDS))[:5]
    )
    grade = Column(
        "年级",
        aliases=("就读年级", "所在年级", "年级班级", "年级/班级"),
        required=True,
        missing_code="grade_out_of_range",
        clean=short_text(20),
    )
    class_name = Column(
        "班级", aliases=("班级名称", "就读班级", "班别", "所在班级", "班"), clean=short_text(30)
    )
    name = person_name()
    sex = Column("性别", clean=one_of(SEXES, "性别"), choices=["男", "女"])
    ethnicity = Column("民族", clean=Lenient(clean_ethnicity, "民族"))
    id_kind = Column(
        "身份证件类型",
        aliases=("证件类型",),
        clean=one_of(ID_KINDS, "身份证件类型"),
        choices=known_value_words(ID_KINDS),
    )
    id_number = id_column("身份证件号", ID_ALIASES)
    student_no = Column(
        "全国学籍号",
        aliases=("学籍号", "学籍辅号", "全国学籍号码"),
        clean=Lenient(clean_student_no, "学籍号"),
        sensitivity="secret",
        as_text=True,
        width=22,
    )
    birth_date = Column(
        "出生日期",
        aliases=("出生年月日", "出生年月", "生日"),
        clean=Lenient(clean_birth_date, "出生日期"),
        sensitivity="personal",
        as_text=True,
    )
    home_township = Column(
        "户籍乡镇",
        aliases=("乡镇", "户籍所在乡镇", "户口所在乡镇", "所属乡镇", "家庭所在乡镇"),
        clean=short_text(60),
    )
    home_village = Column(
        "户籍村",
        aliases=(
            "村",
            "行政村",
            "户籍村（社区）",
            "户籍所在村",
            "户口所在村",
            "村（社区）",
            "户口所在地",
            "户籍地",
            "户籍所在地",
        ),
        clean=short_text(60),
    )
    hukou = Column(
        "户口性质",
        aliases=("户籍性质", "户口类型"),
        clean=Lenient(clean_hukou, "户口性质"),
        choices=["农业", "非农业"],
    )
    boarding = boarding_column()
    entered_on = Column("入学年月", aliases=("入学时间", "入学日期"), clean=clean_month, as_text=True)
    major = Column("专业", aliases=("专业名称", "就读专业"), clean=short_text(60))
    agri_major = Column("是否涉农专业", aliases=("涉农专业",), clean=clean_yes_no, choices=["是", "否"])
    guardian_name = person_name("监护人姓名", required=False, aliases=("监护人", "家长姓名"))
    guardian_relation = Column(
        "监护人关系", aliases=("与学生关系", "监护人与学生关系", "关系"), clean=short_text(20)
    )
    guardian_id = Column(
        "监护人身份证件号",
        aliases=("监护人身份证号", "监护人身份证号码", "监护人证件号", "监护人证件号码", "家长身份证号"),
        clean=Lenient(clean_id_number, "监护人身份证号"),
        sensitivity="secret",
        as_text=True,
        width=22,
    )
    phone = Column(
        "联系电话",
        aliases=PHONE_ALIASES,
        clean=Lenient(clean_phone, "联系电话"),
        sensitivity="personal",
        as_text=True,
        width=14,
    )
    is_left_behind = Column(
        "是否留守儿童", aliases=("留守儿童", "是否留守"), clean=clean_left_behind, choices=["是", "否"]
    )
    holder = Column(
        "开户人",
        aliases=("开户人姓名", "户名", "账户名", "开户名", "账户姓名", "账户名称"),
        clean=short_text(60, clean_cell=clean_person_name),
        sensitivity="personal",
    )
    holder_relation = Column(
        "与开户人关系",
        aliases=("开户人关系", "开户人与学生关系", "户主与学生关系（银行账户）"),
        clean=one_of(HOLDER_RELATIONS, "与开户人关系"),
        choices=HolderRelation.labels,
    )
    bank = Column("开户银行", aliases=("开户行", "银行名称"), clean=short_text(60))
    account = Column(
        "银行账号",
        aliases=ACCOUNT_ALIASES,
        clean=Lenient(clean_bank_account, "银行账号"),
        sensitivity="secret",
        as_text=True,
        width=24,
    )
    remark = Column("备注", clean=Lenient(short_text(200), "备注"), width=20)  # fmt: skip

    def arrange(self, sheet, header):
        return arrange(sheet, header)

    def question(self, read, settled, context: Context) -> str:
        return question(read, settled, context)

    def found_cells(self, values, shown, adviser):
        return found_school(values, shown, adviser.schools)

    def suggestions(self, problem, values, shown):
        if problem.code == "grade_out_of_range":
            return grade_suggestions(values.get("stage"), values.get("grade") or "")
        return []

    def look_up(self, rows, context: Context) -> None:
        self.areas, self.schools = AreaBook(), SchoolBook()
        self.own_school = self.schools.only(context.schools)

    def look_up_records(self, rows, context: Context) -> None:
        self.known = records.Known(rows, context.term)

    def examine(self, row: Row, context: Context) -> None:
        id_hash, no_hash = self._identity(row)
        school = school_of(row, self.schools, self.own_school, context)
        stage, grade = self._grade(row, school, context)
        area = self._home(row)
        self._look_odd(row)
        sex, birth = self._person(row)
        row.found = Found(school, stage, grade, area, id_hash, no_hash, sex, birth, facts=self.facts_of(row))

    @staticmethod
    def _grade(row: Row, school: SchoolEntry | None, context: Context) -> tuple[str | None, int | None]:
        """Return stage and grade; a class that stands in the grade's cell fills a class that is not given."""
        values, grade = row.values, None
        stage = values["stage"] or (school.stages[0] if school and len(school.stages) == 1 else None)
        stage = stage or stage_of_grade(values["grade"])
        if stage is None and school and not any(error.column == "stage" for error in row.errors):
            row.reject("stage", "stage_unknown", "没有填写学段，也不能由学校推出；请补填学段。")
        if stage and values["grade"]:
            grade, class_name = read_grade_and_class(stage, values["grade"], context.term)
            values["class_name"] = values["class_name"] or class_name
            if grade is None:
                told = f"该学段没有“{values['grade']}”；请核对学段和年级。"
                row.reject("grade", "grade_out_of_range", told)
        return stage, grade

    def _home(self, row: Row) -> str | None:
        township, village = row.values["home_township"], row.values["home_village"]
        if self.areas.is_outside(village):
            row.warn("home_village", "home_outside", HOME_OUTSIDE)
            return None
        try:
            area = self.areas.find(township, village)
            if told := self.areas.merger(township, village):
                row.warn("home_village", "area_merged", told)
        except AreaUnknown as unknown:
            row.reject("home_village", "area_unknown", str(unknown))
            return None
        return area

    @staticmethod
    def _look_odd(row: Row) -> None:
        """Note what is hardly meant so."""
        values = row.values
        if values["account"] and values["account"] in (values["id_number"], values["guardian_id"]):
            row.warn("account", "account_invalid", ACCOUNT_IS_ID)
            values["account"] = None
        name = values["name"]
        if name and not name.isalpha() and any(sign.isdigit() for sign in name):
            row.warn("name", "name_odd", f"姓名“{name[:20]}”里有数字；请对照户口簿核对。")
        if values["holder_relation"] == HolderRelation.SELF and values["holder"] not in (None, name):
            row.warn("holder_relation", "holder_mismatch", HOLDER_MISMATCH)

    def _identity(self, row: Row) -> tuple[str | None, str | None]:
        """Return the hashes that find the child; note what is wrong with its numbers."""
        values = row.values
        if values["id_kind"] not in (None, IdentityKind.ID_CARD) and any(
            e.column == "id_number" and e.code != "value_unknown" for e in row.errors
        ):
            # A passport or a permit: no GB 11643 arithmetic, the text as it is.
            row.errors = [e for e in row.errors if e.column != "id_number"]
            values["id_number"] = clean_code(row.shown.get("id_number", "")).value[:30]
        number, student_no = values["id_number"], values["student_no"]
        if not number and not any(e.column == "id_number" for e in row.errors):
            if student_no and student_no[0] in "JL":
                row.warn("id_number", "id_missing", TEMPORARY)
            else:
                row.reject("id_number", "id_missing", ID_MISSING)
        return keyed_hash(number) if number else None, keyed_hash(student_no) if student_no else None

    @staticmethod
    def _person(row: Row) -> tuple[str | None, dt.date | None]:
        """Return sex and birth date; an ID number that passed its arithmetic knows better than a cell."""
        values = row.values
        number = values["id_number"]
        if not number or values["id_kind"] not in (None, IdentityKind.ID_CARD) or len(number) != 18:
            for told in [each for each in row.warnings if each[:2] == ("birth_date", "date_invalid")]:
                row.warnings.remove(told)  # nothing else tells the day
                row.errors.append(told)
            return values["sex"], values["birth_date"]
        sex, birth = SEXES[sex_of(number)], birth_date_of(number)
        if values["sex"] and values["sex"] != sex:
            row.warn("sex", "gender_mismatch", "性别与身份证号不一致，按身份证号记录；请对照户口簿核对。")
        if values["birth_date"] and values["birth_date"] != birth:
            row.warn("birth_date", "birth_mismatch", "出生日期与身份证号不一致，按身份证号记录；请对照户口簿核对。")  # fmt: skip
        return sex, birth

    def key(self, row: Row):
        return row.found.id_hash or row.found.no_hash

    def overwrites(self, row: Row) -> list[list[str]]:
        return records.overwrites(row)

    def only_school(self, rows):
        schools = {row.found.school.pk for row in rows}
        return schools.pop() if len(schools) == 1 else None

    def compare(self, row: Row, context: Context) -> list[Change] | None:
        found = row.found
        try:
            self.known.find(row)
        except CellError as taken:
            row.reject("student_no", taken.code, taken.message)
            return None
        enrolment = found.enrolment
        if enrolment and enrolment.place != Place.IN_COUNTY:
            row.reject("school_code", "on_away_list", ON_AWAY_LIST)
            return None
        if enrolment and enrolment.school_id != found.school.pk:
            if context.schools is not None:
                row.reject(
                    "school_code",
                    "out_of_scope",
                    "该学生本学期在别的学校有学籍；请先与该校办理转学，再导入。",
                )
                return None
            row.warn(
                "school_code", "school_changed", "该学生本学期原在别的学校，导入后改到这所学校；请确认。"
            )
        if found.student is None:
            return None
        if told := records.absence(row):
            row.warn("name", "not_studying", told)
        if found.student.name != row.values["name"]:
            row.warn("name", "name_changed", f"该身份证号原来的姓名是“{found.student.name}”；请确认是否改名。")  # fmt: skip
        changes = records.changes(row, self)
        if enrolment is None:
            where = f"{found.school.name} {grade_name(found.stage, found.grade)}"
            changes.insert(0, Change("本学期学籍", "（无）", where))
        return changes

    def write(self, created, updated, context: Context) -> None:
        write_roster(created, updated, context)

    def absent(self, rows, context: Context) -> list[tuple[str, str, str]]:
        return records.absent([row for row in rows if row.found and row.found.school], context)
