"""Conditions: what one fact must be, in which terms, and when two of them cannot hold together."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from subsidies.engine.fact_types import HOME, Fact, FactType, Profile, Test, Value
from subsidies.engine.terms import Term
from subsidies.engine.words import OWN_REGIONS


@dataclass(frozen=True, slots=True)
class Condition:
    """What one fact must be. Whatever is filled must hold; a range includes both ends."""

    fact: Fact
    any_of: tuple[Value, ...] = ()
    none_of: tuple[Value, ...] = ()
    all_of: tuple[Value, ...] = ()  # of a set
    low: Value = None
    high: Value = None
    first_term: Term | None = None  # outside its terms a condition is not asked
    last_term: Term | None = None

    def asked(self, term: Term) -> bool:
        return (self.first_term is None or self.first_term <= term) and (
            self.last_term is None or term <= self.last_term
        )

    @property
    def waits(self) -> bool:
        """Whether a child of whom the fact is not known waits for it, and is not just short of it.

        So wherever nobody said yet what somebody has to say, and where a rule only tells what the fact is not: silence
        shows that as little as its contrary.
        """
        barred = bool(self.none_of) and not self.any_of and self.low is None and self.high is None
        return self.fact.awaited or (barred and self.fact.may_be_unknown)

    def tests(self, county: str = HOME) -> Iterator[Test]:
        """What a value must pass, one after the other: the one place where conditions are decided.

        What is not known passes nothing.
        """
        if self.any_of:
            yield self.fact.one_of(self.any_of, county)
        if self.none_of:
            unwanted, unknown = self.fact.one_of(self.none_of, county), self.fact.default
            if self.fact.may_be_unknown:
                yield lambda value: value != unknown and not unwanted(value)
            else:
                yield lambda value: not unwanted(value)
        if self.all_of:
            yield self.fact.all_of(self.all_of)
        if self.low is not None or self.high is not None:
            yield self.fact.between(self.low, self.high)

    def met(self, profile: Profile, county: str = HOME) -> bool:
        value = self.fact.read(profile)
        return all(test(value) for test in self.tests(county))

    def wanted(self) -> str:
        """In Chinese, for example 学段须为小学、初中之一."""
        words = f"{self.fact.label}须{'，且'.join(self._demands())}"
        if self.first_term is None and self.last_term is None:
            return words
        since = f"自{self.first_term.label}起" if self.first_term else ""
        until = f"至{self.last_term.label}止" if self.last_term else ""
        return f"{words}（{since}{until}）"

    def _demands(self) -> list[str]:
        fact = self.fact
        holds, lacks = ("含有", "不含") if fact.type is FactType.SET else ("为", "不是")
        if fact.type is FactType.REGION:
            holds, lacks = "在", "不在"
        demands = []
        if self.any_of:
            one_of = "之一" if len(self.any_of) > 1 else ""
            demands.append(holds + "、".join(map(fact.show, self.any_of)) + one_of)
        if self.none_of:
            demands.append(lacks + "、".join(map(fact.show, self.none_of)))
        if self.all_of:
            demands.append("同时含有" + "、".join(map(fact.show, self.all_of)))
        if self.low is not None and self.high is not None:
            demands.append(f"在{fact.show(self.low)}至{fact.show(self.high)}之间（含）")
        elif self.low is not None:
            demands.append(f"{'不早于' if fact.type is FactType.TERM else '不低于'}{fact.show(self.low)}")
        elif self.high is not None:
            demands.append(f"{'不晚于' if fact.type is FactType.TERM else '不高于'}{fact.show(self.high)}")
        return demands

    def excludes(self, other: "Condition") -> bool:
        """Whether no value can meet both; errs on the side of no."""
        if self.fact.name != other.fact.name:
            return False
        return any(_excludes(one, two) for one, two in ((self, other), (other, self)))

    def impossible(self) -> bool:
        """Whether no value can meet it."""
        return _excludes(self, self)

    def implies(self, other: "Condition") -> bool:
        """Whether every value that meets this one meets the other, too; errs on the side of no."""
        if self.fact.name != other.fact.name or not other._covers(self.first_term, self.last_term):
            return False
        one_of = other.any_of == () or (self.any_of != () and _all_within(self, other.any_of))
        none_of = set(other.none_of) <= set(self.none_of) or _one_by_one(self, other.none_of)
        return one_of and none_of and set(other.all_of) <= set(self.all_of) and _inside(self, other)

    def _covers(self, first: Term | None, last: Term | None) -> bool:
        """Whether it is asked in no term outside these: then it never asks where the other does not."""
        starts = first is None or (self.first_term is not None and first <= self.first_term)
        ends = last is None or (self.last_term is not None and self.last_term <= last)
        return starts and ends


def _excludes(one: Condition, two: Condition) -> bool:
    fact = one.fact
    if one.low is not None and two.high is not None and fact.rank(one.low) > fact.rank(two.high):
        return True
    if fact.type is FactType.SET:
        needed = one.any_of if one.any_of and set(one.any_of) <= set(two.none_of) else ()
        return bool(needed) or not set(one.all_of).isdisjoint(two.none_of)
    if not one.any_of:
        return False
    if fact.type is FactType.REGION:
        apart = two.any_of and not any(_overlap(a, b) for a in one.any_of for b in two.any_of)
        return bool(apart) or all(any(_within(a, b) for b in two.none_of) for a in one.any_of)
    return not any(_accepts(one, value) and _accepts(two, value) for value in one.any_of)


def _accepts(condition: Condition, value: Value) -> bool:
    return all(test(value) for test in condition.tests())


def _overlap(one: Value, two: Value) -> bool:
    """Whether two regions as written may share a place: digits against digits; @county may be anywhere."""
    own = one in OWN_REGIONS, two in OWN_REGIONS
    if own[0] != own[1]:
        return True
    return all(own) or str(one).startswith(str(two)) or str(two).startswith(str(one))


def _within(inner: Value, outer: Value) -> bool:
    """Whether a region as written surely lies within another."""
    if inner in OWN_REGIONS and outer in OWN_REGIONS:
        return OWN_REGIONS[str(inner)][0] >= OWN_REGIONS[str(outer)][0]
    return inner not in OWN_REGIONS and outer not in OWN_REGIONS and str(inner).startswith(str(outer))


def _all_within(one: Condition, operands: tuple[Value, ...]) -> bool:
    if one.fact.type is FactType.REGION:
        return all(any(_within(a, b) for b in operands) for a in one.any_of)
    return set(one.any_of) <= set(operands)


def _one_by_one(one: Condition, unwanted: tuple[Value, ...]) -> bool:
    """Whether a fact with a single value is wanted to be something else."""
    plain = one.fact.type not in (FactType.SET, FactType.REGION)
    return plain and one.any_of != () and set(one.any_of).isdisjoint(unwanted)


def _inside(one: Condition, two: Condition) -> bool:
    """Whether the values of the first lie in the range of the second."""
    if two.low is None and two.high is None:
        return True
    fact = one.fact
    if one.any_of:
        test = fact.between(two.low, two.high)
        return all(test(value) for value in one.any_of)
    low = two.low is None or (one.low is not None and fact.rank(one.low) >= fact.rank(two.low))
    return low and (two.high is None or (one.high is not None and fact.rank(one.high) <= fact.rank(two.high)))


def contradiction(conditions: Iterable[Condition]) -> bool:
    """Whether conditions that must all hold can never hold together."""
    asked = list(conditions)
    return any(one.excludes(two) for place, one in enumerate(asked) for two in asked[place:])
