"""The decision explained: every rule considered, met or not and why, what won, the arithmetic, who bears it."""

from collections.abc import Iterator
from dataclasses import dataclass

from subsidies.engine.amounts import Citation, Form, Unit, percent
from subsidies.engine.conditions import Condition
from subsidies.engine.decide import Judgement, decide, shares, with_figures
from subsidies.engine.fact_types import HOME, Fact, Profile, Value
from subsidies.engine.facts import Measures, complete
from subsidies.engine.plan import Plan
from subsidies.engine.reckon import At, Reckoning
from subsidies.engine.rules import ONE_PAYER, Figures, Pick, Policy, Rule, Treatment, Unpaid
from subsidies.engine.shares import yuan
from subsidies.engine.terms import Term
from subsidies.engine.verdicts import Verdict

_NUMERALS = "一二三四五六七八九十"


@dataclass(frozen=True, slots=True)
class Check:
    """One condition of a rule against one child."""

    label: str
    wanted: str
    found: str
    met: bool
    condition: Condition | None = None  # none where it is of several conditions
    value: Value = None

    @property
    def known(self) -> bool:
        """Whether anything is on file."""
        return self.condition is None or not self.condition.fact.is_unknown(self.value)

    @property
    def sentence(self) -> str:
        if not self.known:
            return f"{self.wanted}；该生没有登记{self.label}，登记以后才能确定"
        return f"{self.wanted}；该生为{self.found}，{'符合' if self.met else '不符合'}"


@dataclass(frozen=True, slots=True)
class Alternative:
    """One of the cases of which a rule wants one."""

    name: str
    checks: tuple[Check, ...]

    @property
    def held(self) -> bool:
        return all(check.met for check in self.checks)


class Either(Check):
    """All alternatives of a rule as one check."""

    @property
    def sentence(self) -> str:
        return f"{self.wanted}；该生{self.found}，{'符合' if self.met else '不符合'}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule considered for one child: each condition, the verdict, the arithmetic and the clause."""

    rule: Rule
    verdict: Verdict
    checks: tuple[Check, ...]
    amount_fen: int  # what it gives in the term; 0 unless awarded
    outcome: str  # the verdict as a sentence
    arithmetic: str  # empty unless it was reckoned
    shares: tuple[tuple[str, int], ...] = ()  # (source, fen), summing to amount_fen
    alternatives: tuple[Alternative, ...] = ()
    treatment: Treatment | None = None  # without which the conditions would not be met
    note: str = ""  # the treatment in words
    other: Rule | None = None  # that won instead, or that it yields to
    loan_fen: int = 0  # the cap of a loan per its unit, never part of a total

    basis_label: str = ""  # how firmly the document fixes the amount of the term; empty where it states it
    cited: Citation | None = None  # where that amount comes from, if it is not where the rule does
    awaited: tuple[Fact, ...] = ()  # on no file yet, and all that keeps it from holding

    @property
    def citation(self) -> Citation:
        return self.cited or self.rule.citation


@dataclass(frozen=True, slots=True)
class Promise:
    """An unpaid clause against one child: shown, never computed."""

    unpaid: Unpaid
    met: bool


def explain(
    profile: Profile,
    measures: Measures,
    policy: Policy,
    term: Term,
    *,
    figures: Figures | None = None,
    county: str = HOME,
) -> list[Finding]:
    """Every rule considered, in the policy's order. The amounts awarded sum to what the child is owed."""
    plan = Plan.of(policy, term, figures, county)
    known, treated = _known(profile, plan)
    decision = decide(plan.filled(known), measures, plan)
    judged = {judgement.rule.code: judgement for judgement in decision.judgements}
    awaited = plan.awaited(plan.filled(known))
    return [
        _finding(rule, judged.get(rule.code), known, treated, measures, plan.at, awaited.get(rule.code, ()))
        for rule in policy.rules
    ]


def promises(
    profile: Profile, policy: Policy, term: Term, *, figures: Figures | None = None, county: str = HOME
) -> list[Promise]:
    """The clauses that promise something and are not computed, with whether the child is one they mean."""
    plan = Plan.of(policy, term, figures, county)
    _, treated = _known(profile, plan)
    return [Promise(unpaid, unpaid.met(treated, term, county)) for unpaid in policy.unpaid]


def _known(profile: Profile, plan: Plan) -> tuple[dict[str, Value], dict[str, Value]]:
    """What is known of a child, and the same with the categories it is treated as having."""
    at = plan.at
    said = {name: value for name, value in profile.items() if value is not None}
    known = with_figures(complete(said, at.term, at.county), at.figures)
    treated, _ = plan.treat({**known, **plan.filled(known)})
    return known, treated


