"""Worked examples: the children a pack's author calculated by hand, run against the rules."""

from dataclasses import dataclass

from subsidies.engine.decide import Decider, yuan
from subsidies.engine.facts import Measures
from subsidies.engine.rules import Example, Policy
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
        computed = _computed(policy, example, example.term)
        for code in sorted(expected.keys() | computed.keys()):
            due, given = expected.get(code, 0), computed.get(code, 0)
            if due != given:
                label = policy.programme(code).label
                message = f"算例“{example.title}”：{label}（{code}）应为 {yuan(due)} 元，按规则算得 {yuan(given)} 元"
                failures.append(Failure(example, message))
        if example.year_fen is not None:
            year = sum(sum(_computed(policy, example, term).values()) for term in example.term.school_year())
            if year != example.year_fen:
                message = f"算例“{example.title}”：全学年应为 {yuan(example.year_fen)} 元，按规则算得 {yuan(year)} 元"
                failures.append(Failure(example, message))
    return failures


def _computed(policy: Policy, example: Example, term: Term) -> dict[str, int]:
    lines = Decider(policy, term).lines(example.profile, Measures(meal_days=example.meal_days))
    return {line.award.rule.programme: line.amount_fen for line in lines}
