"""学校名册: schools, their stages, what is above them, their tags."""

import re

from povertyedu import bulk
from povertyedu.accounts.permissions import Permission
from povertyedu.imports.cleaning import known_value_words, one_of, short_text
from povertyedu.imports.images import Footprint
from povertyedu.imports.places import AreaBook, AreaUnknown
from povertyedu.imports.resources import ImportResource
from povertyedu.imports.rows import Change, Context, Row
from povertyedu.orgs.calendar import term_under_way
from povertyedu.orgs.enums import USUAL_STAGES, Ownership, SchoolKind, Setting, Stage
from povertyedu.orgs.models import School, SchoolStage, Term
from povertyedu.orgs.tags import clean_tags, former_after
from povertyedu.workbooks.cells import EMPTY, CellError, Cleaned, clean_code, clean_text, clean_yes_no
from povertyedu.workbooks.columns import Column
from students.actions.hardship import mark_schools
from students.actions.recalculating import recalculating
from students.enums import ChangeCause

from .changes import changes_of

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
    tags = Column("学校标签", aliases=("标签",), clean=clean_tags, width=20, note="几个标签用顿号分开，如“示范校、民族班”；与原来不同的，从正在进行的学期起算，以前的学期不变。")  # fmt: skip

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
            "tags",
            "former_tags",
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
            if told := self.areas.merger(values["township"], values["village"]):
                row.warn("township", "area_merged", told)
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
        changes = changes_of(headings, known[1:11], row.found)
        stages, held = row.values["stages"], self.stages_of.get(known[0], set())
        if stages and set(stages) != held:
            changes.append(Change("学段", _stage_words(held), _stage_words(stages)))
        if self._new_tags(row) is not None:
            changes.append(
                Change("学校标签", "、".join(known[11]) or "（空）", "、".join(row.values["tags"]))
            )
        return changes

    def _new_tags(self, row: Row) -> list[str] | None:
        """Return the tags that the row names where the registry has others; order does not matter."""
        tags, known = row.values["tags"], self.known.get(row.values["code"])
        return tags if tags and known and set(tags) != set(known[11]) else None

    def _former_tags(self, row: Row, since: Term | None) -> list | None:
        """Return what the tags were before the term under way, from which those of the row hold."""
        known = self.known[row.values["code"]]
        return former_after(since.pk, known[11], known[12]) if since and self._new_tags(row) else None

    def write(self, created, updated, context: Context) -> None:
        columns = ("code", "name", "kind", "ownership", "setting", "area_id", "takes_boarders")
        if created:
            rows = (
                (
                    r.values["code"],
                    *r.found[:5],
                    bool(r.found[5]),
                    r.found[9] is not False,
                    r.values["tags"] or [],
                )
                for r in created
            )
            bulk.insert(School, (*columns, "is_open", "tags"), rows)
        if updated:
            since = term_under_way()
            rows = [
                (r.values["code"], *r.found[:6], r.found[9], self._new_tags(r), self._former_tags(r, since))
                for r in updated
            ]
            bulk.amend(School, (*columns[1:], "is_open", "tags", "former_tags"), rows, key="code")
            if since:
                tagged = [self.known[r.values["code"]][0] for r in updated if self._new_tags(r)]
                mark_schools(tagged, since=since)
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

    def undone(self, owners, term, *, why, by) -> None:
        with recalculating(why, by=by):
            mark_schools(owners, ChangeCause.UNDO)
