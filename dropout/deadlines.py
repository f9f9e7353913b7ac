"""What each step of a case asks of each line, by when, and what shows that it was done: the days are the county's options."""

import datetime as dt
from typing import NamedTuple

from dropout.enums import CaseState as S
from dropout.enums import Line, Proof, Then


class Demand(NamedTuple):
    """What is to be done, in so many days (``option``); ``from_top``: by whoever heads the line.

    ``proof``: the report that does it, if one can; planning and reviewing are done by their step alone. ``then``: what follows.
    """

    text: str
    option: str
    proof: Proof | None = None
    then: Then = Then.AGAIN
    from_top: bool = False


GOVERNMENT, EDUCATION = Line.GOVERNMENT, Line.EDUCATION
VISIT = Proof.VISIT
DEMANDS: dict[S, dict[Line, Demand]] = {
    S.SUSPECTED: {
        GOVERNMENT: Demand("入户核实去向", "case_verify_days", VISIT, Then.UP),
        EDUCATION: Demand("联系家长，核实去向", "case_verify_days", VISIT, Then.UP),
    },
    S.VERIFIED: {
        GOVERNMENT: Demand("会商一人一案方案", "case_plan_days"), EDUCATION: Demand("制定一人一案方案", "case_plan_days"),
    },
    S.PERSUADING: {
        GOVERNMENT: Demand("入户劝返", "case_visit_days", VISIT), EDUCATION: Demand("家访劝返", "case_visit_days", VISIT),
    },
    S.RETURNED: {
        GOVERNMENT: Demand("入户核实返校", "case_return_days", VISIT, Then.UP),
        EDUCATION: Demand("核实返校，安排班级", "case_return_days", VISIT, Then.UP),
    },
    S.MONITORED: {
        GOVERNMENT: Demand("回访家庭，防止再次离校", "case_watch_days", VISIT),
        EDUCATION: Demand("看在校情况，期满提出销号", "case_watch_days", VISIT),
    },
    S.HOME_TAUGHT: {
        GOVERNMENT: Demand("走访送教家庭", "case_watch_days", VISIT),
        EDUCATION: Demand("送教上门并登记课时", "case_lesson_days", Proof.LESSON),
    },
    S.DELAYED: {
        GOVERNMENT: Demand("期满前走访，准备复学", "case_visit_days", VISIT, Then.NOTHING),
        EDUCATION: Demand("期满前走访，准备复学", "case_visit_days", VISIT, Then.NOTHING),
    },
    S.PROPOSED_CLOSED: {EDUCATION: Demand("复核提请的结果", "case_confirm_days", from_top=True)},
    S.PROPOSED_REOPEN: {EDUCATION: Demand("复核重开", "case_confirm_days", from_top=True)},
}  # fmt: skip
OPTIONS = sorted({demand.option for lines in DEMANDS.values() for demand in lines.values()})


def demand_of(state: str, line: str) -> Demand | None:
    return DEMANDS.get(S(state), {}).get(Line(line))


def text_of(state: str, line: str) -> str:
    demand = demand_of(state, line)
    return demand.text if demand else ""


def due_on(state: str, days: int, *, opened_on: dt.date, until: dt.date | None = None) -> dt.date:
    """Return the last day of a duty: so many days on; of a delay so many days before it ends."""
    if state == S.DELAYED and until:
        return max(opened_on, until - dt.timedelta(days=days))
    return opened_on + dt.timedelta(days=days)
