"""Who need not come to class on account of a case is not told of, not screened as away, and not an exception."""

import datetime as dt

import pytest
from django.utils import timezone

from dropout.actions import case_steps as steps
from dropout.actions import visits
from dropout.actions.clock import run_daily
from dropout.models import Absence, AbsenceRun, Case
from dropout.queries.population import children_of_school_age
from povertyedu.inbox.models import Message
from tests import factories

from .cases import CADRE, OFFICER, TEACHER, away, day, evidence
from .test_clock import AWAY, DAY, MONDAY, enter

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
OUTCOMES = {
    "home_taught": {},
    "delayed": {"delay_kind": "leave", "until": day("2020-12-31")},
    "exempt": {"assessed_on": day("2020-09-14")},
    "deceased": {},
}


def settled(case: Case, outcome: str) -> Case:
    fields = OUTCOMES[outcome] | ({"assessment": evidence("评估意见.pdf")} if outcome == "exempt" else {})
    steps.propose(by=TEACHER, case=case, outcome=outcome, reason="属实", evidence=evidence(), **fields)
    return steps.confirm(by=OFFICER, case=case)


@pytest.fixture
def luona(clock, xiazhai, autumn):
    """Return a child that the attendance found away for a week."""
    child = factories.student("罗娜", at=xiazhai, during=autumn)
    factories.user("罗雪", ("class_teacher", child.enrolments.get().school_class))
    clock.set(str(MONDAY))
    enter(child, MONDAY, AWAY)
    clock.set(str(MONDAY + 8 * DAY))
    run_daily()
    return child


@pytest.mark.parametrize("outcome", list(OUTCOMES))
def test_absences_of_an_excused_child_move_no_clock_and_are_no_exception(outcome, luona, clock, autumn):
    settled(luona.cases.get(), outcome)
    told = Message.objects.count()
    for on in (MONDAY + 9 * DAY, MONDAY + 40 * DAY):
        clock.set(str(on))
        enter(luona, on, AWAY)
        run_daily()
    assert Absence.objects.not_asked_after().count() == 0
    assert AbsenceRun.objects.open().count() == 0
    assert AbsenceRun.objects.get().get_step_display() == "疑似辍学"
    assert (Case.objects.count(), luona.cases.get().kind, Message.objects.count() - told) == (
        1,
        "suspected",
        0,
    )
    grounds = [child.ground for child in children_of_school_age(autumn, MONDAY + 40 * DAY)]
    assert grounds == ([] if outcome == "deceased" else [""])


def test_child_that_came_back_to_class_is_expected_again(luona, clock):
    case = settled(luona.cases.get(), "home_taught")
    clock.set("2020-09-21")
    steps.return_to_school(by=CADRE, case=case, on=day("2020-09-21"))
    clock.set("2020-09-22")
    enter(luona, day("2020-09-22"), AWAY)
    run_daily()
    assert (AbsenceRun.objects.open().count(), luona.cases.get().state) == (1, "persuading")


def test_refused_end_does_not_begin_the_lessons_anew(clock, xiazhai, autumn):
    clock.set("2020-09-07")
    case = away(xiazhai, autumn, since="2020-09-01")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timezone, "now", lambda: dt.datetime(2020, 9, 7, 4, tzinfo=dt.UTC))
        settled(case, "home_taught")
    clock.set("2021-03-01")
    expected = visits.lesson_norm(case).expected_by_now
    steps.propose(by=TEACHER, case=case, outcome="abroad", reason="出国", evidence=evidence())
    assert visits.lesson_norm(case).expected_by_now == expected == 216 * 175 // 365
    steps.refuse(by=OFFICER, case=case, reason="不实")
    assert visits.lesson_norm(case).expected_by_now == expected
