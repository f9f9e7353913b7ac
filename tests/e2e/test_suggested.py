"""A suggested plan in a browser: rules set, solved by a real worker, adjusted, solved again, adopted, its drafts in the list."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from teachers.models import Deployment, PlanRun
from tests import factories
from tests.e2e.test_student_form import violations
from tests.jobs.workers import BROKER, broker, running_worker
from tests.teachers.suggesting import two_schools

pytestmark = [pytest.mark.browser, pytest.mark.jobs]


@pytest.fixture
def worker(real_commits):
    with broker(BROKER) as queue, running_worker(queue) as running:
        yield running


def test_plan_is_solved_adjusted_solved_again_and_adopted(open_page, worker, xiazhai, qingshi, autumn):
    two_schools(xiazhai, qingshi, autumn)
    officer = factories.user("唐人事", ("personnel_officer", factories.county()), username="personnel")
    page = open_page(officer)
    page.get_by_role("link", name="交流建议方案", exact=True).click()
    page.get_by_role("link", name="新建方案").first.click()
    page.locator("[name=since]").fill("2020-09-15")
    page.locator("[name=until]").fill("2021-01-20")
    page.locator("[name=on_unwilling_percent]").uncheck()
    assert violations(page) == []
    page.get_by_role("button", name="求解", exact=True).click()
    table = page.get_by_role("table", name="建议调动")
    expect(table.get_by_role("row")).to_have_count(3, timeout=60_000)
    expect(page.get_by_text("已证明是这些规则下最好的方案")).to_be_visible()
    assert violations(page) == []

    # one of the two who did not volunteer stays; the other one goes instead
    name = table.get_by_role("row", name=re.compile("未表示愿去偏远")).get_by_role("link").inner_text()
    table.get_by_role("link", name=name).click()
    expect(page.locator("main")).to_contain_text("两校相距 11.1 公里")
    page.get_by_role("button", name="本次不调这名教师").click()
    page.get_by_role("button", name="固定 王芳").click()
    expect(page.get_by_text("求解后有调整")).to_be_visible()
    page.get_by_role("button", name="重新求解").click()
    expect(table.get_by_role("row")).to_have_count(3, timeout=60_000)
    expect(table).not_to_contain_text(name)
    expect(table.get_by_role("row", name=re.compile("王芳"))).to_contain_text("固定")

    page.get_by_role("link", name="采纳…").click()
    page.get_by_role("button", name="采纳并生成草稿").click()
    expect(page.get_by_text("生成 2 份派出草稿")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("王芳"))).to_contain_text("青石镇中心小学")
    assert set(Deployment.objects.values_list("state", "origin")) == {("draft", "planned")}
    page.goto(PlanRun.objects.first().get_absolute_url())
    expect(page.get_by_role("link", name="草稿").first).to_be_visible()

    phone = open_page(officer, width=390, height=844)
    for url in (PlanRun.objects.first().get_absolute_url(), reverse("teachers:suggested_new")):
        phone.goto(url)
        assert violations(phone) == []
