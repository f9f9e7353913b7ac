"""What a policy says: dated, cited rules over the facts of a child.

A rule is one row of a decision table. All its conditions must hold, and one of its alternatives where it has
some; a fact it does not mention may be anything.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType

from subsidies.engine.amounts import Amount, Basis, Citation, Form, Unit
from subsidies.engine.conditions import Condition
from subsidies.engine.fact_types import Fact, Profile, Value
from subsidies.engine.facts import FACTS
from subsidies.engine.funding import Funding
from subsidies.engine.terms import Term

# What the bureau filled in, by code of parameter: fen (or places), None for "not paid here", or these by school code.
Figures = Mapping[str, int | None | Mapping[str, int | None]]
Conditions = tuple[Condition, ...]


class Kind(StrEnum):
    CASH = "cash"  # to the child
    WAIVER = "waiver"  # a fee not charged; compensated to the school
    IN_KIND = "in_kind"  # meals and the like
    LOAN = "loan"  # information only, never in a total

    @property
    def label(self) -> str:
        return {"cash": "现金", "waiver": "减免", "in_kind": "实物（供餐）", "loan": "贷款"}[self]


class Payee(StrEnum):
    CHILD = "child"
    SCHOOL = "school"
    CANTEEN = "canteen"

    @property
    def label(self) -> str:
        return {"child": "学生", "school": "学校", "canteen": "食堂"}[self]


PAYEES: Mapping[Kind, Payee] = MappingProxyType(
    {
        Kind.CASH: Payee.CHILD,
        Kind.WAIVER: Payee.SCHOOL,
        Kind.IN_KIND: Payee.CANTEEN,
        Kind.LOAN: Payee.CHILD,
    }
)


class Payer(StrEnum):
    """Which county pays the child, so that no two do (流入地为主、流出地兜底)."""

    STUDY = "county_of_study"
    HOME = "home_county"

    @property
    def label(self) -> str:
        return {"county_of_study": "就读地", "home_county": "户籍地"}[self]


# One payer for a child who studies away: the home county's benefits stop where the other county pays already,
# and what the county of study owes is ours only when it has answered that it does not pay (兜底).
ONE_PAYER: Mapping[Payer, Condition] = MappingProxyType(
    {
        Payer.HOME: Condition(FACTS["aided_elsewhere"], none_of=("yes",)),
        Payer.STUDY: Condition(FACTS["aided_elsewhere"], any_of=("no",)),
    }
)


class Pick(StrEnum):
    """How a group settles which of its rules a child gets."""

    HIGHEST = "highest"
    FIRST = "first"  # in the order of the file
    CHOSEN = "chosen"  # by the family


@dataclass(frozen=True, slots=True)
class Selection:
    """A quota within which people choose who gets it."""

    places: int | None = None
    parameter: str = ""
    per_school: bool = True


@dataclass(frozen=True, slots=True)
class Group:
    code: str
    label: str
    pick: Pick = Pick.HIGHEST
    line: int = 0


@dataclass(frozen=True)
class Rule:
    """One benefit under one set of conditions, in force from first_term to last_term inclusive."""

    code: str
    programme: str
    label: str
    kind: Kind
    conditions: Conditions
    amounts: tuple[Amount, ...]  # one for each term it is in force; none where the document states no amount
    first_term: Term
    citation: Citation
    last_term: Term | None = None
    either: tuple[Conditions, ...] = ()  # where there are some, one of them must hold too
    group: str | None = None  # of the rules of a group that hold one wins; None stacks
    yields_to: tuple[str, ...] = ()  # codes of rules or programmes it is never given beside
    selection: Selection | None = None
    funding: Funding = Funding()
    payer: Payer = Payer.STUDY
    payee: Payee = Payee.CHILD
    parameters: tuple[str, ...] = ()  # codes of the bureau's readings this rule rests on
    unstated: str = ""  # why it has no amount
    pack: str = ""  # the pack that wrote it
    line: int = 0

    def in_force(self, term: Term) -> bool:
        return self.first_term <= term and (self.last_term is None or term <= self.last_term)

    def amount_at(self, term: Term) -> Amount | None:
        return next((amount for amount in self.amounts if amount.covers(term)), None)

    def cited_at(self, term: Term) -> Citation:
        """Where its figure in a term comes from: a later document may have changed it."""
        amount = self.amount_at(term)
        return (amount.citation if amount else None) or self.citation

    def asked_at(self, term: Term) -> Conditions:
        """Its conditions that are asked in a term."""
        return tuple(condition for condition in self.conditions if condition.asked(term))

    def alternatives_at(self, term: Term) -> tuple[Conditions, ...]:
        """Its alternatives with what is asked of each in a term; one that asks nothing any more has lapsed."""
        asked = (tuple(condition for condition in one if condition.asked(term)) for one in self.either)
        return tuple(one for one in asked if one)

    @property
    def figures(self) -> frozenset[str]:
        """Codes of the bureau's figures its amounts rest on."""
        used = {amount.parameter for amount in self.amounts if amount.parameter}
        return frozenset(used | ({self.selection.parameter} - {""} if self.selection else set()))

    # Of the newest amount, for lists; the rule book shows every one.

    @property
    def amount_fen(self) -> int:
        return (self.amounts[-1].fen or 0) if self.amounts else 0

    @property
    def unit(self) -> Unit:
        return self.amounts[-1].unit if self.amounts else Unit.TERM

    @property
    def basis(self) -> Basis:
        return self.amounts[-1].basis if self.amounts else Basis.STATED


