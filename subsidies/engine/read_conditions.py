"""Conditions and values of facts as they are written in a pack."""

import re
from enum import StrEnum
from typing import Any

from subsidies.engine.conditions import Condition
from subsidies.engine.fact_types import Fact, FactType, Value
from subsidies.engine.facts import FACTS
from subsidies.engine.located import Table, suggest
from subsidies.engine.terms import Term
from subsidies.engine.words import OWN_REGIONS

_REGION = re.compile(r"\d{2}(\d{2}(\d{2})?)?")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


class _CountyType(StrEnum):
    """Types a county can give a fact of its own."""

    FLAG = "flag"
    CHOICE = "choice"
    NUMBER = "number"
    MONEY = "money"


class Vocabulary:
    """The facts a pack's conditions may ask: the registry, the county's own, and those it declares."""

    def __init__(self, county_facts: tuple[Fact, ...]) -> None:
        self.own = {fact.name: fact for fact in county_facts}
        self.declared: list[Fact] = []

    def get(self, name: str) -> Fact | None:
        return FACTS.get(name) or self.own.get(name)

    @property
    def names(self) -> list[str]:
        return [*FACTS, *self.own]

    def declare(self, table: Table, pack: str) -> None:
        """Read one [[fact]]."""
        name, label = table.text("name"), table.text("label")
        kind = table.choice("type", _CountyType)
        choices = table.table("choices", required=kind is _CountyType.CHOICE)
        for code in choices.values:
            choices.text(code)
        table.close()
        fact = Fact(
            name,
            FactType(kind.value),
            label,
            choices={code: str(word) for code, word in choices.values.items()},
            awaited=kind is _CountyType.CHOICE,
            pack=pack,
            line=table.line,
        )
        if name and not _NAME.fullmatch(name):
            table.report(f"事实名“{name}”应以小写字母开头，只含小写字母、数字和下划线，不超过 40 个", "name")
        elif name in FACTS:
            table.report(f"“{name}”是系统已有的事实（{FACTS[name].label}），请直接使用，或另取名字", "name")
        elif any(fact.name == name for fact in self.declared):
            table.report(f"事实“{name}”已声明过", "name")
        elif name in self.own and not _alike(self.own[name], fact):
            table.report(f"本县已有事实“{name}”，但类型或选项不同，请改名或改成一致", "name")
        if kind is not _CountyType.CHOICE and choices.values:
            table.report("只有 choice 类型才写 choices", "choices")
        self.declared.append(fact)
        self.own.setdefault(name, fact)


def _alike(one: Fact, two: Fact) -> bool:
    """Whether a fact the county has can stand for one that a pack declares."""
    return one.type is two.type and set(two.choices) <= set(one.choices)


def read_conditions(table: Table, vocabulary: Vocabulary) -> tuple[Condition, ...]:
    """All conditions of a [rule.when] or the like."""
    conditions = []
    for name, written in table.values.items():
        fact = vocabulary.get(name)
        if fact is None:
            table.report(f"没有“{name}”这个条件，{suggest(name, vocabulary.names)}", name)
        else:
            conditions.append(_condition(table, fact, written))
    return tuple(conditions)


def _condition(table: Table, fact: Fact, written: Any) -> Condition:
    """A condition in its long form, or the short forms of any_of."""
    if isinstance(written, list):
        return Condition(fact, any_of=_operands(table, fact, written))
    if not isinstance(written, dict):
        return Condition(fact, any_of=_operands(table, fact, [written]))
    inner = table.inner(fact.name, written)
    operands = {}
    for key in ("any_of", "none_of", "all_of"):
        value = inner.take(key, required=False)
        if value is not None and not isinstance(value, list):
            inner.report(f"“{key}”应为列表，如 ['a', 'b']", key)
        operands[key] = _operands(table, fact, value if isinstance(value, list) else None)
    if operands["all_of"] and fact.type is not FactType.SET:
        inner.report(f"“{fact.label}”只有一个值，不能写 all_of", "all_of")
    low, high = _ends(inner, fact)
    condition = Condition(
        fact,
        operands["any_of"],
        operands["none_of"],
        operands["all_of"],
        low,
        high,
        inner.term("first_term"),
        inner.term("last_term"),
    )
    if not written.keys() - {"first_term", "last_term"}:
        inner.report(f"“{fact.label}”的条件是空的")
    first, last = condition.first_term, condition.last_term
    if first is not None and last is not None and last < first:
        inner.report("last_term 早于 first_term，条件永不起作用", "last_term")
    inner.close()
    return condition


