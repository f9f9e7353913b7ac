"""What shows that a duty of a case was done: not any report, of any line, of any day."""

import datetime as dt
import uuid

import pytest
from django.urls import reverse

from dropout.actions import case_steps as steps
from dropout.actions import visits
from dropout.models import Case, Duty, Escalation, Visit
from povertyedu.inbox.models import Message
from povertyedu.orgs.models import Person
from tests import factories

from .cases import CADRE, OFFICER, TEACHER, away, beat, day, evidence, persuading

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


@pytest.fixture
def case(linxia, put, clock, xiazhai, autumn) -> Case:
    """Away since 5 October, found on the 12th. Nobody is 校长 or 县领导; all other links are held."""
    put(linxia["村干部包户"], factories.village(), "韦明")
    put(linxia["乡镇领导包村"], factories.village(), "石磊")
    put(linxia["局长包学区"], xiazhai, "吴海")
    teacher = Person.objects.create(name="罗雪", phone="13900000001")
    factories.school_class(xiazhai)
    xiazhai.classes.update(homeroom_teacher=teacher)
    clock.set("2020-10-12")
    return away(xiazhai, autumn, since="2020-10-05")


def visit(case: Case, line: str, on: str, **fields) -> Visit:
    said = {
        "way": "home",
        "met": "guardian",
        "result": "wavering",
        "text": "祖母在家",
        "visitor": "韦明",
    } | fields
    case.refresh_from_db()
    return visits.report_visit(by=CADRE, case=case, token=uuid.uuid4(), line=line, on=day(on), **said)[0]


def call(case: Case, line: str, on: str) -> Visit:
    return visit(case, line, on, way="phone", met="nobody", result="not_found", text="打不通")


def standing() -> list[tuple]:
    """Return line, holder and deadline of the open duties; without a holder they lie with the bureau."""
    rows = Duty.objects.open().order_by("-line").select_related("person")
    return [(each.line, each.person.name if each.person else "", f"{each.due_on or ''}") for each in rows]


def test_call_that_nobody_took_stops_no_deadline(case, clock):
    for days in range(0, 60, 3):
        on = day("2020-10-15") + dt.timedelta(days=days)
        clock.set(str(on))
        beat()
        for line in ("government", "education"):
            call(case, line, str(on))
    assert (Visit.objects.count(), standing()) == (40, [("government", "", ""), ("education", "", "")])
    assert Escalation.objects.filter(why="late").count() == 4


def test_who_met_the_family_hands_verification_to_the_next_link_up(case, clock):
    clock.set("2020-10-14")
    visit(case, "government", "2020-10-13")
    visit(case, "education", "2020-10-14")  # 校长 is vacant
    assert standing() == [("government", "石磊", "2020-10-17"), ("education", "吴海", "2020-10-17")]
    for line in ("government", "education"):
        visit(case, line, "2020-10-14")
    at_bureau = [("government", "", ""), ("education", "", "")]
    assert standing() == at_bureau
    clock.set("2020-10-20")
    visit(case, "education", "2020-10-20")
    assert (standing(), Duty.objects.late(day("2020-10-20")).count()) == (at_bureau, 2)
    steps.verify(by=OFFICER, case=case)
    assert standing() == [("government", "韦明", "2020-10-23"), ("education", "罗雪", "2020-10-23")]


def test_plan_is_made_and_not_visited_away(case, clock):
    steps.verify(by=OFFICER, case=case)
    for each in ("2020-10-20", "2020-10-24", "2020-11-20"):
        clock.set(each)
        beat()
    before = list(Duty.objects.open().order_by("pk"))
    for line in ("government", "education"):
        visit(case, line, "2020-11-20")
    assert (list(Duty.objects.open().order_by("pk")), [duty.link for duty in before]) == (
        before,
        [None, None],
    )
    visits.make_plan(by=TEACHER, case=case, causes=1, measures="结对帮扶", target_on=day("2020-12-01"))
    assert standing() == [("government", "韦明", "2020-11-27"), ("education", "罗雪", "2020-11-27")]


def test_review_of_the_bureau_is_no_teachers_to_end(case, clock):
    steps.propose(by=TEACHER, case=case, outcome="not_dropout", reason="误报", evidence=evidence())
    clock.set("2020-10-31")
    beat()
    review = Duty.objects.open().get()
    visit(case, "education", "2020-10-31")
    assert (Duty.objects.open().get(), review.text, review.link) == (review, "复核提请的结果", None)


def test_visit_of_before_the_duty_does_not_do_it(case, clock):
    clock.set("2020-10-15")
    persuading(case)
    visit(case, "government", "2020-10-14")
    assert standing()[0] == ("government", "韦明", "2020-10-22")
    clock.set("2020-10-18")
    visit(case, "government", "2020-10-15")
    assert standing()[0] == ("government", "韦明", "2020-10-25")


