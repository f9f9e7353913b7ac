"""专款专用: who bears a line is frozen when it is passed on, and no batch takes what its source lacks."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.audit.models import AuditEvent
from povertyedu.options.registry import set_option
from povertyedu.publicity import actions as publicity
from povertyedu.publicity.models import Notice
from povertyedu.workflow.flow import StepRefused
from subsidies.actions import batches, funds, lines, payouts
from subsidies.models import Batch, Commitment, Line, LineShare
from tests import factories
from tests.factories import subsidies
from tests.together import refusals, together

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


@pytest.fixture
def by(finance):
    return finance.as_actor()


@pytest.fixture
def policy(by):
    """Boarding allowance: central 8, county 2."""
    return subsidies.funded(by=by)


def held(batch) -> dict:
    return {
        (row.source, row.programme_id): (row.amount_fen, row.spent_fen)
        for row in Commitment.objects.filter(batch=batch)
    }


def shares(line) -> dict:
    return dict(line.shares.values_list("source", "amount_fen"))


def sound(batch) -> bool:
    """Whether the commitments of a batch are the shares of its lines that were not given up."""
    taken = Line.objects.filter(batch=batch, state__in=["listed", "held", "sent", "paid"])
    spent = taken.filter(state__in=["sent", "paid"])
    of = LineShare.objects.filter
    sums = Commitment.objects.filter(batch=batch).aggregate(fen=Sum("amount_fen", default=0), spent=Sum("spent_fen", default=0))  # fmt: skip
    return sums == {
        "fen": of(line__in=taken).aggregate(n=Sum("amount_fen", default=0))["n"],
        "spent": of(line__in=spent).aggregate(n=Sum("amount_fen", default=0))["n"],
    }


def test_shares_of_a_line_are_frozen_when_the_office_passes_it_on(people, by, policy, autumn, luona, yanyu):
    batch = subsidies.batch_at("reviewed", people, term=autumn)
    assert LineShare.objects.count() == 0
    batches.approve_office(by=people.aid, batch=batch)
    assert shares(batch.lines.get(student=luona)) == {"central": 40_000, "county": 10_000}
    assert shares(batch.lines.get(student=yanyu)) == {"central": 25_000, "county": 6_250}
    assert held(batch) == {
        ("central", "boarding_living"): (65_000, 0), ("county", "boarding_living"): (16_250, 0),
    }  # fmt: skip
    # what the policy says later changes nothing of what was passed on
    subsidies.funded(by=by, weights={"county": 1})
    batches.approve_final(by=people.approver, batch=batch)
    assert shares(batch.lines.get(student=luona)) == {"central": 40_000, "county": 10_000}


def test_rule_no_policy_knows_is_borne_by_nobody_in_particular(people, autumn, luona):
    batch = subsidies.batch_at("office_approved", people, term=autumn)
    assert shares(batch.lines.get()) == {"unstated": 50_000}


def test_rule_the_newest_policy_dropped_is_looked_up_in_an_older_one(people, by, policy, autumn, luona):
    subsidies.funded(by=by, of=subsidies.programme("other", "另一项目"))
    batch = subsidies.batch_at("office_approved", people, term=autumn)
    assert shares(batch.lines.get()) == {"central": 40_000, "county": 10_000}


def test_database_keeps_shares_adding_up_to_their_line(people, policy, autumn, luona):
    batch = subsidies.batch_at("office_approved", people, term=autumn)
    line = batch.lines.get()
    for deed in (
        lambda: LineShare.objects.filter(source="county").update(amount_fen=1),
        lambda: Line.objects.filter(pk=line.pk).update(amount_fen=1),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            deed()
    batches.approve_final(by=people.approver, batch=batch)
    for step in ("in_publicity", "cleared", "sent"):
        subsidies._TAKE[step](batch, people)
    with pytest.raises(DatabaseError), transaction.atomic():
        LineShare.objects.filter(line=line).delete()
    assert sum(shares(line).values()) == line.amount_fen


def test_batch_cannot_take_what_its_source_lacks(people, by, policy, autumn, luona, yanyu):
    subsidies.receipt(65_000, by=by, source="central")
    subsidies.receipt(10_000, by=by, source="county")
    batch = subsidies.batch_at("reviewed", people, term=autumn)
    with pytest.raises(StepRefused) as refused:
        batches.approve_office(by=people.aid, batch=batch)
    assert str(refused.value) == (
        "资金不足，不能办理：县级财政的“寄宿生生活补助”缺 62.50 元（需 162.50 元，可用 100.00 元）。"
        "请先登记到账资金，或将部分学生移出本批。"
    )
    batch.refresh_from_db()
    assert (batch.state, LineShare.objects.count(), Commitment.objects.count()) == ("open", 0, 0)
    subsidies.receipt(6_250, by=by, source="county", number="补足")
    batches.approve_office(by=people.aid, batch=batch)
    assert sound(batch)


def test_money_for_another_programme_is_not_there_for_this_one(people, by, policy, autumn, luona):
    other = subsidies.programme("other", "另一项目")
    for source in ("central", "county"):
        subsidies.receipt(100_000, by=by, source=source, of=[other])
    batch = subsidies.batch_at("reviewed", people, term=autumn)
    with pytest.raises(
        StepRefused, match="中央财政的“寄宿生生活补助”缺 400.00 元（需 400.00 元，可用 0.00 元）；县级财政"
    ):
        batches.approve_office(by=people.aid, batch=batch)


def test_second_batch_finds_what_the_first_left(people, by, autumn, xiazhai, luona, yanyu):
    subsidies.funded(by=by, weights={"county": 1})
    subsidies.receipt(60_000, by=by)
    batch = subsidies.batch_at("reviewed", people, term=autumn)
    lines.remove_line(by=people.aid, line=batch.lines.get(student=yanyu), reason="下批再发")
    batches.approve_office(by=people.aid, batch=batch)
    second = subsidies.batch_at("reviewed", people, term=autumn, title="第二批")
    with pytest.raises(StepRefused, match="缺 212.50 元（需 312.50 元，可用 100.00 元）"):
        batches.approve_office(by=people.aid, batch=second)
    # sent back, the first batch gives up its money
    batches.return_to_office(by=people.approver, batch=batch, reason="再核")
    assert (held(batch), LineShare.objects.count()) == ({}, 0)
    batches.approve_office(by=people.aid, batch=second)


@pytest.mark.parametrize(
    ("mode", "receipt", "refused", "told"),
    [
        ("自动", False, False, True),
        ("自动", True, True, False),
        ("不足时拒绝", False, True, False),
        ("不足时提醒", True, False, True),
        ("不检查", True, False, False),
    ],
)
def test_county_chooses_whether_lacking_money_refuses(
    people, by, policy, autumn, luona, mode, receipt, refused, told
):
    set_option("funds_check", mode, by_name="陈数据")
    if receipt:
        subsidies.receipt(1, by=by)
    batch = subsidies.batch_at("reviewed", people, term=autumn)
    try:
        batches.approve_office(by=people.aid, batch=batch)
    except StepRefused:
        assert refused
    else:
        assert not refused
        assert sound(batch)
    assert AuditEvent.objects.filter(action="batch.funds_short").exists() == told


def test_source_the_county_does_not_check_is_passed_over(people, by, policy, autumn, luona):
    set_option("funds_unchecked_sources", "中央财政、来源比例待定", by_name="陈数据")
    subsidies.receipt(10_000, by=by)
    batch = subsidies.batch_at("office_approved", people, term=autumn)
    assert held(batch) == {
        ("central", "boarding_living"): (40_000, 0),
        ("county", "boarding_living"): (10_000, 0),
    }


def test_commitments_follow_the_lines_to_the_bank_and_back(people, by, autumn, luona, yanyu):
    subsidies.funded(by=by, weights={"county": 1})
    subsidies.receipt(81_250, by=by)
    batch = subsidies.batch_at("cleared", people, term=autumn)
    assert held(batch) == {("county", "boarding_living"): (81_250, 0)}
    bank_file = payouts.export_bank_file(by=people.finance, batch=batch, reason="发放")
    assert held(batch) == {("county", "boarding_living"): (81_250, 81_250)}
    with subsidies.return_file(bank_file, failed={1: "账号不存在"}) as path:
        payouts.apply_return(by=people.finance, bank_file=bank_file, path=path, name="回盘.xlsx")
    left = batch.lines.get(state="paid").amount_fen
    assert held(batch) == {("county", "boarding_living"): (left, left)}
    assert sound(batch)


def test_line_that_leaves_releases_its_money(people, by, policy, autumn, luona, yanyu):
    batch = subsidies.batch_at("in_publicity", people, term=autumn)
    line = batch.lines.get(student=yanyu)
    objection = publicity.record_objection(
        by=people.clerk, notice=Notice.objects.get(), subject=f"subsidies.line:{line.pk}", text="已转学"
    )
    publicity.answer_objection(by=people.aid, objection=objection, upheld=True, answer="属实")
    assert held(batch)["county", "boarding_living"] == (10_000, 0)
    lines.remove_line(by=people.aid, line=batch.lines.get(student=luona), reason="暂不发放")
    assert held(batch) == {}


def test_cancelled_batch_holds_nothing(people, policy, autumn, luona):
    batch = subsidies.batch_at("office_approved", people, term=autumn)
    batches.return_to_office(by=people.approver, batch=batch, reason="再核")
    batches.cancel(by=people.aid, batch=batch, reason="作废")
    assert (held(batch), LineShare.objects.count()) == ({}, 0)


def test_file_for_the_bank_asks_again_what_is_there(people, by, autumn, luona):
    subsidies.funded(by=by, weights={"county": 1})
    receipt = subsidies.receipt(50_000, by=by)
    batch = subsidies.batch_at("cleared", people, term=autumn)
    funds.reverse_receipt(by=by, receipt=receipt, reason="未到账")
    subsidies.receipt(20_000, by=by)
    with pytest.raises(StepRefused, match="缺 300.00 元（需 500.00 元，可用 200.00 元）"):
        payouts.export_bank_file(by=people.finance, batch=batch, reason="发放")
    assert (batch.lines.get().state, batch.bank_files.count()) == ("listed", 0)
    subsidies.receipt(30_000, by=by, number="补到")
    payouts.export_bank_file(by=people.finance, batch=batch, reason="发放")
    assert sound(batch)


@pytest.mark.usefixtures("real_commits")
def test_two_batches_at_once_never_take_the_same_money(people, by, autumn, xiazhai, luona):
    subsidies.funded(by=by, weights={"county": 1}, other={"county": 1})
    other = subsidies.programme("other")
    subsidies.entitle(luona, 40_000, of=other)
    subsidies.receipt(60_000, by=by, of=[subsidies.programme(), other])
    first = subsidies.batch_at("reviewed", people, term=autumn)
    second = subsidies.batch_at("reviewed", people, term=autumn, programmes=[other], title="第二批")
    results = together(
        *(
            lambda pk=batch.pk: batches.approve_office(by=people.aid, batch=Batch.objects.get(pk=pk))
            for batch in (first, second)
        )
    )
    assert len(refusals(results)) == 1
    assert "资金不足" in str(refusals(results)[0])
    assert Commitment.objects.aggregate(n=Sum("amount_fen"))["n"] <= 60_000
    assert Batch.objects.filter(state="office_approved").count() == 1


@pytest.mark.usefixtures("real_commits")
def test_reversal_and_approval_at_once_take_turns(people, by, autumn, luona):
    subsidies.funded(by=by, weights={"county": 1})
    receipt = subsidies.receipt(50_000, by=by)
    subsidies.receipt(1, by=by, number="另一笔")
    batch = subsidies.batch_at("reviewed", people, term=autumn)
    results = together(
        lambda: batches.approve_office(by=people.aid, batch=Batch.objects.get(pk=batch.pk)),
        lambda: funds.reverse_receipt(by=by, receipt=receipt, reason="未到账"),
    )
    # either the money was there when it was asked for, or the batch was refused; the reversal always stands
    assert (len(refusals(results)) == 1) == (Commitment.objects.count() == 0)
    assert not isinstance(results[1], StepRefused)


def test_passing_on_takes_the_same_number_of_queries_for_1_and_30_children(people, by, autumn, xiazhai):
    subsidies.funded(by=by)

    def queries(title: str) -> int:
        batch = subsidies.batch_at("reviewed", people, term=autumn, title=title)
        with CaptureQueriesContext(connection) as captured:
            batches.approve_office(by=people.aid, batch=batch)
        return len(captured)

    def child(number: int):
        subsidies.entitle(factories.student(f"学生{number}", at=xiazhai, during=autumn), 50_000)

    child(0)
    few = queries("一")
    for number in range(30):
        child(number + 1)
    assert queries("二") == few


def test_pages_say_before_and_after_what_lacks(client, people, aid_officer, by, policy, autumn, luona):
    subsidies.receipt(40_000, by=by, source="central")
    batch = subsidies.batch_at("reviewed", people, term=autumn)
    client.force_login(aid_officer)
    ask = client.get(reverse("subsidies:batch_step", args=[batch.pk, "approve_office"])).content.decode()
    assert "缺 100.00 元" in ask
    refused = client.post(reverse("subsidies:batch_step", args=[batch.pk, "approve_office"]), follow=True)
    assert "县级财政的“寄宿生生活补助”缺 100.00 元" in refused.content.decode()
    set_option("funds_check", "不足时提醒", by_name="陈数据")
    passed = client.post(reverse("subsidies:batch_step", args=[batch.pk, "approve_office"]), follow=True)
    assert "资金不足" in passed.content.decode()
    rows = passed.context["funding"]
    assert [(row["source"], row["fen"], row["lacking_fen"]) for row in rows] == [
        ("中央财政", 40_000, 0), ("县级财政", 10_000, 10_000),
    ]  # fmt: skip
