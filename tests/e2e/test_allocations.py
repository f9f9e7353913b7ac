"""Money that came in is shared out to the schools, in a real browser: worked out, sent back, weighted anew, approved, handed down."""

import re
from io import BytesIO

import openpyxl
import pytest
from django.urls import reverse
from playwright.sync_api import expect

from students.enums import HardshipCategory
from subsidies.actions.policies import load_policy, pack_text
from subsidies.models import Allocation
from tests import factories
from tests.e2e.test_pages import faults
from tests.factories import subsidies

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("real_commits")]
POOR = HardshipCategory.REGISTERED_POOR.value


@pytest.fixture
def receipt(finance, autumn, xiazhai, qingshi):
    """4,000 yuan of the superior for boarders; 下寨: two poor boarders and a poor day pupil, 青石: one poor boarder."""
    load_policy(text=pack_text("guiding"), by=finance.as_actor())
    for name, school, boarding in (
        ("甲", xiazhai, True), ("乙", xiazhai, True), ("走读", xiazhai, False), ("丙", qingshi, True),
    ):  # fmt: skip
        child = factories.student(name, at=school, during=autumn, boarding=boarding, categories=POOR)
        if boarding:
            subsidies.entitle(child, 50_000)
    return subsidies.receipt(400_000, by=finance.as_actor(), source="superior")


def step(page, name: str, button: str = "") -> None:
    page.get_by_role("link", name=f"{name}…").click()
    page.get_by_role("button", name=button or name).click()


def weigh(page, **weights: str) -> None:
    for label, weight in weights.items():
        page.get_by_role("spinbutton", name=label).fill(weight)


def test_receipt_is_shared_out_sent_back_and_handed_down_by_three_people(
    open_page, receipt, aid_officer, approver, finance
):
    page = open_page(aid_officer)
    page.goto(reverse("subsidies:receipt", args=[receipt.pk]))
    page.get_by_role("link", name=re.compile("分配到各校")).click()
    page.get_by_label("分配金额（元）").fill("四千")
    page.get_by_role("button", name="测算各校金额").click()
    expect(page.get_by_role("alert")).to_contain_text("分配金额")
    page.get_by_label("分配金额（元）").fill("4000.01")
    page.get_by_role("button", name="测算各校金额").click()
    expect(
        page.get_by_text("还缺 0.01 元，不能分配 4,000.01 元")
    ).to_be_visible()  # told before anybody is asked

    # other weights: only pupils count, 2,500 yuan for four of them
    page.get_by_role("link", name="修改金额和权重…").click()
    page.get_by_label("分配金额（元）").fill("4000")
    weigh(page, 在校学生="1", 寄宿生="", 困难学生="0", 小规模学校="0")
    page.get_by_role("button", name="重新测算").click()
    rows = page.get_by_role("table", name="各校分配").locator("tbody tr")
    expect(rows.nth(0)).to_contain_text("小学 2 人 × 500.00")
    expect(rows.nth(0).locator("td").last).to_have_text("2,875.00")  # 1,000 + 3/4 of 2,500
    expect(rows.nth(1).locator("td").last).to_have_text("1,125.00")
    expect(page.get_by_text("不能分配")).to_have_count(0)
    step(page, "提交审批")
    expect(page.get_by_role("link", name="审批同意…")).to_have_count(0)
    address = page.url

    # sent back once with a reason, then approved
    leader = open_page(approver, width=390, height=844)
    leader.get_by_role("link", name="待审批的资金分配").click()
    leader.get_by_role("link", name="2020秋分-001").click()
    step(leader, "退回修改")
    expect(leader.get_by_role("alert")).to_contain_text("理由")
    leader.get_by_label("理由").last.fill("寄宿生多的学校要多分")
    leader.get_by_role("button", name="退回修改").click()
    page.reload()
    page.get_by_role("link", name="修改金额和权重…").click()
    weigh(page, 在校学生="1", 寄宿生="1")
    page.get_by_role("button", name="重新测算").click()
    expect(rows.nth(0).locator("td").last).to_have_text(
        "2,770.83"
    )  # 1,000 + 1,250 x 3/4 + 1,250 x 2/3, a fen to the other
    expect(rows.nth(1).locator("td").last).to_have_text("1,229.17")
    step(page, "提交审批")
    leader.goto(address)
    step(leader, "审批同意")

    third = open_page(finance)
    third.get_by_role("link", name="已审批、待下达的资金分配").click()
    third.get_by_role("link", name="2020秋分-001").click()
    step(third, "下达各校")
    expect(third.get_by_text("已下达").first).to_be_visible()
    with third.expect_download() as download:
        third.get_by_role("link", name="导出Excel").click()
    sheet = openpyxl.load_workbook(BytesIO(download.value.path().read_bytes()), data_only=True).active
    assert [row[-1].value for row in sheet.iter_rows(min_row=4, max_row=6)] == [2770.83, 1229.17, 4000]

    made = Allocation.objects.get()
    assert (made.state, made.receipt, made.weights) == ("allocated", receipt, {"pupils": 1, "boarders": 1})
    urls = [reverse("subsidies:allocations"), address, reverse("subsidies:allocation_new")]
    assert [faults(third, url) for url in urls] == [[], [], []]
