"""Import kinds of the county's own frame: areas and schools. Named in ``settings.IMPORT_RESOURCES``."""

import re

from povertyedu import bulk
from povertyedu.accounts.permissions import Permission
from povertyedu.imports.cleaning import known_value_words, one_of, short_text
from povertyedu.imports.images import Footprint
from povertyedu.imports.places import AreaBook, AreaUnknown
from povertyedu.imports.resources import ImportResource
from povertyedu.imports.rows import Change, Context, Row
from povertyedu.orgs.enums import USUAL_STAGES, AreaLevel, Ownership, SchoolKind, Setting, Stage
from povertyedu.orgs.models import Area, School, SchoolStage
from povertyedu.workbooks.cells import EMPTY, CellError, Cleaned, clean_code, clean_text, clean_yes_no
from povertyedu.workbooks.columns import Column

LEVELS = {
    "县": AreaLevel.COUNTY.value, "乡镇": AreaLevel.TOWNSHIP.value, "村": AreaLevel.VILLAGE.value,
    "县（市、区）": AreaLevel.COUNTY.value, "县级": AreaLevel.COUNTY.value, "区县": AreaLevel.COUNTY.value, "乡级": AreaLevel.TOWNSHIP.value,
    "乡（镇）": AreaLevel.TOWNSHIP.value, "镇": AreaLevel.TOWNSHIP.value, "乡": AreaLevel.TOWNSHIP.value, "街道": AreaLevel.TOWNSHIP.value,
    "村级": AreaLevel.VILLAGE.value, "行政村": AreaLevel.VILLAGE.value, "社区": AreaLevel.VILLAGE.value, "村（社区）": AreaLevel.VILLAGE.value,
}  # fmt: skip
DIGITS = {AreaLevel.COUNTY.value: 6, AreaLevel.TOWNSHIP.value: 9, AreaLevel.VILLAGE.value: 12}
LEVEL_OF = {digits: level for level, digits in DIGITS.items()}


class AreaResource(ImportResource):
    """County, townships and villages by GB/T 2260 code."""

    kind = "areas"
    label = "行政区划"
    preview = ("code", "name", "level", "parent", "is_poor_village")
    permission = Permission.MANAGE_ORGS
    needs_term = False
    note = "县 6 位、乡镇 9 位、村 12 位代码；下级代码以上级代码开头。"
    key_column = "code"
    conflict_message = "同一区划代码在文件里出现了两次，内容不同；请核对后只保留正确的一行。"

    code = Column(
        "区划代码",
        aliases=("行政区划代码", "代码", "编码", "地区代码"),
        required=True,
        clean=clean_code,
        missing_code="area_unknown",
        as_text=True,
        width=16,
    )
    name = Column(
        "名称",
        aliases=("区划名称", "地区名称", "行政区划名称"),
        required=True,
        missing_code="name_missing",
        clean=short_text(60),
        width=20,
    )
    level = Column(
        "级别", aliases=("层级", "行政级别"), clean=one_of(LEVELS, "级别"), choices=["县", "乡镇", "村"]
    )
    parent = Column(
        "上级代码", aliases=("上级区划代码", "父级代码"), clean=clean_code, as_text=True, width=16
    )
    is_poor_village = Column("是否贫困村", aliases=("贫困村",), clean=clean_yes_no, choices=["是", "否"])  # fmt: skip

    def look_up(self, rows, context: Context) -> None:
        fields = ("code", "name", "level", "parent_id", "is_poor_village")
        self.known = {code: rest for code, *rest in Area.objects.values_list(*fields)}
        self.codes = self.known.keys() | {row.values["code"] for row in rows}

    def examine(self, row: Row, context: Context) -> None:
        values = row.values
        code = values["code"] or ""
        if not code:
            return
        level = LEVEL_OF.get(len(code)) if code.isascii() and code.isdigit() else None
        if level is None:
            row.reject(
                "code", "value_unknown", "区划代码应为 6 位（县）、9 位（乡镇）或 12 位（村）数字；请核对。"
            )
            return
        if values["level"] and values["level"] != level:
            row.reject(
                "level", "value_unknown", "级别与代码位数不一致（县 6 位、乡镇 9 位、村 12 位）；请核对。"
            )
        parent = None
        if level != AreaLevel.COUNTY:
            parent = code[: DIGITS[level] - 3]
            if values["parent"] and values["parent"] != parent:
                row.reject("parent", "area_unknown", "区划代码应以上级代码开头；请核对代码和上级代码。")
            elif parent not in self.codes:
                row.reject(
                    "parent", "area_unknown", f"没有上级代码“{parent}”；请把上级一起导入，或先导入上级。"
                )
        row.found = (values["name"], level, parent, values["is_poor_village"])

    def key(self, row: Row):
        return row.values["code"] or None

    def compare(self, row: Row, context: Context) -> list[Change] | None:
        known = self.known.get(row.values["code"])
        if known is None:
            return None
        headings = ("名称", "级别", "上级代码", "是否贫困村")
        return _changes(headings, known, row.found)

    def write(self, created, updated, context: Context) -> None:
        columns = ("code", "name", "level", "parent_id", "is_poor_village")
        if created:
            rows = [(r.values["code"], *r.found[:3], bool(r.found[3])) for r in created]
            bulk.insert(Area, columns, sorted(rows, key=lambda new: len(new[0])))
        if updated:
            bulk.amend(Area, columns[1:], [(r.values["code"], *r.found) for r in updated], key="code")

    def footprints(self, rows, context: Context) -> list[Footprint]:
        return [Footprint(Area, "code", [row.values["code"] for row in rows if row.is_written], owner="code", is_main=True)]  # fmt: skip

    def owner_names(self, owners) -> dict:
        return dict(Area.objects.values_list("code", "name"))


