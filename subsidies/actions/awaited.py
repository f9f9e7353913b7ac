"""待定档: children whose aid waits for a fact on nobody's file yet, most often the tier that the school finds (一人一档)."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from povertyedu.orgs.models import Term
from students.models import Enrolment
from subsidies import engine
from subsidies.queries import FactReader, nothing_known

from .policies import NoPolicy, decider_of, policy_for, reading_of


@dataclass(frozen=True)
class Awaited:
    """What one child waits for: the facts to be filled in, and the benefits that hang on them."""

    facts: tuple[str, ...]
    programmes: tuple[str, ...]

    @property
    def words(self) -> str:
        return f"{'、'.join(self.facts)}没有登记"


def awaited(term: Term, enrolments: QuerySet[Enrolment]) -> dict[int, Awaited]:
    """Return student -> what it waits for, of those of ``enrolments`` (in ``term``) that wait; {} where no rule asks such a fact.

    Each combination of facts is decided once. Raise FactUnread.
    """
    try:
        policy = policy_for(term)
    except NoPolicy:
        return {}
    decider = decider_of(policy, term)
    waiting = decider.plan.may_wait_for()
    if not waiting:
        return {}
    nothing_on_file = Q()
    for fact in decider.facts:
        if fact.name in waiting:
            stages = _stages(decider.policy, waiting[fact.name])
            nothing_on_file |= nothing_known(fact) & Q(stage__in=stages)
    rows = enrolments.studying().filter(nothing_on_file)
    reader = FactReader(decider.facts, reading_of(policy, term))
    read = list(rows.values_list("student_id", *reader.expressions))
    values = reader.of_students([row[0] for row in read])
    known: dict[tuple, Awaited | None] = {}
    found = {}
    for student, *row in read:
        key = values(student, tuple(row))
        if key not in known:
            known[key] = _waits(decider, key)
        if waits := known[key]:
            found[student] = waits
    return found


def _stages(pack: engine.Policy, rules: frozenset[str]) -> set[str]:
    return {stage for code in rules for stage in pack.programme(pack.rule_of[code].programme).stages}


def _waits(decider: engine.Decider, values: tuple) -> Awaited | None:
    by_rule = decider.waits_for(values)
    if not by_rule:
        return None
    rules = [decider.policy.rule_of[code] for code in by_rule]
    facts = dict.fromkeys(fact.label for facts in by_rule.values() for fact in facts)
    return Awaited(
        tuple(facts), tuple(dict.fromkeys(decider.policy.programme(r.programme).label for r in rules))
    )
