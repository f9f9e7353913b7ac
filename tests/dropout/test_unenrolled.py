"""A child that is on no roster: registered with its case by who answers for its village, once, whoever reports it."""

import pytest
from django.urls import reverse

from dropout.actions import case_steps as steps
from dropout.actions.screening import screen
from dropout.models import Case
from povertyedu.audit.models import AuditEvent
from students.models import Student
from tests import factories

from .cases import OFFICER, away, day, evidence, opened

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
NEW, CASES = reverse("dropout:case_unenrolled"), reverse("dropout:cases")
NUMBER = factories.id_number(7, birth="20130731")


@pytest.fixture(autouse=True)
def october(clock) -> None:
    clock.set("2020-10-12")


@pytest.fixture
def officer(db):
    return factories.user("石磊", ("township_officer", factories.township()), username="officer")


@pytest.fixture
def asked(autumn) -> dict:
    return {
        "name": "王小草", "id_kind": "id_card", "id_number": NUMBER, "village": factories.village().pk, "guardian_name": "王大山",
        "phone": "13900000001", "kind": "never_enrolled", "since": "2020-09-01", "note": "随奶奶在家，没有报名",
    }  # fmt: skip


def errors(answer) -> dict:
    assert answer.status_code == 422
    return {name: list(told) for name, told in answer.context["form"].errors.items()}


def test_child_nobody_knew_gets_a_record_and_a_case_at_its_village(client, officer, linxia, put, asked):
    put(linxia["村干部包户"], factories.village(), "韦明")
    client.force_login(officer)
    assert NEW in client.get(CASES).content.decode()
    answer = client.post(NEW, asked)
    case = Case.objects.get()
    assert answer.headers["Location"] == reverse("dropout:case", args=[case.pk])
    child = case.student
    assert (child.name, str(child.birth_date), child.home_area_id, child.guardian.name, child.id_number) == (
        "王小草", "2013-07-31", "529901100001", "王大山", NUMBER,
    )  # fmt: skip
    assert (case.kind, case.origin, case.home_area, case.school, case.note) == (
        "never_enrolled", "report", "529901100001", None, "随奶奶在家，没有报名",
    )  # fmt: skip
    assert case.duties.open().get(line="government").person.name == "韦明"
    page = client.get(answer.headers["Location"]).content.decode()
    assert "没有学籍" in page
    assert reverse("students:detail", args=[child.pk]) not in page  # it has no page of its own
    assert list(AuditEvent.objects.filter(action="students.register").values_list("by_name", flat=True)) == [
        "石磊"
    ]


def test_reported_again_leads_to_the_same_case(client, officer, asked):
    client.force_login(officer)
    first, again = client.post(NEW, asked), client.post(NEW, asked)
    assert first.headers["Location"] == again.headers["Location"]
    assert (Student.objects.count(), Case.objects.count()) == (1, 1)


def test_record_of_another_name_or_another_township_is_refused_in_words(
    client, officer, asked, qingshi, autumn
):
    client.force_login(officer)
    client.post(NEW, asked)
    assert errors(client.post(NEW, asked | {"name": "王大草"})) == {
        "name": ["这个证件号的档案上是另一个姓名；请照户口簿核对姓名和证件号。"]
    }
    there = factories.student(
        "何苗", at=qingshi, during=autumn, home=factories.village("529901101001", "青石村"), id_number=factories.id_number(8)
    )  # fmt: skip
    told = errors(client.post(NEW, asked | {"name": "何苗", "id_number": there.id_number}))
    assert told == {"id_number": ["这个证件号已有档案，不在您的范围里；请报县教育局基教股核对。"]}
    assert client.get(reverse("dropout:case_new", args=[there.pk])).status_code == 404
    assert Case.objects.count() == 1


def test_child_that_was_enrolled_before_is_no_child_never_enrolled(client, officer, asked, xiazhai):
    before = factories.student(
        "罗娜", at=xiazhai, during=factories.term("2020-spring"), id_number=factories.id_number(9)
    )
    client.force_login(officer)
    again = asked | {"name": "罗娜", "id_number": before.id_number}
    assert errors(client.post(NEW, again)) == {"kind": ["这名学生有过学籍，不是失学；请选疑似辍学或辍学。"]}
    assert client.post(NEW, again | {"kind": "dropout"}).status_code == 302
    assert Case.objects.get().student == before


