"""Moves: a transfer takes two schools and two people; everything else is the child's own school's."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from povertyedu.audit.models import AuditEvent
from povertyedu.inbox.models import Message
from povertyedu.orgs.models import Term
from povertyedu.workflow.flow import StepRefused
from students.actions import duplicates, moves, promotion
from students.enums import EnrolmentStatus, MoveState
from students.models import Enrolment, FactChange, HardshipStatus, Move, MoveDecision
from tests import factories
from tests.factories import subsidies

pytestmark = pytest.mark.django_db

DAY = dt.date(2020, 10, 12)


@pytest.fixture
def spring(db):
    return factories.term("2020-spring")


@pytest.fixture
def asked(luona, clerk, qingshi):
    """罗娜's transfer to 青石, asked for by her own school."""
    return moves.request_transfer(
        by=clerk.as_actor(), enrolment=luona.enrolments.get(), to_school=qingshi, side="sending",
        effective_on=DAY, reason="随父母迁居",
    )  # fmt: skip


def status_of(student, term):
    return Enrolment.objects.get(student=student, term=term).status


def test_accepted_transfer_moves_this_term_and_leaves_the_past(luona, asked, neighbour, xiazhai, qingshi, autumn, spring):  # fmt: skip
    past = luona.enrolments.get()
    past.pk, past.term, past.grade = None, spring, 4
    past.save()
    FactChange.objects.all().delete()
    own = factories.school_class(qingshi, grade=5, name="2班")

    moves.accept(by=neighbour.as_actor(), move=asked, to_class=own)

    now = luona.enrolments.get(term=autumn)
    assert (now.school, now.school_class, now.school_area) == (qingshi, own, "529901101000")
    assert (now.stage, now.grade, now.boarding, now.status) == ("primary", 5, True, "studying")
    was = luona.enrolments.get(term=spring)
    assert (was.school, was.school_area) == (xiazhai, "529901100000")
    assert list(FactChange.objects.values_list("term", "student")) == [(autumn.pk, luona.pk)]
    assert list(asked.decisions.values_list("verb", "old_state", "new_state", "by_name")) == [
        ("request", "", "requested", "杨丽"), ("accept", "requested", "done", "何勇"),
    ]  # fmt: skip
    assert MoveDecision.broken_link(asked) is None
    assert list(AuditEvent.objects.order_by("pk").values_list("action", flat=True)) == ["move.request", "move.accept"]  # fmt: skip
    assert Message.objects.get().text == "罗娜转往城关镇下寨小学：对方已同意，学籍已转移。".replace("城关镇下寨小学", "青石镇中心小学")  # fmt: skip


def test_accepting_twice_moves_once(asked, neighbour):
    moves.accept(by=neighbour.as_actor(), move=asked)
    with pytest.raises(StepRefused):
        moves.accept(by=neighbour.as_actor(), move=asked)
    assert asked.decisions.count() == 2


def test_one_person_cannot_do_both_sides(asked, clerk, autumn, xiazhai):
    with pytest.raises(StepRefused, match="另一方答复"):
        moves.accept(by=clerk.as_actor(), move=asked)
    with pytest.raises(IntegrityError, match="transfer_takes_two_people"), transaction.atomic():
        Move.objects.filter(pk=asked.pk).update(
            state="done", settled_at=asked.requested_at, settled_by_id=asked.requested_by_id
        )
    assert asked.student.enrolments.get().school == xiazhai


def test_child_waits_for_one_answer_at_a_time(asked, luona, clerk):
    other = factories.school("城关镇第二小学")
    with pytest.raises(StepRefused, match="已有一件转学"):
        moves.request_transfer(
            by=clerk.as_actor(), enrolment=luona.enrolments.get(), to_school=other, side="sending",
            effective_on=DAY, reason="改转",
        )  # fmt: skip
    moves.withdraw(by=clerk.as_actor(), move=asked)
    assert Move.objects.get().state == MoveState.WITHDRAWN