SCHOOL_KINDS = {kind.label: kind.value for kind in SchoolKind} | {
    "初中": SchoolKind.JUNIOR.value, "初级中学": SchoolKind.JUNIOR.value, "九年一贯制": SchoolKind.NINE_YEAR.value,
    "高中": SchoolKind.SENIOR.value, "普通高中": SchoolKind.SENIOR.value, "完中": SchoolKind.COMPLETE.value, "十二年一贯制": SchoolKind.TWELVE_YEAR.value,
    "中职": SchoolKind.VOCATIONAL.value, "职业高中": SchoolKind.VOCATIONAL.value, "中等职业": SchoolKind.VOCATIONAL.value,
    "特殊教育": SchoolKind.SPECIAL.value, "特教学校": SchoolKind.SPECIAL.value, "完全小学": SchoolKind.PRIMARY.value, "小学教学点": SchoolKind.TEACHING_POINT.value,
}  # fmt: skip
OWNERSHIPS = {
    "公办": Ownership.PUBLIC.value, "普惠性民办": Ownership.INCLUSIVE_PRIVATE.value, "民办": Ownership.PRIVATE.value,
    "普惠民办": Ownership.INCLUSIVE_PRIVATE.value, "公立": Ownership.PUBLIC.value, "私立": Ownership.PRIVATE.value, "民办普惠": Ownership.INCLUSIVE_PRIVATE.value,
}  # fmt: skip
SETTINGS = {
    "城区": Setting.URBAN.value, "镇区": Setting.TOWN.value, "乡村": Setting.RURAL.value, "城市": Setting.URBAN.value, "县城": Setting.URBAN.value,
    "镇": Setting.TOWN.value, "乡镇": Setting.TOWN.value, "农村": Setting.RURAL.value, "村": Setting.RURAL.value,
}  # fmt: skip
_SCHOOL_CODE = re.compile(r"[0-9]{10}").fullmatch


OPEN_WORDS = {
    "在办": True,
    "停办": False,
    "是": True,
    "否": False,
    "正常": True,
    "撤并": False,
    "撤销": False,
    "已停办": False,
}
REFERENCES = {"parent": "parent__code", "centre": "centre__code", "merged_into": "merged_into__code"}
STAGES = {stage.label: stage.value for stage in Stage} | {
    "学前教育": Stage.PRESCHOOL.value, "幼儿园": Stage.PRESCHOOL.value, "高中": Stage.SENIOR.value, "普高": Stage.SENIOR.value,
    "中等职业": Stage.VOCATIONAL.value, "职业高中": Stage.VOCATIONAL.value, "中专": Stage.VOCATIONAL.value,
}  # fmt: skip


def clean_stages(cell) -> Cleaned:
    """Several stages in one cell (初中、普通高中) as a tuple in the enum's order, None when empty. Error: stage_unknown."""
    words = [word for word in re.split(r"[、,，;；/+和\s]+", clean_text(cell).value) if word]
    unknown = [word for word in words if word not in STAGES]
    if unknown:
        raise CellError(
            "stage_unknown",
            f"学段“{unknown[0][:20]}”不认识；可以填写：{'、'.join(Stage.labels[:5])}，几个学段用顿号分开。",
        )
    return Cleaned(tuple(sorted({STAGES[word] for word in words}, key=list(Stage).index))) if words else EMPTY


def _stage_words(stages) -> str:
    return "、".join(stage.label for stage in Stage if stage.value in stages) or "（空）"


