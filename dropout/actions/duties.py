"""What each line has to do in the step a case is in: given when the step begins, done when it ends or by the report it asks for."""

from collections.abc import Sequence

from django.db.models import prefetch_related_objects

from dropout.deadlines import DEMANDS, OPTIONS, due_on
from dropout.enums import CaseState, Line, Then
from dropout.models import Case, ChainLink, Duty, Escalation, Lesson, Visit
from dropout.queries.chains import Register, Step, register_near, seat_of
from povertyedu import bulk
from povertyedu.options.registry import options
from povertyedu.orgs.calendar import today

from .climbing import above, climb, steps_of, tell_holders, write


def renew(cases: Sequence[Case], *, register: Register | None = None) -> None:
    """End the open duties of ``cases`` and give those of the step they are in; queries do not grow with the cases.

    Must run in the transaction of the step.
    """
    with bulk.keys(Case, "id", [case.pk for case in cases]) as keys:
        Duty.objects.open().filter(case__in=keys).update(done_on=today())
    _give([(case, Line(line)) for case in cases for line in DEMANDS.get(CaseState(case.state), {})], register)


def hand_on(case: Case, verb: str) -> None:
    """Give both lines of ``case`` what the step taken by ``verb`` asks of them.

    What a proposed end interrupts is put off, not done: who proposes without ground gains no day by it.
    """
    if verb == "propose":
        Duty.objects.open().filter(case=case).update(is_put_off=True, done_on=today())
    elif verb.startswith("refuse_"):
        return _take_up(case)
    else:
        Duty.objects.filter(case=case, is_put_off=True).update(is_put_off=False)
    return renew([case])


def _take_up(case: Case) -> None:
    """Let the duties that the refused proposal had put off stand as they were."""
    Duty.objects.open().filter(case=case).update(done_on=today())
    Duty.objects.filter(case=case, is_put_off=True).update(is_put_off=False, done_on=None)
    tell_holders(
        Duty.objects.open().filter(case=case).select_related("case__student"), "提请被退回，任务和期限照旧"
    )


def fulfil(case: Case, line: str, report: Visit | Lesson) -> None:
    """A report does its line's duty if that is what the duty asks for; then what follows of it is given."""
    duty = Duty.objects.open().filter(case=case, line=line).select_related("case", "link").first()
    if duty is None or not duty.done_by(report):
        return
    duty.done_on = today()
    duty.save(update_fields=["done_on"])
    then = DEMANDS[CaseState(case.state)][Line(line)].then
    if then != Then.NOTHING:
        _give([(case, Line(line))], None, over=duty.link if then == Then.UP else None)


def _give(
    wanted: Sequence[tuple[Case, Line]], register: Register | None, *, over: ChainLink | None = None
) -> None:
    """Give each of ``wanted`` its duty: from the bottom of its line, or from the link above ``over``."""
    if not wanted:
        return
    prefetch_related_objects([case for case, _ in wanted], "student", "school")
    if register is None:
        register = register_near({case.student_id: seat_of(case) for case, _ in wanted})
    days = options(*OPTIONS)
    duties, rows = [], []
    for case, line in wanted:
        demand = DEMANDS[CaseState(case.state)][line]
        steps = steps_of(case, line, register)
        steps = above(steps, over) if over else steps[-1:] if demand.from_top else steps
        duty, told = _duty(case, line, days[demand.option], steps)
        duties.append(duty)
        rows += told
    bulk.insert_new(duties)
    write(rows)
    tell_holders(duties, "控辍个案有新任务")


def _duty(case: Case, line: Line, days: int, steps: list[Step]) -> tuple[Duty, list[Escalation]]:
    day = today()
    due = due_on(case.state, days, opened_on=day, until=case.until)
    duty = Duty(case=case, line=line, state=case.state, opened_on=day, first_due_on=due)
    return duty, climb(duty, steps, why="", on=day, due_on=due)
