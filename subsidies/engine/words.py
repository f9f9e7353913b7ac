"""The coded values of facts and their Chinese words.

Codes and words are those of the enums of `students` and `povertyedu.orgs`; a test compares them.
"""

from collections.abc import Mapping
from types import MappingProxyType

STAGES: Mapping[str, str] = MappingProxyType(
    {
        "preschool": "学前",
        "primary": "小学",
        "junior": "初中",
        "senior": "普通高中",
        "vocational": "中职",
        "college": "专科",
        "bachelor": "本科",
        "postgraduate": "研究生",
    }
)
OWNERSHIPS: Mapping[str, str] = MappingProxyType(
    {"public": "公办", "inclusive_private": "普惠性民办", "private": "民办"}
)
SETTINGS: Mapping[str, str] = MappingProxyType({"urban": "城区", "town": "镇区", "rural": "乡村"})
PLACES: Mapping[str, str] = MappingProxyType(
    {"in_county": "县内就读", "in_province": "省内县外就读", "elsewhere": "省外就读"}
)
ANSWERS: Mapping[str, str] = MappingProxyType(
    {"yes": "是", "no": "否", "to_verify": "待核实", "unknown": "未填"}
)
HOUSEHOLDS: Mapping[str, str] = MappingProxyType({"rural": "农业", "urban": "非农业"})
SEXES: Mapping[str, str] = MappingProxyType({"male": "男", "female": "女"})
EXIT_STATUSES: Mapping[str, str] = MappingProxyType(
    {"not_exited": "未脱贫", "exited_enjoying": "已脱贫享受政策", "exited_not_enjoying": "已脱贫不享受政策"}
)
CATEGORIES: Mapping[str, str] = MappingProxyType(
    {
        "registered_poor": "建档立卡",
        "disabled": "残疾",
        "rural_dibao": "农村低保",
        "urban_dibao": "城市低保",
        "rural_tekun": "农村特困",
        "urban_tekun": "城市特困",
        "orphan": "孤儿",
        "de_facto_unattended": "事实无人抚养",
        "martyr_child": "烈士子女",
        "monitored": "监测对象",
        "low_income": "低收入",
        "difficult": "家庭经济困难",
        "left_behind": "留守儿童",
        "migrant": "随迁子女",
    }
)
# The bits are stored with every enrolment: append new categories at the end, never reorder.
CATEGORY_BITS: Mapping[str, int] = MappingProxyType(
    {name: 1 << place for place, name in enumerate(CATEGORIES)}
)
# How far a place lies from the county that runs the system; each value leaves out the narrower ones.
WIDTHS: Mapping[str, str] = MappingProxyType(
    {
        "county": "本县",
        "prefecture": "本市（州）其他县",
        "province": "本省其他市（州）",
        "elsewhere": "省外",
    }
)
TIERS: Mapping[str, str] = MappingProxyType(
    {"special": "特别困难", "difficult": "困难", "general": "一般困难"}
)
# Stand for the county that runs the system wherever a region is written: so many digits of its code.
OWN_REGIONS: Mapping[str, tuple[int, str]] = MappingProxyType(
    {"@county": (6, "本县"), "@prefecture": (4, "本市（州）"), "@province": (2, "本省")}
)
PROVINCES: Mapping[str, str] = MappingProxyType(
    dict(
        zip(
            [
                "11",
                "12",
                "13",
                "14",
                "15",
                "21",
                "22",
                "23",
                "31",
                "32",
                "33",
                "34",
                "35",
                "36",
                "37",
                "41",
                "42",
                "43",
                "44",
                "45",
                "46",
                "50",
                "51",
                "52",
                "53",
                "54",
                "61",
                "62",
                "63",
                "64",
                "65",
                "71",
                "81",
                "82",
            ],
            [
                "北京市",
                "天津市",
                "河北省",
                "山西省",
                "内蒙古自治区",
                "辽宁省",
                "吉林省",
                "黑龙江省",
                "上海市",
                "江苏省",
                "浙江省",
                "安徽省",
                "福建省",
                "江西省",
                "山东省",
                "河南省",
                "湖北省",
                "湖南省",
                "广东省",
                "广西壮族自治区",
                "海南省",
                "重庆市",
                "四川省",
                "贵州省",
                "云南省",
                "西藏自治区",
                "陕西省",
                "甘肃省",
                "青海省",
                "宁夏回族自治区",
                "新疆维吾尔自治区",
                "台湾省",
                "香港特别行政区",
                "澳门特别行政区",
            ],
            strict=True,
        )
    )
)
