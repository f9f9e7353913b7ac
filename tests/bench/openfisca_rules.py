"""The twelve rules of :mod:`.million` for OpenFisca-core, as its manual writes rules: vector formulas of a person."""

import json
import statistics
import sys
import time

import numpy as np
from openfisca_core.entities import build_entity
from openfisca_core.periods import DateUnit
from openfisca_core.simulations import SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

from .million import REPEATS, peak
from .million_rules import children

STAGE = {"preschool": 0, "primary": 1, "junior": 2, "senior": 3, "vocational": 4}
POOR, DISABLED, DIBAO, TEKUN, ORPHAN, MONITORED, DIFFICULT = 1, 2, 4, 16, 64, 512, 2048
FOUR = POOR | DISABLED | DIBAO | TEKUN
# (name, stages, mask of categories or 0, boarding or None, rural only, last grade, fen of the term)
RULES = (
    ("preschool", (0,), POOR | ORPHAN | DISABLED, None, False, 9, 50_000),
    ("boarding_p", (1,), FOUR, True, False, 9, 62_500),
    ("boarding_j", (2,), FOUR, True, False, 9, 75_000),
    ("day_p", (1,), FOUR, False, False, 9, 31_250),
    ("day_j", (2,), FOUR, False, False, 9, 37_500),
    ("topup", (1, 2), POOR, True, False, 9, 5_000),
    ("meals", (1, 2), 0, None, True, 9, 40_000),
    ("senior_a", (3,), POOR | TEKUN, None, False, 9, 150_000),
    ("senior_b", (3,), DISABLED | DIBAO | ORPHAN | MONITORED | DIFFICULT, None, False, 9, 100_000),
    ("senior_fee", (3,), FOUR, None, False, 9, 38_000),
    ("voc", (4,), FOUR | ORPHAN, None, False, 2, 100_000),
    ("voc_fee", (4,), 0, None, False, 9, 100_000),
)


# What is awarded: of the two senior grants the higher one.
SHARES = {"central": (0, 50), "province": (50, 80), "prefecture": (80, 90), "county": (90, 100)}  # per cent
AWARDS = [name for name, *_ in RULES if name not in ("senior_a", "senior_b")] + ["senior_grant"]


def _highest(one, other):
    return lambda population, period: np.maximum(population(one, period), population(other, period))


def _share(name, before, upto):
    """The per cent of an award from ``before`` to ``upto``; every amount here divides without a rest."""
    return lambda population, period: (
        population(name, period) * upto // 100 - population(name, period) * before // 100
    )


def _variable(person, name, kind, formula=None):
    body = {"value_type": kind, "entity": person, "definition_period": DateUnit.YEAR, "label": name}
    if formula:
        body["formula"] = lambda population, period: formula(population, period)
    return type(name, (Variable,), body)


def _formula(stages, mask, boarding, rural, last_grade, fen):
    def formula(population, period):
        stage = population("stage", period)
        met = np.isin(stage, stages) & (population("grade", period) <= last_grade)
        if mask:
            met &= (population("categories", period) & mask) != 0
        if boarding is not None:
            met &= population("boarding", period) == boarding
        if rural:
            met &= population("rural", period)
        return np.where(met, fen, 0)

    return formula


def compute(people) -> dict:
    """Return seconds of computing and the sum in fen; the building of the system is not timed."""
    stage, grade, boarding, categories, _, setting = zip(*people, strict=True)
    facts = {
        "stage": np.array([STAGE[name] for name in stage]), "grade": np.array(grade), "boarding": np.array(boarding),
        "categories": np.array(categories), "rural": np.array(setting) == "rural",
    }  # fmt: skip
    person = build_entity(key="child", plural="children", label="child", is_person=True)
    system = TaxBenefitSystem([person])
    for name, kind in (
        ("stage", int),
        ("grade", int),
        ("boarding", bool),
        ("categories", int),
        ("rural", bool),
    ):
        system.add_variable(_variable(person, name, kind))
    for name, *rule in RULES:
        system.add_variable(_variable(person, name, int, _formula(*rule)))
    system.add_variable(_variable(person, "senior_grant", int, _highest("senior_a", "senior_b")))
    for name in AWARDS:
        for source, share in SHARES.items():
            system.add_variable(_variable(person, f"{name}_{source}", int, _share(name, *share)))
    answers = [_simulate(system, facts, len(stage)) for _ in range(REPEATS)]
    return answers[0] | {"seconds": statistics.median(answer["seconds"] for answer in answers)}


def _simulate(system, facts: dict, count: int) -> dict:
    began = time.perf_counter()
    simulation = SimulationBuilder().build_default_simulation(system, count=count)
    for name, values in facts.items():
        simulation.set_input(name, "2020", values)
    names = [*AWARDS, *(f"{name}_{source}" for name in AWARDS for source in SHARES)]
    sums = {name: int(simulation.calculate(name, "2020").sum(dtype=np.int64)) for name in names}
    total = sum(sums[name] for name in AWARDS)
    by_source = {f"{source}_fen": sum(sums[f"{name}_{source}"] for name in AWARDS) for source in SHARES}
    return {"seconds": time.perf_counter() - began, "total_fen": total} | by_source


if __name__ == "__main__":
    answer = compute(children(int(sys.argv[1])))
    print(json.dumps(answer | {"mib": peak()}))
