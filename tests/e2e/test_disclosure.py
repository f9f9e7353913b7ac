"""A yearly fund plan in a browser: drawn up, approved by another person, read by anyone, on a phone and on A4."""

import re

import pytest
from django.urls import reverse

from projects.models import Disclosure
from tests import factories
from tests.projects.building import project_at, signed

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("real_commits")]


@pytest.fixture
def officer(db):
    return factories.user("马项目", ("project_officer", factories.county()), username="projects")


def test_fund_plan_is_drawn_up_approved_and_read_by_anyone(open_page, officer, approver, xiazhai, autumn):
    project = project_at(
        xiazhai, by=officer.as_actor(), name="宿舍楼", budget={"central": 30_000_000, "county": 20_000_000}
    )
    signed(project, by=officer.as_actor(), parts={"central": 10_000_000})
    page = open_page(officer)
    page.goto(reverse("projects:disclosures"))
    page.get_by_role("link", name="拟订公开内容").first.click()
    page.get_by_label("年度").fill("2020")
    page.get_by_role("button", name="拟稿").click()
    page.get_by_text("请核对内容后提交审批").wait_for()
    assert page.get_by_role("link", name="批准并公开").count() == 0
    page.get_by_role("link", name="提交审批").click()
    page.get_by_role("button", name="提交审批").click()
    page.get_by_text("要由另一人审批").wait_for()

    boss = open_page(approver)
    boss.get_by_role("link", name="待审批的项目公开").wait_for()
    boss.goto(reverse("projects:disclosures"))
    boss.get_by_role("link", name="2020年学校建设与设备年度资金计划").click()
    boss.get_by_role("link", name="批准并公开").click()
    boss.get_by_role("button", name="批准并公开").click()
    boss.get_by_text("已办理").wait_for()
    address = Disclosure.objects.get().publication.get_absolute_url()

    anyone = open_page(None, width=390, height=844)
    anyone.goto(reverse("publicity:publications"))
    anyone.get_by_role("link", name="2020年学校建设与设备年度资金计划").click()
    assert anyone.url.endswith(address)
    text = anyone.locator("main").inner_text()
    assert "50.00" in text
    assert "城关镇下寨小学" in text
    assert [name for name in (officer.name, approver.name, "云岭建筑公司") if name in anyone.content()] == []
    assert re.findall(r"(?<![0-9-])1[3-9][0-9]{9}|[0-9]{15,18}", text) == []
    width = anyone.evaluate("document.documentElement.scrollWidth")
    assert width <= 390
    pdf = anyone.pdf(format="A4", prefer_css_page_size=True)
    assert pdf.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page[^s]", pdf)) == 1
