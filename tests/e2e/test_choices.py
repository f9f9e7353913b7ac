"""What people decide about a child, in a real browser: who of those who qualify within a quota, which of two benefits, which tier."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from povertyedu.workflow.flow import SYSTEM
from students.enums import HardshipCategory
from subsidies.actions.recalculation import recalculate
from subsidies.models import Entitlement, Selection
from tests import factories
from tests.e2e.test_pages import faults
from tests.factories import policies
from tests.subsidies.test_awaited import TIERED
from tests.subsidies.test_choices import CHOICE

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("real_commits")]


def owed() -> dict:
    rows = Entitlement.objects.values_list("student__name", "programme", "amount_fen")
    return {(name, programme): fen for name, programme, fen in rows}


def test_officer_selects_children_within_the_quota_by_page(open_page, aid_officer, xiazhai, qingshi, autumn):
    policies.published(policies.QUOTA)
    for name in ("罗娜", "何勇", "严宇"):
        factories.student(name, at=xiazhai, during=autumn)
    factories.student("四年级", at=xiazhai, during=autumn, grade=4)
    page = open_page(aid_officer)
    page.get_by_role("link", name="名额评选", exact=True).click()
    page.get_by_role("link", name="励志奖学金").click()
    page.get_by_role("link", name="城关镇下寨小学").click()
    expect(page.get_by_role("checkbox")).to_have_count(3)  # who is in the fourth grade cannot be ticked

    # one more than there are places: refused in words, the ticks stay
    for name in ("罗娜", "何勇", "严宇"):
        page.get_by_label(f"选定{name}").check()
    page.get_by_role("button", name="保存名单").click()
    expect(
        page.get_by_text("城关镇下寨小学名额 2 个，已选 0 人，再选 3 人就超出 1 个；没有保存，请减少后再存。")
    ).to_be_visible()
    expect(page.get_by_label("选定严宇")).to_be_checked()
    assert not Selection.objects.exists()

    # within the quota: saved, and after a recalculation paid
    page.get_by_label("选定严宇").uncheck()
    page.get_by_role("button", name="保存名单").click()
    expect(page.get_by_text("已选定 2 人，应享重新测算后生效。")).to_be_visible()
    recalculate(term=autumn, by=SYSTEM, trigger="测试")
    assert owed() == {("罗娜", "grant"): 30_000, ("何勇", "grant"): 30_000}

    # one for another: the place is given on
    page.get_by_label("选定何勇").uncheck()
    page.get_by_label("选定严宇").check()
    page.get_by_role("button", name="保存名单").click()
    expect(page.get_by_text("已选定 1 人，取消 1 人，应享重新测算后生效。")).to_be_visible()
    page.get_by_role("link", name="查看何勇的金额依据").click()
    expect(page.locator("#drawer-content")).to_contain_text("符合条件，名额内未入选")
    recalculate(term=autumn, by=SYSTEM, trigger="测试")
    assert owed() == {("罗娜", "grant"): 30_000, ("严宇", "grant"): 30_000}

    schools = reverse("subsidies:selection_schools", args=["grant-1"])
    found = [faults(page, url) for url in (reverse("subsidies:selections"), schools, reverse("subsidies:selection", args=["grant-1", xiazhai.pk]))]  # fmt: skip
    assert found == [[], [], []]


def test_clerk_enters_what_the_family_chose(open_page, clerk, xiazhai, autumn):
    policies.published(CHOICE)
    child = factories.student("罗娜", at=xiazhai, during=autumn, boarding=True)
    recalculate(term=autumn, by=SYSTEM, trigger="测试")
    assert owed() == {}  # it meets both and waits for the family
    page = open_page(clerk)
    why = reverse("subsidies:why", args=[child.pk]) + f"?term={autumn.pk}"
    page.goto(why)
    expect(page.locator(".why")).to_contain_text("等待选择")

    page.goto(reverse("students:edit", args=[child.pk]) + f"?term={autumn.pk}")
    choice = page.get_by_role("checkbox", name="入学补助")
    choice.check()
    page.keyboard.press("Control+s")
    page.get_by_role("heading", name="罗娜").wait_for()
    recalculate(term=autumn, by=SYSTEM, trigger="测试", only_changed=True)

    assert owed() == {("罗娜", "grant"): 30_000}
    page.goto(why)
    expect(page.locator(".answer")).to_contain_text("300.00")
    expect(page.locator(".why")).to_contain_text("符合条件，选择了其他项目")


def test_clerk_is_led_to_a_child_that_waits_for_its_tier(open_page, clerk, xiazhai, autumn):
    policies.published(TIERED)
    factories.student("罗娜", at=xiazhai, during=autumn, categories=HardshipCategory.REGISTERED_POOR)
    page = open_page(clerk)
    page.get_by_role("link", name="待定档学生").click()
    expect(page.get_by_role("row", name="罗娜")).to_contain_text("困难等级没有登记")
    assert faults(page, reverse("subsidies:awaited")) == []

    page.get_by_role("link", name="登记罗娜的情况").click()
    page.get_by_label("困难等级").select_option("difficult")
    page.keyboard.press("Control+s")
    page.get_by_role("heading", name="罗娜").wait_for()
    recalculate(term=autumn, by=SYSTEM, trigger="测试", only_changed=True)

    assert owed() == {("罗娜", "grant"): 20_000}
    page.goto(reverse("subsidies:awaited"))
    expect(page.get_by_text("没有待定档的学生")).to_be_visible()
    assert faults(page, reverse("subsidies:awaited")) == []
