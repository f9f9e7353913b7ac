"""The fund book takes no impossible day, so the ledger of any day adds up."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from povertyedu.orgs.calendar import today
from povertyedu.workflow.flow import StepRefused
from projects.actions import funds, requests
from projects.actions.funds import book
from projects.models import Contract, Project
from projects.queries import as_of
from tests.projects.building import DAY, line, signed

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


@pytest.fixture
def by(officer):
    return officer.as_actor()


@pytest.fixture
def contract(dormitory, by):
    return signed(dormitory, by=by, parts={"central": 10_000_000})


def days(number: int) -> dt.timedelta:
    return dt.timedelta(days=number)


def pay(by, contract, fen, on, voucher="P-1"):
    part = contract.parts.get()
    return funds.pay(by=by, part=part, amount_fen=fen, on=on, document=voucher)


def approved(by, leader, project, **more):
    asked = requests.ask(by=by, project=project, reason="需要", **more)
    return requests.approve(by=leader, request=asked)


def on_day_of_ledger(on):
    """Return what the ledger of ``on`` says was contracted and paid of central money."""
    money = as_of.totals_of(Project.objects.all(), on)["central"]
    return money.contracted_fen, money.paid_fen


def test_budget_and_arrival_after_today_are_refused(dormitory, by):
    tomorrow = today() + days(1)
    with pytest.raises(StepRefused, match="下达日期不能晚于今天"):
        funds.grant(by=by, project=dormitory, source="loan", amount_fen=1, on=tomorrow, document="云财1号")
    with pytest.raises(StepRefused, match="到位日期不能晚于今天"):
        funds.arrive(by=by, line=line(dormitory), amount_fen=1, on=tomorrow, document="拨1")
    funds.arrive(by=by, line=line(dormitory), amount_fen=1, on=today(), document="拨1")
    assert (line(dormitory).arrived_fen, dormitory.fund_lines.filter(source="loan").exists()) == (1, False)


def test_contract_due_before_it_is_signed_is_refused(dormitory, by):
    with pytest.raises(ValidationError, match="合同竣工（交货）日期不能早于签订日期"):
        funds.sign(
            by=by, project=dormitory, number="HT-1", contractor="云岭", signed_on=DAY, due_on=DAY - days(1), parts={"central": 1},
        )  # fmt: skip
    assert not Contract.objects.exists()
    funds.sign(
        by=by, project=dormitory, number="HT-1", contractor="云岭", signed_on=DAY, due_on=DAY, parts={"central": 1},
    )  # fmt: skip


def test_payment_before_the_contract_is_signed_is_refused_with_its_day(dormitory, by, contract):
    with pytest.raises(StepRefused, match="合同 HT-1 在 2020-09-01 签订，支付日期不能在那以前"):
        pay(by, contract, 1, DAY - days(1))
    pay(by, contract, 10_000_000, DAY)
    assert (on_day_of_ledger(DAY - days(1)), on_day_of_ledger(DAY)) == ((0, 0), (10_000_000, 10_000_000))


def test_payment_of_a_day_before_its_change_was_approved_is_refused(dormitory, by, approver, contract):
    part = contract.parts.get()
    approved(by, approver.as_actor(), dormitory, kind="change", part=part, amount_fen=500)
    with pytest.raises(StepRefused, match="到 2020-10-01 只能再付 100,000.00 元，这里要支付 100,005.00 元"):
        pay(by, contract, 10_000_500, DAY + days(30))
    pay(by, contract, 10_000_500, today())
    with pytest.raises(StepRefused):  # nothing is left today, so nothing was left before
        pay(by, contract, 1, DAY, "P-2")
    assert on_day_of_ledger(DAY) == (10_000_000, 0)


def test_payment_taken_back_is_booked_anew_from_that_day_on(dormitory, by, contract):
    wrong = pay(by, contract, 10_000_000, DAY)
    funds.take_back(by=by, entry=wrong, reason="户名填错")
    with pytest.raises(
        StepRefused, match="到 2020-09-01 只能再付 0.00 元.*冲销以后重新登记的，日期不能在冲销以前"
    ):
        pay(by, contract, 10_000_000, DAY, "P-2")
    pay(by, contract, 10_000_000, today(), "P-2")
    assert (on_day_of_ledger(DAY), on_day_of_ledger(today())) == ((10_000_000, 10_000_000),) * 2


@pytest.mark.parametrize(
    ("kind", "fen", "on"),
    [("payment", 1, DAY - days(1)), ("contract", -1, DAY), ("contract", -10_000_001, today())],
)
def test_database_refuses_what_a_day_cannot_bear_whatever_writes(
    dormitory, by, approver, contract, kind, fen, on
):
    pay(by, contract, 10_000_000, DAY)
    excess = approved(by, approver.as_actor(), dormitory, kind="over_pay", part=contract.parts.get(), amount_fen=500)  # fmt: skip
    part = contract.parts.get()
    with pytest.raises(IntegrityError, match="支付多于那一天的合同"), transaction.atomic():
        book(by=by, line=part.line, part=part, kind=kind, amount_fen=fen, on=on, document="绕过", request=excess)  # fmt: skip


def test_database_refuses_an_entry_of_a_day_to_come(dormitory, by):
    with pytest.raises(IntegrityError, match="日期不能晚于登记的那一天"), transaction.atomic():
        book(by=by, line=line(dormitory), kind="budget", amount_fen=1, on=today() + days(1), document="绕过")
