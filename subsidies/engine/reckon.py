"""What a rule that holds comes to: the figure, its unit, the child's own numbers, step by step."""

from collections.abc import Mapping
from typing import NamedTuple

from subsidies.engine.amounts import Amount, Form, Unit, part
from subsidies.engine.fact_types import HOME, Fact, Profile
from subsidies.engine.facts import Measures
from subsidies.engine.rules import Figures, Policy, Rule
from subsidies.engine.terms import Term
from subsidies.engine.verdicts import Verdict


class At(NamedTuple):
    """When, where and with which of the bureau's figures something is decided."""

    policy: Policy
    term: Term
    figures: Figures
    county: str = HOME


class Reckoning(NamedTuple):
    """The arithmetic of one rule for one child, as it was done."""

    verdict: Verdict  # AWARDED, or why it gives nothing now
    amount: Amount
    amount_fen: int = 0  # in the term
    worth_fen: int = 0  # in the school year, by which a group compares
    standard_fen: int = 0  # per `unit`
    unit: Unit = Unit.TERM
    times: int = 1  # days or months
    of_fen: int = 0  # what a percentage was taken of; the charge that was capped
    paid_fen: int = 0  # in the term, before another benefit goes off
    less_fen: int = 0
    wants: str = ""  # what is waited for, or what stands against it


class _Without(Exception):
    """There is no amount in the term, for this reason."""

    def __init__(self, verdict: Verdict, wants: str = "") -> None:
        super().__init__(verdict)
        self.verdict = verdict
        self.wants = wants


class _Standard(NamedTuple):
    fen: int
    carrier: Amount  # whose unit and number of times it is
    of_fen: int = 0


def reckon(rule: Rule, profile: Profile, measures: Measures, at: At, awarded: Mapping[str, int]) -> Reckoning:
    """What a rule that holds gives; `awarded`: fen of the term by code of the rules already given."""
    amount = rule.amount_at(at.term)
    assert amount is not None, rule.code
    try:
        standard = _standard(amount, profile, at, awarded)
        paid, times = _of_term(standard, rule, profile, measures, at.term)
        less = _after(amount, paid, profile)
    except _Without as reason:
        return Reckoning(reason.verdict, amount, wants=reason.wants)
    unit = standard.carrier.unit if amount.form is not Form.ACTUAL else Unit.TERM
    due = max(0, paid - less)
    elsewhen = unit is Unit.SCHOOL_YEAR and at.term.opens_school_year is not standard.carrier.pays_in_autumn
    worth = _worth(unit, standard.fen, due, cut=bool(less))
    verdict = Verdict.OTHER_TERM if elsewhen else Verdict.AWARDED if due else Verdict.NOTHING
    return Reckoning(verdict, amount, due, worth, standard.fen, unit, times, standard.of_fen, paid, less)


def standard_fen(rule: Rule, at: At) -> int | None:
    """The figure of a rule per its unit, as far as it is the same for all children; what yuan of funding are parts of."""
    amount = rule.amount_at(at.term)
    if amount is None or amount.form in (Form.ACTUAL, Form.OF_AWARDED):
        return None
    try:
        return _standard(amount, {}, at, {}).fen
    except _Without:
        return None


def _standard(amount: Amount, profile: Profile, at: At, awarded: Mapping[str, int]) -> _Standard:
    if amount.form is Form.YUAN:
        return _Standard(amount.fen or 0, amount)
    if amount.form is Form.PARAMETER:
        return _Standard(_figure(amount, profile, at), amount)
    if amount.form is Form.OF_AWARDED:
        base = sum(awarded.get(rule.code, 0) for rule in at.policy.rules_behind(amount.of))
        return _Standard(part(base, amount.rate), amount, base)
    if amount.form is Form.ACTUAL:
        return _actual(amount, profile, at)
    other = at.policy.rule_of[amount.of[0]]
    theirs = other.amount_at(at.term) if other.in_force(at.term) else None
    if theirs is None:
        raise _Without(Verdict.NO_STANDARD, other.label)
    found = _standard(theirs, profile, at, awarded)
    carrier = found.carrier if theirs.form is not Form.ACTUAL else Amount(Form.YUAN)
    return _Standard(part(found.fen, amount.rate), carrier, found.fen)


