"""The plans' targets as data a county picks from; a year the plan's copy lost is said to be inferred (facts.md 2, rows 13 and 14)."""

from dataclasses import dataclass
from typing import NamedTuple


class TargetLine(NamedTuple):
    """What an indicator has to reach in percent in a year of the plan."""

    code: str
    year: int
    value: str
    clause: str
    is_inferred: bool = False


@dataclass(frozen=True)
class Preset:
    name: str
    targets: tuple[TargetLine, ...]


_NINE = "一(二) 九年义务教育巩固率"
PRESETS = {
    "linxia": Preset(
        "临夏（2015—2020）",
        (
            TargetLine("entry", 2015, "98", "一(二) 入学率不低于98%", is_inferred=True),
            TargetLine("dropout", 2015, "2", "一(二) 辍学率控制在2%以内", is_inferred=True),
            TargetLine("nine_year", 2015, "74.5", _NINE, is_inferred=True),
            TargetLine("nine_year", 2016, "77", _NINE, is_inferred=True),
            TargetLine("nine_year", 2017, "80", _NINE),
            TargetLine("nine_year", 2018, "83", _NINE),
            TargetLine("nine_year", 2019, "87", _NINE, is_inferred=True),
            TargetLine("nine_year", 2020, "90", _NINE),
        ),
    ),
    "yizhang": Preset(
        "宜章（2017）",
        (
            TargetLine("kindergarten", 2017, "78", "二1 学前三年毛入园率78%"),
            TargetLine("nine_year", 2017, "97", "二1 义务教育巩固率97%"),
            TargetLine("senior", 2017, "78", "二1 高中阶段毛入学率78%"),
            TargetLine("rotation_staff", 2017, "10", "二5 优质学校每学年轮岗不低于专任教师总数的10%"),
        ),
    ),
    "exchange": Preset(
        "校长教师交流轮岗意见",
        (
            TargetLine("rotation_eligible", 2014, "10", "每学年交流轮岗不低于符合条件教师总数的10%"),
            TargetLine("rotation_backbone", 2014, "20", "其中骨干教师不低于交流总数的20%"),
        ),
    ),
}
