"""The whole thread in a browser: a county's workbooks go in, the money is approved, publicised, paid and in the ledger.

Six people do their part, each in a window of their own, and a passer-by reads the public notice. Background
work is done by a real worker. The figures are the sample county's (county-a).
"""

import json
import re
from io import BytesIO

import openpyxl
import pytest
from playwright.sync_api import expect

from povertyedu.orgs.models import School
from subsidies.models import Balance, Batch, Line
from tests import factories
from tests.factories import subsidies
from tests.jobs.workers import BROKER, broker, running_worker

pytestmark = [pytest.mark.browser, pytest.mark.jobs, pytest.mark.samples]

FILES = (
    ("areas", 72),  # the county itself is there: the administrator is granted at it
    ("schools", 51), ("roster", 3000), ("registered-poor", 1082), ("categories", 117), ("target-list", 435),
)  # fmt: skip
LIVING = "义务教育寄宿生生活补助"


@pytest.fixture
def worker(real_commits):
    with broker(BROKER) as queue, running_worker(queue) as running:
        yield running


def yuan(fen: int) -> str:
    return f"{fen / 100:,.2f}"


def bring_in(page, kind: str, path, rows: int):
    """Upload a workbook, wait for the check, confirm, wait for the end."""
    page.goto("/imports/upload/")
    page.get_by_label("导入种类").select_option(kind)
    page.locator("select[name=term]").last.select_option("2020-autumn")
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_role("button", name="上传并核对").click()
    confirm = page.get_by_role("button", name=re.compile("确认导入"))
    expect(confirm).to_have_text(re.compile(f"确认导入 {rows:,} 行"), timeout=40_000)
    confirm.click()
    expect(page.get_by_text("导入已完成")).to_be_visible(timeout=40_000)


def act(page, link: str):
    """Open a step from its page and take it on the page that asks."""
    page.get_by_role("link", name=re.compile(f"^{link}…?$")).first.click()
    page.locator("main form.form-stacked").get_by_role("button").click()
    expect(page.get_by_text("已办理")).to_be_visible()


