"""The registry of facts: the whole vocabulary of what a rule may ask about a child.

A profile is a mapping from fact name to value. A decider knows which facts its rules ask, and decides each
distinct combination of those once; a fact nobody asks costs nothing. What is a child's own and continuous in
every child (`Measures`) scales an award at the end and must never enter the profile.

To let rules ask something new, add a line here and a reader in `subsidies/queries/facts.py`; a county adds its
own on a page, and a pack with `[[fact]]`.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from subsidies.engine.fact_types import HOME, Fact, FactType, Profile, Value
from subsidies.engine.terms import Term
from subsidies.engine.words import (
    ANSWERS,
    CATEGORIES,
    CATEGORY_BITS,
    EXIT_STATUSES,
    HOUSEHOLDS,
    OWNERSHIPS,
    PLACES,
    SETTINGS,
    SEXES,
    STAGES,
    TIERS,
    WIDTHS,
)


class Measures(NamedTuple):
    """What is a child's own and continuous in the term."""

    meal_days: int = 100  # days with a school meal in the term


_REGISTERED = (
    Fact("stage", FactType.CHOICE, "学段", choices=STAGES),
    Fact("grade", FactType.NUMBER, "就读年级", numbers="本学段第{}年"),
    Fact("boarding", FactType.FLAG, "就读方式", flags=("走读", "寄宿")),
    Fact("categories", FactType.SET, "困难类别", choices=CATEGORIES, bits=CATEGORY_BITS),
    Fact("ownership", FactType.CHOICE, "办学性质", choices=OWNERSHIPS),
    Fact("setting", FactType.CHOICE, "学校城乡类型", choices=SETTINGS),
    Fact("place", FactType.CHOICE, "就读地", choices=PLACES, given="in_county"),
    Fact("agri_major", FactType.FLAG, "专业", flags=("非涉农专业", "涉农专业")),
    Fact("aided_elsewhere", FactType.CHOICE, "就读地已资助", choices=ANSWERS, given="unknown"),
    Fact("major", FactType.TEXT, "所学专业"),
    Fact("household", FactType.CHOICE, "户口性质", choices=HOUSEHOLDS),
    Fact("ethnicity", FactType.TEXT, "民族"),
    Fact("sex", FactType.CHOICE, "性别", choices=SEXES),
    Fact("home_region", FactType.REGION, "户籍地"),
    Fact("school_region", FactType.REGION, "学校所在地"),
    Fact("home_within", FactType.CHOICE, "户籍范围", choices=WIDTHS),
    Fact("school_within", FactType.CHOICE, "学校所在范围", choices=WIDTHS),
    Fact("school", FactType.TEXT, "学校标识码"),
    Fact("school_tags", FactType.SET, "学校类别"),
    Fact("exit_status", FactType.CHOICE, "脱贫状态", choices=EXIT_STATUSES),
    Fact("entry_term", FactType.TERM, "入学学期"),
    Fact("terms_studied", FactType.NUMBER, "已读学期数", numbers="第{}个学期"),
    Fact("entry_age", FactType.NUMBER, "入学年龄", numbers="{}周岁"),
    Fact("age", FactType.NUMBER, "年龄", numbers="{}周岁"),
    Fact("entering", FactType.FLAG, "本学期入学"),
    Fact("tier", FactType.CHOICE, "困难等级", choices=TIERS, awaited=True),
    Fact("repeater", FactType.FLAG, "复读或留级", flags=("否", "是")),
    Fact("eats_at_school", FactType.FLAG, "在校就餐"),
    Fact("integrated", FactType.FLAG, "随班就读"),
    Fact("full_time", FactType.FLAG, "全日制", given=True),
    Fact("months", FactType.NUMBER, "在校月数", numbers="{}个月"),
    Fact("fee_tuition", FactType.MONEY, "学费"),
    Fact("fee_textbook", FactType.MONEY, "教科书费"),
    Fact("fee_lodging", FactType.MONEY, "住宿费"),
    Fact("fee_care", FactType.MONEY, "保教费"),
    Fact("fee_misc", FactType.MONEY, "杂费"),
    Fact("chosen", FactType.SET, "已选项目"),
    Fact("selected", FactType.SET, "已入选规则"),
    Fact("had_before", FactType.SET, "以前学期享受过的项目"),
)
FACTS: Mapping[str, Fact] = MappingProxyType({fact.name: fact for fact in _REGISTERED})


def categories_mask(names: Iterable[str]) -> int:
    """The bit mask of some category names; KeyError for a name that is none."""
    mask = 0
    for name in names:
        mask |= CATEGORY_BITS[name]
    return mask


def complete(profile: Profile, term: Term, county: str = HOME) -> dict[str, Value]:
    """A profile with what follows from what it says: width of a place, terms studied, whether the child enters.

    For children written by hand; the database's readers say these things themselves.
    """
    full = dict(profile)
    for name, region in (("home_within", "home_region"), ("school_within", "school_region")):
        if full.get(name) is None and full.get(region):
            full[name] = _width(str(full[region]), county)
    if full.get("entry_term"):
        entered = Term.parse(str(full["entry_term"]))
        if full.get("entering") is None:
            full["entering"] = entered == term
        if full.get("terms_studied") is None and entered <= term:
            full["terms_studied"] = term.ordinal - entered.ordinal + 1
    return full


def _width(region: str, county: str) -> str:
    for width, digits in (("county", 6), ("prefecture", 4), ("province", 2)):
        if region[:digits] == county[:digits]:
            return width
    return "elsewhere"
