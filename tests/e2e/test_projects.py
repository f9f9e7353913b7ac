"""Projects in a browser: a gap from the list to closed, money refused with its reason, a half-yearly inspection."""

import pytest
from django.urls import reverse

from povertyedu.findings.models import Finding
from projects.actions import gaps
from projects.models import Gap
from tests import factories
from tests.projects.building import project_at, signed

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("real_commits")]
PHOTO = {"name": "验收单.png", "mimeType": "image/png", "buffer": b"\x89PNG"}


@pytest.fixture
def officer(db):
    return factories.user("马项目", ("project_officer", factories.county()), username="projects")


def test_gap_is_taken_into_a_project_filled_and_closed(open_page, officer, clerk, xiazhai):
    new = gaps.NewGap(xiazhai.pk, "课桌椅", "套", 100, 60)
    gaps.report(by=clerk.as_actor(), gaps=[new])
    project_at(xiazhai, by=officer.as_actor(), name="课桌椅采购")
    page, school = open_page(officer), open_page(clerk, width=390, height=844)
    page.goto(reverse("projects:gaps"))
    page.get_by_role("link", name="课桌椅", exact=True).click()
    page.get_by_role("link", name="列入项目").click()
    page.locator("#id_project").select_option(label="课桌椅采购")
    page.get_by_role("button", name="列入项目").click()
    school.goto(Gap.objects.get().get_absolute_url())
    school.get_by_role("link", name="报告补齐").click()
    school.get_by_label("补齐情况").fill("40 套已到校")
    school.locator("input[type=file]").set_input_files(PHOTO)
    with school.expect_navigation():
        school.get_by_role("button", name="报告补齐").click()
    page.reload()
    page.get_by_role("link", name="核实销号").click()
    page.get_by_label("情况说明").fill("到校点过数")
    with page.expect_navigation():
        page.get_by_role("button", name="核实销号").click()
    assert Gap.objects.get().state == "closed"


def test_payment_over_the_contract_is_refused_with_its_reason(open_page, officer, finance, xiazhai):
    project = project_at(xiazhai, by=officer.as_actor(), budget={"central": 30_000_000})
    signed(project, by=officer.as_actor(), parts={"central": 10_000_000})
    page = open_page(finance)
    page.goto(project.get_absolute_url())
    page.get_by_role("link", name="登记支付").click()
    page.get_by_label("合同和来源").select_option(index=1)
    page.get_by_label("支付金额").fill("10.01万元")
    page.get_by_label("支付日期").fill("2020-09-20")
    page.get_by_label("凭证号").fill("记-1")
    page.get_by_role("button", name="登记支付").click()
    page.get_by_text("超出 100.00 元，没有登记").first.wait_for()
    page.get_by_label("支付金额").fill("10万元")
    page.get_by_role("button", name="登记支付").click()
    page.get_by_text("已办理：登记支付").wait_for()
    assert project.fund_lines.get().paid_fen == 10_000_000


def test_half_year_is_inspected_by_township_and_county(open_page, officer, xiazhai):
    project = project_at(xiazhai, by=officer.as_actor())
    cadre = factories.user("田镇长", ("township_officer", factories.township()), username="cadre")
    for user, verdict in ((cadre, "problem"), (officer, "ok")):
        page = open_page(user)
        page.goto(reverse("projects:inspections"))
        page.get_by_role("link", name="登记检查").click()
        page.locator("[name=quality_verdict]").select_option(verdict)
        page.locator("[name=quality_text]").fill("外墙开裂" if verdict == "problem" else "")
        if user == officer:
            page.get_by_role("textbox", name="一同检查的单位").fill("财政局 李明")
        page.get_by_role("button", name="登记检查").click()
        page.get_by_text("有问题的已列入整改销号").wait_for()
    page.get_by_role("cell", name="1 个没有销号").wait_for()
    assert project.inspections.count() == 2