def test_refused_transfer_says_why_and_leaves_the_child(asked, neighbour, xiazhai):
    with pytest.raises(StepRefused, match="必须填写理由"):
        moves.refuse(by=neighbour.as_actor(), move=asked, reason=" ")
    moves.refuse(by=neighbour.as_actor(), move=asked, reason="五年级已无学位")
    assert (asked.state, asked.student.enrolments.get().school) == (MoveState.REFUSED, xiazhai)
    assert Message.objects.get().text == "罗娜的转学，对方学校不同意：五年级已无学位"


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("out", "studying", EnrolmentStatus.LEFT),
        ("leave", "studying", EnrolmentStatus.SUSPENDED),
        ("return", "suspended", EnrolmentStatus.STUDYING),
        ("graduate", "studying", EnrolmentStatus.GRADUATED),
    ],
)
def test_own_school_settles_at_once(luona, clerk, autumn, kind, before, after):
    luona.enrolments.update(status=before)
    more = {"outside_school": "贵阳市南明小学", "outside_region": "贵阳市"} if kind == "out" else {}
    move = moves.settle(
        by=clerk.as_actor(), enrolment=luona.enrolments.get(), kind=kind, effective_on=DAY, reason="家庭原因", **more
    )  # fmt: skip
    assert (move.state, status_of(luona, autumn)) == (MoveState.DONE, after)
    assert FactChange.objects.filter(term=autumn, student=luona).count() == 1


def test_return_without_leave_is_refused(luona, clerk, autumn):
    with pytest.raises(StepRefused, match="“在读”，不能办理“复学”"):
        moves.settle(
            by=clerk.as_actor(), enrolment=luona.enrolments.get(), kind="return", effective_on=DAY, reason="x"
        )


def test_closed_term_and_strange_days_are_refused(luona, clerk, qingshi, autumn):
    def ask(day):
        moves.request_transfer(
            by=clerk.as_actor(), enrolment=luona.enrolments.get(), to_school=qingshi, side="sending",
            effective_on=day, reason="迁居",
        )  # fmt: skip

    with pytest.raises(StepRefused, match="不在2020—2021学年 秋季学期"):
        ask(dt.date(2021, 5, 1))
    Term.objects.filter(pk=autumn.pk).update(is_closed=True)
    with pytest.raises(StepRefused, match="已关闭"):
        ask(DAY)
    assert not Move.objects.exists()


def test_money_on_its_way_stays_and_is_followed_up(
    client, luona, clerk, aid_officer, approver, finance, neighbour, qingshi, autumn
):
    subsidies.entitle(luona, 50_000)
    people = subsidies.People(clerk=clerk, aid=aid_officer, approver=approver, finance=finance)
    batch = subsidies.batch_at("submitted", people, term=autumn)
    client.force_login(clerk)
    page = client.get(reverse("students:move_of", args=[luona.pk]) + "?kind=transfer").content.decode()
    told = f"{batch.number} 寄宿生生活补助 500.00 元（在册）"
    assert told in page
    move = moves.request_transfer(
        by=clerk.as_actor(), enrolment=luona.enrolments.get(), to_school=qingshi, side="sending",
        effective_on=DAY, reason="迁居",
    )  # fmt: skip
    moves.accept(by=neighbour.as_actor(), move=move)
    assert (move.money, batch.lines.get().state) == (told, "listed")
    client.force_login(aid_officer)
    assert "转学学生没有结清的资助，待跟进" in client.get("/").content.decode()
    client.post(reverse("students:move_follow_up", args=[move.pk]), {"note": "已与新学校核对，照原卡发放"})
    move.refresh_from_db()
    assert (move.follow_up, move.followed_up_by) == ("已与新学校核对，照原卡发放", "周敏")
    assert not Move.objects.with_money_left().exists()


