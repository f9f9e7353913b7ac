"""A rule from the page to the money: written by form, tried out, published, recalculated, explained, and paid as back-pay.

The recalculation, the what-if and the ledger are done by a real worker; each stage of the batch by a person of its own.
"""

import os
import re
from io import BytesIO

import openpyxl
import pytest
from django.urls import reverse
from playwright.sync_api import expect

from povertyedu.workflow.flow import SYSTEM
from subsidies.actions.policies import pack_of, pack_text
from subsidies.actions.recalculation import recalculate
from subsidies.actions.what_if import run_what_if
from subsidies.engine import averages_of, ratios_of
from subsidies.models import Balance, Batch, Entitlement, Policy
from tests import factories
from tests.e2e.test_student_form import violations
from tests.e2e.test_thread import act
from tests.factories import policies, subsidies
from tests.jobs.workers import BROKER, broker, running_worker

pytestmark = [pytest.mark.browser, pytest.mark.jobs]


@pytest.fixture
def worker(real_commits):
    with broker(BROKER) as queue, running_worker(queue) as running:
        yield running


@pytest.fixture
def children(worker, xiazhai):
    """A boarder and a day pupil in two terms, recalculated by a policy that pays boarders alone."""
    policies.published()
    spring, autumn = factories.term("2020-spring"), factories.term("2020-autumn")
    made = {}
    for name, boarding in (("罗娜", True), ("何勇", False)):
        made[name] = factories.student(name, at=xiazhai, during=autumn, boarding=boarding)
        enrolment = made[name].enrolments.get()
        enrolment.pk, enrolment.term = None, spring
        enrolment.save()
    for term in (spring, autumn):
        recalculate(term=term, by=SYSTEM, trigger="测试")
    return made