class SchoolResource(ImportResource):
    """Schools by ten-digit code, with their set of stages; a row without one has what its kind usually has."""

    kind = "schools"
    label = "学校名册"
    preview = ("code", "name", "school_kind", "ownership", "setting", "township")
    permission = Permission.MANAGE_ORGS
    needs_term = False
    note = "学校标识码 10 位数字；请先导入行政区划。"
    key_column = "code"
    conflict_message = "同一学校标识码在文件里出现了两次，内容不同；请核对后只保留正确的一行。"

    code = Column(
        "学校标识码",
        aliases=("学校代码", "标识码"),
        required=True,
        missing_code="school_unknown",
        clean=clean_code,
        as_text=True,
        width=14,
    )
    name = Column(
        "学校名称",
        aliases=("学校", "学校全称", "名称"),
        required=True,
        missing_code="name_missing",
        clean=short_text(80),
        width=24,
    )
    school_kind = Column(
        "办学类型",
        aliases=("学校类型", "学校类别"),
        required=True,
        missing_code="value_unknown",
        clean=one_of(SCHOOL_KINDS, "办学类型"),
        choices=[kind.label for kind in SchoolKind],
    )
    ownership = Column(
        "办学性质",
        aliases=("举办者类型", "学校性质", "公办民办"),
        required=True,
        missing_code="value_unknown",
        clean=one_of(OWNERSHIPS, "办学性质"),
        choices=known_value_words(OWNERSHIPS),
    )
    setting = Column(
        "城乡类型",
        aliases=("城乡分类", "所在地城乡类型"),
        required=True,
        missing_code="value_unknown",
        clean=one_of(SETTINGS, "城乡类型"),
        choices=known_value_words(SETTINGS),
    )
    township = Column(
        "所在乡镇",
        aliases=("乡镇", "所属乡镇", "所在乡（镇）"),
        required=True,
        missing_code="area_unknown",
        clean=short_text(60),
    )
    village = Column("所在村", aliases=("村", "所在村（社区）"), clean=short_text(60))
    stages = Column(
        "学段", aliases=("办学学段", "学段设置", "开设学段"), clean=clean_stages, width=20,
        note="一个学校可以有几个学段，用顿号分开，如“初中、普通高中”；不填按办学类型。",
    )  # fmt: skip
    parent = Column("主管学校", aliases=("上级学校", "所属学校"), clean=short_text(80), width=20, note="教学点填写主管它的学校，标识码或名称。")  # fmt: skip
    centre = Column("中心学校", aliases=("审核的中心学校", "所属中心学校"), clean=short_text(80), width=20)
    is_open = Column(
        "办学状态",
        aliases=("是否在办", "状态"),
        clean=one_of(OPEN_WORDS, "办学状态"),
        choices=["在办", "停办"],
    )
    merged_into = Column("并入学校", aliases=("撤并到", "合并到"), clean=short_text(80), width=20, note="停办后并入哪所学校；原标识码和学籍保留。")  # fmt: skip
    takes_boarders = Column("是否寄宿制", aliases=("寄宿制", "是否寄宿", "是否寄宿制学校"), clean=clean_yes_no, choices=["是", "否"])  # fmt: skip

    def look_up(self, rows, context: Context) -> None:
        self.areas = AreaBook()
        fields = (
            "code",
            "pk",
            "name",
            "kind",
            "ownership",
            "setting",
            "area_id",
            "takes_boarders",
            *REFERENCES.values(),
            "is_open",
        )
        self.known = {code: rest for code, *rest in School.objects.values_list(*fields)}
        self.stages_of: dict[int, set[str]] = {}
        for school, stage in SchoolStage.objects.values_list("school_id", "stage"):
            self.stages_of.setdefault(school, set()).add(stage)
        self.named: dict[str, set[str]] = {}
        both = [(code, known[1]) for code, known in self.known.items()]
        for code, name in both + [(row.values["code"], row.values["name"]) for row in rows]:
            for word in (code, name):
                self.named.setdefault(word, set()).add(code)

    def examine(self, row: Row, context: Context) -> None:
        values = row.values
        if values["code"] and not _SCHOOL_CODE(values["code"]):
            row.reject("code", "value_unknown", "学校标识码应为10位数字；请对照学校名册核对后重新填写。")
        area = None
        try:
            area = self.areas.find(values["township"], values["village"])
        except AreaUnknown as unknown:
            row.reject("township", "area_unknown", str(unknown))
        row.found = (
            values["name"], values["school_kind"], values["ownership"], values["setting"], area, values["takes_boarders"],
            *(self._school(row, column) for column in REFERENCES), self._open(row),
        )  # fmt: skip

    def _school(self, row: Row, column: str) -> str | None:
        """Return the code of the school that a cell names by code or name; the school itself counts as none."""
        text = row.values[column]
        codes = self.named.get(text, set()) if text else set()
        if text and len(codes) != 1:
            told = "学校名册和这个文件里没有" if not codes else "叫这个名称的学校不止一所："
            row.reject(column, "school_unknown", f"{told}“{text}”；请填写学校标识码。")
            return None
        code = next(iter(codes), None)
        return code if code != row.values["code"] else None

    @staticmethod
    def _open(row: Row) -> bool | None:
        values = row.values
        if values["merged_into"] and values["is_open"]:
            row.reject("is_open", "value_unknown", "填了并入学校的，办学状态应为停办；请核对。")
        return False if values["merged_into"] else values["is_open"]

    def key(self, row: Row):
        return row.values["code"] or None

    def compare(self, row: Row, context: Context) -> list[Change] | None:
        known = self.known.get(row.values["code"])
        if known is None:
            return None
        if row.found[9] and known[9]:  # its own word is "open", the registry knows where it went
            row.reject(
                "is_open",
                "value_unknown",
                "该校已停办并入别的学校；要重新开办，请先在“学校班级”里去掉并入学校。",
            )
            return None
        headings = (
            "学校名称",
            "办学类型",
            "办学性质",
            "城乡类型",
            "所在乡镇",
            "是否寄宿制",
            "主管学校",
            "中心学校",
            "并入学校",
            "在办",
        )
        changes = _changes(headings, known[1:], row.found)
        stages, held = row.values["stages"], self.stages_of.get(known[0], set())
        if stages and set(stages) != held:
            changes.append(Change("学段", _stage_words(held), _stage_words(stages)))
        return changes

    def write(self, created, updated, context: Context) -> None:
        columns = ("code", "name", "kind", "ownership", "setting", "area_id", "takes_boarders")
        if created:
            rows = (
                (r.values["code"], *r.found[:5], bool(r.found[5]), r.found[9] is not False) for r in created
            )
            bulk.insert(School, (*columns, "is_open"), rows)
        if updated:
            rows = [(r.values["code"], *r.found[:6], r.found[9]) for r in updated]
            bulk.amend(School, (*columns[1:], "is_open"), rows, key="code")
        touched = created + updated
        pks = dict(School.objects.values_list("code", "pk"))
        links = [
            (r.values["code"], *(pks.get(code) for code in r.found[6:9]))
            for r in touched
            if any(r.found[6:9])
        ]
        if links:
            bulk.amend(School, ("parent_id", "centre_id", "merged_into_id"), links, key="code")
        self._write_stages(touched, pks)

    def _write_stages(self, rows: list[Row], pks: dict[str, int]) -> None:
        """Give each school the set its row names; without one, what its kind usually has is added."""
        named = [(pks[r.values["code"]], r.values["stages"]) for r in rows if r.values["stages"]]
        usual = [
            (pks[r.values["code"]], [stage.value for stage in USUAL_STAGES[SchoolKind(r.found[1])]])
            for r in rows
            if not r.values["stages"] and r.found[1] and not self._kept_its_kind(r)
        ]
        with bulk.keys(SchoolStage, "school_id", [pk for pk, _ in named]) as keys:
            SchoolStage.objects.filter(school_id__in=keys).delete()
        stages = [(pk, stage) for pk, held in named + usual for stage in held]
        bulk.merge(SchoolStage, ("school_id", "stage"), stages, unique=("school_id", "stage"))

    def _kept_its_kind(self, row: Row) -> bool:
        known = self.known.get(row.values["code"])
        return known is not None and known[2] == row.found[1]

    def footprints(self, rows, context: Context) -> list[Footprint]:
        written = {row.values["code"] for row in rows if row.is_written}
        schools = [pk for pk, code in School.objects.values_list("pk", "code") if code in written]
        stages = Footprint(SchoolStage, "school_id", schools, owner="school_id")
        return [Footprint(School, "id", schools, owner="id", is_main=True), stages]

    def owner_names(self, owners) -> dict:
        return dict(School.objects.values_list("pk", "name"))


_WORDS = {
    choice.value: choice.label for choices in (AreaLevel, SchoolKind, Ownership, Setting, Stage) for choice in choices
}  # fmt: skip


def _changes(headings, known, wanted) -> list[Change]:
    """Return what differs; a None in ``wanted`` is a blank cell and changes nothing."""
    return [
        Change(heading, _shown(old), _shown(new))
        for heading, old, new in zip(headings, known, wanted, strict=True)
        if new is not None and new != old
    ]


def _shown(value) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    return _WORDS.get(value, value) or "（空）"