def test_child_back_from_outside_is_enrolled_again(luona, neighbour, qingshi, autumn):
    luona.enrolments.update(status=EnrolmentStatus.LEFT)
    move = moves.take_in(
        by=neighbour.as_actor(), student=luona, term=autumn, school=qingshi, stage="primary", grade=4, boarding=False,
        effective_on=DAY, reason="回乡", outside_school="贵阳市南明小学",
    )  # fmt: skip
    row = luona.enrolments.get()
    assert (row.school, row.grade, row.status, row.place) == (qingshi, 4, "studying", "in_county")
    assert (move.kind, move.from_school, move.to_school) == ("in", None, qingshi)


# --- before the new term has a roster ---


@pytest.fixture
def last_term(xiazhai, spring):
    """陈小满, in grade four at our school last term and on no roster of autumn yet."""
    return factories.student("陈小满", at=xiazhai, during=spring, grade=4, boarding=True)


def arrival(by, student, term, school, **fields):
    given = {"stage": "primary", "grade": 5, "effective_on": DAY, "reason": "随父母迁居"} | fields
    return moves.request_arrival(by=by.as_actor(), student=student, term=term, to_school=school, **given)


def take_in(by, student, term, school):
    return moves.take_in(
        by=by.as_actor(), student=student, term=term, school=school, stage="primary", grade=5, boarding=False, effective_on=DAY,
        reason="回乡", outside_school="贵阳市南明小学",
    )  # fmt: skip


@pytest.mark.parametrize("status", ["studying", "suspended"])
def test_child_whom_a_school_of_the_county_holds_comes_from_no_other_county(
    last_term, neighbour, qingshi, autumn, status
):
    last_term.enrolments.update(status=status)
    with pytest.raises(StepRefused, match="城关镇下寨小学.*还没有办理转出；请选“县内其他学校”"):
        take_in(neighbour, last_term, autumn, qingshi)
    assert last_term.enrolments.count() == 1


@pytest.mark.parametrize("status", ["left", "graduated"])
def test_child_whom_its_school_let_go_may_come_from_outside(last_term, neighbour, qingshi, autumn, status):
    last_term.enrolments.update(status=status)
    with pytest.raises(StepRefused, match="请选“县外”转入"):
        arrival(neighbour, last_term, autumn, qingshi)
    take_in(neighbour, last_term, autumn, qingshi)
    assert last_term.enrolments.get(term=autumn).school == qingshi


def test_child_that_departed_at_the_turn_of_the_term_may_come_from_outside(
    last_term, clerk, neighbour, xiazhai, qingshi, autumn
):
    run = promotion.open_promotion(by=clerk.as_actor(), to_term=autumn, school=xiazhai)
    run.lines.update(outcome="not_here", to_school=None, to_grade=None, to_stage="")
    promotion.apply(by=clerk.as_actor(), promotion=run)
    with pytest.raises(StepRefused, match="请选“县外”转入"):
        arrival(neighbour, last_term, autumn, qingshi)
    take_in(neighbour, last_term, autumn, qingshi)
    assert last_term.enrolments.get(term=autumn).school == qingshi


def test_arrival_the_old_school_agrees_to_enrols_the_child_in_the_new_term(
    last_term, clerk, neighbour, xiazhai, qingshi, autumn, spring
):
    HardshipStatus.objects.create(
        id_hash=last_term.id_hash, id_number=last_term.id_number, name="陈小满", category=1, since=dt.date(2016, 1, 1),
        source="poverty_office",
    )  # fmt: skip
    Term.objects.filter(pk=spring.pk).update(is_closed=True)
    move = arrival(neighbour, last_term, autumn, qingshi)
    assert (move.from_school, move.answering_school, move.term, move.grade) == (xiazhai, xiazhai, autumn, 5)
    assert not last_term.enrolments.filter(term=autumn).exists()
    with pytest.raises(StepRefused, match="正在等对方学校答复"):
        arrival(neighbour, last_term, autumn, qingshi)
    moves.accept(by=clerk.as_actor(), move=move)
    now = last_term.enrolments.get(term=autumn)
    assert (now.school, now.grade, now.boarding, now.status) == (qingshi, 5, True, "studying")
    assert (now.home_area, now.school_area, now.categories) == ("529901100001", "529901101000", 1)
    assert last_term.enrolments.get(term=spring).school == xiazhai
    assert FactChange.objects.filter(term=autumn, student=last_term).exists()


