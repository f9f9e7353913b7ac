"""What was paid too much to somebody whom no roll pays any more: shown, given back, counted; never more than was paid."""

import datetime as dt
from functools import partial

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from povertyedu.audit.models import AccessEvent, AuditEvent
from teachers.actions import repayments as actions
from teachers.models import AllowanceRepayment
from teachers.queries.allowance_balances import open_balances
from tests import factories
from tests.factories import teachers
from tests.teachers.caring import OCTOBER, carry, draw, lines, rate
from tests.together import refused_at_once

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
PAGE = reverse("teachers:allowance_balances")
NOVEMBER = dt.date(2020, 11, 1)


@pytest.fixture
def bureau(personnel):
    return personnel


@pytest.fixture
def wang(xiazhai):
    """She works at a school of tier 2 (300 yuan a month; tier 1 gives 200)."""
    teachers.place(xiazhai, remoteness=2)
    rate()
    rate(20_000, tier=1)
    return teachers.teacher("王芳", xiazhai)


@pytest.fixture
def leaver(wang, clerk, bureau, approver, finance, on_day):
    """Paid 300 for October; the post turns out to have ended on 10 October: 203.23 too much (10 of 31 days are 96.77)."""
    on_day("2020-12-03")
    carry(draw(bureau), clerk, bureau, approver, finance)
    wang.appointments.update(until=dt.date(2020, 10, 10))
    return wang


def address(teacher) -> str:
    return reverse("teachers:allowance_repay", args=[teacher.pk, "rural"])


def balance_of(teacher, school):
    (found,) = open_balances({school.pk})
    assert found.teacher == teacher
    return found


def test_nothing_is_kept_back_of_who_gets_nothing(wang, clerk, bureau, approver, finance, on_day):
    """Paid 300 for October, gone since 1 October: the 300 wait until there is something to keep them back from."""
    on_day("2020-12-03")
    carry(draw(bureau), clerk, bureau, approver, finance)
    wang.appointments.update(until=dt.date(2020, 9, 30))
    assert lines(draw(bureau, NOVEMBER)) == []
    teachers.post(wang, factories.school("城关镇第三小学"), since=dt.date(2020, 11, 1))
    place = wang.appointments.in_force().get().school
    teachers.place(place, remoteness=1)
    assert lines(draw(bureau, NOVEMBER)) == [
        ("王芳", OCTOBER, "recovery", -20_000, "listed"), ("王芳", NOVEMBER, "regular", 20_000, "listed"),
    ]  # fmt: skip


def test_what_a_leaver_was_paid_too_much_is_shown_until_it_can_be_kept_back(
    client, wang, clerk, bureau, approver, finance, neighbour, on_day
):
    """Paid 300 for October; the post ended on 20 September: 300 too much, nothing to keep it back from."""
    on_day("2020-12-03")
    page = reverse("teachers:allowance_balances")
    carry(draw(bureau), clerk, bureau, approver, finance)
    client.force_login(bureau)
    assert "都结清了" in client.get(page).content.decode()
    wang.appointments.update(until=dt.date(2020, 9, 20))
    assert lines(draw(bureau, NOVEMBER)) == []
    (row,) = client.get(page).context["rows"]
    assert (row.teacher, row.months, row.overpaid_fen, row.is_stuck) == (
        wang,
        ((OCTOBER, -30_000),),
        30_000,
        True,
    )
    told = client.get(page).content.decode()
    assert ("多发 300.00" in told, "请联系教师退回" in told) == (True, True)
    teachers.post(
        wang, teachers.place(factories.school("城关镇第三小学"), remoteness=1).school, since=NOVEMBER
    )
    (row,) = client.get(page).context["rows"]
    assert (row.is_stuck, client.get(page).context["sums"]["stuck"]) == (False, 0)
    client.force_login(clerk)
    assert [row.teacher for row in client.get(page).context["rows"]] == [wang]
    client.force_login(neighbour)
    assert client.get(page).context["rows"] == []
    assert list(AccessEvent.objects.filter(by_id=clerk.pk).values_list("kind", "reason")) == [
        ("reveal", "查看没有结清的补助")
    ]
    assert not AccessEvent.objects.filter(by_id=neighbour.pk).exists()


def test_what_a_leaver_gives_back_is_registered_by_finance_and_settles_the_month(
    client, leaver, finance, bureau, xiazhai
):
    client.force_login(finance)
    assert address(leaver) in client.get(PAGE).content.decode()
    assert "203.23" in client.get(address(leaver)).content.decode()
    typed = {"amount_fen": "203.23", "on": "2020-12-02", "voucher": "收-7"}
    assert client.post(address(leaver), typed).status_code == 302
    kept = AllowanceRepayment.objects.get()
    assert (kept.for_month, kept.amount_fen, kept.voucher, kept.school, kept.kept_by) == (
        OCTOBER, 20_323, "收-7", xiazhai, finance.name,
    )  # fmt: skip
    assert (open_balances({xiazhai.pk}), lines(draw(bureau, NOVEMBER))) == ([], [])
    told = client.get(PAGE).content.decode()
    assert ("已经退回的" in told, "收-7" in told, address(leaver) in told) == (True, True, False)
    assert AuditEvent.objects.get(action="allowance.repay").reason == "收-7"
    assert client.post(address(leaver), typed).status_code == 404


