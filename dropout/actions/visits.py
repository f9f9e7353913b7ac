"""What is done for the child of a case: the plan made, visits and lessons reported; sent twice, they are one."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, models, transaction
from django.utils import timezone

from dropout.enums import CaseState, Line
from dropout.models import Case, Lesson, Plan, Visit, school_year_of
from povertyedu.accounts.permissions import Permission as P
from povertyedu.audit.models import record
from povertyedu.options.registry import options
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Person
from povertyedu.workflow.flow import Actor, StepRefused

from .case_steps import persuade
from .duties import fulfil
from .uploads import kept


@transaction.atomic
def make_plan(
    *, by: Actor, case: Case, causes: int, measures: str, target_on: dt.date, situation: str = "", placement: str = "",
    leader: Person | None = None, means: int = 0,
) -> Plan:  # fmt: skip
    """Make the child's plan, or a new version of it; the first one begins with persuasion. The log does not say what it holds."""
    case = _open(case)
    Plan.objects.filter(case=case, superseded_at=None).update(superseded_at=timezone.now())
    plan = Plan.objects.create(
        case=case, causes=causes, means=means, measures=measures.strip(), target_on=target_on, situation=situation.strip(), placement=placement,
        leader=leader, made_by_id=by.id, made_by=by.name,
    )  # fmt: skip
    record(by, action="case.plan", subject=case)
    if case.state == CaseState.VERIFIED:
        persuade(by=by, case=case)
    return plan


def report_visit(
    *, by: Actor, case: Case, token: UUID, upload=None, owner=None, **visit: Any
) -> tuple[Visit, bool]:
    """Report a visit with the fields of :class:`~dropout.models.Visit`; return it, and whether it is new.

    A report with a token that is known was sent twice over a weak line: nothing is written again.
    """
    return _report(
        Visit, by=by, case=case, token=token, upload=upload, owner=owner, line=visit["line"], values=visit
    )


def report_lesson(
    *, by: Actor, case: Case, token: UUID, upload=None, owner=None, **lesson: Any
) -> tuple[Lesson, bool]:
    """Report lessons given at home, once for each token; of a child taught at home they do the education line's duty."""
    if case.state != CaseState.HOME_TAUGHT and not case.lessons.exists():
        raise StepRefused("这名学生没有批准送教上门，不能登记课时；请先提出“送教上门”并由他人复核。")
    return _report(
        Lesson, by=by, case=case, token=token, upload=upload, owner=owner, line=Line.EDUCATION, values=lesson
    )


def _report(
    model: type[models.Model], *, by: Actor, case: Case, token: UUID, upload, owner, line: str, values: dict
):
    known = model._default_manager.filter(token=token).first()
    if known:
        return _mine(known, case), False
    if not case.since <= values["on"] <= today():
        raise StepRefused(f"日期应在离校日期（{case.since}）和今天之间，请核对。")
    try:
        with (
            kept(upload, purpose="case", owner=owner, permission=P.WORK_CASES) as photo,
            transaction.atomic(),
        ):
            case = _open(case)
            made = model._default_manager.create(
                case=case, token=token, photo=photo, by_id=by.id, by_name=by.name, **values
            )
            record(by, action=f"case.{model._meta.model_name}", subject=case)
            fulfil(case, line, made)
    except IntegrityError:
        known = model._default_manager.filter(token=token).first()  # the first sending arrived meanwhile
        if known is None:
            raise
        return _mine(known, case), False
    return made, True


def _mine(known, case: Case):
    if known.case_id != case.pk:
        raise StepRefused("这个提交编号已用在另一件个案上，请刷新页面后重新填写。")
    return known


def _open(case: Case) -> Case:
    case = Case.objects.select_for_update(of=("self",)).select_related("student", "school").get(pk=case.pk)
    if not case.is_open:
        raise StepRefused("这件个案已经销号，不能再登记；需要的请先提出重开。")
    return case


@dataclass(frozen=True)
class LessonNorm:
    """Lessons at home against the county's norm: this week and this school year."""

    times_this_week: int
    lessons_this_week: int
    lessons_this_year: int
    times_a_week: int
    lessons_a_time: int
    lessons_a_year: int
    expected_by_now: int

    @property
    def missing_this_week(self) -> int:
        return max(0, self.times_a_week * self.lessons_a_time - self.lessons_this_week)

    @property
    def is_behind(self) -> bool:
        return self.lessons_this_year < self.expected_by_now


def lesson_norm(case: Case) -> LessonNorm:
    """Return how the lessons at home stand: weeks run from Monday, the year's norm grows evenly from the approval on."""
    norm = options("home_times_a_week", "home_lessons_a_time", "home_lessons_a_year")
    day = today()
    first, last = school_year_of(day)
    monday = day - dt.timedelta(days=day.weekday())
    week, year = case.lessons.within(monday, day), case.lessons.within(first, last)
    begun = max(first, case.taught_since or first)
    share = (day - begun).days / ((last - first).days + 1)
    return LessonNorm(
        times_this_week=week.count(), lessons_this_week=week.hours(), lessons_this_year=year.hours(),
        times_a_week=norm["home_times_a_week"], lessons_a_time=norm["home_lessons_a_time"],
        lessons_a_year=norm["home_lessons_a_year"], expected_by_now=int(norm["home_lessons_a_year"] * share),
    )  # fmt: skip