def test_problem_of_a_county_project_reaches_the_school_that_is_named(
    open_page, officer, clerk, xiazhai, qingshi
):
    project_at(xiazhai, qingshi, by=officer.as_actor(), name="饮水工程", area=factories.county())
    cadre = factories.user("田镇长", ("township_officer", factories.township()), username="cadre")
    bureau = open_page(officer)
    bureau.goto(reverse("projects:inspections") + "?tab=todo")
    bureau.get_by_role("link", name="登记检查").click()
    bureau.locator("[name=quality_verdict]").select_option("problem")
    bureau.locator("[name=quality_text]").fill("管道漏水")
    bureau.locator("[name=quality_places]").select_option(label=xiazhai.name)
    bureau.get_by_role("textbox", name="一同检查的单位").fill("财政局 李明")
    bureau.get_by_role("button", name="登记检查").click()
    bureau.get_by_text("有问题的已列入整改销号").wait_for()
    town = open_page(cadre, width=390, height=844)
    town.goto(reverse("projects:inspections"))
    town.get_by_role("link", name="登记检查").click()  # each township looks for itself
    town.get_by_role("button", name="登记检查").click()
    town.get_by_text("1/2 个乡镇").wait_for()
    school = open_page(clerk, width=390, height=844)
    school.goto(Finding.objects.get(school=xiazhai).get_absolute_url())
    school.get_by_role("link", name="填报整改措施").wait_for()


def test_problem_of_a_self_check_is_rectified_rechecked_and_closed(open_page, officer, clerk, xiazhai):
    project_at(xiazhai, by=officer.as_actor())
    cadre = factories.user("田镇长", ("township_officer", factories.township()), username="cadre")
    town = open_page(cadre)
    town.goto(reverse("projects:inspections"))
    town.get_by_role("link", name="登记检查").click()
    town.locator("[name=quality_verdict]").select_option("problem")
    town.locator("[name=quality_text]").fill("外墙开裂")
    town.get_by_role("button", name="登记检查").click()
    town.get_by_text("有问题的已列入整改销号").wait_for()

    def step(page, name: str, **fields):
        page.goto(Finding.objects.get().get_absolute_url())
        page.get_by_role("link", name=name, exact=True).click()
        for label, text in fields.items():
            page.get_by_label(label).fill(text)
        if name == "报告整改完成":
            page.locator("input[type=file]").set_input_files(PHOTO)
        with page.expect_navigation():
            page.get_by_role("button", name=name, exact=True).click()

    school, bureau = open_page(clerk, width=390, height=844), open_page(officer)
    step(school, "填报整改措施", 整改措施="返工，重做外墙")
    step(school, "报告整改完成", 整改结果="已返工")
    step(bureau, "退回继续整改", 退回原因="东墙还有裂缝")
    step(school, "报告整改完成", 整改结果="东墙已补")
    step(bureau, "复核通过", 复核情况="现场看过，没有裂缝")
    step(bureau, "销号")
    bureau.goto(reverse("projects:inspections"))
    bureau.get_by_role("cell", name="1 个，都已销号").wait_for()
    assert Finding.objects.get().state == "closed"


def test_plan_is_counted_by_year_and_looked_at_on_a_day(open_page, officer):
    page = open_page(officer)
    page.goto(reverse("projects:programmes"))
    page.get_by_role("link", name="新建规划").first.click()
    for label, text in (("名称", "教育信息化"), ("起始年度", "2015"), ("截止年度", "2020")):
        page.get_by_label(label).fill(text)
    page.get_by_label("类别").select_option(label="三通两平台")
    page.get_by_role("button", name="保存").click()
    for year, number in (("2015", "300"), ("2016", "442")):
        page.get_by_role("link", name="定目标").first.click()
        for name, text in (("year", year), ("item", "宽带网络校校通"), ("planned", number), ("unit", "所")):
            page.locator(f"[name={name}]").fill(text)
        page.get_by_role("button", name="保存").click()
        page.get_by_text("已保存目标").wait_for()
    for day, number in (("2014-12-31", "750"), ("2015-12-31", "1050"), ("2016-12-31", "1400")):
        page.get_by_role("link", name="登记完成数").click()
        page.get_by_label("截至日期").fill(day)
        page.get_by_label("宽带网络校校通（所）").fill(number)
        page.get_by_role("button", name="登记", exact=True).click()
        page.get_by_text(f"已登记 {day} 的完成数").wait_for()
    page.goto(reverse("projects:targets") + "?on=2016-12-31")
    table = page.get_by_role("table", name="目标与完成")
    assert [table.get_by_role("row").nth(n).get_by_role("cell").all_inner_texts()[5:8] for n in (1, 2)] == [
        ["—", "300", "100%"], ["—", "350", "79%"],
    ]  # fmt: skip
    assert ["未达到" in table.get_by_role("row").nth(n).inner_text() for n in (1, 2)] == [False, True]
