"""Who is no longer on a complete list: proposed to end, ended by another person, past terms as they were."""

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from povertyedu.home.todos import todos_of
from povertyedu.imports import actions
from students.enums import HardshipCategory
from students.models import FactChange, HardshipStatus, ProposedEnd, Student
from tests import factories

from .conftest import workbook

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
LIST = reverse("students:ends")
DIBAO, DISABLED = HardshipCategory.RURAL_DIBAO.value, HardshipCategory.DISABLED.value
HEADINGS = ("姓名", "身份证号", "起始时间")


@pytest.fixture
def spring(db):
    return factories.term("2021-spring")


@pytest.fixture
def luona(xiazhai, autumn, spring):
    """A child enrolled in two terms."""
    child = factories.student("罗娜", at=xiazhai, during=autumn)
    enrolment = child.enrolments.get()
    enrolment.pk, enrolment.term = None, spring
    enrolment.save(force_insert=True)
    return child


@pytest.fixture
def wanger(xiazhai, autumn):
    return factories.student("王二", at=xiazhai, during=autumn)


def take_in(by, term, *people, complete=True, sheet="农村低保", kind="categories"):
    """Import a list of (name, ID number, month of its start) for ``term`` as its page does."""
    rows = [(name, number, *(since or ["201901"])) for name, number, *since in people]
    content = workbook((sheet, [HEADINGS, *rows]))
    batch = actions.receive(
        chunks=[content], name="低保名单.xlsx", kind=kind, term=term, by=by, is_complete=complete
    )
    actions.check(batch=batch)
    actions.confirm(batch=batch, reason="核对过")
    return actions.apply(batch=batch, by=by.as_actor())


def person(child):
    return child.name, child.id_number


def decide(client, user, *ends, verb="confirm", reason=""):
    client.force_login(user)
    sent = {"verb": verb, "reason": reason, "end": [end.pk for end in ends]}
    return client.post(reverse("students:ends_decide"), sent, follow=True)


def test_person_not_on_the_complete_list_is_ended_by_another_and_past_terms_stay(
    client, administrator, aid_officer, autumn, spring, luona, wanger
):
    take_in(administrator, autumn, person(luona), person(wanger))
    assert not ProposedEnd.objects.exists()
    take_in(administrator, spring, person(wanger))
    end = ProposedEnd.objects.get()
    assert (end.name, end.term, end.category, end.list_name) == ("罗娜", spring, DIBAO, "低保名单.xlsx")
    assert dict(luona.enrolments.values_list("term", "categories")) == {
        "2020-autumn": DIBAO,
        "2021-spring": DIBAO,
    }
    assert {todo.url for todo in todos_of(aid_officer)} >= {LIST}
    FactChange.objects.all().delete()
    page = decide(client, aid_officer, end).content.decode()
    assert "已终止 1 人的困难认定；以前的学期不变。" in page
    status = HardshipStatus.objects.get(name="罗娜")
    assert status.until == spring.starts_on - dt.timedelta(days=1)
    assert dict(luona.enrolments.values_list("term", "categories")) == {
        "2020-autumn": DIBAO,
        "2021-spring": 0,
    }
    assert ("2021-spring", luona.pk) in set(FactChange.objects.values_list("term", "student"))
    assert [step.verb for step in ProposedEnd.objects.get().decisions.all()] == ["confirm"]
    assert HardshipStatus.objects.get(name="王二").until is None


