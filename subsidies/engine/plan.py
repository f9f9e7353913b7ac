"""A policy made ready for one term: what is asked, in which order units of rules are settled, tests to run.

A unit is a group, or a rule without one. It comes after the units its rules yield to or take a percentage of
what was awarded from, so one pass over the units decides.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from itertools import chain
from operator import or_
from typing import NamedTuple

from subsidies.engine.amounts import Amount, Form
from subsidies.engine.conditions import Condition
from subsidies.engine.fact_types import HOME, Fact, FactType, Profile, Test, Value
from subsidies.engine.facts import FACTS
from subsidies.engine.reckon import At, figure_name
from subsidies.engine.rules import ONE_PAYER, Figures, Pick, Policy, Rule, Treatment, implied_facts
from subsidies.engine.terms import Term


class _Asked(NamedTuple):
    """One test of one fact."""

    name: str
    test: Test
    waits: bool = False  # for the fact, where it is not known


_Tests = tuple[_Asked, ...]


class Ready(NamedTuple):
    """A rule with the tests it makes in the term."""

    rule: Rule
    order: int  # its place in the file
    tests: _Tests
    either: tuple[_Tests, ...] | None
    payer: tuple[Test, ...]
    yields: tuple[str, ...]  # codes of rules
    counts_meal_days: bool
    asks_more: bool  # whether what it gives depends on more of the child than that it holds

    @classmethod
    def of(cls, rule: Rule, at: At, order: int = 0) -> "Ready":
        amount = rule.amount_at(at.term)
        amounts = () if amount is None else (amount,)
        return cls(
            rule,
            order,
            _tests(rule.asked_at(at.term), at.county),
            tuple(_tests(one, at.county) for one in rule.alternatives_at(at.term)) if rule.either else None,
            tuple(ONE_PAYER[rule.payer].tests()),
            tuple(other.code for other in at.policy.rules_behind(rule.yields_to)),
            _counts_meal_days(amount, at),
            any(implied_facts(rule, amounts, at.policy)) or any(_by_school(amounts, at)),
        )

    def holds(self, profile: Profile) -> bool:
        """Whether a profile, with every fact it asks filled, meets all it wants.

        Of a child who studies away also that nobody else pays.
        """
        for name, test, _ in self.tests:
            if not test(profile[name]):
                return False
        if self.either is not None and not any(_all_met(tests, profile) for tests in self.either):
            return False
        if profile["place"] == "in_county":
            return True
        return all(test(profile["aided_elsewhere"]) for test in self.payer)

    @property
    def may_wait(self) -> bool:
        return any(one.waits for one in chain(self.tests, *(self.either or ())))

    def waits_for(self, profile: Profile, unknown: Collection[str]) -> tuple[str, ...]:
        """Those of the ``unknown`` facts on which alone it depends whether it holds; none where it holds or cannot.

        One that asks them in an alternative waits where no other alternative is met.
        """
        cases = self.either or ()
        if not any(one.waits and one.name in unknown for one in chain(self.tests, *cases)):
            return ()
        rest = None if self.either is None else tuple(_without(unknown, case) for case in cases)
        known = self._replace(tests=_without(unknown, self.tests), either=rest)
        if self.holds(profile) or not known.holds(profile):
            return ()
        asked = self.tests
        if not any(_all_met(case, profile) for case in cases):
            asked += tuple(t for case in cases if _all_met(_without(unknown, case), profile) for t in case)
        return tuple(dict.fromkeys(one.name for one in asked if one.waits and one.name in unknown))

    def left_open(self, profile: Profile, missing: Collection[str]) -> bool:
        """Whether it holds, or would if what is missing were as it wants."""
        cases = None if self.either is None else tuple(_apart_from(missing, case) for case in self.either)
        return self._replace(tests=_apart_from(missing, self.tests), either=cases).holds(profile)

    def may_hold(self, name: str, value: Value) -> bool:
        """Whether what it asks of one fact leaves it open that it holds."""
        return all(one.test(value) for one in self.tests if one.name == name)


def _tests(conditions: Iterable[Condition], county: str) -> _Tests:
    return tuple(_Asked(one.fact.name, test, one.waits) for one in conditions for test in one.tests(county))


def _without(unknown: Collection[str], tests: _Tests) -> _Tests:
    """The tests without those that wait for what is not known."""
    return tuple(one for one in tests if not (one.waits and one.name in unknown))


def _apart_from(missing: Collection[str], tests: _Tests) -> _Tests:
    return tuple(one for one in tests if one.name not in missing)


def _all_met(tests: _Tests, profile: Profile) -> bool:
    return all(test(profile[name]) for name, test, _ in tests)


def _counts_meal_days(amount: Amount | None, at: At) -> bool:
    if amount is None:
        return False
    if amount.form is Form.PERCENT:
        return _counts_meal_days(at.policy.rule_of[amount.of[0]].amount_at(at.term), at)
    return amount.counts_meal_days


class Unit(NamedTuple):
    pick: Pick
    rules: tuple[Ready, ...]


@dataclass(slots=True)
class Plan:
    """A policy in one term."""

    at: At
    facts: tuple[Fact, ...]
    units: tuple[Unit, ...]
    treatments: tuple[tuple[Treatment, _Tests, int], ...]
    watched: tuple[Ready, ...]  # that others yield to, and that may wait for a fact
    _of_stage: dict[Value, tuple[Unit, ...]]

    @classmethod
    def of(cls, policy: Policy, term: Term, figures: Figures | None = None, county: str = HOME) -> "Plan":
        if len(county) != 6 or not county.isdigit():
            raise ValueError(f"运行本系统的县应有六位区划代码，不能是“{county}”")
        at = At(policy, term, figures or {}, county)
        mask = FACTS["categories"].mask
        treatments = tuple(
            (one, _tests([c for c in one.conditions if c.asked(term)], county), mask(one.adds))
            for one in policy.treatments
            if one.in_force(term)
        )
        ready = {
            rule.code: Ready.of(rule, at, order)
            for order, rule in enumerate(policy.rules)
            if rule.in_force(term)
        }
        units = tuple(
            Unit(pick_of(unit[0], policy), tuple(ready[rule.code] for rule in unit))
            for unit in settle_order([one.rule for one in ready.values()], policy, term)
        )
        yielded = {code for one in ready.values() for code in one.yields}
        watched = tuple(one for one in ready.values() if one.rule.code in yielded and one.may_wait)
        return cls(at, _facts_asked(policy, at, ready.values()), units, treatments, watched, {})

    def treat(self, profile: dict[str, Value]) -> tuple[dict[str, Value], tuple[tuple[Treatment, int], ...]]:
        """The profile with the categories the child is treated as having, and the treatments that hold."""
        held = tuple((one, mask) for one, tests, mask in self.treatments if _all_met(tests, profile))
        if not held:
            return profile, ()
        categories = profile["categories"]
        for _, mask in held:
            categories |= mask  # type: ignore[operator]
        return profile | {"categories": categories}, held

    def units_of(self, stage: Value) -> tuple[Unit, ...]:
        """The units with the rules that may hold for a child of this stage."""
        found = self._of_stage.get(stage)
        if found is None:
            unknown = FACTS["stage"].is_unknown(stage)  # any rule may wait for it
            kept = (
                Unit(unit.pick, tuple(one for one in unit.rules if unknown or one.may_hold("stage", stage)))
                for unit in self.units
            )
            found = self._of_stage[stage] = tuple(unit for unit in kept if unit.rules)
        return found

    def held(self, profile: Profile) -> tuple[str, ...] | None:
        """The codes of the rules that hold; None where what comes of them depends on more of the child than that."""
        if self.treatments or self.put_off(profile):
            return None
        held = [one for unit in self.units_of(profile["stage"]) for one in unit.rules if one.holds(profile)]
        return None if any(one.asks_more for one in held) else tuple(one.rule.code for one in held)

    def put_off(self, profile: Profile) -> frozenset[str]:
        """Codes of the rules others yield to that wait for a fact of the child: what yields waits with them."""
        if not self.watched:
            return frozenset()
        unknown = {fact.name for fact in self.facts if fact.is_unknown(profile[fact.name])}
        return frozenset(one.rule.code for one in self.watched if one.waits_for(profile, unknown))

    def concerns(self, profile: dict[str, Value], missing: Collection[str]) -> bool:
        """Whether some rule is for the child, or could be by what is missing of it: else the plan gives it nothing for certain.

        ``profile`` has every fact asked filled. What a child may be treated as by a missing fact is tried as well.
        """
        treated, _ = self.treat(profile)
        ways = [treated]
        if tried := [m for _, tests, m in self.treatments if _all_met(_apart_from(missing, tests), profile)]:
            ways.append(profile | {"categories": reduce(or_, tried, profile["categories"])})
        return any(
            one.left_open(way, missing)
            for way in ways
            for unit in self.units_of(profile["stage"])
            for one in unit.rules
        )

    def may_wait_for(self) -> dict[str, frozenset[str]]:
        """Name of a fact that rules may wait for -> the codes of those rules."""
        found: dict[str, set[str]] = {}
        for unit in self.units:
            for ready in unit.rules:
                for one in chain(ready.tests, *(ready.either or ())):
                    if one.waits:
                        found.setdefault(one.name, set()).add(ready.rule.code)
        return {name: frozenset(codes) for name, codes in found.items()}

    def awaited(self, profile: dict[str, Value]) -> dict[str, tuple[Fact, ...]]:
        """Code of a rule -> what it waits for: all else it asks is met, and these facts are on no file yet.

        ``profile`` has every fact asked filled.
        """
        open_facts = {fact.name: fact for fact in self.facts if fact.is_unknown(profile[fact.name])}
        if not open_facts:
            return {}
        treated, _ = self.treat(profile)
        found = {}
        for unit in self.units_of(treated["stage"]):
            for ready in unit.rules:
                if waits := ready.waits_for(treated, open_facts):
                    found[ready.rule.code] = tuple(open_facts[name] for name in waits)
        return found

    def filled(self, profile: Profile) -> dict[str, Value]:
        """A profile with the default of every fact that is asked and not known."""
        return {fact.name: fact.read(profile) for fact in self.facts}


def pick_of(rule: Rule, policy: Policy) -> Pick:
    """How the group of a rule settles who wins; the highest where nobody says otherwise."""
    group = policy.group_of.get(rule.group or "")
    return group.pick if group else Pick.HIGHEST


def _facts_asked(policy: Policy, at: At, ready: Iterable[Ready]) -> tuple[Fact, ...]:
    rules = [one.rule for one in ready]
    asked = {"stage", "place", "aided_elsewhere"}
    codes = set()
    for rule in rules:
        conditions = [*rule.asked_at(at.term), *(c for one in rule.alternatives_at(at.term) for c in one)]
        asked |= {condition.fact.name for condition in conditions}
        amount = rule.amount_at(at.term)
        amounts = () if amount is None else (amount,)
        asked |= set(implied_facts(rule, amounts, policy))
        codes |= set(_by_school(amounts, at))
    for treatment in policy.treatments:
        if treatment.in_force(at.term):
            asked |= {"categories", *(c.fact.name for c in treatment.conditions if c.asked(at.term))}
    return (*policy.in_order(asked), *(figure_fact(policy, code) for code in sorted(codes)))


def _by_school(amounts: tuple[Amount, ...], at: At) -> Iterator[str]:
    """The parameters of some amounts that the bureau filled in school by school."""
    for code in _parameters(amounts, at.policy, at.term):
        if isinstance(at.figures.get(code), Mapping):
            yield code


def _parameters(amounts: tuple[Amount, ...], policy: Policy, term: Term) -> Iterator[str]:
    for amount in amounts:
        if amount.parameter:
            yield amount.parameter
        if amount.form is Form.PERCENT:
            theirs = policy.rule_of[amount.of[0]].amount_at(term)
            yield from _parameters((theirs,) if theirs else (), policy, term)


def figure_facts(policy: Policy, figures: Figures) -> tuple[Fact, ...]:
    """The generated facts for all that the bureau fills in by school."""
    known = (one.code for one in policy.parameters if isinstance(figures.get(one.code), Mapping))
    return tuple(figure_fact(policy, code) for code in known)


def figure_fact(policy: Policy, code: str) -> Fact:
    """The generated fact that holds a child's figure of a parameter the bureau fills in by school."""
    return Fact(figure_name(code), FactType.MONEY, policy.parameter_of[code].label)


