"""待定档: children whose aid waits for a fact on nobody's file yet, most often the tier that the school finds (一人一档)."""

from dataclasses import dataclass, replace
from itertools import chain

from django.db.models import Q, QuerySet

from povertyedu.orgs.models import Term
from students.models import Enrolment
from subsidies import engine
from subsidies.queries import FactReader, FactUnread
from subsidies.queries.coverage_rows import Wanted, sources

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
    asked = [fact for fact in decider.facts if fact.awaited]
    if not asked:
        return {}
    nothing_on_file = Q()
    for fact in asked:
        nothing_on_file |= ~Q(facts__has_key=fact.name)
    stages = {
        stage
        for rule in _asking(decider.policy, term, asked)
        for stage in decider.policy.programme(rule.programme).stages
    }
    rows = enrolments.studying().filter(nothing_on_file, stage__in=stages)
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


def with_awaited(wanted: Wanted) -> Wanted:
    """Return the same with those on its lists who wait, so that the coverage equation tells them apart."""
    try:
        return replace(wanted, awaited=frozenset(awaited(wanted.term, sources(wanted)["e"])))
    except FactUnread:
        return wanted  # the recalculation says so; nobody can be told apart


def _asking(pack: engine.Policy, term: Term, facts: list[engine.Fact]) -> list[engine.Rule]:
    names, on = {fact.name for fact in facts}, engine.Term.parse(term.pk)
    return [
        rule
        for rule in pack.rules
        if rule.in_force(on)
        and any(c.fact.name in names for c in (*rule.asked_at(on), *chain(*rule.alternatives_at(on))))
    ]


def _waits(decider: engine.Decider, values: tuple) -> Awaited | None:
    plan = decider.plan
    profile = {
        fact.name: fact.default if value is None else value
        for fact, value in zip(decider.facts, values, strict=True)
    }
    by_rule = plan.awaited(profile)
    if not by_rule:
        return None
    rules = [decider.policy.rule_of[code] for code in by_rule]
    facts = dict.fromkeys(fact.label for facts in by_rule.values() for fact in facts)
    return Awaited(
        tuple(facts), tuple(dict.fromkeys(decider.policy.programme(r.programme).label for r in rules))
    )
