"""Numbers and accounts on file change by two persons; what is new, and everything else, at once."""

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.audit.models import AccessEvent, AuditEvent
from povertyedu.home.todos import todos_of
from povertyedu.sealing import keyed_hash
from students.models import FactChange, HardshipStatus, PendingChange, Student
from tests import factories
from tests.students.test_record import as_sent, edit_url, errors

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
LIST = reverse("students:changes")
CARD = "6226000011112222333"


@pytest.fixture
def head(xiazhai):
    return factories.user("张校长", ("school_head", xiazhai), username="head")


def edit(client, user, student, **changes):
    client.force_login(user)
    return client.post(
        edit_url(student), as_sent(client, edit_url(student), **changes), follow=True
    ).content.decode()


def answer(client, user, change, verb="confirm", reason=""):
    client.force_login(user)
    url = reverse("students:change_answer", args=[change.pk])
    return client.post(url, {"answer": verb, "reason": reason})


def account_of(student):
    account = Student.objects.get(pk=student.pk).bank_account
    return account.holder, account.bank, account.number


def test_id_number_on_file_changes_when_a_second_person_confirms(client, clerk, head, luona, autumn):
    other = factories.id_number(600, birth="20100513")
    HardshipStatus.objects.create(
        id_hash=keyed_hash(other), id_number=other, name="罗娜", category=1, since=dt.date(2016, 1, 1), source="poverty_office"
    )  # fmt: skip
    page = edit(client, clerk, luona, boarding="0", id_number=other)
    assert "身份证件号的变更待另一人复核" in page
    assert "身份证件号变更待复核" in page
    child = Student.objects.get()
    assert (child.id_number, child.birth_date, luona.enrolments.get().boarding) == (
        luona.id_number,
        None,
        False,
    )
    assert AuditEvent.objects.get(action="students.correct").changes == {"寄宿": ["是", "否"]}
    FactChange.objects.all().delete()
    assert answer(client, head, PendingChange.objects.get()).status_code == 302
    child = Student.objects.get()
    assert (child.id_number, child.id_hash, child.birth_date, child.updated_by) == (
        other,
        keyed_hash(other),
        dt.date(2010, 5, 13),
        "张校长",
    )
    assert child.id_tail_hash == keyed_hash(other[-4:])
    assert luona.enrolments.get().categories == 1
    assert set(FactChange.objects.values_list("term", "student")) == {(autumn.pk, luona.pk)}
    told = AuditEvent.objects.get(action="students.checked_change").changes
    assert set(told) <= {"身份证件号", "出生日期", "性别", "困难类型"}
    assert other not in str(list(AuditEvent.objects.values_list("changes", flat=True)))
    assert [step.verb for step in PendingChange.objects.get().decisions.all()] == ["propose", "confirm"]


def test_account_waits_whole_with_holder_and_bank(client, clerk, aid_officer, luona):
    old = account_of(luona)
    edit(client, clerk, luona, account_number=CARD, account_holder="罗丽浩", account_bank="农业银行")
    assert account_of(luona) == old
    change = PendingChange.objects.get()
    assert (change.old_words, change.new_words) == (f"罗娜 **** {old[2][-4:]}", "罗丽浩 **** 2333")
    answer(client, aid_officer, change)
    assert account_of(luona) == ("罗丽浩", "农业银行", CARD)
    assert Student.objects.get().bank_account.tail == "2333"


def test_holder_alone_waits_and_the_bank_alone_does_not(client, clerk, aid_officer, luona):
    holder, _, number = account_of(luona)
    edit(client, clerk, luona, account_bank="农业银行")
    assert account_of(luona) == (holder, "农业银行", number)
    assert not PendingChange.objects.exists()
    edit(client, clerk, luona, account_holder="罗丽浩")
    assert account_of(luona) == (holder, "农业银行", number)
    answer(client, aid_officer, PendingChange.objects.get())
    assert account_of(luona) == ("罗丽浩", "农业银行", number)


def test_first_number_and_first_account_apply_at_once(client, clerk, xiazhai, autumn):
    child = factories.student("王二", at=xiazhai, during=autumn, account=False)
    Student.objects.update(id_number="", id_hash=None, id_tail_hash="", id_kind="none")
    number = factories.id_number(600)
    edit(
        client, clerk, child, id_kind="id_card", id_number=number, account_number=CARD, account_holder="王二"
    )
    assert Student.objects.get().id_number == number
    assert account_of(child) == ("王二", "", CARD)
    assert not PendingChange.objects.exists()


def test_change_hidden_by_its_mask_is_still_told(client, clerk, luona):
    number = account_of(luona)[2]
    edit(client, clerk, luona, account_number=f"9{number[1:]}")
    change = PendingChange.objects.get()
    assert change.new_words == f"{change.old_words}（号码已改）"


