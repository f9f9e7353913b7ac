"""The engine against the plans read aloud, child by child on random counties, to the fen per programme."""

import ast
from pathlib import Path

import pytest

from subsidies.engine import Decider, Measures, Term
from tests.subsidies.oracles.counties import random_county
from tests.subsidies.oracles.guiding import guiding
from tests.subsidies.oracles.linxia import linxia
from tests.subsidies.oracles.suizhou import suizhou
from tests.subsidies.oracles.yizhang import yizhang
from tests.subsidies.packs import pack, profile

PLANS = {
    guiding: ["2015-spring", "2015-autumn", "2020-autumn", "2021-spring"],
    linxia: ["2015-spring", "2015-autumn", "2018-spring", "2020-autumn", "2021-spring"],
    yizhang: ["2016-autumn", "2017-spring", "2020-autumn", "2021-spring"],
    suizhou: [
        "2020-spring", "2020-autumn", "2021-spring", "2021-autumn", "2023-autumn", "2024-spring", "2024-autumn",
        "2025-spring", "2025-autumn",
    ],
}  # fmt: skip
OPEN = {  # what no bureau gives in these counties: figures of other plans
    "guiding": (),
    "linxia": (),
    "yizhang": ("senior_tuition",),
    "suizhou": ("senior_public_fee", "vocational_public_fee", "preschool_public_care_fee"),
}
CASES = [(plan, term) for plan, terms in PLANS.items() for term in terms]


def engine_gives(name, children, term, figures):
    """What the engine gives each child, all of them through one decider."""
    filled = {code: figures[code] for code in OPEN[name] if code in figures}
    decider = Decider(pack(name), Term.parse(term), figures=filled)
    for child in children:
        lines = decider.lines(decider.values(profile(child)), Measures(child["meal_days"]))
        yield {line.programme: line.amount_fen for line in lines}


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("plan", "term"), CASES, ids=lambda part: getattr(part, "__name__", part))
def test_engine_gives_every_child_what_the_plan_says(plan, term, seed):
    children, figures = random_county(seed, 500)

    wrong = [
        (child, given, said)
        for child, given in zip(children, engine_gives(plan.__name__, children, term, figures), strict=True)
        if given != (said := plan(child, term, figures))
    ]

    assert wrong == []


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.__name__)
def test_random_counties_have_somebody_for_every_programme(plan):
    """Or agreement would say nothing of it."""
    children, figures = random_county(1, 3000)

    given = {code for term in PLANS[plan] for child in children for code in plan(child, term, figures)}

    paying = {one.code for one in pack(plan.__name__).programmes if one.kind.value != "loan"}
    assert given == paying


def test_oracles_know_nothing_of_the_program():
    imported = set()
    for path in Path(__file__).parent.glob("[!t]*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
            if isinstance(node, ast.ImportFrom):
                imported.add(node.module)

    assert imported <= {"random"}
