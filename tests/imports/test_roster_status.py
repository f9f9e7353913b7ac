"""A child who left, paused or graduated this term and stands on the roster again: told, not passed over."""

import datetime as dt

import pytest

from students.actions import moves
from students.enums import EnrolmentStatus, MoveKind
from students.models import Enrolment

from .conftest import roster

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
TERM = ("--term", "2020-autumn")
STAYS = "该学生本学期已登记“{}”，名册里又有；导入不会改变这一登记。已回来的请在学生页办理{}，没有回来的请从名册里删去。"


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (MoveKind.OUT, STAYS.format("已转出", "转入")),
        (MoveKind.LEAVE, STAYS.format("休学", "复学")),
        (MoveKind.GRADUATE, STAYS.format("毕业", "转入")),
    ],
)
def test_child_who_is_not_studying_is_told_on_an_unchanged_row(
    run, checked, xiazhai, administrator, kind, told, village
):
    run("roster", roster(xiazhai, 1), *TERM)
    child = Enrolment.objects.get()
    moves.settle(
        by=administrator.as_actor(), enrolment=child, kind=kind, effective_on=dt.date(2020, 10, 12), reason="家长申请",
        **({"outside_school": "贵阳市第一小学"} if kind == MoveKind.OUT else {}),
    )  # fmt: skip
    status = Enrolment.objects.get().status

    batch = checked(roster(xiazhai, 1), by=administrator)

    assert (batch.counts["unchanged"], batch.warnings) == (1, {"not_studying": 1})
    assert batch.staged.get().content["warnings"] == [["name", "not_studying", told]]
    assert run("roster", roster(xiazhai, 1), *TERM)["warnings"] == {"not_studying": 1}
    assert (Enrolment.objects.get().status, status != EnrolmentStatus.STUDYING) == (status, True)


def test_child_who_left_and_is_on_the_roster_of_another_school_studies_there(
    run, checked, xiazhai, qingshi, administrator, village
):
    run("roster", roster(xiazhai, 1), *TERM)
    Enrolment.objects.update(status=EnrolmentStatus.LEFT)

    answer = run("roster", roster(qingshi, 1), *TERM)

    assert (answer["updated"], answer["warnings"]) == (1, {"not_studying": 1, "school_changed": 1})
    child = Enrolment.objects.get()
    assert (child.school, child.status) == (qingshi, EnrolmentStatus.STUDYING)


def test_child_who_studies_is_not_told(run, xiazhai, village):
    run("roster", roster(xiazhai, 1), *TERM)

    assert run("roster", roster(xiazhai, 1), *TERM)["warnings"] == {}
