"""Recalculate what the children of a term are owed: decide each profile once, write only differences.

A run goes through the children in order of their key, ``settings.RECALCULATION_CHUNK`` at a time; each chunk reads facts and
present entitlements in the same order, compares them, and commits. A run that is cut off has done
whole children only, and the next one finds the rest.
"""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q, QuerySet

from povertyedu import bulk
from povertyedu.jobs.progress import NO_PROGRESS
from povertyedu.orgs.models import School, Term
from povertyedu.workflow.flow import Actor
from students.models import Enrolment, FactChange
from subsidies import engine
from subsidies.models import Entitlement, Recalculation
from subsidies.queries import FactReader, totals_by_programme
from subsidies.queries.facts import Values

from .later_terms import LaterTerms
from .policies import decider_of, policy_for, reading_of

MANY = 5_000  # rows after which the planner is told
COLUMNS = (
    "term_id", "student_id", "programme_id", "rule", "kind", "amount_fen", "stage", "grade", "school_id",
    "school_area", "home_area",
)  # fmt: skip
KEY = ("term_id", "student_id", "programme_id")


@dataclass
class Tally:
    """What a run has done so far, in children (students) and rows (the others)."""

    students: int = 0
    created: int = 0
    updated: int = 0
    ended: int = 0
    unchanged: int = 0


@dataclass
class Difference:
    """Rows of one chunk that must be written, and keys (student, programme) that must go."""

    written: list[tuple] = field(default_factory=list)
    ended: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Reach:
    """Which children a run looks at: their enrolments, their present entitlements, their marks."""

    enrolments: QuerySet
    entitled: QuerySet
    marks: QuerySet

    @classmethod
    def of(cls, term: Term, school: School | None, *, only_changed: bool) -> "Reach":
        """Choose by child, never by where the rows stand: a child who moved is settled on both sides at once."""
        sides = [
            Enrolment.objects.of(term).studying(),
            Entitlement.objects.filter(term=term),
            FactChange.objects.filter(term=term),
        ]
        if school:
            here = Enrolment.objects.filter(term=term, school=school).values("student_id")
            was_here = Entitlement.objects.filter(term=term, school=school).values("student_id")
            sides = [side.filter(Q(student__in=here) | Q(student__in=was_here)) for side in sides]
        if only_changed:
            changed = FactChange.objects.filter(term=term).values("student_id")
            sides = [side.filter(student__in=changed) for side in sides]
        return cls(*sides)

    def among(self, children: Q) -> "Reach":
        """Return the same of those children alone."""
        return Reach(*(side.filter(children) for side in (self.enrolments, self.entitled, self.marks)))


def recalculate(
    *,
    term: Term,
    by: Actor,
    trigger: str,
    only_changed: bool = False,
    school: School | None = None,
    progress=NO_PROGRESS,
) -> Recalculation:
    """Bring the entitlements of ``term`` up to its facts and its policy; return the run.

    ``only_changed`` looks at children marked since the last run; it is widened to all of them when
    the policy has changed since. ``school`` narrows the run to one school. Running twice changes
    nothing. Raise NoPolicy, FactUnread, or the ``progress``'s own exceptions when it was cancelled or lost its lease.
    """
    started = time.monotonic()
    policy = policy_for(term)
    last = Recalculation.objects.filter(term=term, school=None).first()
    only_changed = only_changed and last is not None and last.policy_id == policy.pk
    decider = decider_of(policy, term)
    reader = FactReader(decider.facts, reading_of(policy, term))
    reach = Reach.of(term, school, only_changed=only_changed)
    later = LaterTerms.after(term)
    progress.expect(reach.enrolments.count())
    tally = Tally()
    after: int | None = 0
    while after is not None:
        after = _one_chunk(decider, reader, term, reach, later, after, tally, progress)
        progress.reach(tally.students)
    if tally.created > MANY:
        bulk.analyse(Entitlement)
    return Recalculation.objects.create(
        term=term, policy=policy, trigger=trigger, by_name=by.name, only_changed=only_changed, school=school,
        students=tally.students, profiles=decider.profiles, created=tally.created, updated=tally.updated,
        ended=tally.ended, unchanged=tally.unchanged, seconds=round(time.monotonic() - started, 3),
        **_totals(term, school),
    )  # fmt: skip


def _totals(term: Term, school: School | None) -> dict:
    by_programme = totals_by_programme(term=term, **({"school": school} if school else {}))
    return {"by_programme": by_programme, "amount_fen": sum(p["amount_fen"] for p in by_programme.values())}


