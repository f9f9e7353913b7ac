"""What each line has to do in the step a case is in: given when the step begins, done when it ends or by a visit."""

from collections.abc import Sequence

from django.db.models import prefetch_related_objects

from dropout.deadlines import DEMANDS, OPTIONS, Demand, due_on
from dropout.enums import CaseState, Line
from dropout.models import Case, Duty, Escalation
from dropout.queries.chains import Register, register_near, seat_of
from povertyedu import bulk
from povertyedu.options.registry import options
from povertyedu.orgs.calendar import today

from .climbing import climb, steps_of, tell_holders, write


def renew(cases: Sequence[Case], *, register: Register | None = None) -> None:
    """End the open duties of ``cases`` and give those of the step they are in; queries do not grow with the cases.

    Must run in the transaction of the step.
    """
    with bulk.keys(Case, "id", [case.pk for case in cases]) as keys:
        Duty.objects.open().filter(case__in=keys).update(done_on=today())
    _give([(case, Line(line)) for case in cases for line in DEMANDS.get(CaseState(case.state), {})], register)


def fulfil(case: Case, line: str) -> None:
    """A visit, or a lesson, does one line's duty; the next one begins, but for a delay's, which is asked once."""
    done = Duty.objects.open().filter(case=case, line=line).update(done_on=today())
    if done and case.state != CaseState.DELAYED:
        _give([(case, Line(line))], None)


def _give(wanted: Sequence[tuple[Case, Line]], register: Register | None) -> None:
    if not wanted:
        return
    prefetch_related_objects([case for case, _ in wanted], "student", "school")
    if register is None:
        register = register_near({case.student_id: seat_of(case) for case, _ in wanted})
    days = options(*OPTIONS)
    duties, rows = [], []
    for case, line in wanted:
        demand = DEMANDS[CaseState(case.state)][line]
        duty, told = _duty(case, line, demand, days[demand.option], register)
        duties.append(duty)
        rows += told
    bulk.insert_new(duties)
    write(rows)
    tell_holders(duties, "控辍个案有新任务")


def _duty(
    case: Case, line: Line, demand: Demand, days: int, register: Register
) -> tuple[Duty, list[Escalation]]:
    day = today()
    due = due_on(case.state, days, opened_on=day, until=case.until)
    duty = Duty(case=case, line=line, state=case.state, opened_on=day, first_due_on=due)
    steps = steps_of(case, line, register)
    return duty, climb(duty, steps[-1:] if demand.from_top else steps, why="", on=day, due_on=due)
