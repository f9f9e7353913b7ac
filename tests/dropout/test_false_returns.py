"""Who says that a child is back is held against the attendance: nothing ends, and nobody stays unfollowed, while it is missed in class."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dropout.actions import case_steps as steps
from dropout.actions.clock import run_daily
from dropout.models import AbsenceRun, Case, CaseDecision
from dropout.queries import rates
from povertyedu.workflow.flow import StepRefused
from tests import factories

from .cases import CADRE, OFFICER, TEACHER, evidence
from .test_clock import AWAY, DAY, LEAVE, MONDAY, enter

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
FOUND_ON = MONDAY + 8 * DAY  # the eighth day is over


def stay_away(child, clock, first: dt.date, last: dt.date) -> None:
    """Have the child entered as absent on each school day, the night's work done after each."""
    day = first
    while day <= last:
        clock.set(str(day))
        if day.weekday() < 5:
            enter(child, day, AWAY)
        run_daily()
        day += DAY


@pytest.fixture
def luona(xiazhai, autumn):
    return factories.student("罗娜", at=xiazhai, during=autumn)


@pytest.fixture
def case(clock, luona) -> Case:
    """Return the case that attendance opened; the class of the ninth day is not entered yet."""
    stay_away(luona, clock, MONDAY, FOUND_ON - DAY)
    clock.set(str(FOUND_ON))
    run_daily()
    return Case.objects.get()


def watched(case: Case) -> Case:
    """Let it be said, before the class begins, that the child is back today, and somebody else confirm it."""
    steps.return_to_school(by=CADRE, case=case, on=FOUND_ON)
    return steps.monitor(by=OFFICER, case=case)


def verbs(case: Case) -> list[str]:
    return list(case.decisions.values_list("verb", flat=True))


def test_return_on_a_day_on_which_the_child_was_absent_is_refused(case, luona):
    enter(luona, FOUND_ON, AWAY)
    said = f"考勤上从 {MONDAY} 起没有到校，最近一次登记缺勤是 {FOUND_ON}"
    with pytest.raises(StepRefused, match=said):
        steps.return_to_school(by=CADRE, case=case, on=FOUND_ON)
    case.refresh_from_db()
    assert (case.state, case.returned_on, verbs(case)) == ("suspected", None, ["open"])
    enter(luona, FOUND_ON, None)  # the class teacher corrects it
    assert steps.return_to_school(by=CADRE, case=case, on=FOUND_ON).state == "returned"


def test_return_is_not_confirmed_while_the_child_is_absent(case, luona, clock):
    steps.return_to_school(by=CADRE, case=case, on=FOUND_ON)
    enter(luona, FOUND_ON, AWAY)
    with pytest.raises(StepRefused, match="请先请班主任更正考勤"):
        steps.monitor(by=OFFICER, case=case)
    enter(luona, FOUND_ON, LEAVE)
    assert steps.monitor(by=OFFICER, case=case).state == "monitored"


def test_child_that_never_came_back_is_followed_again_the_same_night(case, luona, clock):
    watched(case)
    enter(luona, FOUND_ON, AWAY)
    run_daily()
    run_daily()
    case.refresh_from_db()
    assert (case.state, case.since, case.returned_on, case.monitored_until) == (
        "persuading",
        MONDAY,
        None,
        None,
    )
    assert verbs(case) == ["open", "return", "monitor", "relapse"]
    assert CaseDecision.broken_link(case) is None
    assert rates.away_on(FOUND_ON).suspected == {luona.pk}
    stay_away(luona, clock, FOUND_ON + DAY, MONDAY + 38 * DAY)
    assert [(each.pk, each.state, each.kind) for each in Case.objects.all()] == [
        (case.pk, "persuading", "dropout")
    ]


def test_child_whose_class_enters_nothing_is_believed_to_be_back(case, clock):
    watched(case)
    clock.set(str(FOUND_ON + 60 * DAY))
    run_daily()
    case.refresh_from_db()
    assert (case.state, AbsenceRun.objects.get().get_step_display()) == ("monitored", "辍学")


def test_case_of_an_absent_child_is_not_closed_as_stable(case, luona, clock):
    watched(case)
    case_back = case.monitored_until + DAY
    clock.set(str(case_back))
    enter(luona, case_back - DAY, AWAY)
    with pytest.raises(StepRefused, match="最近一次登记缺勤"):
        steps.propose(by=TEACHER, case=case, outcome="returned", reason="稳定", evidence=evidence())
    enter(luona, case_back - DAY, None)
    steps.propose(by=TEACHER, case=case, outcome="returned", reason="稳定", evidence=evidence())
    enter(luona, case_back, AWAY)
    with pytest.raises(StepRefused, match="最近一次登记缺勤"):
        steps.confirm(by=OFFICER, case=case)
    case.refresh_from_db()
    assert (case.state, case.outcome) == ("proposed_closed", "")


def test_child_still_absent_after_a_false_alarm_gets_a_new_case(case, luona, clock):
    steps.propose(by=TEACHER, case=case, outcome="not_dropout", reason="误报", evidence=evidence())
    steps.confirm(by=OFFICER, case=case)
    run_daily()
    assert Case.objects.count() == 1  # what was entered before stands corrected by the two
    clock.set(str(FOUND_ON + DAY))
    enter(luona, FOUND_ON + DAY, AWAY)
    run_daily()
    run_daily()
    assert list(Case.objects.order_by("pk").values_list("state", "since", "origin")) == [
        ("closed", MONDAY, "attendance"), ("suspected", MONDAY, "attendance"),
    ]  # fmt: skip


def test_queries_do_not_grow_with_the_children(clock, xiazhai, autumn):
    counts = []
    for many in (1, 5):
        children = [
            factories.student(f"学生{n}", at=xiazhai, during=autumn, class_name=f"{many}-{n}班")
            for n in range(2 * many)
        ]
        for day in (MONDAY, FOUND_ON):
            clock.set(str(day))
            for child in children:
                enter(child, day, AWAY)
        for number, child in enumerate(children):
            case = child.cases.get()
            clock.set(str(FOUND_ON + DAY))
            if number % 2:
                steps.propose(
                    by=TEACHER, case=case, outcome="not_dropout", reason="误报", evidence=evidence()
                )
                steps.confirm(by=OFFICER, case=case)
                clock.set(str(FOUND_ON + 2 * DAY))
            else:
                steps.return_to_school(by=CADRE, case=case, on=FOUND_ON + DAY)
            enter(child, FOUND_ON + 2 * DAY if number % 2 else FOUND_ON + DAY, AWAY)
        clock.set(str(FOUND_ON + 2 * DAY))
        with CaptureQueriesContext(connection) as queries:
            run_daily()
        assert {child.cases.first().state for child in children} == {"persuading", "suspected"}
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_child_that_died_or_moved_away_is_not_followed_for_its_absences(case, luona, clock):
    steps.propose(by=TEACHER, case=case, outcome="abroad", reason="出国", evidence=evidence())
    steps.confirm(by=OFFICER, case=case)
    clock.set(str(FOUND_ON + DAY))
    enter(luona, FOUND_ON + DAY, AWAY)
    run_daily()
    assert Case.objects.get().state == "closed"
