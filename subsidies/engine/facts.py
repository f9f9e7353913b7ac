"""What a rule may ask about a child.

A `Profile` holds the facts that decide *which* rules apply. They are discrete, so a million children have
only some thousands of different profiles and each is decided once. What is a child's own and continuous
(`Measures`) scales an award at the end and must never enter the profile: it would make every child different.

`FACTS` is the whole vocabulary of conditions: to let rules ask something new, add a field to `Profile` and a
line to the registry.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from operator import attrgetter
from types import MappingProxyType
from typing import NamedTuple

Value = str | int | bool


class Profile(NamedTuple):
    """One combination of discrete facts; a plain tuple of the same values finds the same decision."""

    stage: str
    grade: int  # year of study within the stage, from 1
    boarding: bool
    categories: int  # sum of CATEGORY_BITS: the hardship categories of the term
    ownership: str
    setting: str
    place: str
    agri_major: bool = False
    aided_elsewhere: str = "unknown"  # of a child who studies away: whether the county of study pays


class Measures(NamedTuple):
    """What is a child's own and continuous in the term."""

    meal_days: int = 100  # days with a school meal in the term


# Codes and words are those of the enums of `students` and `povertyedu.orgs`; a test compares them.
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


def categories_mask(names: Iterable[str]) -> int:
    """The bit mask of some category names; KeyError for a name that is none."""
    mask = 0
    for name in names:
        mask |= CATEGORY_BITS[name]
    return mask


class FactType(StrEnum):
    CHOICE = "choice"  # exactly one of several named values
    SET = "set"  # any number of named values at once, held as a bit mask
    NUMBER = "number"
    FLAG = "flag"


@dataclass(frozen=True, slots=True, eq=False)
class Fact:
    """One thing a condition may ask: its name in packs, its type, and how it is read and shown."""

    name: str
    type: FactType
    label: str
    read: Callable[[Profile], Value]
    choices: Mapping[str, str] = field(default_factory=dict)  # code -> Chinese, for CHOICE and SET
    numbers: str = "{}"  # how a number is shown
    flags: tuple[str, str] = ("否", "是")  # how false and true are shown

    def among(self, value: Value, operands: tuple[Value, ...]) -> bool:
        """Whether a value read from a profile is one of the operands, or for a set contains one of them."""
        if self.type is not FactType.SET:
            return value in operands
        return any(int(value) & CATEGORY_BITS[str(operand)] for operand in operands)

    def show(self, operand: Value) -> str:
        """One operand in Chinese."""
        if self.type is FactType.FLAG:
            return self.flags[bool(operand)]
        if self.type is FactType.NUMBER:
            return self.numbers.format(operand)
        return self.choices.get(str(operand), str(operand))

    def show_found(self, profile: Profile) -> str:
        """The child's own value in Chinese; a child in no category has 无, an empty choice is 未填."""
        value = self.read(profile)
        if self.type is not FactType.SET:
            return self.show(value) or "未填"
        held = [label for name, label in self.choices.items() if self.among(value, (name,))]
        return "、".join(held) or "无"


_REGISTERED = (
    Fact("stage", FactType.CHOICE, "学段", attrgetter("stage"), choices=STAGES),
    Fact("grade", FactType.NUMBER, "就读年级", attrgetter("grade"), numbers="本学段第{}年"),
    Fact("boarding", FactType.FLAG, "就读方式", attrgetter("boarding"), flags=("走读", "寄宿")),
    Fact("categories", FactType.SET, "困难类别", attrgetter("categories"), choices=CATEGORIES),
    Fact("ownership", FactType.CHOICE, "办学性质", attrgetter("ownership"), choices=OWNERSHIPS),
    Fact("setting", FactType.CHOICE, "学校城乡类型", attrgetter("setting"), choices=SETTINGS),
    Fact("place", FactType.CHOICE, "就读地", attrgetter("place"), choices=PLACES),
    Fact("agri_major", FactType.FLAG, "专业", attrgetter("agri_major"), flags=("非涉农专业", "涉农专业")),
    Fact("aided_elsewhere", FactType.CHOICE, "就读地已资助", attrgetter("aided_elsewhere"), choices=ANSWERS),
)
FACTS: Mapping[str, Fact] = MappingProxyType({fact.name: fact for fact in _REGISTERED})
