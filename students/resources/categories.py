"""Lists of other departments, a sheet per category: 持证残疾人, 低保, 特困, 孤儿, 烈士子女 … (facts.md 3.4)."""

from povertyedu.imports.cleaning import short_text
from povertyedu.imports.rows import Context, Row
from povertyedu.workbooks.cells import clean_code
from povertyedu.workbooks.columns import Column
from povertyedu.workbooks.dates import clean_month
from students.enums import HardshipCategory, ListSource

from .columns import person_name, proof_number
from .hardship_lists import HardshipListResource, identity
from .hardship_records import Wanted

# Longer words first where one holds another.
CATEGORY_WORDS = {
    "事实无人抚养": HardshipCategory.DE_FACTO_UNATTENDED,
    "城市低保": HardshipCategory.URBAN_DIBAO,
    "城镇低保": HardshipCategory.URBAN_DIBAO,
    "农村低保": HardshipCategory.RURAL_DIBAO,
    "城市特困": HardshipCategory.URBAN_TEKUN,
    "城镇特困": HardshipCategory.URBAN_TEKUN,
    "农村特困": HardshipCategory.RURAL_TEKUN,
    "残疾": HardshipCategory.DISABLED,
    "孤儿": HardshipCategory.ORPHAN,
    "烈士子女": HardshipCategory.MARTYR_CHILD,
    "监测对象": HardshipCategory.MONITORED,
    "监测户": HardshipCategory.MONITORED,
    "低收入": HardshipCategory.LOW_INCOME,
    "家庭经济困难": HardshipCategory.DIFFICULT,
    "留守": HardshipCategory.LEFT_BEHIND,
    "随迁": HardshipCategory.MIGRANT,
}


def read_category(text: str) -> HardshipCategory | None:
    """Return the category that ``text`` (a sheet's name or a cell) names, None when it names none."""
    text = clean_code(text).value
    return next((category for word, category in CATEGORY_WORDS.items() if word in text), None)


class CategoryResource(HardshipListResource):
    """Hardship lists by sheet; a column 类别 may stand in for the sheet's name."""

    kind = "categories"
    label = "困难类别名单"
    source = ListSource.DEPARTMENT_LIST.value
    preview = ("name", "id_number", "category", "since")
    note = "每类一张工作表，工作表名即类别（持证残疾人、农村低保、农村特困、孤儿、烈士子女等）；或在“类别”列逐行填写。"

    name = person_name()
    id_number = proof_number()
    category = Column(
        "类别",
        aliases=("困难类型", "困难类别", "人员类别", "对象类别", "救助类别"),
        clean=short_text(30),
        width=16,
    )
    township = Column("乡镇", aliases=("户籍乡镇", "所在乡镇"), clean=short_text(60))
    village = Column("村", aliases=("行政村", "户籍村", "村（社区）"), clean=short_text(60))
    since = Column(
        "起始时间",
        aliases=(
            "开始时间",
            "认定时间",
            "批准时间",
            "享受时间",
            "起始日期",
            "起始年月",
            "发证日期",
            "发证时间",
            "首次识别时间",
        ),
        clean=clean_month,
        as_text=True,
        note="如 201901",
    )

    def look_up(self, rows, context: Context) -> None:
        """Nothing to look up: a list of another department names no school."""

    def wanted(self, row: Row, context: Context) -> Wanted | None:
        told = row.values["category"] or row.sheet
        category = read_category(told)
        if category is None:
            row.reject(
                "category",
                "value_unknown",
                f"从“{told}”看不出困难类别；请把工作表改名为类别名，或填写“类别”列（低保、特困须写明农村或城市）。",
            )
        person = identity(row)
        if category is None or person is None:
            return None
        number, id_hash, written = person
        return Wanted(
            id_hash, number, row.values["name"], category.value, row.values["since"], self.source,
            certificate=written, counts="已消除" not in told,
        )  # fmt: skip

    def fingerprint(self, row: Row):
        return row.found