def test_part_that_was_given_back_leaves_the_rest_and_what_was_wrong_is_reversed(
    client, leaver, finance, xiazhai
):
    client.force_login(finance)
    client.post(address(leaver), {"amount_fen": "100", "on": "2020-12-02", "voucher": "收-7"})
    assert balance_of(leaver, xiazhai).stuck_fen == 10_323
    undo = reverse("teachers:allowance_repay_reverse", args=[AllowanceRepayment.objects.get().pk])
    assert client.post(undo, {"reason": ""}).status_code == 422
    assert client.post(undo, {"reason": "记错了人"}).status_code == 302
    assert balance_of(leaver, xiazhai).stuck_fen == 20_323
    assert "已经冲销" in client.post(undo, {"reason": "再冲一次"}).content.decode()
    assert sorted(AllowanceRepayment.objects.values_list("amount_fen", flat=True)) == [-10_000, 10_000]


def test_months_that_turn_out_owed_after_all_are_paid_again_once(
    leaver, clerk, bureau, approver, finance, xiazhai
):
    """She gave 203.23 back, then October proves whole after all: the next roll pays exactly that again."""
    actions.repay(
        by=finance.as_actor(),
        balance=balance_of(leaver, xiazhai),
        amount_fen=20_323,
        on=NOVEMBER,
        voucher="收-7",
    )
    leaver.appointments.update(until=dt.date(2020, 10, 31))
    roll = draw(bureau, NOVEMBER)
    assert lines(roll) == [("王芳", OCTOBER, "arrears", 20_323, "listed")]
    carry(roll, clerk, bureau, approver, finance)
    assert open_balances({xiazhai.pk}) == []


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"amount_fen": "203.24"}, "要退回的是 203.23 元"),
        ({"amount_fen": "0"}, "要大于 0"),
        ({"amount_fen": "-5"}, "“-5”"),
        ({"amount_fen": ""}, "退回金额"),
        ({"amount_fen": "二百"}, "二百"),
        ({"on": "2020-12-04"}, "不能晚于今天"),
        ({"voucher": ""}, "凭证号"),
    ],
)
def test_wrong_repayment_is_told_and_keeps_nothing(client, leaver, finance, typed, words):
    client.force_login(finance)
    answer = client.post(
        address(leaver), {"amount_fen": "203.23", "on": "2020-12-02", "voucher": "收-7"} | typed
    )
    assert (answer.status_code, words in answer.content.decode()) == (422, True)
    assert not AllowanceRepayment.objects.exists()


def test_only_finance_registers_what_came_back(client, leaver, clerk, bureau, neighbour):
    for user, status in ((clerk, 403), (bureau, 403), (neighbour, 403)):
        client.force_login(user)
        assert client.post(address(leaver), {"amount_fen": "1"}).status_code == status
    client.force_login(clerk)
    assert "登记退回" not in client.get(PAGE).content.decode()


def test_database_lets_nobody_give_back_more_than_was_paid_or_edit_it(leaver, xiazhai):
    fields = {
        "kind": "rural", "teacher": leaver, "school": xiazhai, "for_month": OCTOBER, "repaid_on": NOVEMBER, "voucher": "1", "kept_by": "甲",
    }  # fmt: skip
    kept = AllowanceRepayment.objects.create(**fields, amount_fen=10_000)
    of_kept = {"reverses": kept, "reason": "错"}
    changes = (
        lambda: AllowanceRepayment.objects.create(**fields, amount_fen=20_001),
        lambda: AllowanceRepayment.objects.create(**fields | {"for_month": NOVEMBER}, amount_fen=1),
        lambda: AllowanceRepayment.objects.create(**fields, amount_fen=0),
        lambda: AllowanceRepayment.objects.create(**fields, amount_fen=-10_000),
        lambda: AllowanceRepayment.objects.create(**fields | of_kept, amount_fen=-9_999),
        lambda: AllowanceRepayment.objects.create(
            **fields | of_kept | {"for_month": NOVEMBER}, amount_fen=-10_000
        ),
        lambda: AllowanceRepayment.objects.update(amount_fen=1),
        lambda: AllowanceRepayment.objects.all().delete(),
    )
    for change in changes:
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


@pytest.mark.skipif(
    connection.vendor == "sqlite", reason="SQLite has one writer: the second is told that it is busy"
)
@pytest.mark.usefixtures("real_commits")
def test_money_that_came_back_once_is_registered_once_by_two_at_once(leaver, finance, xiazhai):
    balance = balance_of(leaver, xiazhai)
    repay = partial(
        actions.repay, by=finance.as_actor(), balance=balance, amount_fen=20_323, on=NOVEMBER, voucher="收-7"
    )
    assert refused_at_once(repay, repay) == ["这位教师已经没有要退回的补助，请刷新后再看。"]
    assert AllowanceRepayment.objects.get().amount_fen == 20_323