def test_arrival_follows_the_roster_that_the_old_school_brought_meanwhile(
    last_term, clerk, neighbour, qingshi, autumn, spring
):
    move = arrival(neighbour, last_term, autumn, qingshi, grade=6)
    row = last_term.enrolments.get()
    row.pk, row.term, row.grade = None, autumn, 5
    row.save()
    moves.accept(by=clerk.as_actor(), move=move)
    now = last_term.enrolments.get(term=autumn)
    assert (now.school, now.grade) == (qingshi, 5)


def test_arrival_is_refused_where_it_makes_no_sense(last_term, clerk, neighbour, xiazhai, qingshi, autumn):
    with pytest.raises(StepRefused, match="就在这所学校"):
        arrival(clerk, last_term, autumn, xiazhai)
    with pytest.raises(StepRefused, match="就在这所学校"):
        take_in(clerk, last_term, autumn, xiazhai)
    with pytest.raises(StepRefused, match="没有该生所在的学段"):
        arrival(neighbour, last_term, autumn, qingshi, stage="junior", grade=1)
    Term.objects.filter(pk=autumn.pk).update(is_closed=True)
    with pytest.raises(StepRefused, match="已关闭"):
        arrival(neighbour, last_term, autumn, qingshi)


def test_arrival_of_a_record_merged_meanwhile_is_refused(
    last_term, clerk, neighbour, qingshi, autumn, aid_officer, administrator
):
    move = arrival(neighbour, last_term, autumn, qingshi)
    other = factories.student("陈小满", at=qingshi, during=factories.term("2019-autumn"))
    pair = factories.pair(last_term, other)
    duplicates.propose(by=aid_officer.as_actor(), pair=pair, keeper=other)
    duplicates.confirm(by=administrator.as_actor(), pair=pair)
    with pytest.raises(StepRefused, match="已并入另一份"):
        moves.accept(by=clerk.as_actor(), move=move)
    assert not Enrolment.objects.filter(term=autumn).exists()


def test_receiving_clerk_asks_before_the_new_roster_is_there(
    client, last_term, neighbour, clerk, qingshi, autumn
):
    client.force_login(neighbour)
    sent = {
        "id_number": last_term.id_number, "name": "陈小满", "school": qingshi.pk, "effective_on": "2020-09-01", "reason": "迁居",
    }  # fmt: skip
    outside = {"origin": "outside", "outside_school": "贵阳市南明小学", "level": "primary-5"}
    answer = client.post(reverse("students:take_in"), sent | outside)
    assert "请选“县内其他学校”转入" in answer.context["form"].non_field_errors()[0]
    answer = client.post(reverse("students:take_in"), sent | {"origin": "county"})
    assert answer.context["form"].non_field_errors() == [
        f"该生在{autumn}还没有学籍，请选择转入后的年级，再提出转入。"
    ]
    answer = client.post(reverse("students:take_in"), sent | {"origin": "county", "level": "primary-5"})
    page = client.get(answer.headers["Location"]).content.decode()
    assert "五年级" in page
    client.force_login(clerk)
    move = Move.objects.get()
    client.post(reverse("students:move_answer", args=[move.pk]), {"answer": "accept"})
    assert last_term.enrolments.get(term=autumn).school == qingshi


# --- pages ----------------------------------------------------------------------------------------


