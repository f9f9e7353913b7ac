"""Duties of both lines and their deadlines: started by beat's schedule, link by link to the bureau."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dropout.actions import case_steps as steps
from dropout.actions import posts
from dropout.actions.escalation import escalate, lapse_delays
from dropout.models import Case, Duty, Escalation
from povertyedu.inbox.models import Message
from povertyedu.options.registry import set_option
from povertyedu.orgs.models import Person
from tests import factories

from .cases import CADRE, OFFICER, TEACHER, away, beat, day, evidence, persuading

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


@pytest.fixture
def held(linxia, put, xiazhai):
    """村 and 乡镇 hold the government line, nobody at the county; 班主任 and 局长 the other, no 校长."""
    put(linxia["村干部包户"], factories.village(), "韦明")
    put(linxia["乡镇领导包村"], factories.village(), "石磊")
    put(linxia["局长包学区"], xiazhai, "吴海")
    teacher = Person.objects.create(name="罗雪", phone="13900000001")
    factories.school_class(xiazhai)
    xiazhai.classes.update(homeroom_teacher=teacher)
    return linxia


@pytest.fixture
def case(held, clock, xiazhai, autumn) -> Case:
    clock.set("2020-10-12")
    return away(xiazhai, autumn, since="2020-10-05")


def standing() -> list[tuple]:
    rows = Duty.objects.open().order_by("-line").select_related("person", "link")
    return [
        (each.line, each.person.name if each.person else "", f"{each.due_on or ''}", each.link.label if each.link else "") for each in rows
    ]  # fmt: skip


def told() -> list[tuple]:
    rows = Escalation.objects.select_related("duty", "link", "person")
    return [
        (row.duty.line, row.why, row.link.label if row.link else "", row.person.name if row.person else "", f"{row.missed_on or ''}", f"{row.on}")
        for row in rows
    ]  # fmt: skip


def test_each_line_has_a_duty_at_its_bottom_with_the_countys_days(case):
    assert standing() == [
        ("government", "韦明", "2020-10-15", "村干部包户"), ("education", "罗雪", "2020-10-15", "班主任包学生"),
    ]  # fmt: skip
    set_option("case_visit_days", "10", by_name="宋静")
    persuading(case)
    assert [(row.text, f"{row.due_on}") for row in Duty.objects.open().order_by("-line")] == [
        ("入户劝返", "2020-10-22"), ("家访劝返", "2020-10-22"),
    ]  # fmt: skip
    assert Duty.objects.filter(done_on=day("2020-10-12")).count() == 4


def test_deadline_climbs_link_by_link_passing_vacant_ones_to_the_bureau(case, clock):
    clock.set("2020-10-15")
    beat()
    assert told() == []  # the last day is still in time
    clock.set("2020-10-16")
    beat()
    beat()
    first = [
        ("government", "late", "乡镇领导包村", "石磊", "2020-10-15", "2020-10-16"),
        ("education", "skipped", "校长包班级", "", "", "2020-10-16"),
        ("education", "late", "局长包学区", "吴海", "2020-10-15", "2020-10-16"),
    ]
    assert sorted(told()) == sorted(first)
    assert standing() == [
        ("government", "石磊", "2020-10-19", "乡镇领导包村"), ("education", "吴海", "2020-10-19", "局长包学区"),
    ]  # fmt: skip
    clock.set("2020-10-20")
    beat()
    clock.set("2020-12-31")
    beat()
    assert sorted(told()[3:]) == [
        ("education", "late", "", "", "2020-10-19", "2020-10-20"),
        ("government", "late", "", "", "2020-10-19", "2020-10-20"),
        ("government", "skipped", "县领导包乡镇", "", "", "2020-10-20"),
    ]
    assert standing() == [("government", "", "", ""), ("education", "", "", "")]
    assert (Duty.objects.at_bureau().count(), Duty.objects.late(day("2020-12-31")).count()) == (2, 2)


def test_whoever_is_told_reads_it_in_the_inbox(case, clock):
    township = factories.user("石磊", ("township_officer", factories.township()))
    type(township).objects.filter(pk=township.pk).update(person=Person.objects.get(name="石磊"))
    clock.set("2020-10-16")
    beat()
    message = Message.objects.get(to=township)
    assert (message.text, message.url) == (
        "下级到期未办，上报给您：罗娜（入户核实去向，2020-10-19 前）。", "/dropout/cases/duties/",
    )  # fmt: skip


def test_who_has_no_account_is_told_by_telephone(client, held, basic, clock, xiazhai, autumn, school_head):
    clock.set("2020-10-12")
    township = factories.user("石磊", ("township_officer", factories.township()))
    elsewhere = factories.user("别镇", ("township_officer", factories.township("529901101", "青石镇")))
    away(xiazhai, autumn, since="2020-10-05")
    asked = {
        user: [message.text for message in Message.objects.filter(to=user)]
        for user in (school_head, township, elsewhere)
    }
    assert asked == {
        school_head: ["责任人没有账号，请电话告知：罗娜（联系家长，核实去向，2020-10-15 前）。"],
        township: ["责任人没有账号，请电话告知：罗娜（入户核实去向，2020-10-15 前）。"],
        elsewhere: [],
    }  # fmt: skip
    client.force_login(basic)
    for page in (reverse("dropout:case_duties"), reverse("dropout:case", args=[Case.objects.get().pk])):
        assert client.get(page).content.decode().count("没有账号，请电话告知") == 2


def test_climbed_duty_is_called_the_same_on_every_page(client, case, basic, clock, held):
    """It came to the link above, whose own deadline is still ahead: 已上报, not 逾期."""
    clock.set("2020-10-16")
    beat()
    client.force_login(basic)
    pages = (
        reverse("dropout:cases"),
        f"{reverse('dropout:case_duties')}?tab=late",
        reverse("dropout:case", args=[case.pk]),
    )
    found = [client.get(each).content.decode() for each in pages]
    assert [("已上报" in text, "</i>逾期<" in text, "逾期上报<" in text) for text in found] == [
        (True, False, False)
    ] * 3


def test_line_with_nobody_lies_with_the_bureau_from_the_first_day(linxia, clock, xiazhai, autumn):
    clock.set("2020-10-12")
    away(xiazhai, autumn)
    assert standing() == [("government", "", "", ""), ("education", "", "", "")]
    assert {row[1] for row in told()} == {"skipped", "vacant"}
    assert [row for row in told() if row[1] == "vacant"] == [
        ("government", "vacant", "", "", "", "2020-10-12"), ("education", "vacant", "", "", "", "2020-10-12"),
    ]  # fmt: skip


def test_duty_that_nobody_ever_held_is_late_all_the_same(linxia, clock, xiazhai, autumn):
    clock.set("2020-10-12")
    away(xiazhai, autumn)
    days = ("2020-10-15", "2020-10-16")
    assert [Duty.objects.late(day(text)).count() for text in days] == [0, 2]
    clock.set("2020-10-16")
    assert [duty.is_overdue for duty in Duty.objects.all()] == [True, True]


def test_county_without_chains_has_every_duty_at_the_bureau(clock, xiazhai, autumn):
    away(xiazhai, autumn)
    beat()
    assert standing() == [("government", "", "", ""), ("education", "", "", "")]


def test_holder_who_leaves_hands_over_or_leaves_it_to_the_next_link(case, clock, put, held, basic):
    post = held["村干部包户"].posts.get()
    posts.end(by=basic.as_actor(), post=post, until=day("2020-10-12"))
    clock.set("2020-10-13")
    beat()
    assert standing()[0] == ("government", "石磊", "2020-10-15", "乡镇领导包村")
    assert told() == [("government", "vacant", "乡镇领导包村", "石磊", "", "2020-10-13")]
    put(held["乡镇领导包村"], factories.village(), "李强", "2020-10-14")
    clock.set("2020-10-14")
    beat()
    assert (standing()[0][1], len(told())) == ("李强", 1)
    clock.set("2020-10-16")
    beat()
    assert [row for row in told() if row[0] == "government"][1:] == [
        ("government", "skipped", "县领导包乡镇", "", "", "2020-10-16"),
        ("government", "late", "", "", "2020-10-15", "2020-10-16"),
    ]


def test_deadline_that_passed_while_nothing_ran_is_caught_up_with(case, clock):
    clock.set("2020-11-30")
    beat()
    assert [(row[1], row[4], row[5]) for row in told() if row[1] == "late"] == [
        ("late", "2020-10-15", "2020-11-30"), ("late", "2020-10-15", "2020-11-30"),
    ]  # fmt: skip


def test_proposal_waits_at_the_top_of_the_education_line(case):
    steps.propose(by=TEACHER, case=case, outcome="abroad", reason="出国", evidence=evidence())
    assert standing() == [("education", "吴海", "2020-10-17", "局长包学区")]
    steps.confirm(by=OFFICER, case=case)
    assert standing() == []


def test_delay_ends_by_itself_and_the_case_goes_on(case, clock):
    steps.propose(
        by=TEACHER, case=case, outcome="delayed", reason="住院", evidence=evidence(), delay_kind="leave", until=day("2021-01-31")
    )  # fmt: skip
    steps.confirm(by=OFFICER, case=case)
    assert [row[2] for row in standing()] == ["2021-01-24", "2021-01-24"]
    clock.set("2021-01-31")
    assert lapse_delays() == 0
    clock.set("2021-02-01")
    beat()
    beat()
    case.refresh_from_db()
    assert (case.state, case.outcome, case.until, case.evidence) == ("persuading", "", None, None)
    assert case.decisions.last().by_name == "系统"
    assert [row[2] for row in standing()] == ["2021-02-08", "2021-02-08"]


def test_case_follows_the_child_into_its_next_school(case, clock, qingshi):
    seat = case.student.enrolments.get()
    seat.pk, seat.term, seat.school, seat.school_class = None, factories.term("2021-spring"), qingshi, None
    seat.school_area = qingshi.area.full_code
    seat.save()
    clock.set("2021-03-01")
    beat()
    case.refresh_from_db()
    assert (case.school, case.school_area, case.home_area) == (qingshi, "529901101000", "529901100001")


def test_case_of_a_merged_record_goes_over_to_the_one_that_was_kept(case, xiazhai, autumn):
    keeper = factories.student("罗娜", at=xiazhai, during=autumn)
    type(keeper).objects.filter(pk=case.student_id).update(merged_into=keeper)
    beat()
    case.refresh_from_db()
    assert case.student == keeper


def test_database_refuses_a_second_row_of_a_link_and_a_change(case, clock):
    clock.set("2020-10-16")
    escalate()
    row = Escalation.objects.filter(why="late").first()
    with pytest.raises(IntegrityError, match="escalation"), transaction.atomic():
        Escalation.objects.create(duty=row.duty, link=row.link, why="skipped", on=row.on)
    with pytest.raises(IntegrityError), transaction.atomic():
        Escalation.objects.update(on=day("2020-10-17"))
    with pytest.raises(IntegrityError, match="duty_lies_with"), transaction.atomic():
        Duty.objects.open().update(person=None)


def test_queries_do_not_grow_with_cases(held, clock, xiazhai, autumn):
    counts = []
    for many in (1, 30):
        clock.set("2020-10-12")
        for _ in range(many):
            away(xiazhai, autumn)
        clock.set("2020-10-16")
        with CaptureQueriesContext(connection) as queries:
            assert escalate() == 2 * many
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert Escalation.objects.filter(why="late").count() == 62


def test_return_is_somebody_elses_to_confirm_within_its_days(case):
    steps.return_to_school(by=CADRE, case=case, on=day("2020-10-12"))
    assert [row[2] for row in standing()] == ["2020-10-15", "2020-10-15"]
    steps.monitor(by=OFFICER, case=case)
    assert [row[2] for row in standing()] == ["2020-11-11", "2020-11-11"]