@dataclass(frozen=True, slots=True)
class Treatment:
    """A category treated as another for some terms (比照); it lapses by itself."""

    code: str
    label: str
    citation: Citation
    first_term: Term
    last_term: Term
    conditions: Conditions
    adds: tuple[str, ...]  # category codes
    funding: Funding | None = None  # of what a child gets only because of it
    line: int = 0

    def in_force(self, term: Term) -> bool:
        return self.first_term <= term <= self.last_term


@dataclass(frozen=True, slots=True)
class Programme:
    """What a family would call one benefit; at most one line per child, term and programme."""

    code: str
    label: str
    kind: Kind
    stages: tuple[str, ...]
    order: int
    line: int = 0
    pack: str = ""


class ParameterKind(StrEnum):
    READING = "reading"  # how the bureau reads the text, written in the pack
    AMOUNT = "amount"  # fen, filled in before publishing
    PLACES = "places"  # a quota, filled in before publishing


@dataclass(frozen=True, slots=True)
class Parameter:
    """A choice the document leaves to the bureau, shown wherever a rule rests on it."""

    code: str
    label: str
    value: str
    reason: str
    kind: ParameterKind = ParameterKind.READING
    scope: str = "county"  # or "school"
    range: tuple[int, int] | None = None  # both ends allowed
    suggested: int | None = None  # shown, never used
    line: int = 0
    pack: str = ""

    @property
    def is_filled_in(self) -> bool:
        """Whether it is the bureau that gives the figure, not the pack."""
        return self.kind is not ParameterKind.READING

    def allows(self, figure: int | None) -> bool:
        """Whether the bureau may fill in ``figure``; None, not carried out, is an answer too."""
        if figure is None:
            return True
        return figure >= 0 and (self.range is None or self.range[0] <= figure <= self.range[1])


@dataclass(frozen=True, slots=True)
class Unpaid:
    """A clause that promises something that is not computed: shown with its words and the reason."""

    code: str
    label: str
    reason: str
    citation: Citation
    stages: tuple[str, ...] = ()
    conditions: Conditions = ()
    line: int = 0

    def met(self, profile: Profile, term: Term, county: str) -> bool:
        if self.stages and FACTS["stage"].read(profile) not in self.stages:
            return False
        return all(condition.met(profile, county) for condition in self.conditions if condition.asked(term))


@dataclass(frozen=True, slots=True)
class Example:
    """A child the pack's author worked out by hand: what each programme gives in the term, in fen."""

    title: str
    profile: Mapping[str, Value]
    meal_days: int
    term: Term
    pays: tuple[tuple[str, int], ...]  # (programme, fen of the term); programmes not named give nothing
    year_fen: int | None = None  # both terms of the school year together, where the author states it
    figures: Figures = field(default_factory=dict)
    line: int = 0