@transaction.atomic
def _one_chunk(
    decider: engine.Decider,
    reader: FactReader,
    term: Term,
    reach: Reach,
    later: LaterTerms,
    after: int,
    tally: Tally,
    progress,
) -> int | None:
    """Settle the next chunk of children whose key is above ``after``; return the last key, None at the end.

    The term's row is locked first, so that two runs at once take turns and each reads what the other wrote.
    """
    Term.objects.select_for_update().get(pk=term.pk)
    span, last = span_of(reach, after)
    # The marks first, then the facts: a mark committed in between stays, its facts may not have been read.
    seen = list(reach.marks.filter(**span).values_list("pk", flat=True))
    facts = read_facts(reach, reader, span)
    present = reach.entitled.filter(**span).order_by("student_id").values_list(*COLUMNS)
    values = reader.of_students([row[0] for row in facts])
    difference = compare(_owed(decider, values, term, facts), present, tally)
    write(term, difference, fresh=tally.updated + tally.ended + tally.unchanged == 0)
    if later.watched:
        later.mark([*((row[1], row[2]) for row in difference.written), *difference.ended])
    if seen:
        with bulk.keys(FactChange, "id", seen) as keys:
            FactChange.objects.filter(pk__in=keys).delete()
    tally.students += len(facts)
    progress.fence()
    return last


def span_of(reach: Reach, after: int) -> tuple[dict, int | None]:
    """Return the next range of keys above ``after`` as a filter, and its last key, None at the end."""
    chunk = settings.RECALCULATION_CHUNK
    coming = reach.enrolments.filter(student_id__gt=after).order_by("student_id")
    last = coming.values_list("student_id", flat=True)[chunk - 1 : chunk].first()
    return {"student_id__gt": after} | ({"student_id__lte": last} if last else {}), last


def read_facts(reach: Reach, reader: FactReader, span: dict) -> list[tuple]:
    """Return student, where it studies and lives, meal days, stage, grade, and what the rules ask of each child of a range."""
    columns = ("student_id", "school_id", "school_area", "home_area", "meal_days", "stage", "grade")
    coming = reach.enrolments.filter(**span).order_by("student_id")
    return list(coming.values_list(*columns, *reader.expressions))


def _owed(
    decider: engine.Decider, values: Values, term: Term, facts: Iterable[tuple]
) -> Iterator[tuple[int, list[tuple]]]:
    """Yield (student, rows as COLUMNS) for children in order; a child owed nothing has no rows."""
    usual = engine.Measures(term.meal_days)
    for row in facts:
        student, school, school_area, home_area, meal_days, stage, grade = row[:7]
        measures = usual if meal_days is None else engine.Measures(meal_days)
        lines = decider.lines(values(student, row[7:]), measures)
        if lines:
            yield student, [
                (term.pk, student, line.programme, line.rule, line.kind, line.amount_fen, stage, grade, school, school_area, home_area)
                for line in lines
            ]  # fmt: skip


def compare(
    owed: Iterable[tuple[int, list[tuple]]], present: QuerySet | Iterable[tuple], tally: Tally
) -> Difference:
    """Walk both sides in order of student and return what differs; count into ``tally``."""
    difference = Difference()
    there: dict[tuple, tuple] = {}
    for row in present:
        there[row[1], row[2]] = tuple(row)
    for _student, rows in owed:
        for row in rows:
            old = there.pop((row[1], row[2]), None)
            if old == row:
                tally.unchanged += 1
                continue
            difference.written.append(row)
            if old is None:
                tally.created += 1
            else:
                tally.updated += 1
    difference.ended = list(there)
    tally.ended += len(there)
    return difference


def write(term: Term, difference: Difference, *, fresh: bool) -> None:
    """Write the rows and take away the ended ones, in a number of statements that does not grow.

    ``fresh``: nothing was there before, so the rows go straight in.
    """
    if difference.written and fresh:
        with connection.cursor() as cursor:
            bulk.fill(cursor, Entitlement._meta.db_table, COLUMNS, difference.written)
    elif difference.written:
        bulk.merge(Entitlement, COLUMNS, difference.written, unique=KEY)
    if difference.ended:
        bulk.load("ended_entitlement", Entitlement, ("student_id", "programme_id"), difference.ended)
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM subsidies_entitlement WHERE term_id = %s AND EXISTS (SELECT 1 FROM ended_entitlement e "
                "WHERE e.student_id = subsidies_entitlement.student_id AND e.programme_id = subsidies_entitlement.programme_id)",
                [term.pk],
            )
            cursor.execute("DROP TABLE ended_entitlement")
