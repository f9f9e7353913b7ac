"""From facts and rules to a plan: the solver's, measured by two greedy ones, or the rules that leave none."""

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from .conflicts import Conflict, enough_without, joint_conflicts, single_conflicts
from .explain import Explained, Open, explain, left_open
from .facts import Facts
from .greedy import Greedy, distance_first, need_first
from .highs import Tick, maximise
from .model import Model, build
from .moves import Move, Pair, Possible, as_move, find_moves, points, what_forbids
from .rules import Rule, Rules
from .tally import Tally

BASELINES: dict[str, Greedy] = {"need_first": need_first, "distance_first": distance_first}
WHY_SECONDS = 10  # for finding out why nothing fits


class UnknownPin(Exception):
    """A pinned move names a teacher or a post that is no more; ``pair`` says which."""

    def __init__(self, pair: Pair) -> None:
        super().__init__(str(pair))
        self.pair = pair


@dataclass(frozen=True, slots=True)
class Figures:
    """What a plan comes to: its points, its moves, the seconds it took."""

    points: int
    moves: int
    km: int
    bare_closed: int  # subjects that get their first teacher
    seconds: float


@dataclass(frozen=True, slots=True)
class Plan:
    """``moves`` begin with the pinned ones. Either ``conflicts`` is empty, or there are no moves."""

    moves: tuple[Explained, ...]
    open: tuple[Open, ...]
    short: int  # places short of a teacher before
    figures: Figures
    baselines: dict[str, Figures]  # those that could be made at all
    bound: int  # no plan under these rules is worth more
    proved: bool
    possible: int  # moves that were weighed
    conflicts: tuple[Conflict, ...] = ()
    enough: tuple[Rule, ...] = ()  # rules each of which, switched off alone, would do

    @property
    def gap(self) -> float:
        """How far from the best there may be, as a share of the bound; 0 when proved best."""
        return (self.bound - self.figures.points) / self.bound if self.bound > 0 else 0.0


def make_plan(
    facts: Facts,
    rules: Rules,
    *,
    pinned: Sequence[Pair] = (),
    forbidden: Collection[Pair] = (),
    seconds: float = 30,
    tick: Tick = lambda: None,
) -> Plan:
    """Return the best plan found in ``seconds``. ``tick`` is called while it solves and may raise to stop it.

    Raise TooLarge when there are too many moves to weigh, UnknownPin for a pin that no longer names anybody.
    """
    began = time.perf_counter()
    possible = find_moves(facts, rules, forbidden)
    fixed = [_pin(facts, rules, pair) for pair in pinned]
    taken = {move.pair for move in fixed}
    moves = [*fixed, *(move for move in possible.moves if move.pair not in taken)]
    model = build(facts, rules, moves, len(fixed), {teacher for teacher, _ in forbidden})
    conflicts = single_conflicts(facts, rules, fixed)
    plan: list[Move] | None = None
    if not conflicts:
        measured = _baselines(facts, rules, possible, fixed)
        left = max(1.0, seconds - (time.perf_counter() - began))
        plan, bound, proved = _best(facts, rules, model, measured, left, tick)
    if plan is None:
        conflicts = conflicts or joint_conflicts(facts, rules, model, seconds=WHY_SECONDS, tick=tick)
        enough = enough_without(facts, rules, fixed, conflicts, seconds=WHY_SECONDS, tick=tick)
        return _none(facts, possible, conflicts, enough, time.perf_counter() - began)
    explained = explain(facts, rules, possible, plan, len(fixed))
    return Plan(
        tuple(explained), tuple(left_open(facts, rules, possible, plan)), _short(facts),
        _figures(plan, rules, time.perf_counter() - began),
        {name: _figures(made, rules, took) for name, (made, took) in measured.items()}, bound, proved, len(possible.moves),
    )  # fmt: skip


