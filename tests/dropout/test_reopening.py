"""A case taken up again counts from the day its child was away again, not from the absence that was over."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from dropout.actions import case_steps as steps
from dropout.actions.cases import raise_kinds
from dropout.models import Case, CaseProposal
from dropout.queries import rates
from povertyedu.workflow.flow import StepRefused
from tests import factories

from .cases import CADRE, OFFICER, TEACHER, away, day, evidence, persuading
from .test_case_pages import photo

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
AGAIN = day("2022-10-08")


@pytest.fixture
def closed(clock, xiazhai, autumn) -> Case:
    """Return a case closed as 返校稳定: away on 12 October 2020, back a month later; it is October two years on."""
    clock.set("2020-11-12")
    case = persuading(away(xiazhai, autumn, since="2020-10-12"))
    steps.return_to_school(by=TEACHER, case=case, on=day("2020-11-12"))
    steps.monitor(by=OFFICER, case=case)
    clock.set("2021-06-20")
    steps.propose(by=TEACHER, case=case, outcome="returned", reason="稳定", evidence=evidence())
    steps.confirm(by=OFFICER, case=case)
    clock.set("2022-10-20")
    return case


def ask(case: Case, since=AGAIN) -> CaseProposal:
    return steps.ask_reopen(by=CADRE, case=case, reason="又没有来", evidence=evidence(), since=since)


def test_reopened_case_counts_from_the_day_the_child_was_away_again(closed):
    ask(closed)
    steps.reopen(by=OFFICER, case=closed)
    assert (closed.state, closed.since, closed.days_away) == ("persuading", AGAIN, 12)
    assert raise_kinds([closed.pk], by=OFFICER) == 1
    assert rates._left_since(day("2022-09-01"), day("2022-11-01")) == {closed.student_id}


@pytest.mark.parametrize(
    ("since", "says"),
    [
        (None, "重开须写明再次离校的日期"),
        (day("2020-11-11"), "应在 2020-11-12 和今天之间"),
        (day("2022-10-21"), "应在 2020-11-12 和今天之间"),
    ],
)
def test_reopening_without_a_day_that_can_be_is_refused(closed, since, says):
    with pytest.raises(StepRefused, match=says):
        ask(closed, since)
    closed.refresh_from_db()
    assert (closed.state, closed.since) == ("closed", day("2020-10-12"))


def test_reopening_that_is_refused_leaves_the_day(closed):
    ask(closed)
    steps.keep_closed(by=OFFICER, case=closed, reason="在校")
    assert (closed.state, closed.since) == ("closed", day("2020-10-12"))


def test_case_closed_by_mistake_keeps_its_day(clock, xiazhai, autumn):
    clock.set("2020-10-20")
    case = away(xiazhai, autumn)
    steps.propose(by=TEACHER, case=case, outcome="not_dropout", reason="误报", evidence=evidence())
    steps.confirm(by=OFFICER, case=case)
    ask(case, None)
    steps.reopen(by=OFFICER, case=case)
    assert case.since == day("2020-10-12")


def test_return_is_not_dated_before_the_reopening(closed, clock):
    ask(closed)
    steps.reopen(by=OFFICER, case=closed)
    closed.proposals.filter(kind="reopen").update(proposed_at=dt.datetime(2022, 10, 20, 2, tzinfo=dt.UTC))
    clock.set("2022-10-25")
    with pytest.raises(StepRefused, match="2022-10-20 提出重开时学生没有到校"):
        steps.return_to_school(by=TEACHER, case=closed, on=day("2022-10-19"))
    assert steps.return_to_school(by=TEACHER, case=closed, on=day("2022-10-20")).state == "returned"


def test_database_refuses_a_day_of_an_end(closed):
    with pytest.raises(IntegrityError, match="only_a_reopening_says_since_when"), transaction.atomic():
        closed.proposals.update(since=AGAIN)


def test_page_asks_for_the_day_and_tells_it_to_who_confirms(closed, client, basic, xiazhai):
    client.force_login(factories.user("罗雪", ("school_head", xiazhai)))
    page = reverse("dropout:case_step", args=[closed.pk, "ask_reopen"])
    asked = {"reason": "又没有来", "evidence": photo()}
    refused = client.post(page, asked)
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["since"])
    assert client.post(page, asked | {"evidence": photo(), "since": "2022-10-08"}).status_code == 302
    client.force_login(basic)
    assert (
        "2022-10-08 起再次离校" in client.get(reverse("dropout:case_step", args=[closed.pk, "reopen"])).text
    )