@dataclass(frozen=True)
class Policy:
    """One county's plan as data, with what it includes of other packs."""

    name: str
    title: str
    document: str
    programmes: tuple[Programme, ...]
    rules: tuple[Rule, ...]
    parameters: tuple[Parameter, ...] = ()
    unpaid: tuple[Unpaid, ...] = ()
    examples: tuple[Example, ...] = ()
    groups: tuple[Group, ...] = ()
    treatments: tuple[Treatment, ...] = ()
    declared_facts: tuple[Fact, ...] = ()  # of [[fact]]: publishing the pack creates them
    county_facts: tuple[Fact, ...] = ()  # all that its rules may ask besides FACTS
    first_term: Term | None = None
    last_term: Term | None = None
    includes: tuple[str, ...] = ()

    def programme(self, code: str) -> Programme:
        """KeyError when the plan has no such programme."""
        for programme in self.programmes:
            if programme.code == code:
                return programme
        raise KeyError(code)

    @cached_property
    def rule_of(self) -> Mapping[str, Rule]:
        return MappingProxyType({rule.code: rule for rule in self.rules})

    @cached_property
    def group_of(self) -> Mapping[str, Group]:
        return MappingProxyType({group.code: group for group in self.groups})

    @cached_property
    def treatment_of(self) -> Mapping[str, Treatment]:
        return MappingProxyType({treatment.code: treatment for treatment in self.treatments})

    @cached_property
    def parameter_of(self) -> Mapping[str, Parameter]:
        return MappingProxyType({parameter.code: parameter for parameter in self.parameters})

    def referred(self, reference: str) -> tuple[Rule, Treatment | None] | None:
        """The rule a stored line names, and the treatment it was given by; None when the plan has no such rule."""
        code, _, treatment = reference.partition("@")
        rule = self.rule_of.get(code)
        return None if rule is None else (rule, self.treatment_of.get(treatment))

    def parameters_of(self, rule: Rule) -> tuple[Parameter, ...]:
        """The readings and figures a rule rests on."""
        used = rule.figures.union(rule.parameters)
        return tuple(parameter for parameter in self.parameters if parameter.code in used)

    def open_parameters(self, figures: Figures) -> tuple[Parameter, ...]:
        """The figures nobody has filled in yet; a policy that has some cannot be published.

        A figure per school counts as filled once one school has it: a school without one pays nothing and says so.
        """
        return tuple(
            parameter
            for parameter in self.parameters
            if parameter.is_filled_in and figures.get(parameter.code, {}) == {}
        )

    def rules_behind(self, targets: tuple[str, ...]) -> tuple[Rule, ...]:
        """The rules that codes of rules or programmes stand for."""
        return tuple(rule for rule in self.rules if rule.code in targets or rule.programme in targets)

    @cached_property
    def facts(self) -> tuple[Fact, ...]:
        """Every fact that anything in the plan asks, in any term: what must be known to explain a child."""
        conditions = [condition for rule in self.rules for condition in every_condition(rule)]
        conditions += [one for treatment in self.treatments for one in treatment.conditions]
        conditions += [one for clause in self.unpaid for one in clause.conditions]
        asked = {condition.fact.name for condition in conditions}
        asked |= {name for rule in self.rules for name in implied_facts(rule, rule.amounts, self)}
        asked |= {"stage", "place", "aided_elsewhere", "categories"}
        return self.in_order(asked)

    def in_order(self, names: set[str]) -> tuple[Fact, ...]:
        """Facts by name in the order of the registry, the county's own after it."""
        known = (*FACTS.values(), *self.county_facts)
        return tuple(fact for fact in known if fact.name in names)


def every_condition(rule: Rule) -> Iterator[Condition]:
    yield from rule.conditions
    for one in rule.either:
        yield from one


def implied_facts(rule: Rule, amounts: tuple[Amount, ...], policy: Policy) -> Iterator[str]:
    """Facts a rule rests on besides its conditions."""
    for amount in amounts:
        yield from (fact.name for fact in amount.facts)
        if amount.unit is Unit.ENTRY:
            yield "entering"
        if amount.unit is Unit.ONCE:
            yield "had_before"
        if amount.form is Form.PERCENT and amount.of[0] in policy.rule_of:
            other = policy.rule_of[amount.of[0]]
            yield from implied_facts(other, other.amounts, policy)
    if rule.selection is not None:
        yield "selected"
    if rule.group in policy.group_of and policy.group_of[str(rule.group)].pick is Pick.CHOSEN:
        yield "chosen"
