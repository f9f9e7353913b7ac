"""What a policy says: dated, cited rules over the facts of a child.

A rule is one row of a decision table. All its conditions must hold; a fact it does not mention may be anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from subsidies.engine.facts import FACTS, Fact, FactType, Profile, Value
from subsidies.engine.shares import split
from subsidies.engine.terms import Term


class Kind(StrEnum):
    CASH = "cash"  # to the child
    WAIVER = "waiver"  # a fee not charged; compensated to the school
    IN_KIND = "in_kind"  # meals and the like
    LOAN = "loan"  # information only, never in a total

    @property
    def label(self) -> str:
        return {"cash": "现金", "waiver": "减免", "in_kind": "实物（供餐）", "loan": "贷款"}[self]


class Unit(StrEnum):
    YEAR = "year"  # halved per term
    TERM = "term"
    MEAL_DAY = "meal_day"  # multiplied by the child's meal days of the term

    @property
    def label(self) -> str:
        return {"year": "元/年", "term": "元/学期", "meal_day": "元/天"}[self]


class Basis(StrEnum):
    """How firmly the document fixes an amount."""

    STATED = "stated"
    RECONSTRUCTED = "reconstructed"
    AVERAGE = "average"
    PARAMETER = "parameter"

    @property
    def label(self) -> str:
        return {
            "stated": "文件写明",
            "reconstructed": "原文数字残缺，据国家标准还原",
            "average": "文件只写平均数，按平均数计",
            "parameter": "文件未写明，由教育局确定",
        }[self]


class Payer(StrEnum):
    """Which county pays the child, so that no two do (流入地为主、流出地兜底)."""

    STUDY = "county_of_study"
    HOME = "home_county"

    @property
    def label(self) -> str:
        return {"county_of_study": "就读地", "home_county": "户籍地"}[self]


# Where the money of a plan comes from, in the order charts stack it.
SOURCES: Mapping[str, str] = MappingProxyType(
    {
        "central": "中央财政",
        "province": "省级财政",
        "prefecture": "市（州）级财政",
        "county": "县级财政",
        "county_poverty_fund": "县专项扶贫资金",
        "superior": "上级财政",
        "existing_national": "国家原有资助资金",
        "school_affiliation": "按学校隶属关系分级承担",
        "school": "学校（幼儿园）自筹",
        "social": "社会捐助",
        "unstated": "来源比例待定",
    }
)


@dataclass(frozen=True, slots=True)
class Condition:
    """What one fact must be. Whatever is filled must hold; a range includes both ends."""

    fact: Fact
    any_of: tuple[Value, ...] = ()
    none_of: tuple[Value, ...] = ()
    low: int | None = None
    high: int | None = None

    def met(self, profile: Profile) -> bool:
        return self.accepts(self.fact.read(profile))

    def accepts(self, value: Value) -> bool:
        """Whether a value of the fact, as read from a profile, meets the condition."""
        if self.any_of and not self.fact.among(value, self.any_of):
            return False
        if self.none_of and self.fact.among(value, self.none_of):
            return False
        if self.low is not None and int(value) < self.low:
            return False
        return self.high is None or int(value) <= self.high

    def wanted(self) -> str:
        """In Chinese, for example 学段须为小学、初中之一."""
        return f"{self.fact.label}须{'，且'.join(self._demands())}"

    def _demands(self) -> list[str]:
        fact = self.fact
        holds, lacks = ("含有", "不含") if fact.type is FactType.SET else ("为", "不是")
        demands = []
        if self.any_of:
            one_of = "之一" if len(self.any_of) > 1 else ""
            demands.append(holds + "、".join(map(fact.show, self.any_of)) + one_of)
        if self.none_of:
            demands.append(lacks + "、".join(map(fact.show, self.none_of)))
        if self.low is not None and self.high is not None:
            demands.append(f"在{fact.show(self.low)}至{fact.show(self.high)}之间（含）")
        elif self.low is not None:
            demands.append(f"不低于{fact.show(self.low)}")
        elif self.high is not None:
            demands.append(f"不高于{fact.show(self.high)}")
        return demands

    def excludes(self, other: "Condition") -> bool:
        """Whether no value can meet both; for a set this is never claimed, as a child may be in several."""
        if self.fact is not other.fact or self.fact.type is FactType.SET:
            return False
        for one, two in ((self, other), (other, self)):
            if one.any_of and not any(one.accepts(value) and two.accepts(value) for value in one.any_of):
                return True
            if one.low is not None and two.high is not None and one.low > two.high:
                return True
        return False


# One payer for a child who studies away: the home county's benefits stop where the other county pays already,
# and what the county of study owes is ours only when it has answered that it does not pay (兜底).
ONE_PAYER: Mapping[Payer, Condition] = MappingProxyType(
    {
        Payer.HOME: Condition(FACTS["aided_elsewhere"], none_of=("yes",)),
        Payer.STUDY: Condition(FACTS["aided_elsewhere"], any_of=("no",)),
    }
)


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a figure comes from: document, clause, and the words themselves."""

    document: str
    clause: str
    quote: str
    source_rule: str = ""  # id of the row of the rules survey it was checked against


