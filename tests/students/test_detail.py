"""One child's page: who sees what of it, and numbers opened for a reason."""

import datetime as dt

import pytest
from django.urls import reverse

from povertyedu.audit.models import AccessEvent
from povertyedu.sealing import keyed_hash
from students.enums import HardshipCategory
from students.models import Enrolment, HardshipStatus, Household, Student
from tests import factories


def page(student, term=""):
    return reverse("students:detail", args=[student.pk]) + (f"?term={term}" if term else "")


def number(student, field="id_number"):
    return reverse("students:reveal", args=[student.pk, field])


def test_page_is_for_who_sees_the_child(client, clerk, neighbour, finance, luona):
    assert client.get(page(luona)).status_code == 302
    client.force_login(clerk)
    assert client.get(page(luona)).status_code == 200
    client.force_login(neighbour)
    assert client.get(page(luona)).status_code == 404
    client.force_login(finance)
    assert client.get(page(luona)).status_code == 403


def test_page_masks_every_number(client, leader, luona):
    client.force_login(leader)
    text = client.get(page(luona)).content.decode()
    for clear in (luona.id_number, luona.student_no, luona.phone, luona.bank_account.number):
        assert clear not in text
    assert "139****2716" in text
    assert "查看完整" not in text


def test_birth_date_is_shown_to_who_may_reveal(client, clerk, leader, luona):
    Student.objects.update(birth_date=dt.date(2010, 5, 12))
    client.force_login(clerk)
    assert "2010-05-12" in client.get(page(luona)).content.decode()
    client.force_login(leader)
    assert "2010-05-12" not in client.get(page(luona)).content.decode()


def test_page_shows_hardships_with_source_and_dates(client, clerk, luona):
    household = Household.objects.create(number="52990100001", head_name="罗丽浩", area=factories.village())
    HardshipStatus.objects.create(
        id_hash=luona.id_hash, id_number=luona.id_number, name="罗娜", category=HardshipCategory.REGISTERED_POOR,
        since=dt.date(2016, 1, 1), source="poverty_office", household=household, relation="长女",
    )  # fmt: skip
    client.force_login(clerk)
    text = client.get(page(luona)).content.decode()
    for word in ("建档立卡", "2016-01-01 至 今", "乡村振兴（扶贫）部门名单", "户编号 52990100001", "长女"):
        assert word in text


def test_page_of_a_merged_record_leads_to_the_one_that_stays(client, clerk, luona, xiazhai, autumn):
    twin = factories.student("罗娜", at=xiazhai, during=autumn)
    Student.objects.filter(pk=twin.pk).update(merged_into=luona)
    client.force_login(clerk)
    assert client.get(page(twin)).headers["Location"] == page(luona)


@pytest.fixture
def moved(luona, qingshi):
    """The pupil went to the neighbour's school in spring, with another phone and account."""
    Enrolment.objects.create(
        student=luona, term=factories.term("2021-spring"), school=qingshi, stage="primary", grade=5,
        school_area="529901101000", home_area="529901100001",
    )  # fmt: skip
    return luona


def test_old_school_reads_its_own_terms_and_nothing_newer(client, clerk, moved):
    client.force_login(clerk)
    answer = client.get(page(moved))
    text = answer.content.decode()
    assert answer.context["enrolment"].term_id == "2020-autumn"
    assert [row.term_id for row in answer.context["enrolments"]] == ["2020-autumn"]
    assert "青石镇中心小学" not in text
    assert "该生已不在您的管理范围内" in text
    assert "139****2716" not in text
    assert "查看完整" not in text
    assert "修改档案" not in text
    assert client.get(page(moved, "2021-spring")).status_code == 404
    assert client.post(number(moved), {"reason": "核对"}).status_code == 403


def test_new_school_reads_the_child_whole_but_not_the_old_terms(client, neighbour, moved):
    client.force_login(neighbour)
    answer = client.get(page(moved))
    assert [row.term_id for row in answer.context["enrolments"]] == ["2021-spring"]
    assert "139****2716" in answer.content.decode()
    assert client.get(page(moved, "2020-autumn")).status_code == 404


def test_page_of_a_term_that_is_none_is_not_found(client, clerk, luona):
    client.force_login(clerk)
    assert client.get(page(luona, "1990-autumn")).status_code == 404


def test_reveal_shows_the_number_once_and_is_logged(client, clerk, luona):
    client.force_login(clerk)
    answer = client.post(number(luona), {"reason": "家长电话核对"}, headers={"HX-Request": "true"})
    assert luona.id_number in answer.content.decode()
    assert "<html" not in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    event = AccessEvent.objects.get()
    assert (event.by_name, event.kind, event.subject_id, event.fields, event.reason) == (
        "杨丽", "reveal", str(luona.pk), "身份证件号", "家长电话核对",
    )  # fmt: skip
    assert luona.id_number not in client.get(page(luona)).content.decode()


def test_reveal_works_without_script(client, clerk, luona):
    client.force_login(clerk)
    text = client.post(number(luona, "phone"), {"reason": "联系家长"}).content.decode()
    assert "<html" in text
    assert "13912342716" in text


@pytest.mark.parametrize("reason", ["", "  ", "x", "长" * 201])
def test_reveal_without_a_reason_shows_nothing(client, clerk, luona, reason):
    client.force_login(clerk)
    answer = client.post(number(luona), {"reason": reason})
    assert answer.status_code == 422
    assert luona.id_number not in answer.content.decode()
    assert not AccessEvent.objects.exists()


def test_reveal_is_for_who_may(client, leader, neighbour, luona):
    client.force_login(leader)
    assert client.post(number(luona), {"reason": "看看"}).status_code == 403
    client.force_login(neighbour)
    assert client.post(number(luona), {"reason": "看看"}).status_code == 404
    assert not AccessEvent.objects.exists()


def test_reveal_of_what_is_no_number_is_not_found(client, clerk, luona):
    client.force_login(clerk)
    assert client.post(number(luona, "name"), {"reason": "看看"}).status_code == 404
    assert client.post(number(luona, "guardian_id_number"), {"reason": "看看"}).status_code == 404
    assert client.get(number(luona)).status_code == 405


def test_panel_of_another_app_is_left_out_for_who_may_not_open_it(client, clerk, luona, settings):
    settings.STUDENT_PANELS = ["students:edit", "nowhere:panel"]
    client.force_login(clerk)
    assert client.get(page(luona)).context["panels"] == [f"/students/{luona.pk}/edit/?term=2020-autumn"]
    client.force_login(factories.user("韦校长", ("school_head", luona.enrolments.get().school)))
    assert client.get(page(luona)).context["panels"] == []


def test_page_tells_the_history_masked(client, clerk, luona):
    client.force_login(clerk)
    url = reverse("students:edit", args=[luona.pk])
    form = client.get(url).context["form"]
    sent = {b.name: getattr(b.value(), "pk", b.value()) for b in form if b.value() not in (None, False, "")}
    client.post(url, sent | {"phone": "13800001234"})
    text = client.get(page(luona)).content.decode()
    assert "更正档案" in text
    assert "138****1234" in text
    assert "13800001234" not in text
    assert keyed_hash("13800001234") not in text
