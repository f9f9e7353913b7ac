"""The suggested plan for 3,000 teachers in 200 schools: the solver beside two greedy plans, in one run and under the same rules.

No database. ``BENCH_SECONDS`` sets another time limit, ``BENCH_SEED`` another county.
"""

import os

from teachers.planning import Facts, Figures, Plan, Rules, make_plan

from .staffing import county
from .timing import table

SCHOOLS, TEACHERS, SEED = 200, 3000, 20261127
SECONDS = 30
NAMES = {"need_first": "greedy: need first", "distance_first": "greedy: distance first"}


def run() -> int:
    """Print what each plan comes to; return 1 when the solver does not beat the better greedy plan."""
    facts = county(schools=SCHOOLS, teachers=TEACHERS, seed=int(os.environ.get("BENCH_SEED", SEED)))
    seconds = float(os.environ.get("BENCH_SECONDS", SECONDS))
    plan = make_plan(facts, Rules(), seconds=seconds)
    best = max(baseline.points for baseline in plan.baselines.values())
    print(
        f"{len(facts.teachers):,} teachers, {len(facts.schools)} schools, {plan.short:,} places short, {plan.possible:,} possible moves; "
        f"time limit {seconds:g} s\n"
    )
    table(
        ("plan", "objective", "moves", "need closed", "first teachers", "km", "s", "gap to optimum"),
        [
            *(_row(NAMES[name], facts, plan, figures) for name, figures in plan.baselines.items()),
            _row("solver (HiGHS)" + (", proved best" if plan.proved else ""), facts, plan, plan.figures),
        ],
    )
    beats = plan.figures.points > best
    print(
        f"\nbound {plan.bound:,}; the solver is {'' if beats else 'NOT '}ahead of the better greedy plan: {plan.figures.points - best:+,} points"
    )
    return 0 if beats else 1


def _row(name: str, facts: Facts, plan: Plan, figures: Figures) -> tuple:
    gap = (plan.bound - figures.points) / plan.bound if plan.bound else 0
    closed = f"{figures.moves / plan.short:.1%}" if plan.short else "-"
    return (
        name, f"{figures.points:,}", figures.moves, closed, figures.bare_closed, f"{figures.km:,}", f"{figures.seconds:.2f}", f"{gap:.2%}",
    )  # fmt: skip
