"""Sets of columns that come with the system: they are copied and then changed, never changed themselves."""

from dataclasses import dataclass

from students.enums import HardshipCategory
from students.models.column_sets import Entry

from .export_sources import FIXED


@dataclass(frozen=True)
class Preset:
    """A set as :class:`students.models.ColumnSet` offers one, under a key."""

    key: str
    name: str
    note: str
    columns: list[Entry]
    has_title: bool = False
    in_county: bool = False


def _blank(*headings: str) -> list[Entry]:
    return [Entry(FIXED, heading) for heading in headings]


# The student form of the national registry in its order (facts.md 3.1); what the system does not hold is blank.
_PUPIL = [
    Entry("name", "姓名"), Entry("sex", "性别", "code"), Entry("birth_date", "出生日期", "ymd"), *_blank("出生地", "籍贯"),
    Entry("ethnicity", "民族", "code"), *_blank("国籍/地区"), Entry("id_kind", "身份证件类型", "code"), Entry("id_number", "身份证件号"),
    *_blank("港澳台侨外", "政治面貌", "健康状况", "照片", "姓名拼音", "曾用名", "身份证件有效期"),
    Entry("home_code", "户口所在地"), Entry("hukou", "户口性质", "code"), *_blank("特长"), Entry("student_no", "学籍辅号"), *_blank("班内学号"),
    Entry("grade", "年级", "code"), Entry("class_name", "班级"), Entry("entered_on", "入学年月", "ym"), *_blank("入学方式"),
    Entry("boarding", "就读方式", "code"), *_blank("学生来源", "现住址", "通信地址"), Entry("home_address", "家庭地址"),
    Entry("phone", "联系电话"), *_blank("邮政编码", "电子信箱", "主页地址", "是否独生子女", "是否受过学前教育"),
    Entry("is_left_behind", "是否留守儿童", "code"), Entry("hardship_migrant", "是否进城务工人员随迁子女", "yes"),
    Entry("hardship_orphan", "是否孤儿", "yes"), Entry("hardship_martyr_child", "是否烈士或优抚子女", "yes"),
    Entry("fact_integrated", "随班就读"),
    *_blank("残疾类型", "是否由政府购买学位", "是否需要申请资助", "是否享受一补", "上下学距离", "上下学方式", "是否需要乘坐校车"),
]  # fmt: skip
_GUARDIAN = [
    Entry("guardian_name", "成员姓名"), Entry("guardian_relation", "关系"),
    *_blank("关系说明", "民族", "工作单位", "现住址", "户口所在地", "联系电话"),
    Entry("has_guardian", "是否监护人"), *_blank("身份证件类型"), Entry("guardian_id", "身份证件号"), *_blank("职务"),
]  # fmt: skip
_NOBODY = _blank(*(entry.heading for entry in _GUARDIAN))
_SCHOOL = [Entry("school_name", "学校名称"), Entry("school_code", "学校标识码"), Entry("stage", "学段")]

# What the fill-in note of the national aid system's template says (facts.md 3.4): flags that are 是 or empty, then
# tier, date and reason. Its whole list of columns is published nowhere.
_ECONOMY = [
    Entry("name", "姓名"), Entry("id_number", "身份证件号"), Entry("student_no", "全国学籍号"),
    *(Entry(f"hardship_{category.name.lower()}", category.label, "yes") for category in HardshipCategory),
    Entry("fact_tier", "认定等级"), Entry("hardship_since", "认定时间", "ymd"), Entry("categories", "认定原因"),
]  # fmt: skip

PRESETS = {
    preset.key: preset
    for preset in (
        Preset(
            "national", "全国学籍系统学生表（72 列）",
            "按 72 列的次序，代码照学籍系统，后面另有学校和学段；选完整号码导出的可以原样再导入。系统没有的资料留空。",
            [*_PUPIL, *_GUARDIAN, *_NOBODY, *_SCHOOL], in_county=True,
        ),
        Preset(
            "economy", "全国资助系统 家庭经济信息",
            "困难类型只填“是”，否的留空；认定等级、认定时间（年月日 8 位）、认定原因在后。请对照从资助系统下载的模板，复制后调整列名和次序。",
            _ECONOMY,
        ),
    )
}  # fmt: skip