def _finding(
    rule: Rule,
    judged: Judgement | None,
    known: Profile,
    treated: Profile,
    measures: Measures,
    at: At,
    awaited: tuple[Fact, ...],
) -> Finding:
    alternatives = tuple(
        Alternative(f"情形（{_NUMERALS[place % 10]}）", tuple(_checks(one, known, treated, at)))
        for place, one in enumerate(rule.alternatives_at(at.term))
    )
    checks = _all_checks(rule, alternatives, known, treated, at)
    if judged is None:
        verdict, outcome = _refusal(rule, checks, at.term, awaited)
        told = f"{rule.label}：{outcome}"
        return Finding(rule, verdict, checks, 0, told, "", alternatives=alternatives, awaited=awaited)
    reckoning = judged.reckoning
    note = _note(judged.treatment)
    reckoned = reckoning is not None and not reckoning.wants and judged.verdict in (*_RECKONED, *_LOST)
    arithmetic = _arithmetic(reckoning) if reckoned and reckoning is not None else ""
    if judged.verdict is Verdict.LOAN and reckoning is not None:
        arithmetic = f"额度不超过 {yuan(reckoning.standard_fen)} {reckoning.unit.label}"
    amount = reckoning.amount_fen if reckoning and judged.verdict is Verdict.AWARDED else 0
    outcome = f"{rule.label}：{_outcome(judged, arithmetic, at)}" + (f"（{note}）" if note else "")
    return Finding(
        rule,
        judged.verdict,
        checks,
        amount,
        outcome,
        arithmetic,
        shares(rule, amount, at, judged.treatment) if amount else (),
        alternatives,
        judged.treatment,
        note,
        judged.other,
        reckoning.standard_fen if reckoning and judged.verdict is Verdict.LOAN else 0,
        reckoning.amount.basis_label if reckoning else "",
        reckoning.amount.citation if reckoning else None,
    )


def _all_checks(
    rule: Rule, alternatives: tuple[Alternative, ...], known: Profile, treated: Profile, at: At
) -> tuple[Check, ...]:
    """The rule's own conditions, its alternatives as one, and of a child who studies away that nobody else pays.

    The latter is asked last, and only when all else leaves it to decide.
    """
    checks = list(_checks(rule.asked_at(at.term), known, treated, at))
    if rule.either:
        checks.append(_either(alternatives))
    if treated.get("place", "in_county") != "in_county" and all(check.met for check in checks):
        checks += _checks((ONE_PAYER[rule.payer],), known, treated, at)
    return tuple(checks)


def _checks(conditions: tuple[Condition, ...], known: Profile, treated: Profile, at: At) -> Iterator[Check]:
    for condition in conditions:
        fact = condition.fact
        found = fact.show_found(known)
        if fact.read(treated) != fact.read(known):
            found = f"{found}（比照后为{fact.show_found(treated)}）"
        met = condition.met(treated, at.county)
        yield Check(fact.label, condition.wanted(), found, met, condition, fact.read(treated))


def _either(alternatives: tuple[Alternative, ...]) -> Either:
    cases = "；".join(
        f"{one.name[2:]}{'，且'.join(check.wanted for check in one.checks)}" for one in alternatives
    )
    held = "；".join(f"{one.name}，{_found(one)}" for one in alternatives if one.held)
    wanted = f"须符合下列情形之一：{cases}" if cases else "须符合的各种情形本学期都不再执行"
    return Either("情形", wanted, f"属{held}" if held else "不属其中任何一种", bool(held))


def _found(alternative: Alternative) -> str:
    return "，".join(f"{check.label}为{check.found}" for check in alternative.checks)


_RECKONED = (Verdict.AWARDED, Verdict.NOTHING, Verdict.OTHER_TERM, Verdict.LOAN)
_LOST = (Verdict.OUTBID, Verdict.NOT_CHOSEN)  # what it would have given is told as well


