"""The chains that county plans prescribe, as data: a county picks one and may change it (docs/adr/0015)."""

from typing import NamedTuple

from .enums import Line, PlaceKind


class PatternLink(NamedTuple):
    """One link as a plan has it; ``from_homeroom``: whoever the school registers as the class's 班主任."""

    line: Line
    place_kind: PlaceKind
    label: str
    from_homeroom: bool = False


class Pattern(NamedTuple):
    name: str
    source: str
    links: tuple[PatternLink, ...]


_GOVERNMENT = (
    PatternLink(Line.GOVERNMENT, PlaceKind.TOWNSHIP, "县领导包乡镇"),
    PatternLink(Line.GOVERNMENT, PlaceKind.VILLAGE, "乡镇领导包村"),
    PatternLink(Line.GOVERNMENT, PlaceKind.VILLAGE, "村干部包户"),
)
PATTERNS = {
    "linxia": Pattern(
        "双线三级", "临夏州方案 二（二）3",
        (
            *_GOVERNMENT,
            PatternLink(Line.EDUCATION, PlaceKind.DISTRICT, "局长包学区"),
            PatternLink(Line.EDUCATION, PlaceKind.CLASS, "校长包班级"),
            PatternLink(Line.EDUCATION, PlaceKind.CLASS, "班主任包学生", from_homeroom=True),
        ),
    ),
    "yizhang": Pattern(
        "一生一责任人", "宜章县方案 二8",
        (
            *_GOVERNMENT,
            PatternLink(Line.EDUCATION, PlaceKind.TOWNSHIP, "局领导班子包乡镇"),
            PatternLink(Line.EDUCATION, PlaceKind.SCHOOL, "中心学校负责人包学校"),
            PatternLink(Line.EDUCATION, PlaceKind.CLASS, "学校负责人包班级"),
            PatternLink(Line.EDUCATION, PlaceKind.CHILD, "科任老师包学生"),
        ),
    ),
    "seven": Pattern(
        "七长责任制", "控辍保学七长制，链上最后是家长",
        (
            PatternLink(Line.GOVERNMENT, PlaceKind.COUNTY, "县长"),
            PatternLink(Line.GOVERNMENT, PlaceKind.TOWNSHIP, "乡镇长"),
            PatternLink(Line.GOVERNMENT, PlaceKind.VILLAGE, "村长"),
            PatternLink(Line.EDUCATION, PlaceKind.COUNTY, "局长"),
            PatternLink(Line.EDUCATION, PlaceKind.SCHOOL, "校长"),
            PatternLink(Line.EDUCATION, PlaceKind.CLASS, "师长", from_homeroom=True),
        ),
    ),
}  # fmt: skip