def test_rule_is_written_tried_published_and_paid_with_its_past_terms(
    open_page, children, xiazhai, clerk, aid_officer, approver, finance
):
    page = open_page(aid_officer)
    page.get_by_role("link", name="资助标准", exact=True).click()
    page.get_by_role("link", name="版本与草稿").click()
    page.get_by_label("已有的版本").select_option(index=1)
    page.get_by_role("button", name="起草").click()

    # a rule by form: first one that cannot be, then the right one
    page.get_by_role("link", name="新增规则").click()
    page.get_by_label("规则名称").fill("小学走读生生活补助")
    page.get_by_label("资助项目").select_option("living")
    page.get_by_label("金额（元）").fill("300")
    page.get_by_label("条款").fill("二")
    page.locator("[name=quote]").fill("走读生每生每年300元")
    page.locator("[name=when_stage][value=primary]").check()
    page.get_by_label("资金来源 1").select_option("county")
    page.get_by_role("button", name="写入草稿").click()
    expect(page.locator("[data-error-summary]")).to_contain_text("可能同时符合")
    page.get_by_label("就读方式").select_option("false")
    page.get_by_role("button", name="写入草稿").click()
    expect(page.get_by_text("2 条规则、1 个项目")).to_be_visible()

    # typed nonsense is told with its line while it is being typed
    field = page.locator("#id_text")
    text = field.input_value()
    field.fill(text.replace("yuan = 300", "yuan = -300"))
    expect(page.locator("#check")).to_contain_text(re.compile(r"第 31 行：“yuan”应为"))
    field.fill(text)
    expect(page.locator("#check")).to_contain_text("没有错误")

    # tried out: two terms, one child each
    page.get_by_role("link", name="试算与发布").click()
    page.get_by_role("button", name="开始试算").click()
    terms = page.get_by_role("table", name="各学期的变化")
    expect(terms.get_by_role("row")).to_have_count(3, timeout=40_000)
    for name in ("2020—2021学年 秋季学期", "2019—2020学年 春季学期"):
        row = terms.get_by_role("row", name=name)
        expect(row.get_by_role("cell").nth(3)).to_have_text("1")
        expect(row.get_by_role("cell").nth(4)).to_have_text("150.00")
    page.get_by_role("table", name="分乡镇的变化").get_by_role("link").click()
    page.get_by_role("table").get_by_role("link", name="城关镇下寨小学").click()
    expect(page.get_by_role("row", name=re.compile("何勇"))).to_contain_text("150.00")
    assert Entitlement.objects.filter(student=children["何勇"]).count() == 0
    page.go_back()
    page.go_back()

    # published: both terms are recalculated by name
    page.get_by_role("link", name="发布…").click()
    page.get_by_role("button", name="发布并重算").click()
    expect(page.get_by_text("2 个学期已开始重算")).to_be_visible()
    for _ in range(80):
        if Entitlement.objects.filter(student=children["何勇"]).count() == 2:
            break
        page.wait_for_timeout(500)
    page.goto(reverse("subsidies:calculation"))
    expect(page.get_by_role("table", name="重算记录")).to_contain_text("政策发布：云岭县方案 第2版")

    # the child: what it gets now and why; what was owed for spring waits to be paid
    page.goto(reverse("students:detail", args=[children["何勇"].pk]) + "?term=2020-autumn")
    expect(page.locator("main")).to_contain_text("生活补助")
    page.goto(reverse("subsidies:why", args=[children["何勇"].pk]) + "?term=2020-spring")
    expect(page.locator(".answer")).to_contain_text("150.00")
    expect(page.locator(".why")).to_contain_text("走读生每生每年300元")
    page.goto(reverse("subsidies:batch_open") + "?term=2020-autumn&with_past=1")
    expect(page.get_by_role("row", name=re.compile("生活补助"))).to_contain_text("1,300.00")

    # paid: opened, reported, approved twice, shown in public, sent to the bank, answered by it
    page.get_by_label("列入 生活补助").check()
    page.get_by_label("名称").fill("秋季生活补助及补发")
    page.get_by_role("button", name="下一步：核对").click()
    expect(page.get_by_text("包括以前学期的欠发金额（补发）")).to_be_visible()
    page.get_by_role("button", name="开立批次").click()
    expect(page.get_by_role("heading", name=re.compile("秋季生活补助及补发"))).to_be_visible()
    batch = Batch.objects.get()
    office, sheet = reverse("subsidies:batch", args=[batch.pk]), batch.sheets.get()
    reporting = open_page(clerk)
    reporting.goto(reverse("subsidies:sheet", args=[sheet.pk]))
    act(reporting, "报送资助中心")
    page.goto(office)
    act(page, "同意并提交审批")
    approving = open_page(approver)
    approving.goto(office)
    act(approving, "审批同意")
    page.goto(office)
    act(page, "开始公示")
    passer_by = open_page()
    passer_by.goto(f"/publicity/p/{xiazhai.notices.get().token}/")
    expect(passer_by.locator("body")).to_contain_text("何勇")
    subsidies.end_publicity(batch)
    page.goto(office)
    act(page, "公示期满，转发放")
    paying = open_page(finance)
    paying.goto(reverse("subsidies:payouts"))
    paying.get_by_role("link", name="导出银行文件…").click()
    paying.get_by_label("用途").fill("补发走读生生活补助")
    paying.get_by_role("button", name="导出银行文件").click()
    expect(paying.get_by_text("1,300.00").first).to_be_visible()
    _answer_of_the_bank(paying, batch)
    assert set(Balance.objects.values_list("student", "term", "entitled_fen", "paid_fen", "outstanding_fen")) == {
        (children[name].pk, term, fen, fen, 0)
        for name, fen in (("罗娜", 50_000), ("何勇", 15_000))
        for term in ("2020-spring", "2020-autumn")
    }  # fmt: skip

    # what the family reads, and what the ledger says of each term
    page.goto(reverse("subsidies:letter", args=[children["何勇"].pk]) + "?term=2020-autumn")
    for term in ("2020—2021学年 秋季学期", "2019—2020学年 春季学期（补发）"):
        row = page.get_by_role("row", name=term)
        expect(row).to_contain_text("150.00")
        expect(row).to_contain_text("已到账")
    expect(page.get_by_role("row", name="合计")).to_contain_text("300.00")
    book = _ledger(approving)
    rows = [row for row in book["补发明细"].iter_rows(min_row=4, values_only=True) if row[3] == "何勇"]
    assert [(row[4], row[6]) for row in rows] == [("2019—2020学年 春季学期", 150)]


