"""The fund book: paid <= contracted <= budget per source, approvals by another person, undo by reversal only."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from povertyedu.orgs.calendar import today
from povertyedu.workflow.flow import StepRefused
from projects.actions import funds, requests
from projects.actions.funds import book
from projects.actions.register import NewProject, register
from projects.models import FundEntry, FundLine, FundRequest
from tests.projects.building import DAY, line, programme, project_at, signed, sums

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


@pytest.fixture
def by(officer):
    return officer.as_actor()


@pytest.fixture
def contract(dormitory, by):
    return signed(dormitory, by=by, parts={"central": 25_000_000, "county": 5_000_000})


def part_of(contract, source="central"):
    return contract.parts.get(line__source=source)


def pay(by, contract, fen, voucher="P-1", source="central", on=DAY):
    return funds.pay(by=by, part=part_of(contract, source), amount_fen=fen, on=on, document=voucher)


def test_contract_over_what_a_source_has_left_is_refused_with_the_figures(dormitory, by):
    with pytest.raises(StepRefused) as refused:
        signed(dormitory, by=by, parts={"central": 30_000_001})
    assert str(refused.value) == (
        "中央资金还能签约 300,000.00 元，这里要 300,000.01 元，超出 0.01 元；请改用别的来源，或先申请资金调剂、超预算签约。"
    )
    assert (dormitory.contracts.count(), sums(dormitory)) == (0, (30_000_000, 0, 0, 0))


def test_payment_over_the_contract_is_refused_with_the_figures(dormitory, by, contract):
    pay(by, contract, 20_000_000)
    with pytest.raises(
        StepRefused, match="还剩 50,000.00 元，这里要支付 50,000.01 元，超出 0.01 元，没有登记"
    ):
        pay(by, contract, 5_000_001, "P-2")
    assert sums(dormitory) == (30_000_000, 0, 25_000_000, 20_000_000)


def test_same_voucher_again_is_told_and_pays_nothing(dormitory, by, contract):
    pay(by, contract, 1_000_000)
    with pytest.raises(StepRefused, match="同一天、同一金额、同一文号（凭证号）的支付已由马项目登记过"):
        pay(by, contract, 1_000_000)
    assert sums(dormitory) == (30_000_000, 0, 25_000_000, 1_000_000)


def test_arrivals_never_exceed_the_budget_of_the_source(dormitory, by):
    funds.arrive(by=by, line=line(dormitory), amount_fen=30_000_000, on=DAY, document="拨1")
    with pytest.raises(
        StepRefused, match="预算 300,000.00 元，已到位 300,000.00 元，再到位 0.01 元就超过预算"
    ):
        funds.arrive(by=by, line=line(dormitory), amount_fen=1, on=DAY, document="拨2")


def test_entry_is_taken_back_by_reversal_once_and_stays_in_the_book(dormitory, by, contract):
    paid = pay(by, contract, 20_000_000)
    funds.take_back(by=by, entry=paid, reason="户名填错，银行退回")
    assert (sums(dormitory)[3], FundEntry.objects.filter(kind="payment").count()) == (0, 2)
    with pytest.raises(StepRefused, match="已经冲销过"):
        funds.take_back(by=by, entry=paid, reason="再来一次")
    with pytest.raises(StepRefused, match="本身就是冲销"):
        funds.take_back(by=by, entry=paid.reversal, reason="反冲")


def test_contract_with_payments_is_not_taken_back(dormitory, by, contract):
    pay(by, contract, 1)
    entry = part_of(contract).entries.get(kind="contract")
    with pytest.raises(StepRefused, match="这份合同已有支付或批准的变更，不能冲销"):
        funds.take_back(by=by, entry=entry, reason="合同作废")


def test_budget_that_arrived_is_not_taken_back_to_be_given_elsewhere(dormitory, by):
    funds.arrive(by=by, line=line(dormitory), amount_fen=30_000_000, on=DAY, document="拨1")
    with pytest.raises(StepRefused, match="已有到位资金或合同，不能直接冲销"):
        funds.take_back(by=by, entry=line(dormitory).entries.get(kind="budget"), reason="改给别的项目")


@pytest.mark.parametrize("verb", ["update", "delete"])
def test_database_refuses_to_change_or_delete_an_entry(dormitory, verb):
    entries = FundEntry.objects.filter(line=line(dormitory))
    with pytest.raises(IntegrityError, match="只能冲销"), transaction.atomic():
        entries.update(amount_fen=1) if verb == "update" else entries.delete()


def test_database_refuses_sums_made_by_hand(dormitory, by):
    with pytest.raises(IntegrityError, match="资金合计只能由资金账登记得出"), transaction.atomic():
        FundLine.objects.filter(pk=line(dormitory).pk).update(budget_fen=99_000_000)
    with pytest.raises(IntegrityError, match="资金合计只能由资金账登记得出"), transaction.atomic():
        FundLine.objects.create(project=dormitory, source="loan", budget_fen=1)


def test_database_refuses_overspending_whatever_writes(dormitory, by, contract):
    part = part_of(contract)
    with pytest.raises(IntegrityError), transaction.atomic():
        book(by=by, line=part.line, part=part, kind="payment", amount_fen=25_000_001, on=DAY, document="绕过")
    with pytest.raises(IntegrityError), transaction.atomic():
        book(by=by, line=part.line, part=part, kind="contract", amount_fen=5_000_001, on=DAY)
    with pytest.raises(IntegrityError), transaction.atomic():  # an excess without a request
        book(by=by, line=part.line, kind="over_contract", amount_fen=1, on=DAY)
    with pytest.raises(IntegrityError), transaction.atomic():  # less budget without a request
        book(by=by, line=part.line, kind="budget", amount_fen=-1, on=DAY)
    with pytest.raises(IntegrityError, match="合同资金与项目资金不一致"), transaction.atomic():
        book(
            by=by,
            line=line(dormitory, "county"),
            part=part,
            kind="payment",
            amount_fen=1,
            on=DAY,
            document="X",
        )


def test_database_refuses_a_reversal_of_another_amount_and_an_entry_of_an_undecided_request(dormitory, by):
    budget = line(dormitory).entries.get()
    with pytest.raises(IntegrityError, match="冲销应与原登记"), transaction.atomic():
        book(
            by=by, line=line(dormitory), kind="budget", amount_fen=-1, on=DAY, reverses=budget, reason="少冲"
        )
    asked = requests.ask(
        by=by,
        project=dormitory,
        kind="over_contract",
        line=line(dormitory),
        amount_fen=100,
        reason="材料涨价",
    )
    with pytest.raises(IntegrityError, match="没有批准的申请"), transaction.atomic():
        book(by=by, line=line(dormitory), kind="over_contract", amount_fen=100, on=DAY, request=asked)


# --- approvals ------------------------------------------------------------------------------------


def test_transfer_moves_budget_and_what_came_in_when_another_person_approves(
    dormitory, by, approver, xiazhai
):
    other = project_at(xiazhai, by=by, name="食堂", budget={"county": 1_000_000})
    funds.arrive(by=by, line=line(dormitory), amount_fen=29_000_000, on=DAY, document="拨1")
    asked = requests.ask(
        by=by, project=dormitory, kind="transfer", line=line(dormitory), to_project=other, to_source="county",
        amount_fen=5_000_000, reason="宿舍楼结余",
    )  # fmt: skip
    assert (sums(dormitory), sums(other, "county")) == ((30_000_000, 29_000_000, 0, 0), (1_000_000, 0, 0, 0))
    with pytest.raises(StepRefused, match="审批人不能是申请人"):
        requests.approve(by=by, request=asked)
    requests.approve(by=approver.as_actor(), request=asked)
    assert sums(dormitory) == (25_000_000, 25_000_000, 0, 0)
    assert sums(other, "county") == (6_000_000, 4_000_000, 0, 0)
    with pytest.raises(StepRefused, match="已被处理或不在这一步"):
        requests.approve(by=approver.as_actor(), request=asked)
    back = line(other, "county").entries.get(kind="budget", request=asked)
    with pytest.raises(StepRefused, match="请申请反方向的资金调剂"):
        funds.take_back(by=by, entry=back, reason="退回")


def test_transfer_of_money_contracted_meanwhile_is_refused_when_it_is_approved(dormitory, by, approver):
    asked = requests.ask(
        by=by,
        project=dormitory,
        kind="transfer",
        line=line(dormitory),
        to_source="county",
        amount_fen=5_000_001,
        reason="不够",
    )
    signed(dormitory, by=by, parts={"central": 25_000_000})
    with pytest.raises(StepRefused, match="没有签约、没有支付的只有 50,000.00 元，不够调出 50,000.01 元"):
        requests.approve(by=approver.as_actor(), request=asked)
    asked.refresh_from_db()
    assert asked.state == "asked"
    requests.refuse(by=approver.as_actor(), request=asked, reason="没有余额")
    asked.refresh_from_db()
    assert (asked.state, sums(dormitory)) == ("refused", (30_000_000, 0, 25_000_000, 0))


def test_excess_over_budget_and_contract_needs_approvals_and_then_just_fits(
    dormitory, by, approver, contract
):
    leader = approver.as_actor()
    over = requests.ask(
        by=by, project=dormitory, kind="over_contract", line=line(dormitory), amount_fen=100, reason="涨价"
    )
    requests.approve(by=leader, request=over)
    second = signed(dormitory, by=by, parts={"central": 5_000_100}, number="HT-2")
    with pytest.raises(StepRefused):
        signed(dormitory, by=by, parts={"central": 1}, number="HT-3")
    pay(by, second, 5_000_100)
    extra = requests.ask(
        by=by, project=dormitory, kind="over_pay", part=part_of(second), amount_fen=7, reason="审计追加"
    )
    requests.approve(by=leader, request=extra)
    pay(by, second, 7, "P-2", on=today())  # from the day on which it was approved
    with pytest.raises(StepRefused):
        pay(by, second, 1, "P-3", on=today())
    assert sums(dormitory) == (30_000_000, 0, 30_000_100, 5_000_107)


def test_change_of_contract_books_its_amount_and_moves_the_deadline(dormitory, by, approver, contract):
    asked = requests.ask(
        by=by,
        project=dormitory,
        kind="change",
        part=part_of(contract),
        amount_fen=-1_000_000,
        days=10,
        reason="减少附属用房",
    )
    requests.approve(by=approver.as_actor(), request=asked)
    dormitory.refresh_from_db()
    assert (sums(dormitory)[2], str(dormitory.due_on)) == (24_000_000, "2021-08-30")
    assert str(dormitory.milestones.get(kind="finish").planned_on) == "2021-08-30"


def test_decided_request_is_kept_as_it_is(dormitory, by, approver):
    asked = requests.ask(
        by=by, project=dormitory, kind="over_contract", line=line(dormitory), amount_fen=5, reason="涨价"
    )
    requests.withdraw(by=by, request=asked)
    with pytest.raises(StepRefused):
        requests.approve(by=approver.as_actor(), request=asked)
    for change in ({"state": "approved"}, {"amount_fen": 500}):
        with pytest.raises(IntegrityError, match="已办结的申请不得修改"), transaction.atomic():
            FundRequest.objects.filter(pk=asked.pk).update(**change)


def test_approval_by_who_asked_is_refused_by_the_database_too(dormitory, by):
    asked = requests.ask(
        by=by, project=dormitory, kind="over_contract", line=line(dormitory), amount_fen=5, reason="涨价"
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        FundRequest.objects.filter(pk=asked.pk).update(state="approved", decided_by_id=by.id)


def test_registering_many_projects_takes_the_same_statements_as_few(by, xiazhai):
    def count(start, number):
        news = [
            NewProject(
                f"项目{n}",
                "build",
                programme().pk,
                2020,
                xiazhai.area_id,
                (xiazhai.pk,),
                {"central": 100, "loan": 50},
            )
            for n in range(start, start + number)
        ]
        with CaptureQueriesContext(connection) as caught:
            register(by=by, projects=news)
        return len(caught)

    assert count(0, 2) == count(100, 30)
    assert FundLine.objects.filter(source="loan", budget_fen=50).count() == 32
