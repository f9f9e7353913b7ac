"""A child found away: its case is opened once, whoever finds it, one by one or many at a time.

``by`` is the Actor. A child has one case that is not closed; whoever finds it again gets that one.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from dropout.enums import CaseKind, CaseOrigin, CaseState
from dropout.models import Case, CaseDecision, CaseReason
from dropout.states import CASE_FLOW
from povertyedu import bulk
from povertyedu.audit.models import record_many
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Area, Term
from povertyedu.workflow.flow import Actor
from students.actions.registration import open_record
from students.models import Enrolment, Student

from .duties import renew

BACK = (CaseState.RETURNED, CaseState.MONITORED)


class Found(NamedTuple):
    """A child found away; ``since``: the first day it was not at school."""

    student: int
    kind: str
    since: dt.date
    note: str = ""


def open_case(
    *, by: Actor, student: Student, term: Term, origin: str, kind: str, since: dt.date, note: str = ""
) -> Case:
    """Open the child's case, or return the one it has; a case of a child that had returned begins anew."""
    found = open_cases([Found(student.pk, kind, since, note)], by=by, term=term, origin=origin)
    return Case.objects.get(pk=found[student.pk])


@transaction.atomic
def report_child(
    *, by: Actor, student: Student | None, term: Term, village: Area, data: dict, kind: str, since: dt.date, note: str = ""
) -> Case:  # fmt: skip
    """Open the case of a child that is on no roster; without ``student`` its record is opened first, at ``village``.

    ``data`` as :func:`students.actions.registration.open_record` takes it. Raise ValidationError where a number got a record in this moment.
    """
    child = student or open_record(by=by, data=data | {"home": village})
    return open_case(
        by=by, student=child, term=term, origin=CaseOrigin.REPORT, kind=kind, since=since, note=note
    )


@transaction.atomic
def open_cases(rows: Sequence[Found], *, by: Actor, term: Term, origin: str) -> dict[int, int]:
    """Open the cases of many children; return student -> its open case, a new one or the one it had.

    Queries do not grow with the rows.
    """
    wanted = {row.student: row for row in rows}
    with bulk.keys(Student, "id", wanted) as keys:
        # their rows are locked: two who find the same child at once open one case
        children = Student.objects.select_for_update().filter(pk__in=keys).order_by("pk")
        homes = {
            pk: (kept or pk, home)
            for pk, kept, home in children.values_list("pk", "merged_into_id", "home_area_id")
        }
    kept = {child: keeper for child, (keeper, _) in homes.items()}
    with bulk.keys(Student, "id", set(kept.values())) as keys:
        present = {case.student_id: case for case in Case.objects.open().filter(student__in=keys)}
        seats = _newest_enrolments(keys, term)
    new: dict[int, Case] = {}
    for child, keeper in kept.items():
        if keeper not in present and keeper not in new:
            new[keeper] = _case(
                wanted[child], keeper, seats.get(keeper), homes[child][1], term=term, origin=origin
            )
    _begin(list(new.values()), by=by)
    known = [(present[keeper], wanted[child]) for child, keeper in kept.items() if keeper in present]
    _begin_anew(known, by=by)
    standing = present | new
    return {child: standing[keeper].pk for child, keeper in kept.items()}


def _newest_enrolments(students, term: Term) -> dict[int, Enrolment]:
    """Return the enrolment of each child in ``term``, else its last one before."""
    rows = Enrolment.objects.filter(student__in=students, term__starts_on__lte=term.starts_on)
    return {row.student_id: row for row in rows.order_by("term__starts_on")}


def _case(
    row: Found, student: int, seat: Enrolment | None, home: str | None, *, term: Term, origin: str
) -> Case:
    day = today()
    case = Case(
        student_id=student, term=term, kind=row.kind, origin=origin, since=row.since, opened_on=day, state_since=day,
        note=row.note.strip()[:500],
    )  # fmt: skip
    if seat:
        case.take_seat(seat)
    elif home:
        case.home_area = home.ljust(12, "0")
    return case


