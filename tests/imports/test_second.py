"""An import that changes accounts or hardships on file is written when a second person has read the changes."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from povertyedu.home.todos import todos_of
from povertyedu.imports import actions
from povertyedu.imports.models import ImportBatch
from students.models import HardshipStatus, Student
from tests import factories

from .conftest import ROSTER, roster, roster_row, workbook
from .test_pages import url, work

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
CARD = "6226000011112222333"
SECONDS = reverse("imports:seconds")


@pytest.fixture
def head(xiazhai):
    return factories.user("张校长", ("school_head", xiazhai), username="head")


@pytest.fixture
def luoyi(xiazhai, village, autumn, clerk, checked):
    """Child number 1 of the roster, taken in with an account."""
    return take_in(checked(roster(xiazhai, 1), by=clerk), clerk) and Student.objects.get()


def take_in(batch, by):
    actions.confirm(batch=batch)
    actions.apply(batch=batch, by=by.as_actor())
    batch.refresh_from_db()
    return batch


def second_url(batch):
    return reverse("imports:second", args=[batch.pk])


def number_of(student):
    return Student.objects.get(pk=student.pk).bank_account.number


def test_first_import_and_other_changes_are_written_at_once(xiazhai, clerk, checked, luoyi):
    assert take_in(checked(roster(xiazhai, 1, 就读方式="住校"), by=clerk), clerk).state == "applied"
    assert luoyi.enrolments.get().boarding is True


def test_changed_account_waits_and_the_whole_file_is_written_when_confirmed(
    client, xiazhai, clerk, head, checked, luoyi
):
    old = number_of(luoyi)
    content = roster(xiazhai, 2, 银行账号=CARD, 开户人="罗丽浩")
    batch = take_in(checked(content, by=clerk), clerk)
    assert (batch.state, batch.overwritten, batch.school) == ("waiting", 2, xiazhai)
    assert (number_of(luoyi), Student.objects.count()) == (old, 1)
    client.force_login(clerk)
    assert "待另一人复核" in client.get(url("detail", batch)).content.decode()
    assert SECONDS not in {todo.url for todo in todos_of(clerk)}
    client.force_login(head)
    assert SECONDS in {todo.url for todo in todos_of(head)}
    assert "花名册.xlsx" in client.get(SECONDS).content.decode()
    page = client.get(second_url(batch)).content.decode()
    assert ("**** 2333" in page, "罗丽浩" in page, CARD in page) == (True, True, False)
    assert client.post(second_url(batch), {"answer": "confirm"}).status_code == 302
    work(batch)
    batch.refresh_from_db()
    assert (batch.state, batch.checked_by, batch.checked_by_name) == ("applied", head, "张校长")
    assert (number_of(luoyi), Student.objects.count()) == (CARD, 2)
    assert client.get(second_url(batch)).status_code == 404


def test_uploader_and_other_schools_cannot_confirm(
    client, xiazhai, qingshi, clerk, administrator, checked, luoyi
):
    batch = take_in(checked(roster(xiazhai, 1, 银行账号=CARD), by=administrator), administrator)
    assert batch.state == "waiting"
    client.force_login(administrator)
    assert client.get(second_url(batch)).status_code == 404
    client.force_login(factories.user("外校长", ("school_head", qingshi)))
    assert client.post(second_url(batch), {"answer": "confirm"}).status_code == 404
    with pytest.raises(IntegrityError), transaction.atomic():
        ImportBatch.objects.filter(pk=batch.pk).update(checked_by=administrator)
    with pytest.raises(IntegrityError), transaction.atomic():
        ImportBatch.objects.filter(pk=batch.pk).update(state="applied", applied_at=dt.datetime.now(dt.UTC))


def test_refusal_needs_a_reason_and_brings_the_file_back(client, xiazhai, clerk, head, checked, luoyi):
    batch = take_in(checked(roster(xiazhai, 1, 银行账号=CARD), by=clerk), clerk)
    client.force_login(head)
    assert client.post(second_url(batch), {"answer": "refuse"}).status_code == 422
    client.post(second_url(batch), {"answer": "refuse", "reason": "卡号不对"})
    batch.refresh_from_db()
    assert (batch.state, batch.error) == ("checked", "张校长复核不同意：卡号不对")
    assert "卡号不对" in clerk.inbox.get().text
    assert take_in(batch, clerk).state == "waiting"


def test_waiting_import_may_be_cancelled(client, xiazhai, clerk, checked, luoyi):
    batch = take_in(checked(roster(xiazhai, 1, 银行账号=CARD), by=clerk), clerk)
    client.force_login(clerk)
    client.post(url("cancel", batch))
    batch.refresh_from_db()
    assert batch.state == "cancelled"


def test_changes_other_than_those_confirmed_are_asked_again(client, xiazhai, clerk, head, checked, luoyi):
    batch = take_in(checked(roster(xiazhai, 1, 银行账号=CARD, 开户人="罗一"), by=clerk), clerk)
    client.force_login(head)
    client.post(second_url(batch), {"answer": "confirm"})
    account = luoyi.bank_account
    account.holder = "罗丽浩"
    account.save()
    work(batch)
    batch.refresh_from_db()
    assert (batch.state, batch.overwritten, batch.checked_by) == ("waiting", 2, None)


def test_command_writes_at_once_and_records_its_operator(run, xiazhai, village, autumn, luoyi):
    run("roster", roster(xiazhai, 1, 银行账号=CARD), "--term", "2020-autumn")
    assert number_of(luoyi) == CARD
    batch = ImportBatch.objects.latest("pk")
    assert (batch.overwritten, batch.checked_by_name, batch.state) == (1, "命令行", "applied")


def test_changed_hardship_on_file_waits_for_the_county(client, administrator, aid_officer, autumn, checked):
    number = factories.id_number(1)
    headings = ("姓名", "身份证号", "起始时间")

    def listed(since):
        content = workbook(("农村低保", [headings, ("罗娜", number, since)]))
        return take_in(checked(content, by=administrator, kind="categories"), administrator)

    assert listed("202001").state == "applied"
    batch = listed("201901")
    assert (batch.state, batch.school) == ("waiting", None)
    assert HardshipStatus.objects.get().since == dt.date(2020, 1, 1)
    client.force_login(aid_officer)
    assert "起始时间" in client.get(second_url(batch)).content.decode()
    client.post(second_url(batch), {"answer": "confirm"})
    work(batch)
    assert HardshipStatus.objects.get().since == dt.date(2019, 1, 1)


def test_rows_of_two_schools_are_for_the_county(administrator, xiazhai, qingshi, head, checked, luoyi):
    rows = [
        roster_row(xiazhai, 1, 银行账号=CARD),
        roster_row(qingshi, 2, 户籍乡镇="城关镇"),
    ]
    from_two = workbook(("学生花名册", [ROSTER, *rows]))
    batch = take_in(checked(from_two, by=administrator), administrator)
    assert (batch.state, batch.school) == ("waiting", None)
    assert not ImportBatch.objects.waiting_for(head).exists()
