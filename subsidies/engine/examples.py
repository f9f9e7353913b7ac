"""Worked examples: the children a pack's author calculated by hand, run against the rules."""

from dataclasses import dataclass

from subsidies.engine.decide import Decider
from subsidies.engine.fact_types import Value
from subsidies.engine.facts import Measures
from subsidies.engine.rules import Example, Policy
from subsidies.engine.shares import yuan
from subsidies.engine.terms import Term


@dataclass(frozen=True, slots=True)
class Failure:
    """A worked example that does not come out."""

    example: Example
    message: str


def check_examples(policy: Policy) -> list[Failure]:
    """Run the pack's worked examples; empty when all come out to the fen."""
    failures = []
    for example in policy.examples:
        expected = dict(example.pays)
        computed = _computed(policy, example, example.term, example.profile.get("had_before"))
        for code in sorted(expected.keys() | computed.keys()):
            due, given = expected.get(code, 0), computed.get(code, 0)
            if due != given:
                label = policy.programme(code).label
                message = f"算例“{example.title}”：{label}（{code}）应为 {yuan(due)} 元，按规则算得 {yuan(given)} 元"
                failures.append(Failure(example, message))
        if example.year_fen is not None:
            year = _year(policy, example)
            if year != example.year_fen:
                message = f"算例“{example.title}”：全学年应为 {yuan(example.year_fen)} 元，按规则算得 {yuan(year)} 元"
                failures.append(Failure(example, message))
    return failures


def worked_out(policy: Policy, example: Example) -> tuple[dict[str, int], int]:
    """What the rules give an example's child by programme in its term, and in the whole school year, in fen."""
    pays = _computed(policy, example, example.term, example.profile.get("had_before"))
    return pays, _year(policy, example)


def _year(policy: Policy, example: Example) -> int:
    """Both terms of the school year, the same child in both; what autumn gave was had before in spring."""
    total = 0
    had = example.profile.get("had_before")
    for term in example.term.school_year():
        computed = _computed(policy, example, term, had)
        total += sum(computed.values())
        had = frozenset(computed) | (had if isinstance(had, frozenset) else frozenset())
    return total


def _computed(policy: Policy, example: Example, term: Term, had: Value) -> dict[str, int]:
    profile = {**example.profile, "had_before": had}
    if term != example.term:
        profile.pop("entering", None)  # said of the example's own term
        profile.pop("terms_studied", None)
    decider = Decider(policy, term, figures=example.figures)
    lines = decider.lines(decider.values(profile), Measures(meal_days=example.meal_days))
    return {line.programme: line.amount_fen for line in lines}