def test_village_is_one_of_ones_own(client, officer, asked, clerk):
    elsewhere = factories.village("529901101001", "青石村")
    client.force_login(officer)
    assert list(errors(client.post(NEW, asked | {"village": elsewhere.pk}))) == ["village"]
    assert list(errors(client.post(NEW, asked | {"id_number": NUMBER[:-1] + "9"}))) == ["id_number"]
    assert list(errors(client.post(NEW, asked | {"id_kind": "none", "id_number": ""}))) == ["id_kind"]
    passport = asked | {"id_kind": "passport", "id_number": "E12345678"}
    assert list(errors(client.post(NEW, passport))) == ["birth_date"]
    client.force_login(clerk)  # a school answers for no village
    assert NEW not in client.get(CASES).content.decode()
    answer = client.get(NEW, follow=True)
    assert "请把知道的情况告诉户籍所在的乡镇" in answer.content.decode()
    assert not Case.objects.exists()


def test_closed_case_of_a_child_without_roster_is_followed_by_another(client, officer, basic, asked, autumn):
    client.force_login(officer)
    client.post(NEW, asked)
    case = Case.objects.get()
    steps.propose(
        by=officer.as_actor(), case=case, outcome="not_dropout", reason="在外县上学", evidence=evidence()
    )
    steps.confirm(by=OFFICER, case=case)
    new = reverse("dropout:case_new", args=[case.student_id])
    assert client.get(new).status_code == 200
    made = client.post(new, {"kind": "never_enrolled", "since": "2020-10-01", "note": "外县没有接收"})
    assert made.status_code == 302
    assert Case.objects.filter(student=case.student).count() == 2


def test_reported_child_is_in_the_ledger_of_the_next_screening(client, officer, basic, asked, autumn):
    client.force_login(officer)
    client.post(NEW, asked)
    made = screen(by=basic.as_actor(), term=autumn)
    assert [(row.name, row.standing, row.case) for row in made.rows.all()] == [
        ("王小草", "never_enrolled", Case.objects.get())
    ]


def test_child_away_for_years_or_struck_off_its_roster_stays_in_the_ledgers(basic, officer, xiazhai, autumn):
    long_ago = factories.term("2018-autumn")
    gone = factories.student("走了两年", at=xiazhai, during=long_ago, grade=3, birth_date=day("2009-05-12"))
    struck = factories.student("除名的", at=xiazhai, during=autumn, birth_date=day("2010-05-12"))
    struck.enrolments.update(status="left")
    grown = factories.student("超龄的", at=xiazhai, during=long_ago, birth_date=day("2002-05-12"))
    for child in (gone, struck, grown):
        opened(child, autumn, kind="dropout", since="2019-03-01")
    rows = screen(by=basic.as_actor(), term=autumn).rows.order_by("name")
    assert [(row.name, row.standing, row.school, row.grade) for row in rows] == [
        ("走了两年", "dropout", xiazhai, 3), ("除名的", "dropout", xiazhai, 5),
    ]  # fmt: skip


def test_second_report_of_a_child_is_led_to_its_case_and_told_that_nothing_was_opened(
    client, xiazhai, autumn
):
    case = away(xiazhai, autumn, since="2020-10-05")
    client.force_login(factories.user("韦明", ("village_cadre", factories.village())))
    new = reverse("dropout:case_new", args=[case.student_id])
    asked = client.get(new, follow=True)
    assert asked.redirect_chain == [(reverse("dropout:case", args=[case.pk]), 302)]
    assert "这名学生已有个案，没有另建；新的情况请在这件个案里登记。" in asked.content.decode()
    typed = {"kind": "dropout", "since": "2020-10-06", "note": "在县城打工"}
    sent = client.post(new, typed, follow=True)
    assert "没有另建；刚才填写的没有保存" in sent.content.decode()
    assert (Case.objects.count(), "已建立" in sent.content.decode()) == (1, False)
