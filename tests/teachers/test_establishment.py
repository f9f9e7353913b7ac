"""学校编制: posts by a document, over them by one who asks and another who approves; the last place is given once."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.inbox.models import Message
from povertyedu.workflow.flow import StepRefused
from teachers.actions.posts import appoint
from teachers.models import Appointment, Establishment, EstablishmentChange, ExcessDecision, ExcessRequest
from tests import factories
from tests.factories import teachers
from tests.together import refused_at_once

pytestmark = pytest.mark.django_db
LIST = reverse("teachers:establishment")
DAY = dt.date(2020, 9, 1)


def step(client, request, verb, reason=""):
    return client.post(reverse("teachers:excess_step", args=[request.pk, verb]), {"reason": reason})


def asked(client, school, posts=1) -> ExcessRequest:
    client.post(
        reverse("teachers:excess_new"), {"school": school.pk, "posts": posts, "reason": "三名教师产假"}
    )
    return ExcessRequest.objects.latest("pk")


def test_establishment_is_set_by_a_document_and_what_was_before_stays(client, personnel, xiazhai):
    client.force_login(personnel)
    url = reverse("teachers:authorise", args=[xiazhai.pk])
    assert (
        "还没有核定编制"
        in client.get(reverse("teachers:school_establishment", args=[xiazhai.pk])).content.decode()
    )
    client.post(url, {"authorised": 2, "since": "2018-01-01", "document": "云编〔2018〕1号"})
    teachers.teacher(at=xiazhai)
    client.post(url, {"authorised": 1, "since": "2020-01-01", "document": "云编〔2020〕6号"})
    below = client.post(url, {"authorised": 0, "since": "2020-02-01", "document": "云编〔2020〕7号"})
    assert "已有在编 1 名，核定 0 名不够" in below.content.decode()
    assert list(EstablishmentChange.objects.values_list("before", "after", "document")) == [
        (2, 1, "云编〔2020〕6号"),
        (None, 2, "云编〔2018〕1号"),
    ]


def test_list_has_filled_vacant_and_over_with_its_sums(client, personnel, approver, xiazhai, qingshi):
    teachers.establishment(xiazhai, 3)
    teachers.establishment(qingshi, 1)
    teachers.teacher(at=xiazhai)
    teachers.teacher("钱静", xiazhai, kind="contract")
    teachers.teacher("赵平", qingshi)
    client.force_login(personnel)
    request = asked(client, qingshi)
    client.force_login(approver)
    step(client, request, "approve")
    teachers.teacher("孙丽", qingshi)
    client.force_login(personnel)
    page = client.get(LIST)
    sums = page.context["sums"]
    assert (sums.schools, sums.authorised, sums.filled, sums.vacant, sums.over, sums.excess) == (
        2,
        4,
        3,
        2,
        1,
        1,
    )
    assert [(each.label, each.vacant, each.over) for each in page.context["townships"]] == [
        ("城关镇", 2, 0),
        ("青石镇", 0, 1),
    ]
    rows = {row.name: row.contracts for row in page.context["page"]}
    assert rows == {xiazhai.name: 1, qingshi.name: 0}
    for tab, school in (("vacant", xiazhai), ("over", qingshi)):
        assert [row.name for row in client.get(f"{LIST}?tab={tab}").context["page"]] == [school.name]


def test_excess_is_asked_by_one_and_approved_by_another(client, personnel, approver, xiazhai):
    teachers.establishment(xiazhai, 1)
    wang = teachers.teacher()
    teachers.teacher("赵平", xiazhai)
    with pytest.raises(StepRefused, match="核定编制 1 名，批准超编 0 名，已有在编 1 名，没有空编"):
        appoint(by=personnel.as_actor(), teacher=wang, school=xiazhai, subject="chinese", since=DAY)
    client.force_login(personnel)
    request = asked(client, xiazhai)
    assert step(client, request, "approve").status_code == 403
    assert Message.objects.filter(to=approver, text__contains="申请超编 1 名").count() == 1
    client.force_login(approver)
    step(client, request, "approve")
    made = appoint(by=personnel.as_actor(), teacher=wang, school=xiazhai, subject="chinese", since=DAY)
    assert made.excess_request == request
    client.force_login(personnel)
    kept = step(client, request, "end", "收回")
    assert "还有人占用，不能收回" in kept.content.decode()
    request.refresh_from_db()
    assert request.state == "approved"
    Appointment.objects.filter(pk=made.pk).update(until=DAY)
    step(client, request, "end", "人已调出")
    held = Establishment.objects.get()
    assert (held.authorised, held.filled, held.excess_approved) == (1, 1, 0)
    assert list(ExcessDecision.objects.order_by("pk").values_list("verb", flat=True)) == [
        "ask",
        "approve",
        "end",
    ]
    assert ExcessDecision.broken_link(request) is None


def test_own_request_is_not_approved_by_oneself(client, xiazhai):
    both = factories.user(
        "双岗", ("personnel_officer", factories.county()), ("approver", factories.county()), username="both"
    )
    teachers.establishment(xiazhai, 1)
    client.force_login(both)
    request = asked(client, xiazhai)
    answer = step(client, request, "approve")
    assert "审批人不能是申请人" in answer.content.decode()
    assert "要由另一人审批" in client.get(request.get_absolute_url()).content.decode()
    step(client, request, "withdraw")
    request.refresh_from_db()
    assert request.state == "withdrawn"


def test_refused_request_says_why_and_changes_nothing(client, personnel, approver, xiazhai):
    teachers.establishment(xiazhai, 1)
    client.force_login(personnel)
    request = asked(client, xiazhai)
    again = client.post(reverse("teachers:excess_new"), {"school": xiazhai.pk, "posts": 2, "reason": "再要"})
    assert "已有一份待审批的超编申请" in again.content.decode()
    client.force_login(approver)
    assert step(client, request, "refuse").status_code == 422
    step(client, request, "refuse", "请从富余学校调剂")
    assert "请从富余学校调剂" in client.get(request.get_absolute_url()).content.decode()
    assert Establishment.objects.get().excess_approved == 0


def test_list_takes_the_same_queries_for_one_and_for_forty_schools(client, personnel, xiazhai):
    client.force_login(personnel)
    teachers.teacher(at=xiazhai)

    def queries() -> int:
        with CaptureQueriesContext(connection) as made:
            assert client.get(LIST).status_code == 200
        return len(made)

    queries()
    few = queries()
    for number in range(39):
        teachers.establishment(factories.school(f"学校{number}"))
    assert queries() == few


@pytest.mark.sql
@pytest.mark.usefixtures("real_commits")
class TestAtOnce:
    def test_last_place_is_given_once(self, personnel, xiazhai):
        teachers.establishment(xiazhai, 1)
        people = [teachers.teacher(f"教师{number}") for number in range(2)]
        refused = refused_at_once(
            *(
                lambda who=who: appoint(
                    by=personnel.as_actor(), teacher=who, school=xiazhai, subject="art", since=DAY
                )
                for who in people
            )
        )
        assert ["没有空编" in each for each in refused] == [True]
        assert (Establishment.objects.get().filled, Appointment.objects.count()) == (1, 1)

    @pytest.mark.skipif(
        connection.vendor == "sqlite", reason="SQLite has one writer: the second is told that it is busy"
    )
    def test_last_place_is_given_once_whatever_writes(self, xiazhai):
        """Without the verb's lock the constraint alone refuses the second."""
        teachers.establishment(xiazhai, 1)
        people = [teachers.teacher(f"教师{number}") for number in range(2)]
        refused = refused_at_once(*(lambda who=who: teachers.post(who, xiazhai) for who in people))
        assert ["establishment_is_not_overfilled" in each for each in refused] == [True]
        assert (Establishment.objects.get().filled, Appointment.objects.count()) == (1, 1)

    @pytest.mark.skipif(
        connection.vendor == "sqlite", reason="SQLite has one writer: the second is told that it is busy"
    )
    def test_teacher_is_posted_once_in_the_same_days(self, xiazhai, qingshi):
        """Posts with an end are no concern of the unique constraint: the trigger makes the second wait, and refuses it."""
        for school in (xiazhai, qingshi):
            teachers.establishment(school)
        wang = teachers.teacher()
        refused = refused_at_once(
            *(
                lambda at=at: teachers.post(wang, at, since=DAY, until=dt.date(2021, 8, 31))
                for at in (xiazhai, qingshi)
            )
        )
        assert ["只能有一个岗位" in each for each in refused] == [True]

    @pytest.mark.skipif(
        connection.vendor == "sqlite", reason="SQLite has one writer: the second is told that it is busy"
    )
    def test_moves_that_cross_do_not_block_each_other(self, personnel, xiazhai, qingshi):
        wang, zhao = teachers.teacher(at=xiazhai), teachers.teacher("赵平", qingshi)
        pairs = ((wang, qingshi), (zhao, xiazhai)) * 3
        refused = refused_at_once(
            *(
                lambda who=who, at=at: appoint(
                    by=personnel.as_actor(), teacher=who, school=at, subject="art", since=DAY
                )
                for who, at in pairs
            )
        )
        assert len(refused) == 4
        assert {e.school_id: e.filled for e in Establishment.objects.all()} == {xiazhai.pk: 1, qingshi.pk: 1}
