"""What lies idle, what is short, what would be left over."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from povertyedu.home.todos import money_alerts, todos_of
from povertyedu.options.registry import set_option
from povertyedu.orgs.calendar import today
from subsidies.actions import batches, lines, payouts
from subsidies.actions.positions import entitled_by_need, lying_money, positions, short_of_money
from subsidies.models import FundReceipt
from subsidies.queries.earmarks import Need, Pot, used_of
from tests import factories
from tests.factories import subsidies

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


@pytest.fixture
def by(finance):
    return finance.as_actor()


def ago(days: int) -> dt.date:
    return today() - dt.timedelta(days=days)


def told(term) -> dict:
    return {
        position.source: (
            position.received_fen, position.committed_fen, position.left_fen,
            {row.programme.pk: (row.entitled_fen, row.committed_fen, row.needed_fen, row.lacking_fen) for row in position.rows},
        )
        for position in positions(term)
    }  # fmt: skip


def test_earliest_money_is_spent_first_and_the_rest_lies(people, by, autumn, luona):
    subsidies.funded(by=by, weights={"county": 1})
    late = subsidies.receipt(60_000, by=by, received_on=ago(10), number="后到")
    early = subsidies.receipt(30_000, by=by, received_on=ago(40), number="先到")
    batch = subsidies.batch_at("cleared", people, term=autumn)
    lying = lying_money()
    # committed is not spent: until the bank has it the money lies
    assert [(lying[r.pk].used_fen, lying[r.pk].days, lying[r.pk].is_idle) for r in (early, late)] == [
        (0, 40, True), (0, 10, False),
    ]  # fmt: skip
    payouts.export_bank_file(by=people.finance, batch=batch, reason="发放")
    lying = lying_money()
    assert [(lying[r.pk].used_fen, lying[r.pk].lying_fen, lying[r.pk].days) for r in (early, late)] == [
        (30_000, 0, 0), (20_000, 40_000, 10),
    ]  # fmt: skip


def test_money_of_another_purpose_is_not_used_up(people, by, autumn, luona):
    subsidies.funded(by=by, weights={"county": 1})
    other = subsidies.programme("other", "另一项目")
    elsewhere = subsidies.receipt(99_000, by=by, received_on=ago(90), of=[other], number="别的用途")
    subsidies.receipt(50_000, by=by, received_on=ago(5))
    subsidies.batch_at("sent", people, term=autumn)
    lying = lying_money()
    assert (lying[elsewhere.pk].lying_fen, lying[elsewhere.pk].is_idle) == (99_000, True)
    assert sum(each.lying_fen for each in lying.values()) == 99_000


@given(
    st.lists(st.tuples(st.frozensets(st.sampled_from("ab"), min_size=1), st.integers(1, 50)), max_size=5),
    st.dictionaries(st.sampled_from("ab"), st.integers(1, 80)),
)
def test_used_money_is_never_more_than_came_or_was_spent(receipts, spent):
    of = {Pot(number, "county", programmes): fen for number, (programmes, fen) in enumerate(receipts)}
    used = used_of({Need("county", programme): fen for programme, fen in spent.items()}, of)
    assert all(0 <= used.get(pot.pk, 0) <= fen for pot, fen in of.items())
    assert sum(used.values()) <= min(sum(of.values()), sum(spent.values()))


def test_shortage_and_surplus_by_source_and_programme(people, by, autumn, luona, yanyu):
    subsidies.funded(by=by, other={"province": 1})
    other = subsidies.programme("other")
    subsidies.entitle(luona, 20_000, of=other)
    subsidies.receipt(70_000, by=by, source="central")
    subsidies.receipt(5_000, by=by, source="county")
    subsidies.receipt(
        9_000, by=by, source="province"
    )  # for boarding only: the other programme cannot have it
    boarding, lacking = subsidies.programme().pk, other.pk
    assert told(autumn) == {
        "central": (70_000, 0, 5_000, {boarding: (65_000, 0, 65_000, 0)}),
        "province": (9_000, 0, 9_000, {lacking: (20_000, 0, 20_000, 20_000)}),
        "county": (5_000, 0, 0, {boarding: (16_250, 0, 16_250, 11_250)}),
    }
    assert short_of_money(autumn) == 2
    set_option("funds_check", "不检查", by_name="陈数据")
    batch = subsidies.batch_at("reviewed", people, term=autumn)
    lines.remove_line(by=people.aid, line=batch.lines.get(student=yanyu, programme=boarding), reason="下批")
    batches.approve_office(by=people.aid, batch=batch)
    # luona's 500 yuan are committed; yanyu's 312.50 and the other programme still ask
    assert told(autumn)["central"] == (70_000, 40_000, 5_000, {boarding: (65_000, 40_000, 25_000, 0)})
    assert told(autumn)["county"] == (5_000, 10_000, 0, {boarding: (16_250, 10_000, 6_250, 6_250)})


def test_entitlements_by_source_add_up_to_the_entitlements(by, autumn, luona, yanyu):
    subsidies.funded(by=by, weights={"central": 1, "province": 1, "county": 1})
    needs = entitled_by_need([autumn.pk])
    assert sum(needs.values()) == 81_250
    assert {need.source for need in needs} == {"central", "province", "county"}


def test_todo_tells_finance_of_idle_money_and_of_shortage(client, leader, finance, by, autumn, luona):
    subsidies.funded(by=by, weights={"county": 1})
    assert [todo.text for todo in money_alerts(finance)] == []
    subsidies.receipt(10_000, by=by, received_on=ago(31))
    found = {todo.text: (todo.count, todo.url, todo.days) for todo in money_alerts(finance)}
    assert found == {
        "到账后迟迟没有用完的资金（滞留）": (1, reverse("subsidies:funds"), 31),
        "资金有缺口的来源和项目": (1, reverse("subsidies:funds_balance"), None),
    }
    set_option("funds_idle_days", "31", by_name="陈数据")
    assert [todo.text for todo in money_alerts(finance)] == ["资金有缺口的来源和项目"]
    client.force_login(finance)
    page = client.get(reverse("home:todo"))
    assert [todo.text for todo in page.context["todos"]] == ["资金有缺口的来源和项目"]
    assert page.context["frame"]["todo_count"] == len(todos_of(finance)) == 0
    subsidies.receipt(40_000, by=by, number="补到", received_on=today())
    assert [todo.text for todo in money_alerts(finance)] == []
    assert money_alerts(leader) == []


def test_county_without_receipts_is_not_told_of_shortage(by, autumn, luona):
    subsidies.funded(by=by)
    assert short_of_money(autumn) == 0


def test_balance_page_shows_the_gap_and_costs_the_same_for_many_rows(
    client, leader, by, autumn, xiazhai, luona
):
    subsidies.funded(by=by, other={"province": 1})
    subsidies.receipt(10_000, by=by)
    client.force_login(leader)
    address = reverse("subsidies:funds_balance")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            page = client.get(address).content.decode()
        assert "缺口与结余" in page
        return len(captured)

    few = queries()
    assert "400.00" in client.get(address).content.decode()  # central: nothing came
    other = subsidies.programme("other")
    for number in range(30):
        child = factories.student(f"学生{number}", at=xiazhai, during=autumn)
        subsidies.entitle(child, 10_000 + number, of=other)
        subsidies.receipt(1_000 + number, by=by, number=f"文{number}")
    assert queries() == few
    assert client.get(reverse("subsidies:funds")).status_code == 200


def test_list_of_receipts_tells_what_lies(client, leader, people, by, autumn, luona):
    subsidies.funded(by=by, weights={"county": 1})
    subsidies.receipt(60_000, by=by, received_on=ago(40))
    subsidies.batch_at("sent", people, term=autumn)
    client.force_login(leader)
    page = client.get(reverse("subsidies:funds"))
    assert [figure["value"] for figure in page.context["figures"]] == [
        "600.00",
        "1",
        "1",
        "1",
        "100.00",
        "100.00",
    ]
    one = client.get(reverse("subsidies:receipt", args=[FundReceipt.objects.get().pk])).content.decode()
    assert "500.00 元（先到的钱先算用完）" in one
    assert "已放 40 天" in one


def test_balance_page_of_an_empty_county_says_what_to_do(client, leader):
    client.force_login(leader)
    assert "还没有应享和到账" in client.get(reverse("subsidies:funds_balance")).content.decode()
