"""Recalculate what the children of a term are owed: decide each profile once, write only differences.

A run goes through the children in order of their key. Range by range it first asks the database whether all stands
as owed (:mod:`subsidies.queries.standing`); where nobody has anything yet, it writes what children who are alike are owed
(:mod:`subsidies.queries.alike`). Elsewhere each chunk of ``settings.RECALCULATION_CHUNK`` children reads facts and present
entitlements, compares them, and commits. A run that is cut off has done whole children only, and the next one finds the rest.
"""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q, QuerySet

from povertyedu import bulk
from povertyedu.jobs.progress import NO_PROGRESS
from povertyedu.orgs.models import School, Term
from povertyedu.workflow.flow import Actor
from students.models import Enrolment, FactChange
from subsidies import engine
from subsidies.enums import RunCause
from subsidies.models import Entitlement, Recalculation
from subsidies.queries import FactReader, marks_by_cause, totals_by_programme
from subsidies.queries.alike import Alike, alike
from subsidies.queries.facts import Values
from subsidies.queries.standing import standing

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
            sides[:2] = (side.filter(student__in=changed) for side in sides[:2])  # the marks are the changed
        return cls(*sides)

    def among(self, children: Q) -> "Reach":
        """Return the same of those children alone."""
        return Reach(*(side.filter(children) for side in (self.enrolments, self.entitled, self.marks)))


def recalculate(
    *,
    term: Term,
    by: Actor,
    trigger: str,
    cause: RunCause = RunCause.BY_HAND,
    only_changed: bool = False,
    school: School | None = None,
    progress=NO_PROGRESS,
) -> Recalculation:
    """Bring the entitlements of ``term`` up to its facts and its policy; return the run.

    ``only_changed`` looks at children marked since the last run; it is widened to all of them when
    the policy has changed since. ``school`` narrows the run to one school. Running twice changes
    nothing. With the run is kept its ``cause``, and for what children had changed when it began; what changes
    meanwhile may be counted by it or the next one. Raise NoPolicy, FactUnread, or the ``progress``'s own exceptions
    when it was cancelled or lost its lease.
    """
    started = time.monotonic()
    policy = policy_for(term)
    last = Recalculation.objects.filter(term=term, school=None).first()
    only_changed = only_changed and last is not None and last.policy_id == policy.pk
    decider = decider_of(policy, term)
    reach = Reach.of(term, school, only_changed=only_changed)
    run = _Run(
        term,
        decider,
        FactReader(decider.facts, reading_of(policy, term)),
        reach,
        LaterTerms.after(term),
        progress,
    )
    progress.expect(reach.enrolments.count())
    marks = marks_by_cause(reach.marks)
    run.go(in_sum=not only_changed)
    tally = run.tally
    if tally.created > MANY:
        bulk.analyse(Entitlement)
    return Recalculation.objects.create(
        term=term, policy=policy, trigger=trigger, cause=cause, marks=marks, by_name=by.name, only_changed=only_changed,
        school=school,
        students=tally.students, profiles=decider.profiles, created=tally.created, updated=tally.updated,
        ended=tally.ended, unchanged=tally.unchanged, seconds=round(time.monotonic() - started, 3),
        **_totals(term, school),
    )  # fmt: skip


def _totals(term: Term, school: School | None) -> dict:
    by_programme = totals_by_programme(term=term, **({"school": school} if school else {}))
    return {"by_programme": by_programme, "amount_fen": sum(p["amount_fen"] for p in by_programme.values())}


@dataclass
class _Run:
    """One way through the children of a reach, range by range, each range or chunk in a transaction of its own."""

    term: Term
    decider: engine.Decider
    reader: FactReader
    reach: Reach
    later: LaterTerms
    progress: Any
    tally: Tally = field(default_factory=Tally)

    def go(self, *, in_sum: bool) -> None:
        """Go through all of them. ``in_sum``: pass over the ranges in which all stands as owed, seen by their sums."""
        after: int | None = 0
        while after is not None:
            span, last = span_of(self.reach, after, many=settings.RECALCULATION_RANGE)
            # Where a rule asks what stands beside the enrolment, each child is looked at.
            if in_sum and self.reader.of_one_row and self._at_once(span):
                self.progress.reach(self.tally.students)
            else:
                self._settle(after, last)
            after = last

    def _settle(self, after: int, until: int | None) -> None:
        reach = self.reach.among(Q(student_id__lte=until)) if until else self.reach
        start: int | None = after
        while start is not None and start != until:
            start = self._one_chunk(reach, start)
            self.progress.reach(self.tally.students)

    @transaction.atomic
    def _at_once(self, span: dict) -> bool:
        """Settle a range whose children need not be looked at one by one; return whether it is such a range."""
        _take_turns(self.term)
        seen = _marks(self.reach, span)
        if _any_in(self.reach.entitled.filter(**span)):
            done = self._pass_over(span)
        else:
            done = self._begin(span)
        if done:
            self._forget(seen)
            self.progress.fence()
        return done

    def _pass_over(self, span: dict) -> bool:
        """Return whether every child of a range has just what it is owed."""
        stand = standing(self.term, self.reach, self.decider, self.reader, span)
        if stand is None:
            return False
        self.tally.students += stand[0]
        self.tally.unchanged += stand[1]
        return True

    def _begin(self, span: dict) -> bool:
        """Write what the children of a range are owed in which nobody has anything yet; return whether it was done."""
        if self.later.watched:
            return False  # its children would have to be marked there one by one
        groups = alike(self.reach.enrolments.filter(**span), self.reader)
        students, owed = _owed_by(self.decider, self.term, groups)
        self.tally.created += bulk.insert(Entitlement, COLUMNS, owed)
        self.tally.students += students
        return True

    @transaction.atomic
    def _one_chunk(self, reach: Reach, after: int) -> int | None:
        """Settle the next chunk of children whose key is above ``after``; return the last key, None at the end."""
        _take_turns(self.term)
        span, last = span_of(reach, after)
        seen = _marks(reach, span)
        facts = read_facts(reach, self.reader, span)
        owed = _owed(self.decider, self.reader, self.term, facts)
        present = list(reach.entitled.filter(**span).order_by("student_id").values_list(*COLUMNS))
        if present:
            difference = compare(owed, present, self.tally)
            write(self.term, difference)
            self._mark_later([*((row[1], row[2]) for row in difference.written), *difference.ended])
        else:
            written = list(owed)
            self.tally.created += bulk.insert(Entitlement, COLUMNS, written)
            self._mark_later([(row[1], row[2]) for row in written])
        self._forget(seen)
        self.tally.students += len(facts)
        self.progress.fence()
        return last

    def _mark_later(self, changed: list[tuple[int, str]]) -> None:
        if self.later.watched:
            self.later.mark(changed)

    def _forget(self, seen: list[int]) -> None:
        if seen:
            with bulk.keys(FactChange, "id", seen) as keys:
                FactChange.objects.filter(pk__in=keys).delete()