def test_the_proposer_and_another_school_cannot_confirm(
    client, clerk, aid_officer, neighbour, qingshi, luona
):
    edit(client, aid_officer, luona, account_number=CARD)
    change = PendingChange.objects.get()
    page = answer(client, aid_officer, change)
    assert page.status_code == 422
    assert "这项变更是您提出的，须由另一人复核" in page.content.decode()
    assert answer(client, clerk, change).status_code == 403
    stranger = factories.user("外校长", ("school_head", qingshi))
    assert answer(client, stranger, change).status_code == 404
    client.force_login(neighbour)
    assert client.get(reverse("students:change", args=[change.pk])).status_code == 404
    assert account_of(luona)[2] != CARD
    with pytest.raises(IntegrityError), transaction.atomic():
        PendingChange.objects.update(
            state="confirmed", decided_at=change.proposed_at, decided_by_id=change.proposed_by_id
        )


def test_head_of_the_school_the_child_left_may_not_confirm(client, clerk, head, qingshi, luona):
    change = factories.pending_change(luona, by=clerk)
    luona.enrolments.create(
        term=factories.term("2021-spring"),
        school=qingshi,
        stage="primary",
        grade=5,
        school_area="529901101000",
    )
    assert answer(client, head, change).status_code == 403


def test_refusal_needs_a_reason_and_the_proposer_reads_it(client, clerk, head, luona):
    change = factories.pending_change(luona, by=clerk)
    assert "必须填写理由" in answer(client, head, change, "refuse").content.decode()
    assert answer(client, head, change, "refuse", "存折上不是这个号").status_code == 302
    change.refresh_from_db()
    assert (change.state, change.decided_by) == ("refused", "张校长")
    assert "存折上不是这个号" in clerk.inbox.get().text
    assert answer(client, head, change).status_code == 422


def test_confirming_refuses_what_was_changed_meanwhile(client, clerk, head, luona):
    change = factories.pending_change(luona, by=clerk)
    account = luona.bank_account
    account.number, account.number_hash = CARD, keyed_hash(CARD)
    account.save()
    page = answer(client, head, change)
    assert page.status_code == 422
    assert "提出之后原来的内容已变" in page.content.decode()
    assert account_of(luona)[2] == CARD


def test_confirming_refuses_a_number_that_got_a_record_meanwhile(client, clerk, head, luona, xiazhai, autumn):
    other = factories.id_number(600)
    edit(client, clerk, luona, id_number=other)
    factories.student("王二", at=xiazhai, during=autumn, id_number=other)
    assert "该身份证件号已有档案" in answer(client, head, PendingChange.objects.get()).content.decode()
    assert Student.objects.get(pk=luona.pk).id_number == luona.id_number
    assert PendingChange.objects.get().state == "waiting"


def test_another_proposal_takes_the_place_of_the_one_that_waits(client, clerk, luona):
    first = factories.pending_change(luona, by=clerk)
    again = factories.pending_change(luona, by=clerk)
    assert again == first
    second = factories.pending_change(luona, by=clerk, number=CARD)
    assert dict(PendingChange.objects.values_list("pk", "state")) == {
        first.pk: "superseded",
        second.pk: "waiting",
    }


def test_withdrawn_change_is_over(client, clerk, head, luona):
    change = factories.pending_change(luona, by=clerk)
    client.force_login(clerk)
    client.post(reverse("students:change_withdraw", args=[change.pk]))
    change.refresh_from_db()
    assert change.state == "withdrawn"
    assert answer(client, head, change).status_code == 422


def test_new_number_is_opened_for_a_reason_that_is_kept(client, clerk, head, luona):
    change = factories.pending_change(luona, by=clerk, number=CARD)
    client.force_login(head)
    assert CARD not in client.get(reverse("students:change", args=[change.pk])).content.decode()
    url = reverse("students:change_reveal", args=[change.pk])
    assert client.post(url, {"reason": ""}).status_code == 422
    assert not AccessEvent.objects.exists()
    page = client.post(url, {"reason": "对照存折"})
    assert CARD in page.content.decode()
    event = AccessEvent.objects.get()
    assert (event.by_name, event.fields, event.reason) == ("张校长", "银行账户（待复核）", "对照存折")


def test_change_waits_in_the_to_do_of_who_may_check_it(clerk, head, aid_officer, luona):
    factories.pending_change(luona, by=aid_officer)
    counts = {
        user.name: sum(todo.count for todo in todos_of(user) if todo.url == LIST)
        for user in (clerk, head, aid_officer)
    }
    assert counts == {"杨丽": 0, "张校长": 1, "周敏": 0}


def test_list_takes_the_same_queries_at_1_and_30_rows(client, clerk, xiazhai, autumn, aid_officer):
    client.force_login(aid_officer)
    client.get(LIST)
    found = []
    for more in (1, 29):
        for _ in range(more):
            factories.pending_change(factories.student(at=xiazhai, during=autumn), by=clerk)
        with CaptureQueriesContext(connection) as queries:
            page = client.get(LIST)
        found.append(len(queries))
    assert found[0] == found[1]
    assert page.content.decode().count("待复核</") >= 30


def test_wrong_number_is_refused_as_before(client, clerk, luona, xiazhai, autumn):
    other = factories.student("王小雨", at=xiazhai, during=autumn)
    client.force_login(clerk)
    page = client.post(edit_url(luona), as_sent(client, edit_url(luona), id_number=other.id_number))
    assert errors(page)["id_number"][0].startswith("该身份证件号已有档案")
    assert not PendingChange.objects.exists()
