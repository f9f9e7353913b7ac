"""试算: what a draft would change, term by term, without touching an entitlement.

Reads children in order of their key, a range at a time: its terms one after another, the oldest first, so that what the draft
gives in one term is known in the next (once in a lifetime). Keeps sums by school and programme and the children whose
money changes most, so its memory does not grow with the county. Once stored, a run is stale as soon as the draft, the
terms or what is in force has changed.
"""

import heapq
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet

from povertyedu.jobs.progress import NO_PROGRESS
from povertyedu.orgs.models import Term
from povertyedu.workflow.flow import Actor
from students.models import Enrolment, Student
from subsidies import engine
from subsidies.enums import Kind
from subsidies.models import Balance, Entitlement, Policy, WhatIf, WhatIfCell, WhatIfTerm
from subsidies.queries import FactReader, Foretold, waiting_children

from .policies import decider_of, policies_for, reading_of
from .recalculation import Reach, read_facts

MOST = 50  # children of a term that are kept by name
AT_ONCE = 1_000  # children of a cell that are looked at in one go


@dataclass(slots=True)
class Money:
    """One child under one programme: owed now, owed under the draft, and settled already (paid or on its way)."""

    kind: str
    before_fen: int = 0
    after_fen: int = 0
    settled_fen: int = 0
    is_to_come: bool = False  # in a term that is not there yet nothing is paid, and nothing was

    @property
    def gain_fen(self) -> int:
        return max(0, self.after_fen - self.before_fen)

    @property
    def lose_fen(self) -> int:
        return max(0, self.before_fen - self.after_fen)

    @property
    def back_fen(self) -> int:
        """How much more is to be paid than now."""
        if self.kind != Kind.CASH or self.is_to_come:
            return 0
        return max(0, max(0, self.after_fen - self.settled_fen) - max(0, self.before_fen - self.settled_fen))

    @property
    def over_fen(self) -> int:
        """How much more will have been paid than is owed."""
        if self.kind != Kind.CASH or self.is_to_come:
            return 0
        return max(0, max(0, self.settled_fen - self.after_fen) - max(0, self.settled_fen - self.before_fen))


@dataclass(slots=True)
class Change:
    """One child whose entitlements would differ, with the programmes in which they do."""

    student: int
    school: int | None
    area: str
    programmes: dict[str, Money]

    @property
    def before_fen(self) -> int:
        return sum(money.before_fen for money in self.programmes.values())

    @property
    def after_fen(self) -> int:
        return sum(money.after_fen for money in self.programmes.values())

    @property
    def moved_fen(self) -> int:
        """How much moves in all, up or down."""
        return sum(money.gain_fen + money.lose_fen for money in self.programmes.values())


@dataclass
class Chunk:
    """What became of the children of one range of keys in a term."""

    term: Term
    changes: list[Change]
    students: int
    before_fen: int  # cash of all of them, now and under the draft
    after_fen: int


@dataclass(frozen=True)
class _Trial:
    """A term under a draft: what decides its children there, on what is read of them. ``at``: the term to come it stands for."""

    term: Term
    at: engine.Term | None
    decider: engine.Decider
    reader: FactReader
    reach: Reach


def chunks(policy: Policy, terms: Sequence[Term], children: Sequence[int] | None = None) -> Iterator[Chunk]:
    """Yield what ``policy`` would change in ``terms``, the oldest first, for one range of keys after another.

    ``children``: of these alone. Raise PackError for a text that is no pack, FactUnread for a fact nobody reads.
    """
    foretold = Foretold(frozenset(term.pk for term in terms), {})
    trials = [_trial(policy, term, foretold, children) for term in terms]
    watched = frozenset().union(*(trial.reader.reading.watched for trial in trials))
    students = Student.objects.all() if children is None else Student.objects.filter(pk__in=children)
    last: int | None = 0
    while last is not None:
        span, last = _span(students, last)
        foretold.given.clear()
        for trial in trials:
            yield _chunk(trial, span, watched)


def _trial(policy: Policy, term: Term, foretold: Foretold, children: Sequence[int] | None) -> _Trial:
    begins = engine.Term.parse(policy.applies_from) if policy.applies_from else None
    at = begins if begins and begins > engine.Term.parse(term.pk) else None
    decider = decider_of(policy, term, at=at)
    reader = FactReader(decider.facts, reading_of(policy, term, foretold, at=at))
    reach = _whole(term) if children is None else _whole(term).among(Q(student__in=children))
    return _Trial(term, at, decider, reader, reach)


def _span(students: QuerySet, after: int) -> tuple[dict, int | None]:
    """Return the next range of keys above ``after`` as a filter, and its last key, None at the end: one range for all terms."""
    coming = students.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)
    last = coming[settings.RECALCULATION_CHUNK - 1 : settings.RECALCULATION_CHUNK].first()
    return {"student_id__gt": after} | ({"student_id__lte": last} if last else {}), last