def _ends(table: Table, fact: Fact) -> tuple[Value, Value]:
    """The ends of a range."""
    low, high = (_end(table, fact, key) for key in ("from", "to"))
    if low is not None and high is not None and fact.rank(low) > fact.rank(high):
        table.report("from 大于 to，没有人能符合")
    return low, high


def _end(table: Table, fact: Fact, key: str) -> Value:
    if fact.type is FactType.NUMBER:
        return table.whole(key)
    value = table.take(key, required=False)
    if value is None:
        return None
    if not fact.type.ordered:
        table.report(f"“{fact.label}”不是数，不能写 from、to")
        return None
    return _read_value(table, key, fact, value)


def _operands(table: Table, fact: Fact, written: list[Any] | None) -> tuple[Value, ...]:
    if written is None:
        return ()
    if not written:
        table.report(f"“{fact.label}”的条件是空的", fact.name)
    read = (_read_value(table, fact.name, fact, value, operand=True) for value in written)
    return tuple(value for value in read if value is not None)


def _read_value(table: Table, key: str, fact: Fact, value: Any, *, operand: bool = False) -> Value:
    """One value of a fact as it is held; None, reported, for one it cannot have."""
    if fact.type is FactType.MONEY:
        return table.fen(key, value)
    if fact.type is FactType.FLAG:
        right, hint = isinstance(value, bool), "只能写 true 或 false"
    elif fact.type is FactType.NUMBER:
        right, hint = isinstance(value, int) and not isinstance(value, bool), "应为整数"
    elif fact.type is FactType.TERM:
        right, hint = _is_term(value), "应如 2020-autumn（秋季）或 2021-spring（春季）"
    elif fact.type is FactType.REGION:
        right = isinstance(value, str) and (value in OWN_REGIONS or _REGION.fullmatch(value) is not None)
        right, hint = right and (operand or value == "@county" or len(value) == 6), _REGION_HINT[operand]
    elif fact.choices:
        right, hint = isinstance(value, str) and value in fact.choices, suggest(str(value), fact.choices)
    else:
        right, hint = isinstance(value, str) and bool(value.strip()), "应为加引号的文字，且不能为空"
    if not right:
        table.report(f"“{fact.label}”（{fact.name}）没有“{value}”这个值，{hint}", key)
        return None
    return value  # type: ignore[no-any-return]


_REGION_HINT = {
    True: "应为加引号的 2、4 或 6 位区划代码，或 @county、@prefecture、@province",
    False: "应为加引号的 6 位区划代码，或 @county",
}


def _is_term(value: Any) -> bool:
    try:
        Term.parse(str(value))
    except ValueError:
        return False
    return isinstance(value, str)


def check_stages(table: Table, stages: tuple[str, ...]) -> None:
    for stage in stages:
        _read_value(table, "stages", FACTS["stage"], stage, operand=True)


def read_child(table: Table, vocabulary: Vocabulary, county: str) -> dict[str, Value]:
    """A child of an example: the facts it names, all others as unknown."""
    child: dict[str, Value] = {}
    for name, written in table.values.items():
        fact = vocabulary.get(name)
        if fact is None:
            table.report(f"没有“{name}”这个事实，{suggest(name, vocabulary.names)}", name)
        elif fact.type is FactType.SET:
            child[name] = _read_set(table, fact, written)
        else:
            value = _read_value(table, name, fact, written)
            child[name] = county if value == "@county" else value
    return child


def _read_set(table: Table, fact: Fact, written: Any) -> Value:
    if not isinstance(written, list):
        table.report(f"“{fact.name}”应为列表，如 ['registered_poor']", fact.name)
        return None
    found = [_read_value(table, fact.name, fact, value) for value in written]
    values = tuple(str(value) for value in found if value is not None)
    return fact.mask(values) if fact.bits else frozenset(values)
