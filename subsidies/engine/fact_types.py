"""One thing a rule may ask: its type, how values of it compare with what a rule wants, and its words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from subsidies.engine.shares import yuan
from subsidies.engine.terms import Term
from subsidies.engine.words import OWN_REGIONS, PROVINCES

Value = str | int | bool | frozenset[str] | tuple[str, ...] | None
Profile = Mapping[str, Value]  # fact name -> value; a fact that is not there, or None, has its default
Test = Callable[[Any], bool]

HOME = "529901"  # the invented county that examples are worked in; a running system gives its own


class FactType(StrEnum):
    FLAG = "flag"
    CHOICE = "choice"  # exactly one of several named values
    SET = "set"  # any number of named values at once
    NUMBER = "number"
    MONEY = "money"  # fen, written in yuan
    TEXT = "text"
    REGION = "region"  # six digits, matched by the digits they begin with
    TERM = "term"  # "2020-autumn"

    @property
    def ordered(self) -> bool:
        return self in (FactType.NUMBER, FactType.MONEY, FactType.TERM)


# What is not known of a child: no value a rule can want. A flag nobody set is "no".
_UNKNOWN: Mapping[FactType, Value] = MappingProxyType(
    {
        FactType.FLAG: False,
        FactType.CHOICE: "",
        FactType.SET: frozenset(),
        FactType.NUMBER: None,
        FactType.MONEY: None,
        FactType.TEXT: "",
        FactType.REGION: "",
        FactType.TERM: "",
    }
)


@dataclass(frozen=True, slots=True, eq=False)
class Fact:
    """One thing a condition may ask: its name in packs, its type, and how it is shown."""

    name: str
    type: FactType
    label: str
    choices: Mapping[str, str] = field(default_factory=dict)  # code -> Chinese, for CHOICE and some of SET
    given: Value = None  # the default, where it is not the type's "unknown"
    bits: Mapping[str, int] = field(default_factory=dict)  # a SET held as a bit mask
    awaited: bool = False  # nothing on file means that somebody has still to say it
    numbers: str = "{}"  # how a number is shown
    flags: tuple[str, str] = ("否", "是")  # how false and true are shown
    pack: str = ""  # the pack that declares it, and where
    line: int = 0

    @property
    def default(self) -> Value:
        if self.given is not None:
            return self.given
        return 0 if self.bits else _UNKNOWN[self.type]

    @property
    def may_be_unknown(self) -> bool:
        """Whether its default says nothing: no flag nobody set, no set nobody filled, nothing with a default of its own."""
        return self.given is None and self.type not in (FactType.FLAG, FactType.SET)

    def is_unknown(self, value: Value) -> bool:
        return self.may_be_unknown and (value is None or value == self.default)

    def is_missing(self, value: Value) -> bool:
        """Whether nothing is on file where something could be: a flag nobody set counts as no, but nobody said so."""
        return self.is_unknown(value) or (value is None and self.given is None and self.type is FactType.FLAG)

    def read(self, profile: Profile) -> Value:
        value = profile.get(self.name)
        return self.default if value is None else value

    def one_of(self, operands: tuple[Value, ...], county: str = HOME) -> Test:
        """The test whether a value is one of the operands, or for a set contains one of them."""
        if self.bits:
            mask = self.mask(operands)
            return lambda value: bool(value & mask)
        if self.type is FactType.SET:
            wanted = frozenset(operands)
            return lambda value: not wanted.isdisjoint(value)
        if self.type is FactType.REGION:
            digits = tuple(region_digits(str(operand), county) for operand in operands)
            return lambda value: value.startswith(digits)
        return frozenset(operands).__contains__

    def all_of(self, operands: tuple[Value, ...]) -> Test:
        """The test whether a set contains every operand."""
        if self.bits:
            mask = self.mask(operands)
            return lambda value: value & mask == mask
        wanted = frozenset(operands)
        return lambda value: wanted.issubset(value)

    def between(self, low: Value, high: Value) -> Test:
        """The test whether an ordered value lies between two ends, both included; None is an open end."""
        least = float("-inf") if low is None else self.rank(low)
        most = float("inf") if high is None else self.rank(high)
        unknown = self.default
        return lambda value: value != unknown and least <= self.rank(value) <= most

    def rank(self, value: Value) -> int:
        """An ordered value as a number to compare by."""
        if self.type is FactType.TERM:
            return Term.parse(str(value)).ordinal
        assert isinstance(value, int)
        return value

    def mask(self, operands: tuple[Value, ...]) -> int:
        mask = 0
        for operand in operands:
            mask |= self.bits[str(operand)]
        return mask

    def show(self, operand: Value) -> str:
        """One operand in Chinese."""
        if self.type is FactType.FLAG:
            return self.flags[bool(operand)]
        if self.type is FactType.NUMBER:
            return self.numbers.format(operand)
        if self.type is FactType.MONEY and isinstance(operand, int):
            return f"{yuan(operand)} 元"
        if self.type is FactType.TERM and operand:
            return Term.parse(str(operand)).label
        if self.type is FactType.REGION:
            return show_region(str(operand))
        return self.choices.get(str(operand), str(operand))

    def show_found(self, profile: Profile) -> str:
        """The child's own value in Chinese; an empty set is 无, anything else empty is 未填."""
        value = self.read(profile)
        if self.bits:
            assert isinstance(value, int)
            return "、".join(label for name, label in self.choices.items() if value & self.bits[name]) or "无"
        if isinstance(value, frozenset | tuple):
            return "、".join(self.show(item) for item in sorted(value)) or "无"
        return "未填" if value is None or value == "" else self.show(value)


def region_digits(operand: str, county: str) -> str:
    """The digits a region must begin with; "@county" and its like are the county's own."""
    if operand in OWN_REGIONS:
        return county[: OWN_REGIONS[operand][0]]
    return operand


def show_region(operand: str) -> str:
    if operand in OWN_REGIONS:
        return OWN_REGIONS[operand][1]
    if len(operand) == 2:
        return PROVINCES.get(operand, f"区划{operand}")
    return f"区划{operand}（{PROVINCES[operand[:2]]}）" if operand[:2] in PROVINCES else f"区划{operand}"