def _chunk(trial: _Trial, span: dict, watched: frozenset[str]) -> Chunk:
    term, decider = trial.term, trial.decider
    facts = read_facts(trial.reach, trial.reader, span)
    values = trial.reader.of_students([row[0] for row in facts])
    given = trial.reader.reading.foretold.given
    money: dict[int, dict[str, Money]] = defaultdict(dict)
    places: dict[int, tuple[int | None, str, str]] = {}
    present = trial.reach.entitled.filter(**span).values_list(
        "student_id", "programme_id", "kind", "amount_fen", "school_id", "school_area", "home_area"
    )
    for student, programme, kind, fen, *place in present:
        money[student][programme] = Money(kind, before_fen=fen)
        places[student] = tuple(place)
    usual = engine.Measures(term.meal_days)
    for row in facts:
        student, school, school_area, home_area, meal_days = row[:5]
        measures = usual if meal_days is None else engine.Measures(meal_days)
        for line in decider.lines(values(student, row[7:]), measures):
            own = money[student]
            if line.programme not in own:
                own[line.programme] = Money(line.kind)
            own[line.programme].kind = line.kind
            own[line.programme].after_fen = line.amount_fen
            places[student] = school, school_area, home_area
            if line.programme in watched:
                given.setdefault(student, set()).add(line.programme)
    cash = [m for own in money.values() for m in own.values() if m.kind == Kind.CASH]
    before, owed = sum(m.before_fen for m in cash), sum(m.after_fen for m in cash)
    return Chunk(term, _changes(trial, span, money, places), len(facts), before, owed)


def _changes(trial: _Trial, span: dict, money: dict, places: dict) -> list[Change]:
    changes = []
    for student in sorted(money):
        differs = {code: m for code, m in money[student].items() if m.before_fen != m.after_fen}
        if differs:
            school, school_area, home_area = places[student]
            area = (school_area if school else home_area)[:9]
            changes.append(Change(student, school, area, differs))
    if changes:
        settled = _settled(trial.term, span)
        for change in changes:
            for programme, each in change.programmes.items():
                each.is_to_come = trial.at is not None
                each.settled_fen = settled.get((change.student, programme), 0)
    return changes


def _settled(term: Term, span: dict) -> dict[tuple[int, str], int]:
    """Return {(student, programme): fen} that were paid or are on their way."""
    rows = Balance.objects.filter(term=term, **span).filter(Q(paid_fen__gt=0) | Q(in_hand_fen__gt=0))
    return {
        (student, programme): fen
        for student, programme, fen in rows.values_list(
            "student_id", "programme_id", F("paid_fen") + F("in_hand_fen")
        )
    }


# --- the whole of it, counted -----------------------------------------------------------------------