def _take_turns(term: Term) -> None:
    """Hold the term's row until the commit, so that of two runs at once each reads what the other wrote.

    Its meal days are read anew: who changed them since has marked the children, and the marks will go.
    """
    term.refresh_from_db(fields=["meal_days"], from_queryset=Term.objects.select_for_update())


def _marks(reach: Reach, span: dict) -> list[int]:
    """The marks of a range. To be read before its facts: a mark committed in between stays, its facts may not have been read."""
    return list(reach.marks.filter(**span).values_list("pk", flat=True))


def _any_in(entitled: QuerySet) -> bool:
    """Return whether there is a row. In the key's order: else PostgreSQL, which expects some, reads the table from its start."""
    return bool(entitled.order_by("student_id").values_list("student_id")[:1])


def span_of(reach: Reach, after: int, *, many: int | None = None) -> tuple[dict, int | None]:
    """Return the next range of keys above ``after`` as a filter, and its last key, None at the end.

    ``many``: of how many children, usually `settings.RECALCULATION_CHUNK`.
    """
    many = many or settings.RECALCULATION_CHUNK
    coming = reach.enrolments.filter(student_id__gt=after).order_by("student_id")
    last = coming.values_list("student_id", flat=True)[many - 1 : many].first()
    return {"student_id__gt": after} | ({"student_id__lte": last} if last else {}), last


def read_facts(reach: Reach, reader: FactReader, span: dict) -> list[tuple]:
    """Return student, where it studies and lives, meal days, stage, grade, and what the rules ask of each child of a range."""
    columns = ("student_id", "school_id", "school_area", "home_area", "meal_days", "stage", "grade")
    coming = reach.enrolments.filter(**span).order_by("student_id")
    return list(coming.values_list(*columns, *reader.expressions))


def _owed(decider: engine.Decider, reader: FactReader, term: Term, facts: list[tuple]) -> Iterator[tuple]:
    """Return the rows (as COLUMNS) of children in order, made while they are taken; a child owed nothing has none."""
    values = reader.of_students([row[0] for row in facts])
    usual = engine.Measures(term.meal_days)
    owed = decider.lines_of_all([values(row[0], row[7:]) for row in facts], usual)
    return _rows(decider, values, term.pk, usual, zip(facts, owed, strict=True))


def _rows(
    decider: engine.Decider, values: Values, term: str, usual: engine.Measures, children: Iterable[tuple[tuple, tuple]]
) -> Iterator[tuple]:  # fmt: skip
    for row, lines in children:
        student, school, school_area, home_area, meal_days, stage, grade = row[:7]
        if meal_days is not None and meal_days != usual.meal_days:
            lines = decider.lines(values(student, row[7:]), engine.Measures(meal_days))
        for _, fen, rule, programme, kind, _ in lines:
            yield term, student, programme, rule, kind, fen, stage, grade, school, school_area, home_area


def _owed_by(decider: engine.Decider, term: Term, groups: Iterable[Alike]) -> tuple[int, Iterator[tuple]]:
    """Return how many children there are and the rows (as COLUMNS) they are owed, in order of their key."""
    students, shared, children = 0, [], []
    for group in groups:
        students += len(group.students)
        days = term.meal_days if group.meal_days is None else group.meal_days
        if lines := decider.lines(group.values, engine.Measures(days)):
            children.extend(zip(group.students, group.schools, repeat(len(shared))))
            shared.append((group, lines))
    children.sort()  # as they stand in the index, which so grows at its end

    def rows() -> Iterator[tuple]:
        for student, school, place in children:
            group, lines = shared[place]
            for _, fen, rule, programme, kind, _ in lines:
                yield (
                    term.pk, student, programme, rule, kind, fen, group.stage, group.grade, school, group.school_area,
                    group.home_area,
                )  # fmt: skip

    return students, rows()


def compare(owed: Iterable[tuple], present: QuerySet | Iterable[tuple], tally: Tally) -> Difference:
    """Walk both sides, rows as COLUMNS, and return what differs; count into ``tally``."""
    difference = Difference()
    there = {(row[1], row[2]): row for row in present}
    for row in owed:
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


def write(term: Term, difference: Difference) -> None:
    """Write the rows and take away the ended ones, in a number of statements that does not grow."""
    if difference.written:
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
