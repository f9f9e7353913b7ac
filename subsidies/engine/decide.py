"""The decision itself, pure: facts and rules in, awards out; and the same decision explained.

`explain` renders the awards that `decide` returns and asks the same `Condition.met`, so what is shown and what
is paid cannot differ.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from subsidies.engine.facts import Measures, Profile
from subsidies.engine.rules import Policy, Rule, Unit
from subsidies.engine.terms import Term


class Award(NamedTuple):
    """A rule that applies, before the child's own measures."""

    rule: Rule
    base_fen: int  # fen of the term, or per meal day when the rule's unit is a meal day
    reasons: tuple[str, ...]  # the conditions met, in Chinese


class Line(NamedTuple):
    """What a child is owed of one programme in the term."""

    award: Award
    amount_fen: int


def decide(profile: Profile, rules: Iterable[Rule], term: Term) -> tuple[Award, ...]:
    """The awards of one profile in one term, ordered by rule code whatever the order of the rules.

    Within an exclusive group the highest base amount wins, between equals the first code; a group holds one
    kind of unit (packs are checked for it). Rules without a group stack.
    """
    stacked: list[Award] = []
    won: dict[str, Award] = {}
    for rule in rules:
        if not (rule.in_force(term) and rule.holds(profile)):
            continue
        award = Award(
            rule, rule.base_fen(term), tuple(condition.wanted() for condition in rule.asked_of(profile))
        )
        if rule.group is None:
            stacked.append(award)
        elif rule.group not in won or _precedence(award) < _precedence(won[rule.group]):
            won[rule.group] = award
    return tuple(sorted([*stacked, *won.values()], key=lambda award: award.rule.code))


def _precedence(award: Award) -> tuple[int, str]:
    return -award.base_fen, award.rule.code


def scale(award: Award, measures: Measures) -> int:
    """Fen of the term for one child. ValueError for a negative number of meal days."""
    if award.rule.unit is not Unit.MEAL_DAY:
        return award.base_fen
    if measures.meal_days < 0:
        raise ValueError("就餐天数不能为负")
    return award.base_fen * measures.meal_days


class _Decision(NamedTuple):
    """What is remembered of a profile: most children's lines do not depend on their own measures."""

    awards: tuple[Award, ...]
    fixed: tuple[Line, ...] | None


def _lines(awards: Iterable[Award], measures: Measures) -> tuple[Line, ...]:
    return tuple([Line(award, amount) for award in awards if (amount := scale(award, measures))])


class Decider:
    """Decides a term's children under one policy, each distinct profile once."""

    def __init__(self, policy: Policy, term: Term) -> None:
        self.policy = policy
        self.term = term
        self._rules = tuple(rule for rule in policy.rules if rule.in_force(term))
        self._decided: dict[Profile, _Decision] = {}

    @property
    def profiles(self) -> int:
        """How many distinct profiles have been seen."""
        return len(self._decided)

    def awards(self, profile: Profile) -> tuple[Award, ...]:
        """The decision for a profile, or for a database row with the same values in the same order."""
        return (self._decided.get(profile) or self._decide(profile)).awards

    def lines(self, profile: Profile, measures: Measures) -> tuple[Line, ...]:
        """What the child is owed, one line per award; an award that comes to nothing makes no line."""
        decision = self._decided.get(profile) or self._decide(profile)
        if decision.fixed is not None:
            return decision.fixed
        return _lines(decision.awards, measures)

    def _decide(self, profile: Profile) -> "_Decision":
        awards = decide(Profile._make(profile), self._rules, self.term)
        daily = any(award.rule.unit is Unit.MEAL_DAY for award in awards)
        decision = _Decision(awards, None if daily else _lines(awards, Measures()))
        self._decided[profile] = decision
        return decision

    def explain(self, profile: Profile, measures: Measures) -> list["Finding"]:
        return explain(profile, measures, self.policy.rules, self.term)


