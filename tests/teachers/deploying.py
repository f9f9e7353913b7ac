"""Deployments for tests, taken as far along as asked, by the people who would."""

import datetime as dt
from dataclasses import dataclass

from povertyedu.accounts.models import User
from povertyedu.workflow.flow import Actor
from teachers.actions import deployment as actions
from teachers.actions import deployment_days as days
from teachers.models import Deployment, Teacher
from tests import factories
from tests.factories import teachers

SINCE, UNTIL = dt.date(2020, 9, 1), dt.date(2021, 7, 15)
STEPS = ("draft", "asked", "approved", "half_agreed", "agreed", "under_way", "returned")


@dataclass
class People:
    """Heads of the two schools, the personnel officer, and the leader who approves."""

    sender: User
    receiver: User
    officer: User
    approver: User


def people(sending, receiving, approver) -> People:
    return People(
        factories.user("吴校长", ("school_head", sending), username="sender"),
        factories.user("何校长", ("school_head", receiving), username="receiver"),
        factories.user("刘人事", ("personnel_officer", factories.county()), username="personnel"),
        approver,
    )


def deployment(
    teacher: Teacher, to, *, state: str = "under_way", since=SINCE, until=UNTIL, kind: str = "exchange", by: People | None = None, **more
) -> Deployment:  # fmt: skip
    """Return a deployment of ``teacher`` in ``state``; without ``by`` invented people act."""
    asker, officer, sender, receiver = (
        (each.as_actor() for each in (by.sender, by.officer, by.sender, by.receiver))
        if by
        else (Actor(901, "甲", ""), Actor(902, "乙", ""), Actor(903, "丙", ""), Actor(904, "丁", ""))
    )
    made = actions.draft(
        by=asker,
        teacher=teacher,
        kind=kind,
        receiving=to,
        since=since,
        until=until,
        reason="均衡师资",
        **more,
    )
    steps = (
        lambda: actions.ask(by=asker, deployment=made),
        lambda: actions.approve(by=officer, deployment=made, document="云教人〔2020〕3号"),
        lambda: actions.agree(by=sender, deployment=made, schools=[made.sending_id]),
        lambda: actions.agree(by=receiver, deployment=made, schools=[made.receiving_id]),
        lambda: days.start(by=receiver, deployment=made, on=since),
        lambda: days.come_back(by=sender, deployment=made, on=until),
    )
    for step in steps[: STEPS.index(state)]:
        step()
        made = Deployment.objects.with_people().get(pk=made.pk)
    return made


def one_of_each(school) -> dict:
    """Return a draft that would send somebody from ``school`` to another."""
    return {
        "deployment": deployment(
            teachers.teacher("白芳", at=school), factories.school("城关镇第五小学"), state="draft"
        )
    }
