"""A case that ends with the child dead, elsewhere, abroad or on leave: counted at once, and the roster asks to be put right."""

import pytest
from django.urls import reverse

from dropout.actions import case_steps as steps
from dropout.models import Case
from dropout.queries import rates
from dropout.queries.population import children_of_school_age
from povertyedu.home.todos import todos_of
from povertyedu.indicators.definitions import Period
from students.actions import moves
from tests import factories

from .cases import OFFICER, TEACHER, away, day, evidence

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
WAITS = "个案已定转学、休学、出国、死亡，学籍还没有办的学生"
ENDS = {
    "deceased": {}, "transferred": {"where_to": "遵义市第九小学"}, "abroad": {},
    "delayed": {"delay_kind": "leave", "until": day("2020-12-31")},
}  # fmt: skip


@pytest.fixture
def clerk(xiazhai):
    return factories.user("赵经办", ("school_clerk", xiazhai))


@pytest.fixture
def ended(clock, xiazhai, autumn):
    def ended(outcome: str) -> Case:
        clock.set("2020-10-12")
        case = away(xiazhai, autumn, since="2020-10-05")
        steps.propose(
            by=TEACHER, case=case, outcome=outcome, reason="属实", evidence=evidence(), **ENDS[outcome]
        )
        steps.confirm(by=OFFICER, case=case)
        clock.set("2020-10-20")
        return case

    return ended


def waiting(user) -> list[tuple[int, str]]:
    return [(todo.count, todo.url) for todo in todos_of(user) if todo.text == WAITS]


def settled(case: Case, clerk, kind: str, **more):
    enrolment = case.student.enrolments.get()
    return moves.settle(
        by=clerk.as_actor(), enrolment=enrolment, kind=kind, effective_on=day("2020-10-20"), reason="个案已定", **more
    )  # fmt: skip


@pytest.mark.parametrize("outcome", ["deceased", "transferred", "abroad"])
def test_child_that_is_gone_is_not_counted_though_the_roster_has_it(outcome, ended, autumn):
    ended(outcome)
    assert children_of_school_age(autumn, day("2020-10-20")) == []
    assert list(rates.entry(Period(2020, day("2020-10-20")))) == []
    before = children_of_school_age(autumn, day("2020-10-11"))
    assert [child.in_school for child in before] == [True]


def test_child_that_transferred_within_the_county_counts_where_it_moved(ended, clerk, autumn, qingshi):
    case = ended("transferred")
    asked = moves.request_transfer(
        by=clerk.as_actor(), enrolment=case.student.enrolments.get(), to_school=qingshi, side="sending",
        effective_on=day("2020-10-15"), reason="转学",
    )  # fmt: skip
    moves.accept(by=OFFICER, move=asked)
    assert [
        (child.school, child.in_school) for child in children_of_school_age(autumn, day("2020-10-20"))
    ] == [(qingshi.pk, True)]
    assert waiting(clerk) == []


@pytest.mark.parametrize(
    ("outcome", "kind", "more", "status"),
    [
        ("deceased", "deceased", {}, "left"),
        ("abroad", "out", {"outside_school": "境外学校", "outside_region": "境外"}, "left"),
        ("transferred", "out", {"outside_school": "遵义市第九小学", "outside_region": "遵义市"}, "left"),
        ("delayed", "leave", {}, "suspended"),
    ],
)
def test_school_is_asked_for_the_move_until_it_is_settled(outcome, kind, more, status, ended, clerk, client):
    case = ended(outcome)
    assert waiting(clerk) == [(1, f"{reverse('dropout:cases')}?tab=roster")]
    client.force_login(clerk)
    page = client.get(reverse("dropout:cases"), {"tab": "roster"})
    assert [row["it"] for row in page.context["rows"]] == [case]
    step = client.get(reverse("dropout:case", args=[case.pk])).context["steps"][0]
    assert step["text"].startswith("办理学籍异动")
    assert client.get(step["url"]).status_code == 200
    settled(case, clerk, kind, **more)
    assert (waiting(clerk), case.student.enrolments.get().status) == ([], status)
    page = client.get(reverse("dropout:case", args=[case.pk]))
    assert (page.context["owes_a_move"], "办理学籍异动" in page.text) == (False, False)


def test_who_may_not_move_children_is_told_only(ended, client, xiazhai):
    case = ended("deceased")
    head = factories.user("吴国强", ("school_head", xiazhai))
    client.force_login(head)
    page = client.get(reverse("dropout:case", args=[case.pk]))
    assert "请学校经办办理学籍异动" in page.text
    assert (page.context["steps"], waiting(head)) == (
        [{"text": "提出重开", "url": page.context["steps"][0]["url"], "main": True}],
        [],
    )


def test_child_on_leave_may_be_struck_off_after_its_death(clock, xiazhai, autumn, clerk):
    child = factories.student("罗娜", at=xiazhai, during=autumn)
    enrolment = child.enrolments.get()
    for kind in ("leave", "deceased"):
        moves.settle(
            by=clerk.as_actor(), enrolment=enrolment, kind=kind, effective_on=day("2020-10-20"), reason="病故"
        )
    enrolment.refresh_from_db()
    assert enrolment.status == "left"
