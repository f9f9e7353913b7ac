"""Started by beat every hour: no deadline passes without the next link up being told.

What is due is found by itself, so that a second run, and one that comes days late, does what is left to do and no more.
"""

import datetime as dt

from django.db import transaction
from django.db.models import Q

from dropout.enums import CaseState, Climb
from dropout.models import Case, Duty, Escalation
from dropout.queries.chains import Register, of_children_away
from povertyedu import bulk
from povertyedu.audit.models import record_many
from povertyedu.options.registry import option
from povertyedu.orgs.calendar import today
from povertyedu.workflow.flow import SYSTEM
from students.models import Enrolment, Student

from .case_steps import NO_END
from .cases import decide_many
from .climbing import above, climb, steps_of, tell_holders, write
from .duties import renew


@transaction.atomic
def lapse_delays() -> int:
    """Take up the cases whose approved delay is over (缓学、休学到期): away without a reason from the day after; return how many."""
    rows = Case.objects.select_for_update(of=("self",)).delayed_before(today())
    cases = list(rows.select_related("student", "school").order_by("pk"))
    changes = NO_END | {"state": CaseState.PERSUADING, "state_since": today()}
    for case in cases:
        case.since = case.until + dt.timedelta(days=1)
        for name, value in changes.items():
            setattr(case, name, value)
    with bulk.keys(Case, "id", [case.pk for case in cases]) as keys:
        Case.objects.filter(pk__in=keys).update(**changes)
    bulk.amend(Case, ("since",), [(case.pk, case.since) for case in cases])
    if cases:
        decide_many(
            cases, "lapse", by=SYSTEM, old=dict.fromkeys([case.pk for case in cases], CaseState.DELAYED)
        )
        renew(cases)
    return len(cases)


def _follow_merged_records() -> None:
    """Give the open case of a record that was merged to the one that was kept, unless that one has a case of its own."""
    rows = Case.objects.select_for_update(of=("self",)).open().exclude(student__merged_into=None)
    cases = list(rows.select_related("student").order_by("pk"))
    if not cases:
        return
    with bulk.keys(Student, "id", {case.student.merged_into_id for case in cases}) as keys:
        taken = set(Case.objects.open().filter(student__in=keys).values_list("student", flat=True))
    moved = []
    for case in cases:
        keeper = case.student.merged_into_id
        if keeper not in taken:
            taken.add(keeper)
            moved.append((case, {"student": [case.student_id, keeper]}))
    record_many(SYSTEM, action="case.merge", rows=moved)
    bulk.amend(Case, ("student_id",), [(case.pk, case.student.merged_into_id) for case, _ in moved])


@transaction.atomic
def follow_children() -> int:
    """Let open cases stand where their children do by now: the newest enrolment that has begun. Return how many moved."""
    _follow_merged_records()
    cases = {case.student_id: case for case in Case.objects.select_for_update().open().order_by("pk")}
    with bulk.keys(Enrolment, "student_id", cases) as keys:
        rows = Enrolment.objects.filter(student__in=keys, term__starts_on__lte=today())
        seats = {row.student_id: row for row in rows.order_by("term__starts_on")}
    moved = []
    for student, seat in seats.items():
        case = cases[student]
        old = case.seat_values
        case.take_seat(seat)
        if case.seat_values != old:
            moved.append((case.pk, *case.seat_values))
    bulk.amend(Case, Case.SEAT, moved, erase=True)
    return len(moved)


@transaction.atomic
def escalate() -> int:
    """Send every duty that missed its deadline, or whose link nobody holds any more, up its line; return how many.

    A link that changed hands gives its duties to the new holder. Queries do not grow with the duties.
    """
    standing = Duty.objects.select_for_update(of=("self",)).open().exclude(link=None)
    duties = list(standing.select_related("link", "case__student", "case__school").order_by("pk"))
    if not duties:
        return 0
    register = Register(near=Q(student=None) | of_children_away())
    day = today()
    later = day + dt.timedelta(days=option("case_escalation_days"))
    climbed: list[Duty] = []
    changed: list[Duty] = []
    told: list[Escalation] = []
    for duty in duties:
        before = duty.person_id
        rows = _move(duty, register, day, later)
        told += rows
        if rows:
            climbed.append(duty)
        elif duty.person_id != before:
            changed.append(duty)
    columns = ("link_id", "person_id", "due_on", "is_late")
    moved = ((duty.pk, duty.link_id, duty.person_id, duty.due_on, duty.is_late) for duty in climbed + changed)
    bulk.amend(Duty, columns, moved, erase=True)
    write(told)
    tell_holders(climbed, "下级到期未办，上报给您")
    tell_holders(changed, "控辍个案转由您负责")
    return len(climbed)


def _move(duty: Duty, register: Register, day: dt.date, later: dt.date) -> list[Escalation]:
    """Let ``duty`` climb where it must, or go to who holds its link now; return the rows that tell of a climb."""
    steps = steps_of(duty.case, duty.line, register)
    here = next((step for step in steps if step.link.pk == duty.link_id), None)
    if duty.due_on < day:
        duty.is_late = True
        return climb(duty, above(steps, duty.link), why=Climb.LATE, on=day, due_on=later)
    if here is None or here.holder is None:
        return climb(duty, above(steps, duty.link), why=Climb.VACANT, on=day, due_on=duty.due_on)
    duty.person_id = here.holder.person
    return []
