"""行政区划: county, townships and villages."""

from povertyedu import bulk
from povertyedu.accounts.permissions import Permission
from povertyedu.imports.cleaning import one_of, short_text
from povertyedu.imports.images import Footprint
from povertyedu.imports.resources import ImportResource
from povertyedu.imports.rows import Change, Context, Row
from povertyedu.orgs.enums import AreaLevel
from povertyedu.orgs.models import Area
from povertyedu.workbooks.cells import clean_code, clean_yes_no
from povertyedu.workbooks.columns import Column

from .changes import changes_of

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
        return changes_of(headings, known, row.found)

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
