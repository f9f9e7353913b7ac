"""The clock of children who stay away (缺勤跟踪): day 1 the class teacher, day 2 the head, day 3 the bureau, then a case.

A day counts once it is over or once the child was entered absent on it: who may still come this morning is not
told of. Each step is recorded once in a run, with the people it was told to.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.urls import reverse

from dropout.enums import CaseKind, CaseOrigin, ClockStep
from dropout.models import AbsenceRun, RunStep
from dropout.queries.answering import Answering
from dropout.queries.school_days import last_school_day, term_under_way
from dropout.queries.spells import DAY, TermDays, days_out
from povertyedu import bulk
from povertyedu.inbox.models import tell_many
from povertyedu.options.registry import options
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Term
from povertyedu.workflow.flow import SYSTEM, Actor
from students.models import Enrolment

from .cases import Found, open_cases, raise_kinds
from .still_away import follow_again

NAMES_TOLD = 6


@dataclass(frozen=True)
class Thresholds:
    """Class days for the first three steps, calendar days for the last two (facts.md 5, W9 and W7)."""

    teacher: int
    head: int
    bureau: int
    suspected: int
    dropout: int

    @classmethod
    def read(cls) -> "Thresholds":
        keys = ("absence_teacher_days", "absence_head_days", "absence_bureau_days")
        return cls(*options(*keys, "suspected_after_days", "dropout_after_days").values())

    def step(self, days: int, out: int) -> ClockStep:
        """Return how far ``days`` class days and ``out`` calendar days without leave have come."""
        if out > self.suspected + self.dropout:
            return ClockStep.DROPOUT
        if out > self.suspected:
            return ClockStep.SUSPECTED
        by_days = (
            (ClockStep.BUREAU, self.bureau),
            (ClockStep.HEAD, self.head),
            (ClockStep.TEACHER, self.teacher),
        )
        return next((step for step, least in by_days if days >= least), ClockStep.NONE)


@dataclass(frozen=True)
class Clock:
    """What the step of a run is worked out from."""

    thresholds: Thresholds
    counted: TermDays
    over: dt.date | None  # the last school day that is over

    @classmethod
    def read(cls) -> "Clock":
        return cls(Thresholds.read(), counted_days(), last_school_day(today()))

    def as_of(self, run: AbsenceRun) -> dt.date:
        """Return the last day that counts for ``run``."""
        if run.ended_on:
            return run.ended_on - DAY
        return max(run.known_on, self.over) if self.over else run.known_on

    def out(self, run: AbsenceRun) -> int:
        return days_out(run, self.as_of(run), self.counted)

    def step(self, run: AbsenceRun) -> ClockStep:
        return self.thresholds.step(run.days, self.out(run))


def counted_days() -> TermDays:
    terms = Term.objects.values_list("pk", "starts_on", "ends_on")
    return TermDays({pk: (start, end) for pk, start, end in terms})


def run_daily() -> int:
    """Move every clock of the term under way, follow whom the clock says is away; called hourly, the second call finds nothing to do. Return how many moved.

    Queries do not grow with the children.
    """
    term = term_under_way()
    if term is None:
        return 0
    here = Enrolment.objects.filter(student=OuterRef("student"), term=term).studying()
    with transaction.atomic():
        carried = AbsenceRun.objects.filter(Exists(here), ended_on=None).exclude(term=term)
        carried.update(term=term)  # away before the holidays and not seen since
        moved = advance(AbsenceRun.objects.open().filter(term=term))
        follow_again(term)
        return moved


@transaction.atomic
def advance(runs, *, but: Actor = SYSTEM) -> int:
    """Bring the steps of ``runs`` (a queryset) up to now, tell who answers for the children; return how many moved.

    ``but``: who acts needs no message of it. A run that is over is brought to the step it had come to, told nobody.
    """
    clock = Clock.read()
    moved = []
    for run in runs.expected().select_for_update(of=("self",)).select_related("term").order_by("pk"):
        if (step := clock.step(run)) != run.step:
            run.step = step
            moved.append(run)
    if not moved:
        return 0
    bulk.overwrite(AbsenceRun, [(run.pk, {"step": run.step}) for run in moved])
    _take_steps([run for run in moved if run.ended_on is None], but)
    return len(moved)


def _take_steps(runs: list[AbsenceRun], but: Actor) -> None:
    """Record the steps that ``runs`` have come to and not taken before; tell of each run's highest new one."""
    with bulk.keys(AbsenceRun, "id", [run.pk for run in runs]) as keys:
        taken = set(RunStep.objects.filter(run__in=keys).values_list("run", "step"))
    new = {
        run: steps
        for run in runs
        if (
            steps := [
                step
                for step in ClockStep
                if ClockStep.NONE < step <= run.step and (run.pk, step) not in taken
            ]
        )
    }
    if not new:
        return
    answering = Answering(list(new))
    rows, messages = [], defaultdict(list)
    for run, steps in new.items():
        people: set[int] = set()
        for step in steps:
            told = answering.of(run, step)
            people |= {each.user for each in told if each.user}
            rows.append(RunStep(run=run, step=step, on=today(), told=[str(each) for each in told]))
        for user in people - {but.id}:
            messages[user, steps[-1]].append(answering.name(run))
    RunStep.objects.bulk_create(rows)
    _follow(new)
    _tell(messages)


def _follow(new: dict[AbsenceRun, list[ClockStep]]) -> None:
    """Open the case of each child that is suspected now; of a further month away it is a dropout."""
    for term in {run.term_id: run.term for run in new}.values():
        runs = [run for run in new if run.term_id == term.pk and new[run][-1] >= ClockStep.SUSPECTED]
        if not runs:
            continue
        rows = [
            Found(
                run.student_id, CaseKind.SUSPECTED, run.first_on, f"考勤：{run.first_on} 起没有到校，没有准假"
            )
            for run in runs
        ]
        cases = open_cases(rows, by=SYSTEM, term=term, origin=CaseOrigin.ATTENDANCE)
        lost = [cases[run.student_id] for run in runs if new[run][-1] == ClockStep.DROPOUT]
        if lost:
            raise_kinds(lost, by=SYSTEM)


def _tell(messages: dict[tuple[int, ClockStep], list[str]]) -> None:
    """Send each person one message a step, however many children it is about."""
    by_step: dict[ClockStep, list[tuple[int, str]]] = defaultdict(list)
    for (user, step), names in messages.items():
        by_step[step].append((user, f"{step.label}：{_listed(names)}连续缺勤。{NEXT[step]}"))
    for step, told in by_step.items():
        page = f"{reverse('dropout:runs')}?step={step.value}"
        tell_many(told, url=page, tone="bad" if step >= ClockStep.SUSPECTED else "warn")


def _listed(names: Iterable[str]) -> str:
    names = list(names)
    shown = "、".join(names[:NAMES_TOLD])
    return shown if len(names) <= NAMES_TOLD else f"{shown}等 {len(names)} 人"


NEXT = {
    ClockStep.TEACHER: "请班主任今天联系家长，登记跟进。",
    ClockStep.HEAD: "请校长和班主任上门了解情况，登记跟进。",
    ClockStep.BUREAU: "学校已上报，请县局会同乡镇核实。",
    ClockStep.SUSPECTED: "已开控辍个案，请两条线的责任人劝返。",
    ClockStep.DROPOUT: "个案已转为辍学，请依法劝返。",
}