def test_refused_proposal_leaves_every_deadline_as_it_was(case, clock):
    persuading(case)
    clock.set("2020-10-21")
    beat()
    late = list(Duty.objects.open().order_by("pk").values())
    teacher = factories.user("罗雪", username="luoxue")
    type(teacher).objects.filter(pk=teacher.pk).update(person=Person.objects.get(name="吴海"))
    steps.propose(by=TEACHER, case=case, outcome="not_dropout", reason="误报", evidence=evidence())
    assert [line for line, *_ in standing()] == ["education"]
    steps.refuse(by=OFFICER, case=case, reason="没有到校")
    assert (list(Duty.objects.open().order_by("pk").values()), [each["is_late"] for each in late]) == (
        late,
        [True, True],
    )
    assert Message.objects.filter(to=teacher).latest("pk").text.startswith("提请被退回，任务和期限照旧：罗娜")


def test_confirmed_end_leaves_nothing_put_off(case, clock):
    steps.propose(
        by=TEACHER, case=case, outcome="delayed", reason="住院", evidence=evidence(), delay_kind="leave", until=day("2021-01-31")
    )  # fmt: skip
    assert Duty.objects.filter(is_put_off=True).count() == 2
    steps.confirm(by=OFFICER, case=case)
    assert Duty.objects.filter(is_put_off=True).count() == 0
    assert standing() == [("government", "韦明", "2021-01-24"), ("education", "罗雪", "2021-01-24")]


def test_delay_is_visited_once_and_a_refusal_asks_no_second_time(case, clock):
    said = {"outcome": "delayed", "reason": "住院", "delay_kind": "leave", "until": day("2021-01-31")}
    steps.propose(by=TEACHER, case=case, evidence=evidence(), **said)
    steps.confirm(by=OFFICER, case=case)
    visit(case, "education", "2020-10-12")
    assert [line for line, *_ in standing()] == ["government"]
    case.refresh_from_db()
    steps.propose(by=TEACHER, case=case, evidence=evidence(), **said)
    steps.refuse(by=OFFICER, case=case, reason="不必延长")
    assert [line for line, *_ in standing()] == ["government"]


def test_watch_that_is_over_ends_by_a_proposal_alone(case, clock):
    steps.return_to_school(by=CADRE, case=case, on=day("2020-10-12"))
    steps.monitor(by=OFFICER, case=case)
    clock.set("2020-10-20")
    visit(case, "education", "2020-10-20", way="school", met="child", result="stable")
    assert standing()[1] == ("education", "罗雪", "2020-11-19")
    case.refresh_from_db()
    clock.set(str(case.monitored_until))
    for line in ("government", "education"):
        visit(case, line, str(case.monitored_until), way="school", met="child", result="stable")
    assert [Duty.objects.open().get(line=line).opened_on for line in ("government", "education")] == [
        case.monitored_until, day("2020-10-20"),
    ]  # fmt: skip


def test_lessons_are_given_and_not_visited_away(case):
    steps.propose(by=TEACHER, case=case, outcome="home_taught", reason="重度残疾", evidence=evidence())
    steps.confirm(by=OFFICER, case=case)
    before = Duty.objects.open().get(line="education")
    visit(case, "education", "2020-10-12")
    assert Duty.objects.open().get(line="education") == before


def test_line_of_a_visit_follows_from_who_reports_it(client, case, xiazhai):
    page = f"{reverse('dropout:visit', args=[case.pk])}?t="
    typed = {
        "on": "2020-10-12", "way": "home", "met": "guardian", "result": "wavering", "text": "祖母在家", "visitor": "罗雪", "line": "government",
    }  # fmt: skip
    users = {
        "education": factories.user("罗雪", ("class_teacher", xiazhai.classes.get())),
        "government": factories.user("韦明", ("village_cadre", factories.village())),
    }
    for line, user in users.items():
        client.force_login(user)
        token = uuid.uuid4()
        assert "line" not in client.get(f"{page}{token}").context["form"].fields
        client.post(
            f"{page}{token}",
            typed | {"token": token, "line": "education" if line == "government" else "government"},
        )
        assert Visit.objects.latest("pk").line == line
    client.force_login(factories.user("宋静", ("basic_education_officer", factories.county())))
    token = uuid.uuid4()
    assert client.get(f"{page}{token}").context["form"].fields["line"].choices == [
        ("government", "政府线"), ("education", "教育线"),
    ]  # fmt: skip
    client.post(f"{page}{token}", typed | {"token": token})
    assert Visit.objects.latest("pk").line == "government"


def test_who_met_nobody_is_told_that_the_duty_stands(client, case, xiazhai):
    client.force_login(factories.user("罗雪", ("class_teacher", xiazhai.classes.get())))
    token = uuid.uuid4()
    page = client.post(
        f"{reverse('dropout:visit', args=[case.pk])}?t={token}",
        {"on": "2020-10-12", "way": "phone", "met": "nobody", "result": "not_found", "text": "打不通", "visitor": "罗雪", "token": token},
        follow=True,
    )  # fmt: skip
    assert "没有见到人，这条线的任务还没有办结" in page.content.decode()