def test_receiving_clerk_asks_by_number_and_name(client, luona, neighbour, qingshi, clerk, xiazhai):
    client.force_login(neighbour)
    sent = {
        "origin": "county", "id_number": luona.id_number, "name": "罗丽", "school": qingshi.pk,
        "effective_on": "2020-10-12", "reason": "随父母迁居",
    }  # fmt: skip
    answer = client.post(reverse("students:take_in"), sent)
    assert answer.status_code == 422
    assert list(answer.context["form"].non_field_errors()) == [
        "没有找到证件号和姓名都相符的学生档案。请照户口簿核对；从县外第一次来的学生，请用“新增学生”建档。"
    ]
    answer = client.post(reverse("students:take_in"), sent | {"name": "罗娜"})
    move = Move.objects.get()
    assert answer.headers["Location"] == reverse("students:move", args=[move.pk])
    assert (move.asked_by, move.answering_school, move.to_school) == ("receiving", xiazhai, qingshi)
    page = client.get(answer.headers["Location"]).content.decode()
    assert luona.id_number not in page
    assert "同意转学" not in page
    assert (
        client.post(reverse("students:move_answer", args=[move.pk]), {"answer": "accept"}).status_code == 403
    )

    client.force_login(clerk)
    assert "待本校答复的转学" in client.get("/").content.decode()
    client.post(reverse("students:move_answer", args=[move.pk]), {"answer": "accept"})
    assert luona.enrolments.get().school == qingshi
    again = client.post(reverse("students:move_answer", args=[move.pk]), {"answer": "accept"}, follow=True)
    assert (again.status_code, "不用再答复" in again.content.decode()) == (200, True)
    assert client.get(reverse("students:detail", args=[luona.pk])).status_code == 404
    assert client.get(reverse("students:move", args=[move.pk])).status_code == 200


def test_move_is_read_by_its_two_schools_and_the_county_alone(client, asked, aid_officer, leader):
    url = reverse("students:move", args=[asked.pk])
    third = factories.user("黄经办", ("school_clerk", factories.school("城关镇第三小学")))
    found = {}
    for user in (aid_officer, third, leader):
        client.force_login(user)
        found[user.name] = client.get(url).status_code
    assert found == {"周敏": 200, "黄经办": 404, "赵局长": 403}


def test_whole_handshake_from_the_sending_clerks_page(client, luona, clerk, neighbour, qingshi):
    own = factories.school_class(qingshi, grade=5, name="1班")
    client.force_login(clerk)
    url = reverse("students:move_of", args=[luona.pk])
    assert "县内转学" in client.get(url).content.decode()
    answer = client.post(url + "?kind=transfer", {"effective_on": "2020-10-12", "reason": ""})
    assert set(answer.context["form"].errors) == {"to_school", "reason"}
    client.post(
        url + "?kind=transfer", {"to_school": qingshi.pk, "effective_on": "2020-10-12", "reason": "迁居"}
    )
    move = Move.objects.get()
    client.force_login(neighbour)
    page = client.get(reverse("students:moves"))
    assert [row.pk for row in page.context["rows"]] == [move.pk]
    answer_url = reverse("students:move_answer", args=[move.pk])
    assert client.post(answer_url, {"answer": "refuse"}).status_code == 422
    client.post(answer_url, {"answer": "accept", "to_class": own.pk})
    assert luona.enrolments.get().school_class == own


@pytest.mark.parametrize("rows", [1, 30])
def test_list_takes_the_same_queries_for_any_length(client, clerk, xiazhai, qingshi, autumn, rows, django_assert_max_num_queries):  # fmt: skip
    for _ in range(rows):
        child = factories.student(at=xiazhai, during=autumn)
        moves.settle(
            by=clerk.as_actor(), enrolment=child.enrolments.get(), kind="leave", effective_on=DAY, reason="病"
        )
    client.force_login(clerk)
    with django_assert_max_num_queries(30) as captured:
        client.get(reverse("students:moves") + "?tab=done")
    assert len(captured) == 14


def test_list_is_narrowed_to_a_township_in_both_readings(client, asked, luona, aid_officer):
    """罗娜 studies in 城关镇; her household moves to 青石镇."""
    luona.home_area = factories.village("529901101001")
    luona.save()
    client.force_login(aid_officer)

    def shown(**where):
        page = client.get(reverse("students:moves"), {"tab": "all", **where})
        return [move.student.name for move in page.context["rows"]]

    assert shown(township="529901101", by="home_area") == [luona.name]
    assert shown(township="529901100", by="home_area") == []
    assert shown(township="529901100", by="school_area") == [luona.name]
    assert shown(township="529901100") == [luona.name]