def _outcome(judged: Judgement, arithmetic: str, at: At) -> str:
    verdict, other = judged.verdict, judged.other.label if judged.other else ""
    wants = judged.reckoning.wants if judged.reckoning else ""
    if verdict in _RECKONED:
        return f"{verdict.label}，{arithmetic}"
    if verdict is Verdict.OUTBID:
        first = at.policy.group_of.get(judged.rule.group or "")
        how = "按文件所列次序取后者" if first and first.pick is Pick.FIRST else "就高取后者"
        return f"条件都符合，但与“{other}”只能享受一项，{how}"
    return {
        Verdict.NOT_CHOSEN: f"条件都符合，但与“{other}”只能选一项，选择了后者",
        Verdict.YIELDS: f"条件都符合，但已享受“{other}”，两项不能兼得",
        Verdict.WAITING_OTHER: f"条件都符合，但与“{other}”不能兼得，后者还没有确定，确定之前不计算",
        Verdict.WAITING_CHOICE: "条件都符合，同组只能选一项，还没有登记选择，选择之前不计算",
        Verdict.WAITING_PARAMETER: f"条件都符合，但“{wants}”教育局还没有确定，确定之前不计算",
        Verdict.WAITING_CHARGE: f"条件都符合，但{wants}还没有填报，填报之前不计算",
        Verdict.SWITCHED_OFF: f"条件都符合，但教育局确定“{wants}”本县不执行",
        Verdict.NOT_SELECTED: "条件都符合，名额有限，没有入选",
        Verdict.NOT_ENTRY_TERM: "条件都符合，但只在入学学期发放一次，本学期不是入学学期",
        Verdict.HAD_BEFORE: "条件都符合，但一生只享受一次，以前学期已享受",
        Verdict.NOT_ABOVE: f"条件都符合，但标准不高于{wants}，不再享受",
        Verdict.NO_STANDARD: f"条件都符合，但所依据的“{wants}”本学期不执行，没有标准",
        Verdict.UNSTATED: f"条件都符合，但文件未写金额，不计算：{judged.rule.unstated}",
    }[verdict]


def _refusal(
    rule: Rule, checks: tuple[Check, ...], term: Term, awaited: tuple[Fact, ...]
) -> tuple[Verdict, str]:
    if not rule.in_force(term):
        until = f"至{rule.last_term.label}" if rule.last_term else "起"
        return Verdict.NOT_IN_FORCE, f"执行期为{rule.first_term.label}{until}，{term.label}不执行"
    if awaited:
        wanted = "；".join(check.wanted for check in checks if not check.met)
        names = "、".join(fact.label for fact in awaited)
        return Verdict.WAITING_FACT, f"其他条件都符合，{names}还没有登记，待定（{wanted}）"
    return Verdict.UNMET, "。".join(check.sentence for check in checks if not check.met)


def _note(treatment: Treatment | None) -> str:
    if treatment is None:
        return ""
    citation = treatment.citation
    until = (
        f"{treatment.first_term.label}"
        if treatment.first_term == treatment.last_term
        else f"{treatment.first_term.label}至{treatment.last_term.label}"
    )
    return (
        f"比照享受：{treatment.label}，{until}，依据{citation.document} {citation.clause}“{citation.quote}”"
    )


def _arithmetic(done: Reckoning) -> str:
    """The steps from the document's figure to the fen of the term."""
    steps = _from_figure(done)
    if done.less_fen and done.amount.less is not None:
        steps += f"，减去{done.amount.less.label} {yuan(done.less_fen)} 元，余 {yuan(done.amount_fen)} 元"
    elif done.amount.less is not None:
        steps += f"，{done.amount.less.label}未登记，按 0 元计"
    return steps


def _from_figure(done: Reckoning) -> str:
    amount, paid = done.amount, f"{yuan(done.paid_fen)} 元"
    standard = f"{yuan(done.standard_fen)} {done.unit.label}"
    if amount.form is Form.ACTUAL:
        assert amount.charge is not None
        charge = f"本学期实际{amount.charge.label} {yuan(done.of_fen)} 元"
        return charge if done.of_fen == done.standard_fen else f"{charge}，按上限计 {paid}"
    if amount.form is Form.OF_AWARDED:
        names = "、".join(f"“{name}”" for name in amount.names)
        return f"本学期{names}共 {yuan(done.of_fen)} 元 × {percent(amount.rate)} = {paid}"
    if amount.form is Form.PERCENT:
        base = f"“{amount.names[0]}”标准 {yuan(done.of_fen)} {done.unit.label} × {percent(amount.rate)}"
        standard = f"{base} = {standard}"
    elif amount.form is Form.PARAMETER:
        standard = f"教育局确定“{amount.names[0]}”{standard}"
    return standard + _per(done, paid)


def _per(done: Reckoning, paid: str) -> str:
    if done.unit is Unit.YEAR:
        odd = "（除不尽的 1 分计入秋季学期）" if done.standard_fen % 2 else ""
        return f" ÷ 2 = {paid}{odd}"
    if done.unit is Unit.DAY:
        return f" × {done.times} 天 = {paid}"
    if done.unit is Unit.MONTH:
        return f" × {done.times} 个月 = {paid}"
    if done.unit is Unit.SCHOOL_YEAR:
        when = done.amount.pays_in_autumn
        return f"，{'秋季' if when else '春季'}学期一次发放，本学期 {paid}"
    if done.unit is Unit.ENTRY:
        return f"，本学期入学，发放 {paid}"
    if done.unit is Unit.ONCE:
        return f"，以前没有享受过，发放 {paid}"
    return f"，本学期 {paid}"