@dataclass(frozen=True, slots=True)
class Funding:
    """Who bears the cost. Without weights several sources share it in a ratio the document leaves open."""

    sources: tuple[str, ...] = ()  # keys of SOURCES
    weights: tuple[int, ...] = ()  # as many as sources, or none
    quote: str = ""

    def split(self, amount_fen: int) -> tuple[tuple[str, int], ...]:
        """The amount by source, summing to it exactly; ("unstated", all of it) where no ratio is given."""
        if self.weights:
            return tuple(zip(self.sources, split(amount_fen, self.weights), strict=True))
        if len(self.sources) == 1:
            return ((self.sources[0], amount_fen),)
        return (("unstated", amount_fen),)

    @property
    def label(self) -> str:
        names = "、".join(SOURCES[source] for source in self.sources)
        if self.weights:
            return f"{names}按 {':'.join(map(str, self.weights))} 分担"
        if len(self.sources) > 1:
            return f"{names}分担，比例文件未写明"
        return names or "文件未写明"


@dataclass(frozen=True, slots=True)
class Rule:
    """One benefit under one set of conditions, in force from first_term to last_term inclusive."""

    code: str
    programme: str
    label: str
    kind: Kind
    conditions: tuple[Condition, ...]
    amount_fen: int  # per `unit`
    unit: Unit
    first_term: Term
    citation: Citation
    last_term: Term | None = None
    group: str | None = None  # of the rules of a group that hold, the highest wins; None stacks
    basis: Basis = Basis.STATED
    funding: Funding = Funding()
    payer: Payer = Payer.STUDY
    parameters: tuple[str, ...] = ()  # codes of the bureau's readings this rule rests on

    def in_force(self, term: Term) -> bool:
        return self.first_term <= term and (self.last_term is None or term <= self.last_term)

    def holds(self, profile: Profile) -> bool:
        return all(condition.met(profile) for condition in self.asked_of(profile))

    def asked_of(self, profile: Profile) -> tuple[Condition, ...]:
        """The conditions this child must meet: its own, and of a child who studies away that nobody else pays.

        The latter is asked last, and only when the rule's own conditions leave it to decide.
        """
        if profile.place == "in_county" or not all(condition.met(profile) for condition in self.conditions):
            return self.conditions
        return (*self.conditions, ONE_PAYER[self.payer])

    def base_fen(self, term: Term) -> int:
        """Fen for the term, or per meal day.

        A yearly amount is halved. An odd fen falls to the autumn term, which opens the school year, so that the
        two terms of a school year always add up to the year.
        """
        if self.unit is not Unit.YEAR:
            return self.amount_fen
        return (self.amount_fen + term.opens_school_year) // 2

    def may_meet(self, other: "Rule") -> bool:
        """Whether some child in some term could hold both rules; errs on the side of yes."""
        if self.last_term is not None and self.last_term < other.first_term:
            return False
        if other.last_term is not None and other.last_term < self.first_term:
            return False
        return not any(mine.excludes(theirs) for mine in self.conditions for theirs in other.conditions)


@dataclass(frozen=True, slots=True)
class Programme:
    """What a family would call one benefit; at most one line per child, term and programme."""

    code: str
    label: str
    kind: Kind
    stages: tuple[str, ...]
    order: int


@dataclass(frozen=True, slots=True)
class Parameter:
    """A choice the document leaves to the bureau, shown wherever a rule rests on it."""

    code: str
    label: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class Unpaid:
    """A clause that promises something without an amount: shown with its words, never computed."""

    code: str
    label: str
    reason: str
    citation: Citation


@dataclass(frozen=True, slots=True)
class Example:
    """A child the pack's author worked out by hand: what each programme gives in the term, in fen."""

    title: str
    profile: Profile
    meal_days: int
    term: Term
    pays: tuple[tuple[str, int], ...]  # (programme, fen of the term); programmes not named give nothing
    year_fen: int | None = None  # both terms of the school year together, where the author states it
    line: int = 0


@dataclass(frozen=True, slots=True)
class Policy:
    """One county's plan as data."""

    name: str
    title: str
    document: str
    programmes: tuple[Programme, ...]
    rules: tuple[Rule, ...]
    parameters: tuple[Parameter, ...] = ()
    unpaid: tuple[Unpaid, ...] = ()
    examples: tuple[Example, ...] = ()

    def programme(self, code: str) -> Programme:
        """KeyError when the plan has no such programme."""
        for programme in self.programmes:
            if programme.code == code:
                return programme
        raise KeyError(code)

    def parameters_of(self, rule: Rule) -> tuple[Parameter, ...]:
        return tuple(parameter for parameter in self.parameters if parameter.code in rule.parameters)