def _begin(cases: list[Case], *, by: Actor) -> None:
    if not cases:
        return
    bulk.insert_new(cases)
    with bulk.keys(Student, "id", [case.student_id for case in cases]) as keys:
        children = {student.pk: student for student in Student.objects.filter(pk__in=keys)}
    for case in cases:
        case.student = children[case.student_id]
    decide_many(cases, "open", by=by)
    renew(cases)


def _begin_anew(known: list[tuple[Case, Found]], *, by: Actor) -> None:
    """Take up the cases whose children had returned and were away again afterwards."""
    take_up_again(
        {
            case.pk: row
            for case, row in known
            if case.state in BACK and case.returned_on and case.returned_on < row.since <= today()
        },
        by=by,
    )


@transaction.atomic
def take_up_again(again: Mapping[int, Found], *, by: Actor) -> None:
    """Take up cases (case -> how the child was found) whose children were held to be back, as :func:`.case_steps.relapse` does one."""
    if not again:
        return
    with bulk.keys(Case, "id", again) as keys:
        rows = Case.objects.select_for_update(of=("self",)).filter(pk__in=keys, state__in=BACK)
        cases = list(rows.select_related("student", "school").order_by("pk"))
    old = {case.pk: case.state for case in cases}
    for case in cases:
        case.state, case.state_since, case.since = CaseState.PERSUADING, today(), again[case.pk].since
        case.returned_on = case.monitored_until = None
    columns = ("state", "state_since", "since", "returned_on", "monitored_until")
    values = ((case.pk, *(getattr(case, name) for name in columns)) for case in cases)
    bulk.amend(Case, columns, values, erase=True)
    reasons = {case.pk: again[case.pk].note.strip()[:500] or "返校后再次离校" for case in cases}
    decide_many(cases, "relapse", by=by, old=old, reasons=reasons)
    renew(cases)


@transaction.atomic
def raise_kinds(cases: Iterable[int], *, by: Actor) -> int:
    """Turn 疑似辍学 into 辍学 (a further month away, facts.md 5) in those of ``cases`` whose child is away; return how many."""
    rows = Case.objects.select_for_update(of=("self",)).suspected()
    with bulk.keys(Case, "id", set(cases)) as keys:
        found = list(rows.filter(pk__in=keys).select_related("student").order_by("pk"))
    for case in found:
        case.kind = CaseKind.DROPOUT
    bulk.amend(Case, ("kind",), [(case.pk, case.kind) for case in found])
    decide_many(found, "raise", by=by, old={case.pk: case.state for case in found})
    return len(found)


def decide_many(
    cases: Sequence[Case], verb: str, *, by: Actor, old: Mapping[int, str] | None = None, reasons: Mapping[int, str] | None = None
) -> None:  # fmt: skip
    """Write the decision and the audit row of one step for many cases, whose rows are already as it leaves them.

    ``old``: case -> the state it was in, none for a new one; ``reasons``: case -> why, kept out of the log.
    """
    old, reasons = old or {}, reasons or {}
    digests = {pk: CaseReason.digest(text) for pk, text in reasons.items()}
    decisions = CaseDecision.append_many(
        cases, step=CASE_FLOW[verb], by=by, at=timezone.now(), old=old, reasons=digests
    )
    bulk.insert_new(
        [
            CaseReason(decision=row, text=reasons[row.subject_id])
            for row in decisions
            if row.subject_id in reasons
        ]
    )
    changes = {"kind": [CaseKind.SUSPECTED, CaseKind.DROPOUT]} if verb == "raise" else {}
    rows = [(case, changes or {"state": [old.get(case.pk, ""), case.state]}) for case in cases]
    record_many(by, action=f"case.{verb}", rows=rows, reasons=digests)
