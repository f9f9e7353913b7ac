"""Money paid too much, in a real browser: asked back with a reason, decided by another person, taken from the next payment or returned."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from subsidies.models import Balance, PaidAdjustment, Recovery
from tests.e2e.test_pages import faults
from tests.factories import subsidies

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("real_commits")]
LIST = "/subsidies/recoveries/"


@pytest.fixture
def people(clerk, aid_officer, approver, finance):
    return subsidies.People(clerk=clerk, aid=aid_officer, approver=approver, finance=finance)


def numbers(child) -> list:
    """(entitled, paid, outstanding) of each money of the child, in fen."""
    found = Balance.objects.filter(student=child).order_by("programme_id")
    return [(money.entitled_fen, money.paid_fen, money.outstanding_fen) for money in found]


def propose(page, name: str, method: str) -> None:
    page.goto(LIST)
    page.get_by_role("link", name=f"提出追回 {name} 寄宿生生活补助").click()
    page.get_by_role("button", name="提出追回 300.00 元").click()
    expect(page.get_by_role("alert")).to_contain_text("理由")  # without a reason nothing is proposed
    page.get_by_label(method).check()
    page.get_by_role("textbox", name="理由").fill("复核查明本学期走读")
    page.get_by_role("button", name="提出追回 300.00 元").click()
    expect(page.get_by_text(f"已提出追回 {name} 的多发，待审批领导批准。")).to_be_visible()


def decide(page, name: str, step: str) -> None:
    page.goto("/")
    page.get_by_role("link", name="待审批的多发追回").click()
    page.get_by_role("link", name=name, exact=True).click()
    page.get_by_role("link", name=f"{step}…").click()
    page.get_by_role("button", name=step).click()
    expect(page.get_by_text(f"{name}：“{step}”已办理。")).to_be_visible()


def test_overpayment_is_returned_after_two_people_decided(
    open_page, people, aid_officer, approver, finance, autumn, xiazhai
):
    child = subsidies.overpaid("孙多", people, term=autumn, at=xiazhai)
    officer = open_page(aid_officer)
    propose(officer, "孙多", "退回")
    assert numbers(child) == [(20_000, 50_000, -30_000)]  # asked, not decided
    expect(officer.get_by_role("link", name="批准追回…")).to_have_count(0)
    decide(open_page(approver), "孙多", "批准追回")

    page = open_page(finance)
    page.get_by_role("link", name="已批准、待登记退款的多发").click()
    page.get_by_role("link", name="孙多", exact=True).click()
    for amount, note, told in (
        ("", "", "退回金额（元）"),
        ("300.01", "收据 001", "不超过还应追回的 300.00 元"),
    ):
        page.get_by_label("退回金额（元）").fill(amount)
        page.get_by_label("凭证号或说明").fill(note)
        page.get_by_role("button", name="登记退款").click()
        expect(page.get_by_role("alert")).to_contain_text(told)
    for amount, note in (("100", "收据 001"), ("100", "收据 001"), ("200", "收据 002")):
        page.get_by_label("退回金额（元）").fill(amount)
        page.get_by_label("凭证号或说明").fill(note)
        page.get_by_role("button", name="登记退款").click()
    expect(page.get_by_text("已登记退款 200 元。")).to_be_visible()
    expect(page.get_by_role("button", name="登记退款")).to_have_count(0)

    assert list(PaidAdjustment.objects.values_list("paid_fen", "note")) == [
        (-10_000, "收据 001"),
        (-20_000, "收据 002"),
    ]
    assert numbers(child) == [(20_000, 20_000, 0)]
    assert [faults(page, url) for url in (LIST, reverse("subsidies:recovery", args=[Recovery.objects.get().pk]))] == [[], []]  # fmt: skip


def test_overpayment_is_taken_from_what_the_child_is_paid_next(
    open_page, people, aid_officer, approver, autumn, xiazhai
):
    child = subsidies.overpaid("孙多", people, term=autumn, at=xiazhai)
    subsidies.entitle(child, 50_000)
    page = open_page(aid_officer, width=390, height=844)
    propose(page, "孙多", "扣回")
    decide(open_page(approver), "孙多", "批准追回")

    page.reload()
    expect(page.get_by_text("300.00 元，还有 0.00 元")).to_be_visible()
    expect(page.get_by_role("table", name="冲账记录").locator("tbody tr")).to_have_count(2)
    batch = subsidies.batch_at("open", people, term=autumn)
    assert [line.amount_fen for line in batch.lines.all()] == [20_000]


def test_refused_recovery_leaves_the_money_where_it_was(
    open_page, people, aid_officer, approver, autumn, xiazhai
):
    child = subsidies.overpaid("孙多", people, term=autumn, at=xiazhai)
    propose(open_page(aid_officer), "孙多", "扣回")
    page = open_page(approver)
    page.goto("/")
    page.get_by_role("link", name="待审批的多发追回").click()
    page.get_by_role("link", name="孙多", exact=True).click()
    page.get_by_role("link", name="不同意追回…").click()
    page.get_by_role("button", name="不同意追回").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_role("textbox", name="理由").fill("寄宿属实")
    page.get_by_role("button", name="不同意追回").click()
    expect(page.get_by_text("孙多：“不同意追回”已办理。")).to_be_visible()

    page.goto(LIST)
    expect(page.get_by_role("table", name="多发、尚未处理")).to_contain_text("孙多")
    assert numbers(child) == [(20_000, 50_000, -30_000)]