def _figure(amount: Amount, profile: Profile, at: At) -> int:
    figure = at.figures.get(amount.parameter, {})
    if isinstance(figure, Mapping):
        found = profile.get(figure_name(amount.parameter))
        if found is None:
            raise _Without(Verdict.WAITING_PARAMETER, amount.names[0])
        assert isinstance(found, int)
        figure = found
    if not figure:
        raise _Without(Verdict.SWITCHED_OFF, amount.names[0])
    return figure


def figure_name(code: str) -> str:
    """The name of the fact that holds a child's figure of a parameter the bureau fills in by school."""
    return f"figure:{code}"


def _actual(amount: Amount, profile: Profile, at: At) -> _Standard:
    """The charge of the term, at most the term's part of the cap."""
    assert amount.charge is not None
    cap = _figure(amount, profile, at) if amount.parameter else amount.fen
    charge = _number(amount.charge, profile)
    if cap is None:
        return _Standard(charge, amount, charge)
    return _Standard(min(charge, _halved(cap, at.term) if amount.unit is Unit.YEAR else cap), amount, charge)


def _number(fact: Fact, profile: Profile) -> int:
    found = fact.read(profile)
    if found is None:
        raise _Without(Verdict.WAITING_CHARGE, fact.label)
    assert isinstance(found, int)
    return found


def _halved(fen: int, term: Term) -> int:
    """A year's fen for the term. An odd fen falls to the autumn term, which opens the school year.

    So the two terms of a school year always add up to the year.
    """
    return (fen + term.opens_school_year) // 2


def _of_term(
    standard: _Standard, rule: Rule, profile: Profile, measures: Measures, term: Term
) -> tuple[int, int]:
    """(fen of the term, number of times) of a standard."""
    carrier = standard.carrier
    if carrier.form is Form.ACTUAL or carrier.unit is Unit.TERM:
        return standard.fen, 1
    if carrier.unit is Unit.YEAR:
        return _halved(standard.fen, term), 1
    if carrier.unit is Unit.SCHOOL_YEAR:
        return (standard.fen if term.opens_school_year is carrier.pays_in_autumn else 0), 1
    if carrier.unit is Unit.ENTRY and not profile.get("entering"):
        raise _Without(Verdict.NOT_ENTRY_TERM)
    if carrier.unit is Unit.ONCE:
        had = profile.get("had_before") or ()
        assert isinstance(had, tuple | frozenset)
        if rule.programme in had:
            raise _Without(Verdict.HAD_BEFORE)
    if carrier.unit in (Unit.DAY, Unit.MONTH):
        times = _times(carrier, profile, measures)
        return standard.fen * times, times
    return standard.fen, 1


def _times(amount: Amount, profile: Profile, measures: Measures) -> int:
    if amount.times is not None:
        return amount.times
    if amount.times_of is not None:
        return _number(amount.times_of, profile)
    if measures.meal_days < 0:
        raise ValueError("就餐天数不能为负")
    return measures.meal_days


def _after(amount: Amount, paid: int, profile: Profile) -> int:
    """What goes off for another benefit. One nobody recorded counts as none."""
    if amount.only_above is not None and paid <= _other(amount.only_above, profile):
        raise _Without(Verdict.NOT_ABOVE, amount.only_above.label)
    return 0 if amount.less is None else _other(amount.less, profile)


def _other(fact: Fact, profile: Profile) -> int:
    found = fact.read(profile)
    assert found is None or isinstance(found, int)
    return found or 0


def _worth(unit: Unit, standard: int, due: int, *, cut: bool) -> int:
    """Fen of the school year: a rule paid whole in one term keeps its place in the group in the other."""
    if unit in (Unit.ENTRY, Unit.ONCE):
        return due
    if unit is Unit.SCHOOL_YEAR or (unit is Unit.YEAR and not cut):
        return standard
    return 2 * due