def test_thread_from_upload_to_paid_ledger(worker, open_page, shared_samples, live_server):
    expected = json.loads((shared_samples / "county-a" / "expected.json").read_text())["entitlements"]
    county, _ = factories.county(), factories.term("2020-autumn")

    # 1 the data administrator brings the county in
    data = open_page(factories.user("陈数据", ("data_administrator", county)))
    for kind, rows in FILES:
        bring_in(data, kind, shared_samples / "county-a" / f"{kind}.xlsx", rows)

    # 2 the policy, 3 the recalculation
    aid_user = factories.user("周敏", ("aid_officer", county))
    aid = open_page(aid_user)
    aid.goto("/subsidies/policy/versions/")
    aid.get_by_label("内置政策包").select_option("guiding")
    aid.get_by_role("button", name="起草").click()
    aid.get_by_role("link", name="试算与发布").click()
    aid.get_by_role("button", name="开始试算").click()
    aid.get_by_role("link", name="发布…").click(timeout=40_000)
    aid.get_by_role("button", name="发布并重算").click()
    expect(aid.get_by_text("1 个学期已开始重算")).to_be_visible()
    data.goto("/subsidies/calculation/")
    data.get_by_role("button", name="全部重算").click()
    living = data.get_by_role("row", name=re.compile(LIVING))
    for _ in range(60):
        data.wait_for_timeout(500)
        data.goto("/subsidies/calculation/")
        if living.count():
            break
    expect(living.get_by_role("cell").nth(1)).to_have_text(str(expected["boarding_living"]["students"]))
    expect(living.get_by_role("cell").nth(2)).to_have_text(yuan(expected["boarding_living"]["amount_fen"]))

    # 4 a batch of the boarders' living allowance; one school reports, its centre school reviews
    aid.goto("/subsidies/batches/open/")
    aid.get_by_label(f"列入 {LIVING}").check()
    aid.get_by_label("名称").fill("2020年秋季寄宿生生活补助")
    aid.get_by_role("button", name="下一步：核对").click()
    expect(aid.get_by_text(yuan(expected["boarding_living"]["amount_fen"])).first).to_be_visible()
    aid.get_by_role("button", name="开立批次").click()
    batch = Batch.objects.get()
    sheet = max(batch.sheets.all(), key=lambda sheet: sheet.lines.count())
    school = sheet.school
    centre = School.objects.filter(kind="primary", area=school.area).exclude(pk=school.pk).first()
    School.objects.filter(pk=school.pk).update(centre=centre)
    children = sheet.lines.filter(state="listed").count()
    amount = sum(sheet.lines.filter(state="listed").values_list("amount_fen", flat=True))

    clerk = open_page(factories.user("杨丽", ("school_clerk", school)))
    clerk.get_by_role("link", name="待报送的资助名单").click()
    clerk.get_by_role("link", name=batch.number).first.click()
    clerk.goto(f"/subsidies/sheets/{sheet.pk}/")
    clerk.get_by_role("link", name=re.compile("依据|为何")).first.click()
    expect(clerk.locator("#drawer-content")).to_contain_text(
        "国小每人每年1000元" if school.kind == "primary" else "1250元"
    )
    clerk.locator("#drawer").get_by_role("button", name="关闭").click()
    expect(clerk.locator("#drawer")).to_be_hidden()
    act(clerk, "报送中心学校")

    reviewer = open_page(factories.user("何志明", ("centre_reviewer", centre)))
    reviewer.goto(f"/subsidies/sheets/{sheet.pk}/")
    act(reviewer, "审核同意")

    # 5 the aid office checks, the approver approves, the office publishes
    aid.goto(f"/subsidies/batches/{batch.pk}/")
    act(aid, "同意并提交审批")
    approver = open_page(factories.user("李建国", ("approver", county)))
    approver.goto(f"/subsidies/batches/{batch.pk}/")
    approver.get_by_role("link", name=re.compile("^审批同意…?$")).click()
    expect(approver.get_by_text(yuan(amount)).first).to_be_visible()
    approver.get_by_role("button", name="审批同意").click()
    expect(approver.get_by_text("已办理")).to_be_visible()
    aid.goto(f"/subsidies/batches/{batch.pk}/")
    act(aid, "开始公示")

    # 6 a passer-by reads the notice: names, school, grade, class, programme, and nothing else
    notice = school.notices.get()
    passer_by = open_page()
    passer_by.goto(f"/publicity/p/{notice.token}/")
    lines = list(Line.objects.filter(sheet=sheet, state="listed").select_related("student"))
    public = passer_by.content()
    assert all(line.student_name in public for line in lines)
    assert not any(
        secret in public
        for line in lines
        for secret in (line.student.id_number, line.account_number, line.student.phone)
        if secret
    )

    # 7 time passes; the office closes the period, finance pays and reads the bank's answer
    subsidies.end_publicity(batch)
    aid.goto(f"/subsidies/batches/{batch.pk}/")
    act(aid, "公示期满，转发放")
    finance = open_page(factories.user("王会芳", ("finance", county)))
    finance.goto("/subsidies/payouts/")
    finance.get_by_role("link", name="导出银行文件…").click()
    finance.get_by_label("用途").fill("2020年秋季发放")
    finance.get_by_role("button", name="导出银行文件").click()
    bank_file = batch.bank_files.get()
    assert (bank_file.lines_count, bank_file.amount_fen) == (children, amount)
    with subsidies.return_file(bank_file) as path:
        finance.goto(f"/subsidies/payouts/files/{bank_file.pk}/return/")
        finance.locator("input[type=file]").set_input_files(
            {"name": "回盘.xlsx", "mimeType": "application/octet-stream", "buffer": path.read_bytes()}
        )
        finance.get_by_role("button", name="核对并读入").click()
    expect(finance.get_by_text(re.compile("读入|到账")).first).to_be_visible()
    batch.refresh_from_db()
    assert batch.state == "paid"
    paid = Balance.objects.filter(
        student__in=[line.student_id for line in lines], programme="boarding_living"
    )
    assert {(b.outstanding_fen, b.entitled_fen - b.paid_fen) for b in paid} == {(0, 0)}

    # 8 the ledger, written by the worker, says the same to the fen
    approver.goto("/subsidies/ledgers/")
    approver.get_by_label("用途").fill("年度审计")
    approver.get_by_role("button", name="生成台账").click()
    download_button = approver.get_by_role("button", name="下载")
    for _ in range(60):
        approver.wait_for_timeout(500)
        approver.goto("/subsidies/ledgers/")
        if download_button.count():
            break
    with approver.expect_download() as download:
        download_button.first.click()
    book = openpyxl.load_workbook(BytesIO(download.value.path().read_bytes()), data_only=True)
    cells = [cell for row in book.worksheets[0].iter_rows(values_only=True) for cell in row]
    assert any(isinstance(cell, int | float) and round(cell * 100) == amount for cell in cells)

    # the leader's dashboard, read by the approver, shows the paid sum
    approver.goto("/dashboard/")
    expect(approver.get_by_role("row", name=re.compile("合计")).last).to_contain_text(yuan(amount))