@dataclass(slots=True)
class Counts:
    """The figures of subsidies.models.what_if.COUNTS."""

    gain: int = 0
    gain_fen: int = 0
    lose: int = 0
    lose_fen: int = 0
    back: int = 0
    back_fen: int = 0
    over: int = 0
    over_fen: int = 0

    def add(self, gain_fen: int, lose_fen: int, back_fen: int, over_fen: int) -> None:
        """Count one child: who gains under one programme and loses under another does both."""
        self.gain += gain_fen > 0
        self.gain_fen += gain_fen
        self.lose += lose_fen > 0
        self.lose_fen += lose_fen
        self.back += back_fen > 0
        self.back_fen += back_fen
        self.over += over_fen > 0
        self.over_fen += over_fen

    def as_dict(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass
class _TermCount:
    """One term being counted: by (school, area, programme, kind), as a whole, and who changes most."""

    whole: Counts = field(default_factory=Counts)
    cells: dict[tuple, Counts] = field(default_factory=lambda: defaultdict(Counts))
    most: list[tuple] = field(default_factory=list)
    students: int = 0
    before_fen: int = 0
    after_fen: int = 0

    def take(self, chunk: Chunk) -> None:
        self.students += chunk.students
        self.before_fen += chunk.before_fen
        self.after_fen += chunk.after_fen
        for change in chunk.changes:
            self._count(change)

    def _count(self, change: Change) -> None:
        place = (change.school, change.area)
        sums = [0, 0, 0, 0]
        for code, money in change.programmes.items():
            figures = money.gain_fen, money.lose_fen, money.back_fen, money.over_fen
            self.cells[*place, code, money.kind].add(*figures)
            sums = [total + figure for total, figure in zip(sums, figures, strict=True)]
        self.cells[*place, "", ""].add(*sums)
        self.whole.add(*sums)
        entry = (change.moved_fen, -change.student, change.before_fen, change.after_fen, *sums[2:])
        if len(self.most) < MOST:
            heapq.heappush(self.most, entry)
        else:
            heapq.heappushpop(self.most, entry)

    def most_first(self) -> list[list[int]]:
        return [[-student, *figures] for _, student, *figures in sorted(self.most, reverse=True)]


def terms_of(policy: Policy) -> list[Term]:
    """Return the terms a policy applies to if it is published now, the oldest first."""
    terms = list(Term.objects.order_by("starts_on"))
    if not policy.applies_from:
        return terms
    first = engine.Term.parse(policy.applies_from)
    return [term for term in terms if engine.Term.parse(term.pk) >= first]


def tried_on(policy: Policy) -> list[Term]:
    """Return the terms a what-if goes through: those it applies to, or the newest there is where they are all still to come."""
    return terms_of(policy) or list(Term.objects.order_by("-starts_on")[:1])


def newest_published() -> Policy | None:
    return Policy.objects.published().order_by("-published_at", "-pk").first()


def run_what_if(*, policy: Policy, by: Actor, progress=NO_PROGRESS) -> WhatIf:
    """Find out what ``policy`` would change in each term it applies to, and keep it in place of its last run.

    One for a term that is not there yet is tried on the children of the newest, as they are.
    Raise PackError, FactUnread, or the ``progress``'s own exceptions.
    """
    started, terms = time.monotonic(), tried_on(policy)
    newest, present = newest_published(), policies_for(terms)
    progress.expect(sum(_whole(term).enrolments.count() for term in terms))
    done, counted = 0, {term.pk: _TermCount() for term in terms}
    for chunk in chunks(policy, terms):
        counted[chunk.term.pk].take(chunk)
        done += chunk.students
        progress.reach(done, f"{chunk.term}")
    with transaction.atomic():
        policy.what_ifs.all().delete()
        run = WhatIf.objects.create(
            policy=policy, digest=policy.digest, applies_from=policy.applies_from, newest=newest, made_by=by.name,
            seconds=round(time.monotonic() - started, 3),
        )  # fmt: skip
        for term in terms:
            _keep(run, term, present.get(term.pk), counted[term.pk])
        progress.fence()
    return run


def _whole(term: Term) -> Reach:
    return Reach.of(term, None, only_changed=False)


def _keep(run: WhatIf, term: Term, present: Policy | None, count: _TermCount) -> None:
    WhatIfTerm.objects.create(
        what_if=run, term=term, policy=present, students=count.students, waiting=waiting_children(term),
        before_fen=count.before_fen, after_fen=count.after_fen, most=count.most_first(), **count.whole.as_dict(),
    )  # fmt: skip
    WhatIfCell.objects.bulk_create(
        (
            WhatIfCell(what_if=run, term=term, school_id=school, area=area, programme=code, kind=kind, **cell.as_dict())
            for (school, area, code, kind), cell in count.cells.items()
        ),
        batch_size=500,
    )  # fmt: skip


def why_stale(run: WhatIf, policy: Policy) -> str:
    """Return why a run tells nothing about ``policy`` any more, or "" while it does."""
    if (run.digest, run.applies_from) != (policy.digest, policy.applies_from):
        return "试算后草稿又改过"
    newest = newest_published()
    if (newest.pk if newest else None) != run.newest_id:
        return "试算后又发布了别的政策"
    if set(run.terms.values_list("term_id", flat=True)) != {term.pk for term in tried_on(policy)}:
        return "试算后又有了新的学期"
    return ""


def current_what_if(policy: Policy) -> WhatIf | None:
    """Return the run that tells what publishing ``policy`` now would do; None when there is none or it is stale."""
    run = policy.what_ifs.first()
    return run if run and not why_stale(run, policy) else None


def children_of(
    policy: Policy, term: Term, *, school: int | None, area: str = "", programme: str = "", after: int = 0, limit: int = 50
) -> list[Change]:  # fmt: skip
    """Return the next children of a cell above key ``after``, found out anew: those of a school, or of a township who study away.

    Their earlier terms are gone through as well: what the draft gives there can decide this one.
    """
    place = Q(school=school) if school else Q(school=None, home_area__startswith=area)
    keys: set[int] = set()
    for rows in (Enrolment.objects.filter(place, term=term), Entitlement.objects.filter(place, term=term)):
        keys.update(rows.order_by().values_list("student_id", flat=True))
    waiting = sorted(key for key in keys if key > after)
    terms = [each for each in tried_on(policy) if each.starts_on <= term.starts_on]
    found: list[Change] = []
    while waiting and len(found) < limit:
        some, waiting = waiting[:AT_ONCE], waiting[AT_ONCE:]
        for chunk in chunks(policy, terms, some):
            found += [
                change
                for change in chunk.changes
                if chunk.term == term
                and change.school == school
                and (not programme or programme in change.programmes)
            ]
    return found[:limit]