def test_second_complete_list_of_a_term_proposes_whom_only_the_first_named(
    client, administrator, aid_officer, autumn, spring, luona, wanger, xiazhai
):
    newcomer = factories.student("何欣", at=xiazhai, during=spring)
    take_in(administrator, autumn, person(luona), person(wanger))
    take_in(administrator, spring, person(luona), person(wanger), (*person(newcomer), "202103"))
    assert not ProposedEnd.objects.exists()
    take_in(administrator, spring, person(wanger))
    assert set(ProposedEnd.objects.values_list("name", "state")) == {("罗娜", "waiting"), ("何欣", "waiting")}

    decide(client, aid_officer, *ProposedEnd.objects.all())

    # 罗娜 keeps the autumn; 何欣 was named for the first time by the list that was not right.
    assert set(HardshipStatus.objects.values_list("name", "since", "until", "counts")) == {
        ("罗娜", dt.date(2019, 1, 1), dt.date(2021, 2, 14), True),
        ("何欣", dt.date(2021, 3, 1), dt.date(2021, 3, 1), False),
        ("王二", dt.date(2019, 1, 1), None, True),
    }
    assert dict(luona.enrolments.values_list("term", "categories")) == {
        "2020-autumn": DIBAO,
        "2021-spring": 0,
    }
    assert newcomer.enrolments.get().categories == 0


def test_complete_list_of_people_all_known_can_be_confirmed_on_its_page(
    client, administrator, spring, luona, wanger
):
    take_in(administrator, spring, person(luona), person(wanger))
    pages = []
    client.force_login(administrator)
    for complete in (True, False):
        content = workbook(("农村低保", [HEADINGS, (*person(wanger), "201901")]))
        batch = actions.receive(
            chunks=[content],
            name="名单.xlsx",
            kind="categories",
            term=spring,
            by=administrator,
            is_complete=complete,
        )
        actions.check(batch=batch)
        assert (batch.importable, batch.counts["unchanged"]) == (0, 1)
        pages.append(client.get(reverse("imports:detail", args=[batch.pk])).content.decode())
    assert ["确认名单完整" in page for page in pages] == [True, False]


def test_whom_a_later_list_of_the_term_names_again_waits_no_more(
    administrator, autumn, spring, luona, wanger, xiazhai
):
    take_in(administrator, spring, person(luona), person(wanger))
    take_in(administrator, spring, person(wanger))
    other = factories.student("赵三", at=xiazhai, during=autumn)
    take_in(administrator, spring, person(luona), person(other), complete=False)
    assert [end.state for end in ProposedEnd.objects.all()] == ["lapsed"]
    assert HardshipStatus.objects.get(name="罗娜").until is None


def test_list_that_is_not_complete_proposes_nothing(administrator, autumn, spring, luona, wanger):
    take_in(administrator, autumn, person(luona))
    take_in(administrator, spring, person(wanger), complete=False)
    assert not ProposedEnd.objects.exists()


def test_other_categories_and_sources_are_left_alone(administrator, autumn, spring, luona, wanger):
    take_in(administrator, autumn, person(luona), sheet="持证残疾人")
    HardshipStatus.objects.create(
        id_hash="h", name="外人", category=DIBAO, since=dt.date(2016, 1, 1), source="handbook"
    )
    take_in(administrator, spring, person(wanger))
    assert not ProposedEnd.objects.exists()


def test_row_that_could_not_be_taken_in_still_names_its_person(administrator, autumn, spring, luona, wanger):
    take_in(administrator, autumn, person(luona), person(wanger))
    take_in(administrator, spring, person(wanger), ("罗娜", "529901201005120001"))
    assert not ProposedEnd.objects.exists()


def test_number_of_a_merged_record_names_the_child(administrator, autumn, spring, luona, wanger, xiazhai):
    other = factories.student("罗娜", at=xiazhai, during=autumn)
    take_in(administrator, autumn, person(other), person(wanger))
    other.enrolments.all().delete()
    Student.objects.filter(pk=other.pk).update(merged_into=luona)
    take_in(administrator, spring, person(luona), person(wanger))
    assert not ProposedEnd.objects.exists()


