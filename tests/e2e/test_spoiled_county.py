"""The spoiled sample county (county-b) brought in by hand in a browser, as its expected.json says; then the same file again."""

import io
import json
import re

import openpyxl
import pytest
from playwright.sync_api import expect

from students.models import Enrolment
from tests import factories
from tests.jobs.workers import BROKER, broker, running_worker

from .test_pages import cut_off
from .test_thread import bring_in

pytestmark = [pytest.mark.browser, pytest.mark.jobs, pytest.mark.samples]


@pytest.fixture
def worker(real_commits):
    with broker(BROKER) as queue, running_worker(queue) as running:
        yield running


def test_spoiled_roster_is_checked_applied_and_told_apart_from_new(worker, open_page, shared_samples):
    folder = shared_samples / "county-b"
    expected = json.loads((folder / "expected.json").read_text())["roster"]
    factories.term("2020-autumn")
    page = open_page(factories.user("陈数据", ("data_administrator", factories.county())))
    for kind, rows in (("areas", 72), ("schools", 51)):
        bring_in(page, kind, folder / f"{kind}.xlsx", rows)

    bring_in(page, "roster", folder / "roster.xlsx", expected["accepted"])

    told = page.locator("main").inner_text()
    assert f"另有 {expected['rejected']} 行错误没有导入" in told
    assert Enrolment.objects.count() == expected["accepted"]
    assert cut_off(page, "#rows .value-bad, #rows .btn, #rows a") == []
    with page.expect_download() as download:
        page.get_by_role("link", name="下载错误行（已标注）").click()
    book = openpyxl.load_workbook(io.BytesIO(download.value.path().read_bytes()))
    reasons = [row[-1].value for sheet in book for row in sheet.iter_rows() if row[-1].value]
    assert len([reason for reason in reasons if "。" in str(reason)]) >= expected["rejected"]

    page.goto("/imports/upload/")
    page.get_by_label("导入种类").select_option("roster")
    page.locator("select[name=term]").last.select_option("2020-autumn")
    page.locator("input[type=file]").set_input_files(folder / "roster.xlsx")
    page.get_by_role("button", name="上传并核对").click()
    expect(page.get_by_text(re.compile("再次导入不会重复写入"))).to_be_visible(timeout=40_000)
    assert Enrolment.objects.count() == expected["accepted"]
