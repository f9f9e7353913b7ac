"""Children on the lists who study here and are owed nothing: who waits for a fact, and for whom the plan has nothing."""

from dataclasses import replace

from django.db.models import Exists, OuterRef

from students.enums import Place
from subsidies.models import Entitlement
from subsidies.queries import FactReader, FactUnread
from subsidies.queries.coverage_rows import AID, Wanted, sources

from .policies import NoPolicy, decider_of, policy_for, reading_of


def told_apart(wanted: Wanted) -> Wanted:
    """Return the same with these children told apart by the rules themselves, each combination of facts decided once.

    Who waits for a fact (待定档) stays to be verified, and so does everybody of whom a fact is missing that a rule
    could hang on. Where the engine had all it asked and no rule is for the child, that is an answer.
    """
    term = wanted.term
    try:
        policy = policy_for(term)
        reading = reading_of(policy, term)
        decider = decider_of(policy, term)
        reader = FactReader(decider.facts, reading)
    except (NoPolicy, FactUnread):
        return wanted  # nobody can be told apart; the recalculation says why
    aid = Entitlement.objects.filter(term=term, kind__in=AID, student=OuterRef("student_id"))
    rows = sources(wanted)["e"].studying().filter(~Exists(aid), place=Place.IN_COUNTY)
    read = list(rows.values_list("student_id", *reader.expressions))
    values = reader.of_students([row[0] for row in read])
    known: dict[tuple, tuple[bool, bool]] = {}
    found: tuple[set[int], set[int]] = (set(), set())
    for student, *row in read:
        key = values(student, tuple(row))
        if key not in known:
            known[key] = bool(decider.waits_for(key)), not decider.concerns(key)
        for those, holds in zip(found, known[key], strict=True):
            if holds:
                those.add(student)
    return replace(wanted, awaited=frozenset(found[0]), without_rule=frozenset(found[1]))
