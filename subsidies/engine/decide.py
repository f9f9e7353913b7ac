"""The decision itself, pure: facts and rules in, awards out. `explain` renders what `decide` returned."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from subsidies.engine.fact_types import HOME, Fact, Profile, Value
from subsidies.engine.facts import Measures, complete
from subsidies.engine.plan import Plan, Ready, Unit
from subsidies.engine.reckon import At, Reckoning, figure_name, reckon, standard_fen
from subsidies.engine.rules import Figures, Kind, Pick, Policy, Rule, Treatment
from subsidies.engine.terms import Term
from subsidies.engine.verdicts import Verdict

_IN_THE_RUNNING = (Verdict.AWARDED, Verdict.OTHER_TERM)


class Judgement(NamedTuple):
    """What became of a rule whose conditions a child meets."""

    rule: Rule
    verdict: Verdict
    reckoning: Reckoning | None = None
    treatment: Treatment | None = None  # without which the conditions would not be met
    other: Rule | None = None  # that won, or that it yields to


class Award(NamedTuple):
    """A rule that gives something in the term, or is a loan."""

    rule: Rule
    amount_fen: int
    reckoning: Reckoning
    treatment: Treatment | None = None


class Line(NamedTuple):
    """What a child is owed of one programme in the term: what is stored."""

    award: Award
    amount_fen: int
    rule: (
        str  # its code, and "@" with the code of the treatment a child gets it by: `Policy.referred` reads it
    )
    programme: str
    kind: str
    payee: str


class Decision(NamedTuple):
    """All rules whose conditions hold, with what became of each."""

    judgements: tuple[Judgement, ...]
    counts_meal_days: bool  # whether another number of meal days could come out differently

    @property
    def awards(self) -> tuple[Award, ...]:
        """What gives something in the term, by rule code whatever the order of the rules."""
        given = (
            Award(one.rule, one.reckoning.amount_fen, one.reckoning, one.treatment)
            for one in self.judgements
            if one.reckoning is not None and one.verdict in (Verdict.AWARDED, Verdict.LOAN)
        )
        return tuple(sorted(given, key=lambda award: award.rule.code))


def decide(profile: dict[str, Value], measures: Measures, plan: Plan) -> Decision:
    """Settle the plan's units one after the other for a profile in which every fact asked is filled.

    Within a group one rule wins (`Pick`); between equals the first code. Rules without a group stack.
    """
    treated, treatments = plan.treat(profile)
    chosen = profile.get("chosen") or ()
    assert isinstance(chosen, tuple | frozenset)
    judged: list[Judgement] = []
    given: dict[str, Judgement] = {}
    awarded: dict[str, int] = {}
    waiting: dict[str, Rule] = {}
    put_off = plan.put_off(treated)
    daily = False
    for unit in plan.units_of(treated["stage"]):
        running: list[tuple[Ready, Judgement]] = []
        out: list[Judgement] = []
        for ready in unit.rules:
            holds = ready.holds(treated)
            if not holds and not (put_off and ready.rule.code in put_off):
                continue
            daily = daily or ready.counts_meal_days
            treatment = _needed(ready, profile, treatments) if holds and treatments else None
            one = _judge(ready, treated, measures, plan.at, given, waiting, awarded, treatment)
            if not holds:
                if one.verdict in _IN_THE_RUNNING or one.verdict.waits:
                    waiting[one.rule.code] = one.rule
            elif one.verdict in _IN_THE_RUNNING:
                running.append((ready, one))
            else:
                out.append(one)
        for one in (*out, *_settle(unit, running, chosen)):
            judged.append(one)
            if one.verdict.waits:
                waiting[one.rule.code] = one.rule
            elif one.verdict in (*_IN_THE_RUNNING, Verdict.LOAN) and one.reckoning is not None:
                given[one.rule.code] = one
                if one.rule.kind is not Kind.LOAN:
                    awarded[one.rule.code] = one.reckoning.amount_fen
    return Decision(tuple(judged), daily)


def _needed(
    ready: Ready, profile: dict[str, Value], treatments: Iterable[tuple[Treatment, int]]
) -> Treatment | None:
    """The treatment without which the child would not meet the rule."""
    if ready.holds(profile):
        return None
    first = None
    for treatment, mask in treatments:
        first = first or treatment
        if ready.holds(profile | {"categories": profile["categories"] | mask}):  # type: ignore[operator]
            return treatment
    return first


def _judge(
    ready: Ready,
    profile: Profile,
    measures: Measures,
    at: At,
    given: Mapping[str, Judgement],
    waiting: Mapping[str, Rule],
    awarded: Mapping[str, int],
    treatment: Treatment | None,
) -> Judgement:
    """What a rule that holds would give, before its group is settled."""
    rule = ready.rule
    if not rule.amounts:
        return Judgement(rule, Verdict.UNSTATED, None, treatment)
    for code in ready.yields:
        if code in given:
            return Judgement(rule, Verdict.YIELDS, None, treatment, given[code].rule)
    if rule.selection is not None and rule.code not in profile["selected"]:  # type: ignore[operator]
        return Judgement(rule, Verdict.NOT_SELECTED, None, treatment)
    reckoning = reckon(rule, profile, measures, at, awarded)
    if reckoning.verdict in _IN_THE_RUNNING:
        for code in ready.yields:
            if code in waiting:  # given meanwhile, it would be money to claim back once that is decided
                return Judgement(rule, Verdict.WAITING_OTHER, reckoning, treatment, waiting[code])
    return Judgement(rule, reckoning.verdict, reckoning, treatment)


def _settle(unit: Unit, running: list[tuple[Ready, Judgement]], chosen: Iterable[str]) -> Iterable[Judgement]:
    """Who wins a unit, and what becomes of the others."""
    if not running:
        return
    contenders = running
    if unit.pick is Pick.CHOSEN and len({one.rule.programme for _, one in running}) > 1:
        contenders = [(ready, one) for ready, one in running if one.rule.programme in chosen]
        if not contenders:
            yield from (one._replace(verdict=Verdict.WAITING_CHOICE) for _, one in running)
            return
    if unit.pick is Pick.FIRST:
        winner = min(contenders, key=lambda entry: entry[0].order)[1]
    else:
        winner = min(contenders, key=_precedence)[1]
    yield winner._replace(verdict=Verdict.LOAN) if winner.rule.kind is Kind.LOAN else winner
    for entry in running:
        if entry[1] is not winner:
            lost = Verdict.OUTBID if entry in contenders else Verdict.NOT_CHOSEN
            yield entry[1]._replace(verdict=lost, other=winner.rule)


def _precedence(entry: tuple[Ready, Judgement]) -> tuple[int, str]:
    reckoning = entry[1].reckoning
    assert reckoning is not None
    return -reckoning.worth_fen, entry[1].rule.code


_Values = tuple[Value, ...]


class Decider:
    """Decides a term's children under one policy, each distinct combination of the facts asked once.

    `facts` are the facts its rules ask, in order; children are given as tuples of their values in that order.
    """

    MOST = 50_000  # profiles remembered: rules that ask a child's own charge make nearly every child one

    def __init__(
        self, policy: Policy, term: Term, *, figures: Figures | None = None, county: str = HOME
    ) -> None:
        self.policy = policy
        self.term = term
        self.plan = Plan.of(policy, term, figures, county)
        self.facts: tuple[Fact, ...] = self.plan.facts
        # Lines by profile; by meal days too, where another number of them could come out differently.
        self._decided: dict[_Values, tuple[Line, ...] | dict[int, tuple[Line, ...]]] = {}
        self._forgotten = 0
        # The same by the rules that hold, where nothing else of a child matters: profiles by the thousand share a few.
        self._by_rules: dict[tuple[tuple[str, ...], Measures], tuple[tuple[Line, ...], bool]] = {}
        self._alike: _Alike | None = None

    @property
    def profiles(self) -> int:
        """How many profiles have been decided: each distinct one once, while no more than `MOST` are remembered."""
        return self._forgotten + len(self._decided)

    def lines(self, values: _Values, measures: Measures) -> tuple[Line, ...]:
        """What the child is owed, one line per programme; what comes to nothing makes no line."""
        lines = self._decided.get(values)
        if lines.__class__ is tuple:
            return lines
        if lines is not None:
            daily: tuple[Line, ...] | None = lines.get(measures.meal_days)  # type: ignore[union-attr]
            if daily is not None:
                return daily
        return self._decide(values, measures)

    def lines_of_all(self, children: Iterable[_Values], measures: Measures) -> list[tuple[Line, ...]]:
        """The same of many children in their order, who all have the same measures."""
        if self._alike is None or self._alike.measures != measures:
            self._alike = _Alike(self, measures)
        return list(map(self._alike.__getitem__, children))

    def awards(self, values: _Values, measures: Measures) -> tuple[Award, ...]:
        """The decision itself; loans are among the awards and never among the lines."""
        return decide(self._profile(values), measures, self.plan).awards

    def concerns(self, values: _Values) -> bool:
        """Whether some rule is for the child, or could be by what nobody has said of it."""
        missing = {
            fact.name for fact, value in zip(self.facts, values, strict=True) if fact.is_missing(value)
        }
        return self.plan.concerns(self._profile(values), missing)

    def waits_for(self, values: _Values) -> dict[str, tuple[Fact, ...]]:
        """Code of a rule -> the facts it waits for."""
        return self.plan.awaited(self._profile(values))

    def values(self, profile: Profile) -> _Values:
        """The values of a child given by name, in the order of `facts`."""
        at = self.plan.at
        full = with_figures(complete(profile, at.term, at.county), at.figures)
        return tuple(full.get(fact.name) for fact in self.facts)

    def _profile(self, values: _Values) -> dict[str, Value]:
        return {
            fact.name: fact.default if value is None else value
            for fact, value in zip(self.facts, values, strict=True)
        }

    def _decide(self, values: _Values, measures: Measures) -> tuple[Line, ...]:
        if len(self._decided) >= self.MOST and values not in self._decided:
            self._forgotten += len(self._decided)
            self._decided.clear()
            if self._alike is not None:
                self._alike.clear()
        lines, daily_too = self._settle(self._profile(values), measures)
        if daily_too:
            daily = self._decided.setdefault(values, {})
            assert isinstance(daily, dict)
            daily[measures.meal_days] = lines
        else:
            self._decided[values] = lines
        return lines

    def _settle(self, profile: dict[str, Value], measures: Measures) -> tuple[tuple[Line, ...], bool]:
        """The lines of a profile, and whether other meal days could make others."""
        held = self.plan.held(profile)
        known = None if held is None else self._by_rules.get((held, measures))
        if known is not None:
            return known
        decision = decide(profile, measures, self.plan)
        lines = tuple(_line(award) for award in decision.awards if award.rule.kind is not Kind.LOAN)
        if held is not None:
            self._by_rules[held, measures] = lines, decision.counts_meal_days
        return lines, decision.counts_meal_days


class _Alike(dict[_Values, tuple[Line, ...]]):
    """Lines by profile under one number of everything else: a known profile costs one look into a dict."""

    def __init__(self, decider: Decider, measures: Measures) -> None:
        super().__init__()
        self.decider, self.measures = decider, measures

    def __missing__(self, values: _Values) -> tuple[Line, ...]:
        lines = self.decider.lines(values, self.measures)  # may clear this very dict
        self[values] = lines
        return lines


def _line(award: Award) -> Line:
    rule, treatment = award.rule, award.treatment
    return Line(
        award,
        award.amount_fen,
        f"{rule.code}@{treatment.code}" if treatment else rule.code,
        rule.programme,
        rule.kind.value,
        rule.payee.value,
    )


def with_figures(profile: dict[str, Value], figures: Figures) -> dict[str, Value]:
    """A profile with the figures of the child's own school, where the bureau gave them by school."""
    for code, figure in figures.items():
        if isinstance(figure, Mapping) and profile.get(figure_name(code)) is None:
            school = str(profile.get("school") or "")
            profile[figure_name(code)] = (figure[school] or 0) if school in figure else None
    return profile


def shares(
    rule: Rule, amount_fen: int, at: At, treatment: Treatment | None = None
) -> tuple[tuple[str, int], ...]:
    """Who bears how much of an amount of a rule, summing to it exactly."""
    funding = treatment.funding if treatment and treatment.funding else rule.funding
    return funding.split(amount_fen, standard_fen(rule, at) if funding.fens else None)


def shares_of(reference: str, amount_fen: int, at: At) -> tuple[tuple[str, int], ...] | None:
    """The same of a stored line by what it names; None when the plan does not know it."""
    found = at.policy.referred(reference)
    return None if found is None else shares(found[0], amount_fen, at, found[1])