def _pin(facts: Facts, rules: Rules, pair: Pair) -> Move:
    teacher, post = facts.teacher.get(pair[0]), facts.post.get(pair[1])
    if teacher is None or post is None:
        raise UnknownPin(pair)
    return as_move(facts, rules, teacher, post)


def _baselines(
    facts: Facts, rules: Rules, possible: Possible, fixed: list[Move]
) -> dict[str, tuple[list[Move], float]]:
    """Return both greedy plans with their seconds; without those that cannot keep the rules around pinned moves."""
    made = {}
    for name, greedy in BASELINES.items():
        began = time.perf_counter()
        plan = greedy(facts, rules, possible, fixed)
        if breaks(facts, rules, plan) is None:
            made[name] = (plan, time.perf_counter() - began)
    return made


def breaks(facts: Facts, rules: Rules, plan: Sequence[Move]) -> Rule | None:
    """Return a rule that a whole plan breaks, None when it keeps them all."""
    tally = Tally(facts, rules, plan)
    return next((rule for move in plan if (rule := tally.broken_at(move)) is not None), None)


def recheck(facts: Facts, rules: Rules, pairs: Sequence[Pair]) -> list[tuple[Pair, Rule | None]]:
    """Return those of ``pairs`` that break a rule today, one by one or together; None where teacher or post is no more."""
    found: list[tuple[Pair, Rule | None]] = []
    moves = []
    for pair in pairs:
        try:
            move = _pin(facts, rules, pair)
        except UnknownPin:
            found.append((pair, None))
            continue
        rule = what_forbids(facts, rules, move.teacher, move.post, ())
        if rule is not None:
            found.append((pair, rule))
        else:
            moves.append(move)
    tally = Tally(facts, rules, moves)
    together = [(move.pair, tally.broken_at(move)) for move in moves]
    return found + [(pair, rule) for pair, rule in together if rule is not None]


def _best(
    facts: Facts, rules: Rules, model: Model, measured: dict[str, tuple[list[Move], float]], seconds: float, tick: Tick
) -> tuple[list[Move] | None, int, bool]:  # fmt: skip
    """Return the solver's plan, its bound and whether it is proved best; the better greedy plan is where it starts."""
    greedy = max(
        (plan for plan, _ in measured.values()), key=lambda p: points(p, rules.weights), default=None
    )
    start = model.columns_of(greedy) if greedy is not None else None
    outcome = maximise(
        model.worth, model.rows, model.upper, fixed=model.fixed, start=start, seconds=seconds, tick=tick
    )
    if outcome.infeasible:
        return None, 0, True
    plan = model.plan_of(outcome.values) if outcome.values is not None else []
    if outcome.values is None or points(plan, rules.weights) < (
        points(greedy, rules.weights) if greedy else 0
    ):
        plan = greedy or []
    rule = breaks(facts, rules, plan)
    if rule is not None:
        raise ArithmeticError(f"the solver's plan breaks {rule}")
    ceiling = sum(max(0, worth) * most for worth, most in zip(model.worth, model.upper, strict=True))
    bound = ceiling if outcome.bound is None else outcome.bound
    return plan, max(bound, points(plan, rules.weights)), outcome.proved


def _figures(plan: Sequence[Move], rules: Rules, seconds: float) -> Figures:
    bare = {move.post.key for move in plan if move.post.is_bare}
    km = round(sum(move.km or 0 for move in plan))
    return Figures(points(plan, rules.weights), len(plan), km, len(bare), seconds)


def _short(facts: Facts) -> int:
    return sum(post.short for post in facts.posts)


def _none(
    facts: Facts, possible: Possible, conflicts: Sequence[Conflict], enough: Sequence[Rule], seconds: float
) -> Plan:
    figures = Figures(0, 0, 0, 0, seconds)
    return Plan(
        (), (), _short(facts), figures, {}, 0, True, len(possible.moves), tuple(conflicts), tuple(enough)
    )