def test_uploader_cannot_end_and_the_database_agrees(client, administrator, autumn, spring, luona, wanger):
    take_in(administrator, autumn, person(luona), person(wanger))
    take_in(administrator, spring, person(wanger))
    end = ProposedEnd.objects.get()
    page = decide(client, administrator, end)
    assert (page.status_code, HardshipStatus.objects.get(name="罗娜").until) == (422, None)
    assert "这份名单是您导入的，是否终止须由另一人确认" in page.content.decode()
    with pytest.raises(IntegrityError), transaction.atomic():
        ProposedEnd.objects.update(
            state="confirmed", decided_at=timezone.now(), decided_by_id=administrator.pk
        )


def test_refusing_needs_a_reason_and_is_not_asked_again(
    client, administrator, aid_officer, autumn, spring, luona, wanger
):
    take_in(administrator, autumn, person(luona), person(wanger))
    take_in(administrator, spring, person(wanger))
    end = ProposedEnd.objects.get()
    assert "必须填写理由" in decide(client, aid_officer, end, verb="refuse").content.decode()
    page = decide(client, aid_officer, end, verb="refuse", reason="名单漏了").content.decode()
    assert "1 人不终止" in page
    take_in(administrator, spring, person(wanger))
    assert ProposedEnd.objects.get().state == "refused"
    assert HardshipStatus.objects.get(name="罗娜").until is None


def test_person_named_meanwhile_is_not_ended(
    client, administrator, aid_officer, autumn, spring, luona, wanger
):
    take_in(administrator, autumn, person(luona), person(wanger))
    take_in(administrator, spring, person(wanger))
    take_in(administrator, spring, person(luona), complete=False)
    decide(client, aid_officer, ProposedEnd.objects.get())
    assert ProposedEnd.objects.get().state == "lapsed"
    assert HardshipStatus.objects.get(name="罗娜").until is None


def test_undoing_the_list_drops_what_it_proposed(administrator, autumn, spring, luona, wanger):
    take_in(administrator, autumn, person(luona), person(wanger))
    batch = take_in(administrator, spring, person(wanger))
    actions.ask_to_undo(batch=batch)
    actions.undo(batch=batch, by=administrator.as_actor())
    assert ProposedEnd.objects.get().state == "lapsed"


@pytest.mark.parametrize(("data", "status"), [({"verb": "x"}, 404), ({"verb": "confirm"}, 422), ({"verb": "confirm", "end": "x"}, 422)])  # fmt: skip
def test_nothing_chosen_is_told(client, aid_officer, data, status):
    client.force_login(aid_officer)
    assert client.post(reverse("students:ends_decide"), data).status_code == status


def test_proposing_and_the_page_take_the_same_queries_at_1_and_30(
    client, administrator, aid_officer, autumn, spring, wanger, xiazhai
):
    client.force_login(aid_officer)
    client.get(LIST)
    found = []
    for more in (1, 29):
        children = [factories.student(at=xiazhai, during=autumn) for _ in range(more)]
        take_in(administrator, autumn, person(wanger), *map(person, children), complete=False)
        with CaptureQueriesContext(connection) as writing:
            take_in(administrator, spring, person(wanger))
        with CaptureQueriesContext(connection) as reading:
            client.get(LIST)
        found.append(len(reading))
        assert ProposedEnd.objects.count() == (1 if more == 1 else 30)
        assert len(writing) < 150
    assert found[0] == found[1]


def test_name_leads_to_the_child_where_there_is_one(
    client, administrator, aid_officer, autumn, spring, luona, wanger
):
    stranger = ("何欣", "529901201005120041")
    assert not Student.objects.filter(name="何欣").exists()
    take_in(administrator, autumn, person(luona), person(wanger), stranger)
    take_in(administrator, spring, person(wanger))
    client.force_login(aid_officer)
    page = client.get(LIST).content.decode()
    links = {name: f'">{name}</a>' in page for name in ("罗娜", "何欣")}
    assert (links, reverse("students:detail", args=[luona.pk]) in page) == (
        {"罗娜": True, "何欣": False},
        True,
    )