class Verdict(StrEnum):
    AWARDED = "awarded"
    NOTHING = "nothing"  # applies, but comes to zero
    OUTBID = "outbid"  # all conditions met, another rule of its group is higher
    UNMET = "unmet"
    NOT_IN_FORCE = "not_in_force"

    @property
    def label(self) -> str:
        return {
            "awarded": "享受",
            "nothing": "符合条件，本学期金额为零",
            "outbid": "符合条件，同组就高未取",
            "unmet": "不符合条件",
            "not_in_force": "本学期不执行",
        }[self]


@dataclass(frozen=True, slots=True)
class Check:
    """One condition of a rule against one child."""

    label: str
    wanted: str
    found: str
    met: bool

    @property
    def sentence(self) -> str:
        return f"{self.wanted}；该生为{self.found}，{'符合' if self.met else '不符合'}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule considered for one child: each condition, the verdict, the arithmetic and the clause."""

    rule: Rule
    verdict: Verdict
    checks: tuple[Check, ...]
    amount_fen: int  # what it gives in the term; 0 unless awarded
    outcome: str  # the verdict as a sentence
    arithmetic: str  # empty unless it applies
    shares: tuple[tuple[str, int], ...] = ()  # (source, fen), summing to amount_fen


def explain(profile: Profile, measures: Measures, rules: Iterable[Rule], term: Term) -> list[Finding]:
    """Every rule considered, in the order given. The amounts awarded sum to what the child is owed."""
    considered = tuple(rules)
    awards = decide(profile, considered, term)
    return [_finding(rule, profile, measures, awards, term) for rule in considered]


def _finding(
    rule: Rule, profile: Profile, measures: Measures, awards: tuple[Award, ...], term: Term
) -> Finding:
    checks = tuple(
        Check(
            condition.fact.label,
            condition.wanted(),
            condition.fact.show_found(profile),
            condition.met(profile),
        )
        for condition in rule.asked_of(profile)
    )
    award = next((award for award in awards if award.rule is rule), None)
    if award is not None:
        amount = scale(award, measures)
        verdict = Verdict.AWARDED if amount else Verdict.NOTHING
        arithmetic = _arithmetic(award, measures, term)
        outcome = f"{rule.label}：{verdict.label}，{arithmetic}"
        return Finding(rule, verdict, checks, amount, outcome, arithmetic, rule.funding.split(amount))
    verdict, outcome = _refusal(rule, checks, awards, term)
    return Finding(rule, verdict, checks, 0, f"{rule.label}：{outcome}", "")


def _refusal(
    rule: Rule, checks: tuple[Check, ...], awards: tuple[Award, ...], term: Term
) -> tuple[Verdict, str]:
    if not rule.in_force(term):
        until = f"至{rule.last_term.label}" if rule.last_term else "起"
        return Verdict.NOT_IN_FORCE, f"执行期为{rule.first_term.label}{until}，{term.label}不执行"
    unmet = [check.sentence for check in checks if not check.met]
    if unmet:
        return Verdict.UNMET, "。".join(unmet)
    winner = next(award.rule for award in awards if award.rule.group == rule.group)
    return Verdict.OUTBID, f"条件都符合，但与“{winner.label}”只能享受一项，就高取后者"


def _arithmetic(award: Award, measures: Measures, term: Term) -> str:
    rule = award.rule
    standard = f"{yuan(rule.amount_fen)} {rule.unit.label}"
    amount = f"{yuan(scale(award, measures))} 元"
    if rule.unit is Unit.TERM:
        return f"{standard}，本学期 {amount}"
    if rule.unit is Unit.MEAL_DAY:
        return f"{standard} × {measures.meal_days} 天 = {amount}"
    odd = ""
    if rule.amount_fen % 2:
        odd = "（除不尽的 1 分计入秋季学期）"
    return f"{standard} ÷ 2 = {amount}{odd}"


def yuan(amount_fen: int) -> str:
    """Fen as yuan with thousands separators, exactly: 100000 -> 1,000.00."""
    sign = "-" if amount_fen < 0 else ""
    whole, fen = divmod(abs(amount_fen), 100)
    return f"{sign}{whole:,}.{fen:02}"
