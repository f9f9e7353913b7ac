"""The list of children who stay away: how far the clock is, what comes next and when."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, QuerySet

from dropout.enums import ClockStep
from dropout.models import AbsenceRun, FollowUp, RunStep
from povertyedu.orgs.models import Term
from students.models import Enrolment

from .attendance import at_place, last_contacts

TABS = (ClockStep.TEACHER, ClockStep.HEAD, ClockStep.BUREAU, ClockStep.SUSPECTED, ClockStep.DROPOUT)


@dataclass(frozen=True)
class Shown:
    """One run as the list tells it."""

    run: AbsenceRun
    enrolment: Enrolment
    out: int
    next_words: str
    contact: FollowUp | None
    last_step: RunStep | None


def open_runs(term: Term, *, user, permission: str, wanted: dict) -> QuerySet[AbsenceRun]:
    """Return the runs of ``term`` that are not over, at the places of a filter."""
    rows = AbsenceRun.objects.visible_to(user, permission).open().filter(term=term)
    if wanted.get("township") or wanted.get("school"):
        there = at_place(Enrolment.objects.filter(term=term), "school", wanted)
        rows = rows.filter(Exists(there.filter(student=OuterRef("student"))))
    return rows


def counts_by_step(rows: QuerySet[AbsenceRun]) -> dict[int, int]:
    return dict(rows.order_by().values_list("step").annotate(Count("pk")))


def shown(runs: list[AbsenceRun], clock) -> list[Shown]:
    """Return ``runs`` with their children, days and next step; ``clock``: see :class:`dropout.actions.clock.Clock`."""
    students = [run.student_id for run in runs]
    enrolled = Enrolment.objects.filter(student__in=students, term__in={run.term_id for run in runs})
    children = {
        (row.student_id, row.term_id): row
        for row in enrolled.select_related("student", "school", "school_class")
    }
    contacts = last_contacts(students)
    taken = {each.run_id: each for each in RunStep.objects.filter(run__in=runs).order_by("step")}
    return [
        Shown(
            run, children[run.student_id, run.term_id], clock.out(run), next_words(run, clock.thresholds),
            contacts.get(run.student_id), taken.get(run.pk),
        )
        for run in runs
    ]  # fmt: skip


def next_words(run: AbsenceRun, thresholds) -> str:
    """Return what comes next and when, if the child does not come back."""
    if run.is_paused:
        return "请假中，暂停计时"
    if run.step == ClockStep.DROPOUT:
        return "已转为辍学，见控辍个案"
    if run.step == ClockStep.SUSPECTED:
        return f"{_day(run, thresholds.suspected + thresholds.dropout)} 起转为辍学"
    after = {
        ClockStep.NONE: thresholds.teacher,
        ClockStep.TEACHER: thresholds.head,
        ClockStep.HEAD: thresholds.bureau,
    }
    if run.step in after:
        step = ClockStep(run.step + 1)
        return f"再缺 {max(1, after[ClockStep(run.step)] - run.days)} 个上课日：{step.label}"
    return f"{_day(run, thresholds.suspected)} 起为疑似辍学"


def _day(run: AbsenceRun, most: int) -> dt.date:
    """Return the first day on which ``run`` has lasted more than ``most`` calendar days, without holidays between terms."""
    return run.known_on + dt.timedelta(days=most - run.out_before)
