"""The indicators of dropout control, as ``settings.INDICATORS`` names them."""

from povertyedu.indicators.definitions import Definition
from povertyedu.indicators.enums import PlaceKind, Reading

from .queries import rates
from .queries.rate_names import names_of, traces_of

_ALL = (PlaceKind.COUNTY, PlaceKind.TOWNSHIP, PlaceKind.SCHOOL)
_TOWNSHIPS = (PlaceKind.COUNTY, PlaceKind.TOWNSHIP)
_SCHOOLS = (PlaceKind.COUNTY, PlaceKind.SCHOOL)

# 乡镇重点保入学率, 学校重点保巩固率 (Linxia 二(二)1): who owns an indicator is who is judged by it.
# No school has all nine years, so those are a township's and the county's.
ENTRY = Definition(
    "entry", "入学率", True, "适龄儿童中在校的 ÷ 适龄儿童；高一学段就读的算在校，休学的不算，送教上门的算", "临夏 一(二)：不低于98%", Reading.HOME, _TOWNSHIPS,
    rates.entry, names_of, traces_of, "在校的适龄儿童", "适龄儿童",
)  # fmt: skip
DROPOUT = Definition(
    "dropout", "辍学率", False, "学年内辍学、到统计日没有返校的 ÷ 学年初小学、初中在校生", "临夏 一(二)：不高于2%", Reading.SCHOOL, _ALL,
    rates.dropout, names_of, traces_of, "辍学学生", "学年初在校生",
)  # fmt: skip
PRIMARY_SIX = Definition(
    "primary_six", "小学六年巩固率", True, "同一批一年级新生（加转入、减转出和死亡）中读到六年级的；没有一年级学籍的，从最早一个学期的在校生起算",
    "临夏 二(二)1：学校重点保巩固率", Reading.SCHOOL, _SCHOOLS, rates.primary_six, names_of, traces_of, "读到六年级的", "同批学生",
)  # fmt: skip
JUNIOR_THREE = Definition(
    "junior_three", "初中三年巩固率", True, "同一批七年级新生（加转入、减转出和死亡）中读到九年级的；没有七年级学籍的，从最早一个学期的在校生起算",
    "临夏 二(二)1：学校重点保巩固率", Reading.SCHOOL, _SCHOOLS, rates.junior_three, names_of, traces_of, "读到九年级的", "同批学生",
)  # fmt: skip
NINE_YEAR = Definition(
    "nine_year", "九年义务教育巩固率", True, "同一批小学一年级新生（加转入、减转出和死亡）中读到九年级的；没有一年级学籍的，从最早一个学期的在校生起算",
    "临夏 一(二)、宜章 二1", Reading.HOME, _TOWNSHIPS, rates.nine_year, names_of, traces_of, "读到九年级的", "同批学生",
)  # fmt: skip
KINDERGARTEN = Definition(
    "kindergarten", "学前三年毛入园率", True, "在园幼儿 ÷ 3 至 5 岁人口（统计部门数，按乡镇填报）", "宜章 二1：78%", Reading.HOME, _TOWNSHIPS,
    rates.kindergarten, names_of, traces_of, "在园幼儿", "3 至 5 岁人口", given=rates.people_of("3-5"),
)  # fmt: skip
SENIOR = Definition(
    "senior", "高中阶段毛入学率", True, "普通高中、中职在校生 ÷ 15 至 17 岁人口（统计部门数，按乡镇填报）", "宜章 二1：78%", Reading.HOME, _TOWNSHIPS,
    rates.senior, names_of, traces_of, "高中阶段在校生", "15 至 17 岁人口", given=rates.people_of("15-17"),
)  # fmt: skip
