"""What is asked and approved never frees money that is spent, and what was approved is not undone by one person."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from povertyedu.orgs.calendar import today
from povertyedu.workflow.flow import StepRefused
from projects.actions import funds, requests
from projects.actions.funds import book
from projects.models import FundRequest
from tests.projects.building import DAY, line, signed, sums

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


@pytest.fixture
def by(officer):
    return officer.as_actor()


@pytest.fixture
def leader(approver):
    return approver.as_actor()


@pytest.fixture
def contract(dormitory, by):
    """250,000 yuan of the central 300,000."""
    return signed(dormitory, by=by, parts={"central": 25_000_000})


def asked(by, project, kind, fen, **more):
    if kind in ("transfer", "over_contract"):
        more.setdefault("line", line(project))
    return requests.ask(by=by, project=project, kind=kind, amount_fen=fen, reason="需要", **more)


def approved(by, leader, project, kind, fen, **more):
    return requests.approve(by=leader, request=asked(by, project, kind, fen, **more))


def arrive(by, project, fen):
    funds.arrive(by=by, line=line(project), amount_fen=fen, on=DAY, document="拨1")


def pay(by, contract, fen, voucher="P-1"):
    return funds.pay(by=by, part=contract.parts.get(), amount_fen=fen, on=DAY, document=voucher)


# --- transfers ------------------------------------------------------------------------------------


def test_transfer_of_spent_money_is_refused_though_an_excess_was_approved(dormitory, by, leader):
    whole = signed(dormitory, by=by, parts={"central": 30_000_000})
    arrive(by, dormitory, 30_000_000)
    pay(by, whole, 30_000_000)
    approved(by, leader, dormitory, "over_contract", 30_000_000)
    with pytest.raises(StepRefused, match="没有签约、没有支付的只有 0.00 元，不够调出 300,000.00 元"):
        approved(by, leader, dormitory, "transfer", 30_000_000, to_source="loan")
    assert sums(dormitory) == (30_000_000, 30_000_000, 30_000_000, 30_000_000)


def test_transfer_leaves_what_was_paid_beyond_the_contract(dormitory, by, leader, contract):
    arrive(by, dormitory, 30_000_000)
    approved(by, leader, dormitory, "over_pay", 2_000_000, part=contract.parts.get())
    pay(by, contract, 25_000_000)
    funds.pay(by=by, part=contract.parts.get(), amount_fen=2_000_000, on=today(), document="P-2")
    with pytest.raises(StepRefused, match="只有 30,000.00 元，不够调出 30,000.01 元"):
        approved(by, leader, dormitory, "transfer", 3_000_001, to_source="loan")
    approved(by, leader, dormitory, "transfer", 3_000_000, to_source="loan")
    assert sums(dormitory) == (27_000_000, 27_000_000, 25_000_000, 27_000_000)
    assert sums(dormitory, "loan") == (3_000_000, 3_000_000, 0, 0)


@pytest.mark.parametrize("kind", ["budget", "arrival"])
def test_database_refuses_to_move_what_is_spent_whatever_writes(dormitory, by, leader, contract, kind):
    arrive(by, dormitory, 25_000_000)
    pay(by, contract, 25_000_000)
    excess = approved(by, leader, dormitory, "over_contract", 5_000_000)
    with pytest.raises(IntegrityError, match="已签约、已支付的资金不能调出"), transaction.atomic():
        book(by=by, line=line(dormitory), kind=kind, amount_fen=-5_000_001, on=DAY, request=excess)


# --- undoing --------------------------------------------------------------------------------------


def test_one_person_does_not_undo_what_another_approved(dormitory, by, leader, contract):
    part = contract.parts.get()
    for kind, fen, more in (
        ("change", -4_000_000, {"part": part}),
        ("over_contract", 500, {}),
        ("over_pay", 500, {"part": part}),
    ):
        entry = approved(by, leader, dormitory, kind, fen, **more).entries.get()
        with pytest.raises(StepRefused, match="不能冲销；要改回的，请申请反方向的"):
            funds.take_back(by=by, entry=entry, reason="改回去")
        with pytest.raises(IntegrityError, match="批准的事项不能由一人冲销"), transaction.atomic():
            book(by=by, line=entry.line, part=entry.part, kind=entry.kind, amount_fen=-fen, on=DAY, reverses=entry, reason="绕过")  # fmt: skip
    assert sums(dormitory) == (30_000_000, 0, 21_000_000, 0)


def test_what_was_approved_is_undone_by_the_opposite_request(dormitory, by, leader, contract):
    part = contract.parts.get()
    approved(by, leader, dormitory, "change", -4_000_000, part=part)
    approved(by, leader, dormitory, "change", 4_000_000, part=part)
    for fen in (500, -200):
        approved(by, leader, dormitory, "over_contract", fen)
        approved(by, leader, dormitory, "over_pay", fen, part=part)
    part.refresh_from_db()
    held = line(dormitory)
    assert (held.contracted_fen, held.over_contract_fen, held.over_pay_fen, part.over_pay_fen) == (
        25_000_000,
        300,
        300,
        300,
    )


def test_excess_that_is_used_is_not_taken_away(dormitory, by, leader, contract):
    approved(by, leader, dormitory, "over_contract", 500)
    signed(dormitory, by=by, parts={"central": 5_000_400}, number="HT-2")
    with pytest.raises(StepRefused, match="批准的超额 5.00 元，没有用的 1.00 元，不能减少 1.01 元"):
        approved(by, leader, dormitory, "over_contract", -101)
    approved(by, leader, dormitory, "over_contract", -100)
    part = contract.parts.get()
    approved(by, leader, dormitory, "over_pay", 500, part=part)
    pay(by, contract, 25_000_000)
    funds.pay(by=by, part=contract.parts.get(), amount_fen=400, on=today(), document="P-2")
    with pytest.raises(StepRefused, match="批准的超额 5.00 元，没有用的 1.00 元，不能减少 1.01 元"):
        approved(by, leader, dormitory, "over_pay", -101, part=part)
    approved(by, leader, dormitory, "over_pay", -100, part=part)
    assert (line(dormitory).over_contract_fen, line(dormitory).over_pay_fen) == (400, 400)


# --- asking ---------------------------------------------------------------------------------------


def test_what_cannot_be_is_refused_when_it_is_asked_with_the_figures(dormitory, by, contract):
    pay(by, contract, 20_000_000)
    part = contract.parts.get()
    for kind, fen, more, words in (
        ("change", -5_000_001, {"part": part}, "合同 HT-1 由中央资金承担 250,000.00 元，已支付 200,000.00 元，最多减少 50,000.00 元，这里要减少 50,000.01 元"),
        ("change", 5_000_001, {"part": part}, "中央资金还能签约 50,000.00 元，不够增加 50,000.01 元"),
        ("transfer", 5_000_001, {"to_source": "loan"}, "没有签约、没有支付的只有 50,000.00 元，不够调出 50,000.01 元"),
        ("over_contract", -1, {}, "批准的超额 0.00 元，没有用的 0.00 元，不能减少 0.01 元"),
        ("over_pay", -1, {"part": part}, "批准的超额 0.00 元，没有用的 0.00 元，不能减少 0.01 元"),
    ):  # fmt: skip
        with pytest.raises(StepRefused, match=words):
            asked(by, dormitory, kind, fen, **more)
    assert not FundRequest.objects.exists()
    assert not dormitory.fund_lines.filter(source="loan").exists()


def test_what_became_impossible_meanwhile_is_told_to_who_decides(dormitory, by, leader, contract):
    less = asked(by, dormitory, "change", -10_000_000, part=contract.parts.get())
    pay(by, contract, 20_000_000)
    with pytest.raises(StepRefused) as refused:
        requests.approve(by=leader, request=less)
    assert str(refused.value) == (
        "合同 HT-1 由中央资金承担 250,000.00 元，已支付 200,000.00 元，最多减少 50,000.00 元，这里要减少 100,000.00 元。"
        "没有批准；请办理“不批准”，由申请人按现在的数重新申请。"
    )
    requests.refuse(by=leader, request=less, reason="已支付")
    less.refresh_from_db()
    assert (less.state, sums(dormitory)[2]) == ("refused", 25_000_000)


def test_excess_not_needed_any_more_is_asked_back_on_its_page(client, finance, by, leader, dormitory):
    approved(by, leader, dormitory, "over_contract", 500)
    client.force_login(finance)

    def post(amount):
        data = {"line": line(dormitory).pk, "amount_fen": amount, "reason": "不用了"}
        return client.post(reverse("projects:act", args=[dormitory.pk, "over-contract"]), data)

    assert "金额不能是零。" in post("0").content.decode()
    assert "没有用的 5.00 元，不能减少 6.00 元" in post("-6").content.decode()
    assert post("-5").status_code == 302
    assert FundRequest.objects.to_decide().get().amount_fen == -500
    assert (
        "冲销</a>"
        not in client.get(dormitory.get_absolute_url())
        .content.decode()
        .split("批准超预算签约")[1]
        .split("</tr>")[0]
    )