class Circle(Exception):
    """Rules that wait for each other: none of them can be settled first."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(rules)
        super().__init__("、".join(f"“{rule.code}”" for rule in self.rules))


def settle_order(rules: list[Rule], policy: Policy, term: Term | None = None) -> list[list[Rule]]:
    """Units of rules, each after those it depends on; Circle when there is no such order."""
    units: dict[str, list[Rule]] = {}
    for rule in sorted(rules, key=lambda rule: rule.code):
        units.setdefault(_unit(rule), []).append(rule)
    waits = {
        unit: {
            _unit(other)
            for rule in members
            for other in policy.rules_behind(_settled_before(rule, term))
            if _unit(other) in units
        }
        for unit, members in units.items()
    }
    ordered: list[list[Rule]] = []
    while waits:
        free = sorted(unit for unit, needs in waits.items() if not needs & waits.keys())
        if not free:
            stuck = _on_circle(waits)
            raise Circle(rule for unit in sorted(stuck) for rule in units[unit])
        for unit in free:
            ordered.append(units[unit])
            del waits[unit]
    return ordered


def _unit(rule: Rule) -> str:
    return f"rule {rule.code}" if rule.group is None else f"group {rule.group}"


def _settled_before(rule: Rule, term: Term | None) -> tuple[str, ...]:
    """Codes of what must be settled before a rule can be."""
    amounts = [one for one in rule.amounts if term is None or one.covers(term)]
    return (*rule.yields_to, *(code for one in amounts if one.form is Form.OF_AWARDED for code in one.of))


def _on_circle(waits: Mapping[str, set[str]]) -> set[str]:
    """The units of one circle among units that all wait for another of them."""
    trail = [min(waits)]
    while True:
        after = min(waits[trail[-1]] & waits.keys())
        if after in trail:
            return set(trail[trail.index(after) :])
        trail.append(after)
