"""疑似辍学 becomes 辍学 after a further month, whoever found the child (facts.md 5)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dropout.actions import case_steps as steps
from dropout.actions.cases import open_case
from dropout.actions.long_away import raise_long_away
from dropout.models import Case
from dropout.queries import rates
from povertyedu.indicators.definitions import Period
from povertyedu.options.registry import set_option
from tests import factories

from .cases import CADRE, OFFICER, TEACHER, away, beat, day, evidence
from .test_clock import AWAY, LEAVE, enter

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
SINCE = "2020-09-07"  # a Monday; 7 and a further 30 days are over with 13 October
LAST_SUSPECTED, DROPOUT = "2020-10-14", "2020-10-15"


def kinds() -> list[str]:
    return list(Case.objects.order_by("pk").values_list("kind", flat=True))


@pytest.mark.parametrize("origin", ["report", "screening", "promotion", "comparison"])
def test_child_becomes_a_dropout_whatever_found_it(origin, clock, xiazhai, autumn):
    clock.set("2020-09-15")
    child = factories.student("罗娜", at=xiazhai, during=autumn)
    case = open_case(
        by=OFFICER, student=child, term=autumn, origin=origin, kind="suspected", since=day(SINCE)
    )
    clock.set(LAST_SUSPECTED)
    beat()
    assert kinds() == ["suspected"]
    clock.set(DROPOUT)
    beat()
    beat()
    assert kinds() == ["dropout"]
    assert list(case.decisions.values_list("verb", "by_name")) == [("open", "宋静"), ("raise", "系统")]
    counted = [each.subject for each in rates.dropout(Period(2020, day(DROPOUT))) if each.counted]
    assert counted == [str(child.pk)]


def test_days_are_the_countys_and_holidays_between_terms_do_not_count(clock, xiazhai, autumn):
    set_option("dropout_after_days", "60", by_name="县")
    away(xiazhai, autumn, since="2021-01-11")  # the term ends on 31 January, the next begins on 15 February
    factories.term("2021-spring")
    clock.set("2021-03-31")
    beat()
    assert kinds() == ["suspected"]
    clock.set("2021-04-07")
    beat()
    assert kinds() == ["dropout"]


@pytest.mark.parametrize("why", ["returned", "proposed", "delayed"])
def test_child_that_is_not_held_to_be_away_is_not_raised(why, clock, xiazhai, autumn):
    clock.set("2020-10-12")
    case = away(xiazhai, autumn, since=SINCE)
    if why == "returned":
        steps.return_to_school(by=CADRE, case=case, on=day("2020-10-12"))
    else:
        fields = {"outcome": "delayed", "delay_kind": "leave", "until": day("2021-01-31")}
        steps.propose(by=TEACHER, case=case, reason="住院", evidence=evidence(), **fields)
    if why == "delayed":
        steps.confirm(by=OFFICER, case=case)
    clock.set(DROPOUT)
    beat()
    assert kinds() == ["suspected"]


def test_proposed_end_that_is_refused_puts_nothing_off(clock, xiazhai, autumn):
    clock.set("2020-10-12")
    case = away(xiazhai, autumn, since=SINCE)
    steps.propose(by=TEACHER, case=case, outcome="not_dropout", reason="误报", evidence=evidence())
    clock.set(DROPOUT)
    beat()
    steps.refuse(by=OFFICER, case=case, reason="没有到校")
    beat()
    assert kinds() == ["dropout"]


def test_attendance_knows_better_when_the_child_was_there_or_on_leave(clock, xiazhai, autumn):
    seen, on_leave, told = (
        factories.student(name, at=xiazhai, during=autumn, class_name=name) for name in "甲乙丙"
    )
    clock.set("2020-09-14")
    for child in (seen, on_leave):
        enter(child, day(SINCE), AWAY)
    for child in (seen, on_leave, told):
        open_case(by=OFFICER, student=child, term=autumn, origin="report", kind="suspected", since=day(SINCE))
    enter(seen, day("2020-09-14"), None)  # nobody has recorded the return
    enter(on_leave, day("2020-09-14"), LEAVE)
    enter(told, day("2020-09-14"), AWAY)  # away for a week before the class teacher said so
    clock.set(DROPOUT)
    beat()
    assert kinds() == ["suspected", "suspected", "dropout"]


def test_days_of_an_approved_leave_do_not_count(clock, xiazhai, autumn):
    clock.set("2020-09-15")
    case = away(xiazhai, autumn, since=SINCE)
    fields = {"outcome": "delayed", "delay_kind": "leave", "until": day("2020-10-31")}
    steps.propose(by=TEACHER, case=case, reason="住院", evidence=evidence(), **fields)
    steps.confirm(by=OFFICER, case=case)
    clock.set("2020-11-02")
    beat()
    case.refresh_from_db()
    assert (case.state, case.kind, case.since) == ("persuading", "suspected", day("2020-11-01"))
    clock.set("2020-12-09")  # 38 days are over with the day before
    beat()
    assert kinds() == ["dropout"]


def test_queries_do_not_grow_with_cases(clock, xiazhai, autumn):
    counts = []
    for many in (1, 10):
        clock.set("2020-09-15")
        for _ in range(many):
            away(xiazhai, autumn, since=SINCE)
        clock.set(DROPOUT)
        with CaptureQueriesContext(connection) as queries:
            assert raise_long_away() == many
        counts.append(len(queries))
    assert counts[0] == counts[1]