def _answer_of_the_bank(page, batch):
    """Read in the bank's file that says all of it was paid."""
    bank_file = batch.bank_files.get()
    with subsidies.return_file(bank_file) as path:
        page.goto(reverse("subsidies:payout_return", args=[bank_file.pk]))
        page.locator("input[type=file]").set_input_files(
            {"name": "回盘.xlsx", "mimeType": "application/octet-stream", "buffer": path.read_bytes()}
        )
        page.get_by_role("button", name="核对并读入").click()
    expect(page.get_by_text(re.compile("读入|到账")).first).to_be_visible()


def _ledger(page):
    """Have the ledger of the working term written, download it, and return the workbook."""
    page.goto(reverse("subsidies:ledgers") + "?term=2020-autumn")
    page.get_by_label("用途").fill("年度审计")
    page.get_by_role("button", name="生成台账").click()
    button = page.get_by_role("button", name="下载")
    for _ in range(80):
        if button.count():
            break
        page.wait_for_timeout(500)
        page.goto(reverse("subsidies:ledgers"))
    with page.expect_download() as download:
        button.first.click()
    return openpyxl.load_workbook(BytesIO(download.value.path().read_bytes()), data_only=True)


@pytest.mark.parametrize("size", [(1366, 768), (390, 844)], ids=["desk", "phone"])
def test_pages_of_a_policy_are_accessible_and_fit(open_page, children, aid_officer, size):
    draft = policies.draft(policies.TEXT.replace("1000", "1250"))
    run_what_if(policy=draft, by=SYSTEM)
    version = Policy.objects.published().get()
    guiding = policies.draft(pack_text("guiding"))  # leaves a ratio open, and has an amount on average
    (ratio,), (average,) = ratios_of(pack_of(guiding)), averages_of(pack_of(guiding))
    compare = "?left=&left_term=2020-autumn&right=guiding&right_term=2020-autumn"
    addresses = [
        reverse("subsidies:policy"),
        reverse("subsidies:policy") + "?of=yizhang",
        reverse("subsidies:policy") + "?day=2020-10-08",
        reverse("subsidies:policy_compare") + "?left_day=2020-03-01&right_day=2020-10-08",
        reverse("subsidies:policy_rule") + "?code=living-1",
        reverse("subsidies:policy_compare") + compare,
        reverse("subsidies:policy_versions"),
        reverse("subsidies:policy_version", args=[version.pk]),
        *(
            reverse(f"subsidies:{name}", args=[draft.pk])
            for name in (
                "draft", "draft_rule", "draft_amount", "draft_figures", "draft_drop", "draft_publish",
                "what_if", "what_if_schools", "what_if_children",
            )
        ),
        reverse("subsidies:draft_figures", args=[guiding.pk]),
        reverse("subsidies:draft_ratio", args=[guiding.pk], query={"code": ratio.key}),
        reverse("subsidies:draft_average", args=[guiding.pk], query={"code": average.key}),
        reverse("subsidies:why", args=[children["罗娜"].pk]),
    ]  # fmt: skip
    page = open_page(aid_officer, width=size[0], height=size[1])
    wrong = [_problems(page, address) for address in addresses]
    assert [found for found in wrong if found[1:] != (size[0], [])] == []


def _problems(page, address):
    page.goto(address)
    page.wait_for_load_state("networkidle")
    if folder := os.environ.get("POVERTYEDU_SHOTS"):
        name = re.sub(r"\W+", "-", address).strip("-")
        page.screenshot(path=f"{folder}/{name}-{page.viewport_size['width']}.png", full_page=True)
    return address, page.evaluate("document.documentElement.scrollWidth"), violations(page)
