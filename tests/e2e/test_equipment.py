"""A gap from reported to closed in a browser, by six people: reported, listed, bought, approved, counted, confirmed, closed."""

import re

import pytest
from django.urls import reverse

from povertyedu.orgs.calendar import today
from projects.models import Gap, Purchase
from tests import factories
from tests.projects.building import project_at

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("real_commits")]
SLIP = {"name": "验收单.png", "mimeType": "image/png", "buffer": b"\x89PNG"}


@pytest.fixture
def officer(db):
    return factories.user("马项目", ("project_officer", factories.county()), username="projects")


@pytest.fixture
def head(xiazhai):
    return factories.user("吴校长", ("school_head", xiazhai), username="head")


def press(page, name: str) -> None:
    with page.expect_navigation():
        page.locator("main").get_by_role("button", name=name, exact=True).click()


def take_up(page, words: str) -> None:
    """Open a to-do from the first page."""
    page.goto("/")
    with page.expect_navigation():
        page.locator("main").get_by_role("link", name=words).first.click()


def go(page, name: str) -> None:
    with page.expect_navigation():
        page.locator("main").get_by_role("link", name=name, exact=True).first.click()


def bought(page, approving, school) -> None:
    """Draw up, share out, have approved and order 40 desks."""
    page.goto(reverse("projects:purchases"))
    go(page, "拟订采购清单")
    page.locator("#id_name").fill("秋季课桌椅")
    page.locator("#id_project").select_option(label="课桌椅采购")
    press(page, "拟订")
    go(page, "添加采购项")
    page.locator("#id_kind").select_option("desks")
    for label, value in (
        ("品名", "课桌椅"),
        ("规格型号", "KZ-1"),
        ("单位", "套"),
        ("数量", "40"),
        ("单价", "120"),
    ):
        page.get_by_label(label).fill(value)
    press(page, "保存")
    page.locator("#id_school").select_option(label=school.name)
    page.locator("#id_quantity").fill("40")
    press(page, "分配")
    go(page, "回清单")
    go(page, "提交审批")
    press(page, "提交审批")
    take_up(approving, "待审批的设备采购清单")
    go(approving, "秋季课桌椅")
    go(approving, "审批同意")
    press(approving, "审批同意")
    page.reload()
    go(page, "下单采购")
    page.locator("#id_supplier").fill("云岭教学设备公司")
    page.locator("#id_due_on").fill(str(today()))
    press(page, "下单采购")


def test_gap_is_reported_listed_bought_counted_confirmed_and_closed(
    open_page, officer, approver, clerk, head, xiazhai, autumn
):
    project_at(xiazhai, by=officer.as_actor(), name="课桌椅采购")
    school = open_page(clerk, width=390, height=844)
    school.goto(reverse("projects:gap_new"))
    school.locator("#id_school").select_option(label=xiazhai.name)
    for field, value in (("item", "课桌椅"), ("unit", "套"), ("needed", "100"), ("present", "60")):
        school.locator(f"#id_{field}").fill(value)
    press(school, "填报")
    page = open_page(officer)
    page.goto(reverse("projects:gaps"))
    go(page, "课桌椅")
    go(page, "列入项目")
    page.locator("#id_project").select_option(label="课桌椅采购")
    press(page, "列入项目")
    bought(page, open_page(approver), xiazhai)
    assert Purchase.objects.get().state == "ordered"
    take_up(school, "已下单、待到校验收的设备")
    go(school, "登记验收")
    school.get_by_label("（应到 40 套）合格").fill("40")
    school.locator("input[type=file]").set_input_files(SLIP)
    press(school, "登记验收")
    school.get_by_text("要由另一人").wait_for()
    checking = open_page(head)
    take_up(checking, "待复核的到货验收单")
    with checking.expect_navigation():
        checking.get_by_role("link", name=re.compile("^验收单 ")).click()
    go(checking, "复核确认")
    press(checking, "复核确认")
    gap = Gap.objects.get()
    assert (gap.state, gap.filled_by_id) == ("filled", clerk.pk)
    page.goto(gap.get_absolute_url())
    page.get_by_text("到货合格 40 套，吴校长复核确认").wait_for()
    page.get_by_role("link", name="验收单.png").wait_for()
    go(page, "核实销号")
    page.locator("#id_reason").fill("到校看过，40 套都在用")
    press(page, "核实销号")
    gap.refresh_from_db()
    assert (gap.state, gap.confirmed_by_id) == ("closed", officer.pk)
    assert [d.by_name for d in gap.decisions.all()] == ["杨丽", "马项目", "杨丽", "马项目"]
