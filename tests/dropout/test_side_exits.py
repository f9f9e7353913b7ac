"""Side exits from any step, 已返校 included, and the way a case really went."""

import pytest

from dropout.actions import case_steps as steps
from dropout.actions.escalation import lapse_delays
from dropout.models import Case
from dropout.queries.dossier import dossier_of
from dropout.queries.rates import away_on

from .cases import CADRE, OFFICER, TEACHER, away, day, evidence

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


@pytest.fixture
def returned(clock, xiazhai, autumn) -> Case:
    """Return a case whose child is said to be back before anybody had verified that it was away."""
    clock.set("2020-10-14")
    return steps.return_to_school(by=CADRE, case=away(xiazhai, autumn), on=day("2020-10-14"))


def proposed(case: Case, outcome: str, **fields) -> Case:
    steps.propose(by=TEACHER, case=case, outcome=outcome, reason="属实", evidence=evidence(), **fields)
    return case


@pytest.mark.parametrize(
    ("outcome", "fields", "state"),
    [
        ("transferred", {"where_to": "青石镇中心小学"}, "closed"),
        ("not_dropout", {}, "closed"),
        ("home_taught", {}, "home_taught"),
    ],
)
def test_child_that_is_back_may_leave_the_way_as_from_any_step(returned, outcome, fields, state):
    case = steps.confirm(by=OFFICER, case=proposed(returned, outcome, **fields))
    assert (case.state, case.outcome) == (state, outcome)


def test_refusal_leads_back_to_the_return(returned):
    case = steps.refuse(by=OFFICER, case=proposed(returned, "abroad"), reason="没有证明")
    assert (case.state, case.returned_on) == ("returned", day("2020-10-14"))
    assert steps.monitor(by=OFFICER, case=case).state == "monitored"


def test_leave_of_a_child_that_was_back_is_counted_and_its_end_takes_the_case_up(returned, clock):
    fields = {"delay_kind": "leave", "until": day("2020-11-30")}
    case = steps.confirm(by=OFFICER, case=proposed(returned, "delayed", **fields))
    assert away_on(day("2020-10-20")).lawful == {case.student_id}
    clock.set("2020-12-01")
    lapse_delays()
    assert away_on(day("2020-12-01")).suspected == {case.student_id}


def test_way_tells_which_steps_were_never_taken(returned):
    def way(case: Case) -> list[tuple[str, str, str]]:
        steps = dossier_of(case, working=False).way
        return [(step["text"], step["state"], step.get("note", "")) for step in steps]

    left_out = [("发现", "done", ""), ("核实", "todo", "没有经过"), ("劝返", "todo", "没有经过")]
    assert way(returned) == [*left_out, ("返校", "doing", ""), ("监测", "todo", ""), ("销号", "todo", "")]
    ended = steps.confirm(by=OFFICER, case=proposed(returned, "not_dropout"))
    assert way(ended) == [*left_out, ("返校", "done", ""), ("监测", "todo", "没有经过"), ("销号", "done", "")]
