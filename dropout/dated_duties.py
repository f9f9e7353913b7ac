"""The usual dated duties of a year, as data: a county takes them and may change them.

Sources: 临夏州方案 二（二）2 (人大、政协 once a year, 州 and 县), 6 (六项制度, 家访, 十个到位), 8 (媒体宣传 before autumn); 随州方案
二（五） (宣传 every February and August); 四个一: school monthly, county quarterly with visits at the start of each term, city
each term, province each year; older county rules: tables by 15 March and 25 September.
"""

from typing import NamedTuple

from .enums import DutyCode, DutyPlace, SixSystem


class UsualDuty(NamedTuple):
    """One duty: due on ``day`` of each of ``months`` (a day past the month's end is its last), begun ``lead`` days before."""

    name: str
    place: DutyPlace
    months: tuple[int, ...]
    day: int
    lead: int
    system: str = ""
    code: str = ""
    task: str = ""


EVERY_MONTH = tuple(range(1, 13))
_SCHOOL, _TOWN, _COUNTY = DutyPlace.SCHOOL, DutyPlace.TOWNSHIP, DutyPlace.COUNTY
USUAL_DUTIES = (
    UsualDuty("学校月报（辍学报告）", _SCHOOL, EVERY_MONTH, 28, 8, SixSystem.DROPOUT_REPORT, DutyCode.MONTHLY_REPORT, "报当月辍学、疑似辍学名单和劝返情况；没有的报零"),
    UsualDuty("县季度会商", _COUNTY, (3, 6, 9, 12), 31, 20, SixSystem.DROPOUT_REPORT, DutyCode.QUARTERLY_REVIEW, "汇总全县情况，会商研判，逐人定措施"),
    UsualDuty("县开学督查走访", _COUNTY, (3, 9), 15, 20, SixSystem.PERSUASION, "", "每学期开学到校到户督查"),
    UsualDuty("市（州）学期督查", _COUNTY, (1, 7), 15, 30, "", "", "每学期一次，迎接检查并登记意见"),
    UsualDuty("省年度督查", _COUNTY, (12,), 31, 60, "", "", "每年一次，迎接检查并登记意见"),
    UsualDuty("州人大、政协视察", _COUNTY, (11,), 30, 60, "", "", "州级每年一次；登记视察时间、意见和整改要求"),
    UsualDuty("县人大、政协视察", _COUNTY, (11,), 30, 60, "", "", "县级每年一次；登记视察时间、意见和整改要求"),
    UsualDuty("送发入学通知书", _SCHOOL, (8,), 25, 30, SixSystem.NOTICE, DutyCode.NOTICES, "送到每一名一年级、七年级新生的监护人手中，登记送达和回执"),
    UsualDuty("小学送、中学接", _SCHOOL, (9,), 10, 15, SixSystem.HANDOVER, "", "小学毕业生名册移交初中，逐人接收"),
    UsualDuty("学籍核对", _SCHOOL, (3,), 15, 15, SixSystem.REGISTRY, "", "人籍一致，异动手续齐全"),
    UsualDuty("学籍核对", _SCHOOL, (9,), 25, 15, SixSystem.REGISTRY, "", "人籍一致，异动手续齐全"),
    UsualDuty("开学排查报告", _SCHOOL, (3, 9), 20, 15, SixSystem.SCREENING, "", "开学后逐人排查，上报未到校学生"),
    UsualDuty("劝返复学集中行动", _TOWN, (3, 9), 31, 20, SixSystem.PERSUASION, "", "逐户上门劝返，必要时发限期复学通知书"),
    UsualDuty("十个到位检查", _SCHOOL, (3, 9), 10, 15, "", DutyCode.TEN_ITEMS, "开学十项准备逐项检查，附佐证"),
    UsualDuty("集中宣传", _SCHOOL, (2, 8), 31, 28, "", DutyCode.CAMPAIGN, "宣传到村、到户、到班、到人，附照片"),
    UsualDuty("集中宣传", _TOWN, (2, 8), 31, 28, "", DutyCode.CAMPAIGN, "宣传到村、到户，附照片"),
    UsualDuty("秋季开学前媒体宣传", _COUNTY, (8,), 25, 25, "", "", "广播、电视、网络宣传教育扶贫和控辍保学政策"),
    UsualDuty("寒假家访", _SCHOOL, (2,), 15, 35, "", DutyCode.WINTER_VISITS, "困难、学习困难学生优先"),
    UsualDuty("春节家访", _SCHOOL, (2,), 28, 30, "", DutyCode.SPRING_VISITS, "外出务工返乡家庭、困难学生优先"),
    UsualDuty("暑假家访", _SCHOOL, (8,), 25, 40, "", DutyCode.SUMMER_VISITS, "困难、学习困难学生优先"),
    UsualDuty("责任状签订", _SCHOOL, (3,), 31, 31, "", DutyCode.PLEDGES, "本校和各班的责任状签字盖章后上传"),
    UsualDuty("留守儿童关爱中心核查", _TOWN, (5,), 31, 31, "", "", "每个乡镇至少 1 所，核对在用情况"),
)  # fmt: skip
