"""A county of two schools for suggested plans: one with three teachers of mathematics and need of one, a remote one with need of two."""

import datetime as dt

from django.utils import timezone

from teachers import planning
from teachers.actions import suggested as actions
from teachers.enums.registry import Remoteness, Subject
from teachers.models import PlanRun, StaffStandard, SubjectHours, Teacher
from tests import factories
from tests.factories import teachers

SINCE, UNTIL = dt.date(2020, 9, 1), dt.date(2021, 1, 20)


def two_schools(rich, poor, term) -> list[Teacher]:
    """Return 王芳, who volunteers, and two who do not; 11.1 km lie between the schools."""
    StaffStandard.objects.create(stage="primary", basis="pupils", amount=2, since=dt.date(2014, 12, 5))
    SubjectHours.objects.create(stage="primary", subject=Subject.MATHEMATICS, lessons=5)
    teachers.place(rich, "25.10000")
    teachers.place(poor, "25.20000", remoteness=Remoteness.FOURTH)
    for number, school in enumerate((rich, rich, poor, poor, poor, poor)):
        factories.student(f"学生{'一二三四五六'[number]}", at=school, during=term)
    return [
        teachers.teacher(name, at=rich, subject=Subject.MATHEMATICS, willing_remote=name == "王芳")
        for name in ("王芳", "李娜", "张强")
    ]


def ordered(by, term, *, rules: planning.Rules | None = None, **more) -> PlanRun:
    fields = {"since": SINCE, "until": UNTIL, "seconds": 10} | more
    return actions.order(by=by.as_actor(), term=term, rules=rules or planning.Rules(), **fields)


def solved(by, term, *, rules: planning.Rules | None = None, **more) -> PlanRun:
    return actions.solve(by=by.as_actor(), run=ordered(by, term, rules=rules, **more))


def one_of_each(teacher: Teacher, to, term) -> dict:
    """Return a solved plan with one move of ``teacher`` and one thing said, written straight into the tables: for tests of routes."""
    run = PlanRun.objects.create(
        term=term, since=SINCE, until=UNTIL, rules=planning.Rules().to_dict(), state="solved", digest="0" * 64, solved_at=timezone.now(),
        by_name="唐人事",
        result={
            "figures": {"points": 179, "moves": 1, "km": 11, "bare_closed": 1, "seconds": 0.5}, "baselines": {}, "bound": 179, "gap": 0.0,
            "proved": True, "possible": 1, "short": 1, "open": [], "conflicts": [], "enough": [], "schools": [],
        },
    )  # fmt: skip
    why = {
        "why_teacher": "学科对口",
        "why_school": "缺 1 人",
        "closes": "缺 1 人",
        "costs": "11 分",
        "other_teacher": None,
        "other_school": None,
    }
    post = {"school": to, "stage": "primary", "subject": teacher.subject}
    move = run.moves.create(
        number=1, teacher=teacher, from_school=teacher.post.school, gain=100, cost=11, why=why, **post
    )
    hold = run.holds.create(teacher=teacher, kind="pin", **post)
    return {"plan_run": run, "planned_move": move, "plan_hold": hold}
