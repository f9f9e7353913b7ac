"""The import wizard in a browser: a wrong heading, a wrong cell, a suggestion, apply, result, undo; and cancel."""

import re

import pytest
from playwright.sync_api import expect

from povertyedu.imports.models import ImportBatch
from students.models import Student
from tests import factories
from tests.imports.conftest import ROSTER, roster_row, workbook
from tests.jobs.workers import BROKER, broker, running_worker

from .test_pages import cut_off

pytestmark = [pytest.mark.browser, pytest.mark.jobs]


@pytest.fixture
def worker(real_commits):
    with broker(BROKER) as queue, running_worker(queue) as running:
        yield running


@pytest.fixture
def county(worker):
    """A county with one school and its administrator."""
    factories.village()
    factories.term("2020-autumn")
    return factories.school("城关镇下寨小学"), factories.user(
        "陈数据", ("data_administrator", factories.county())
    )


def odd_roster(school) -> bytes:
    """The grade under a heading nobody knows, one child without a name, two schools by a worn-down name."""
    heads = ["读几年级了" if heading == "年级" else heading for heading in ROSTER]
    worn = {"学校标识码": "", "学校名称": "云岭县下寨完小"}
    rows = [
        roster_row(school, 1),
        roster_row(school, 2, 姓名=""),
        roster_row(school, 3, **worn),
        roster_row(school, 4, **worn),
    ]
    return workbook(("学生花名册", [heads, *rows]))


def upload(page, content: bytes):
    page.goto("/imports/upload/")
    page.get_by_label("导入种类").select_option("roster")
    page.locator("select[name=term]").last.select_option("2020-autumn")
    file = {"name": "花名册.xlsx", "mimeType": "application/octet-stream", "buffer": content}
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="上传并核对").click()


@pytest.mark.parametrize("size", [(1366, 768), (390, 844)])
def test_wizard_from_a_wrong_heading_to_undo(county, open_page, size, tmp_path):
    from axe_playwright_python.sync_playwright import Axe

    school, administrator = county
    page = open_page(administrator, width=size[0], height=size[1])

    def shot(name: str):
        assert Axe().run(page).response["violations"] == []
        assert page.evaluate("document.documentElement.scrollWidth") == size[0]
        page.screenshot(path=tmp_path / f"{name}-{size[0]}.png", full_page=True)

    # the check stops at the headings, which are put right
    upload(page, odd_roster(school))
    page.get_by_role("link", name="核对列的对应关系").click(timeout=40_000)
    expect(page.get_by_text("缺必需的列：年级")).to_be_visible()
    shot("columns")
    page.get_by_label("“读几年级了”对应的列").select_option("grade")
    page.get_by_label(re.compile("记作本县的写法")).check()
    page.get_by_role("button", name="按这样的列核对").click()
    confirm = page.get_by_role("button", name=re.compile("确认导入"))
    expect(confirm).to_have_text(re.compile("确认导入 1 行"), timeout=40_000)
    shot("problems")
    assert cut_off(page, "#rows .value-bad, #rows .btn, #rows a") == []

    # a wrong cell is put right in its row
    page.get_by_role("link", name="改正学生花名册第3行").click()
    name = page.get_by_role("form", name="改正学生花名册第3行").get_by_label("姓名")
    expect(name).to_be_visible()
    shot("fix")
    name.fill("罗新新")
    page.get_by_role("button", name="保存并核对这一行").click()
    expect(page.get_by_text("学生花名册第3行已改好")).to_be_visible()
    expect(confirm).to_have_text(re.compile("确认导入 2 行"))

    # one suggestion is accepted for both rows alike
    page.get_by_role("button", name=re.compile("同样的建议全部接受：学生花名册第4行")).click()
    expect(page.get_by_text("2 行已改好")).to_be_visible()
    expect(confirm).to_have_text(re.compile("确认导入 4 行"))
    shot("ready")

    confirm.click()
    expect(page.get_by_text("导入已完成")).to_be_visible(timeout=40_000)
    assert set(Student.objects.values_list("name", flat=True)) == {"罗二", "罗新新", "罗四", "罗五"}

    page.get_by_role("link", name="撤销这次导入…").click()
    page.get_by_role("button", name="确认撤销 4 个").click()
    expect(page.get_by_text("导入已撤销")).to_be_visible(timeout=40_000)
    assert Student.objects.count() == 0


def test_wizard_is_cancelled_at_the_headings(county, open_page):
    school, administrator = county
    page = open_page(administrator)

    upload(page, odd_roster(school))
    expect(page.get_by_role("link", name="核对列的对应关系")).to_be_visible(timeout=40_000)
    page.get_by_role("button", name="取消本次导入").click()

    expect(page.get_by_text("已取消这次导入")).to_be_visible()
    assert (ImportBatch.objects.get().state, Student.objects.count()) == ("cancelled", 0)
