"""Children whom their class goes on missing though their case says that they are back, or has ended.

Looked at every night from what stands, whatever step of the clock was taken before: an untrue return is believed
until the class enters the child as absent, and no longer.
"""

import datetime as dt

from dropout.enums import NOT_EXPECTED, CaseKind, CaseOrigin, CaseState, ClockStep
from dropout.models import AbsenceRun, Case
from povertyedu import bulk
from povertyedu.orgs.models import Term
from povertyedu.workflow.flow import SYSTEM
from students.models import Student

from .cases import BACK, Found, open_cases, take_up_again


def follow_again(term: Term) -> None:
    """Follow every child that the attendance of ``term`` misses for a week while its case, if any, does not hold it to be away.

    A case of a return is taken up again; where two people signed an end, that stands, and a new case is opened. Queries do not grow with the children.
    """
    rows = AbsenceRun.objects.missed().filter(term=term, step__gte=ClockStep.SUSPECTED)
    runs = {run.student_id: run for run in rows}
    if not runs:
        return
    newest = _newest_cases(runs)
    again: dict[int, Found] = {}
    ended: list[Found] = []
    for student, run in runs.items():
        case = newest.get(student)
        if case is None or _has_ended_wrongly(case, run):
            ended.append(_found(run, run.first_on))
        elif case.state in BACK and case.returned_on <= run.last_on:
            never_came = run.first_on <= case.returned_on
            again[case.pk] = _found(run, case.since if never_came else run.first_on)
    take_up_again(again, by=SYSTEM)
    if ended:
        open_cases(ended, by=SYSTEM, term=term, origin=CaseOrigin.ATTENDANCE)


def _newest_cases(students) -> dict[int, Case]:
    """Return the case of each child that is open, else the one that ended last."""
    with bulk.keys(Student, "id", students) as keys:
        cases = sorted(Case.objects.filter(student__in=keys), key=_open_last)
    return {case.student_id: case for case in cases}


def _open_last(case: Case) -> tuple[bool, dt.date, int]:
    return case.is_open, case.closed_on or dt.date.min, case.pk


def _has_ended_wrongly(case: Case, run: AbsenceRun) -> bool:
    """Return whether the child was absent after its case ended as if it were expected at school."""
    return (
        case.state == CaseState.CLOSED and case.outcome not in NOT_EXPECTED and case.closed_on < run.last_on
    )


def _found(run: AbsenceRun, since: dt.date) -> Found:
    note = f"考勤：{run.first_on} 起没有到校，最近一次登记缺勤 {run.last_on}，没有准假"
    return Found(run.student_id, CaseKind.SUSPECTED, since, note)
