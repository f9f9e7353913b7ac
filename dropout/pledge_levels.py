"""The usual levels of the pledges (宜章县方案 二8三是), as data: a county takes them and may change them."""

from typing import NamedTuple

from .enums import UnitKind


class UsualLevel(NamedTuple):
    """One level; ``duties`` are the pledge's articles, one a line."""

    unit_kind: UnitKind
    label: str
    duties: str


USUAL_LEVELS = (
    UsualLevel(
        UnitKind.BUREAU, "县教育局",
        "统筹全县控辍保学工作，落实双线责任，一级抓一级、层层抓落实。\n"
        "按月汇总各校报告，按季会商研判，辍学学生动态清零。\n"
        "对指标下降、瞒报漏报的学校和乡镇通报，限期整改。",
    ),
    UsualLevel(
        UnitKind.COUNTY_SCHOOL, "县直学校",
        "校长负总责，班主任包班、教师包人，一生一责任人。\n"
        "每日登记考勤，缺勤学生当日联系家长；疑似辍学的按时限上报并劝返。\n"
        "每月按时报送月报，数据真实，不瞒报、不漏报。",
    ),
    UsualLevel(
        UnitKind.CENTRE, "乡镇中心学校",
        "负责本学区学校的控辍保学，指导村校、教学点开展排查和劝返。\n"
        "审核本学区学校的月报，做好小学送、中学接。\n"
        "配合乡镇人民政府落实限期复学、送教上门等措施。",
    ),
    UsualLevel(
        UnitKind.VILLAGE_SCHOOL, "村校（教学点）",
        "每日登记考勤，缺勤学生当日联系家长，与村委会共同上门。\n"
        "开学前到村到户宣传，发放入学通知书，适龄儿童全部入学。\n"
        "每月按时报送月报，数据真实，不瞒报、不漏报。",
    ),
    UsualLevel(
        UnitKind.CLASS, "班级",
        "每日点名登记，缺勤学生当日联系家长并记录去向。\n"
        "掌握本班困难、留守、学习困难学生的情况，假期优先家访。\n"
        "学生三天不到校的立即报告学校，全程参加劝返。",
    ),
)  # fmt: skip
