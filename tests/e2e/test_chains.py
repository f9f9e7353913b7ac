"""Chains in a real browser: picked, holders imported, a gap seen and filled, both chains on the child's page; desk and phone."""

import pytest
from django.urls import reverse

from dropout.models import ChainLink, Post
from povertyedu.imports.models import ImportBatch
from povertyedu.jobs.models import Job
from povertyedu.jobs.tasks import run
from povertyedu.orgs.models import Person
from tests import factories
from tests.imports.conftest import workbook
from tests.imports.test_posts import GOOD, HEAD

from .test_pages import cut_off

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("real_commits")]
SIZES = ((1366, 768), (390, 844))


@pytest.fixture
def basic(transactional_db):
    return factories.user("宋静", ("basic_education_officer", factories.county()), username="basic")


def fits(page) -> list:
    """Return what is wrong with the page as it stands, at either size."""
    from axe_playwright_python.sync_playwright import Axe

    found = []
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        if (wide := page.evaluate("document.documentElement.scrollWidth")) != width:
            found.append((page.url, width, f"{wide} wide"))
        found += [
            (page.url, width, each["id"], [node["html"] for node in each["nodes"]])
            for each in Axe().run(page).response["violations"]
        ]
    page.set_viewport_size({"width": SIZES[0][0], "height": SIZES[0][1]})
    return found


def holders(xiazhai) -> bytes:
    def row(*cells):
        return (*cells, "2020-09-01", "")

    return workbook(("责任人名册", [
        HEAD, row("政府线", "县领导包乡镇", "城关镇", "周县长", "13900000002", "副县长"), row("政府线", "乡镇领导包村", "城关镇 红星村", "石磊", "13900000003", "副镇长"),
        GOOD, row("教育线", "局长包学区", xiazhai.code, "赵立新", "13900000004", "局长"),
    ]))  # fmt: skip


def finish_jobs() -> None:
    for job in Job.objects.filter(state="queued"):
        run(job.pk)


def test_chain_is_picked_staffed_and_seen_on_the_childs_page(open_page, basic, clerk, xiazhai, autumn):
    child = factories.student("罗娜", at=xiazhai, during=autumn)
    xiazhai.classes.update(
        homeroom_teacher=Person.objects.create(name="罗雪", phone="13900000005", school=xiazhai)
    )
    page = open_page(basic)
    wrong = []

    page.get_by_role("link", name="责任体系").click()
    wrong += fits(page)
    page.get_by_role("link", name="选用责任制").click()
    wrong += fits(page)
    page.get_by_role("button", name="选用双线三级").click()
    page.get_by_text("已选用“双线三级”").wait_for()
    wrong += fits(page)

    page.goto(reverse("dropout:posts"))
    page.get_by_role("link", name="导入责任人名册").click()
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    page.locator("input[type=file]").set_input_files(
        {"name": "责任人名册.xlsx", "mimeType": kind, "buffer": holders(xiazhai)}
    )
    page.get_by_role("button", name="上传并核对").click()
    page.wait_for_url("**/imports/*/")
    finish_jobs()
    page.goto(reverse("imports:detail", args=[ImportBatch.objects.get().pk]))
    page.get_by_role("button", name="确认").first.click()
    page.wait_for_load_state()
    finish_jobs()
    assert Post.objects.count() == 4

    page.goto(reverse("dropout:gaps"))
    wrong += fits(page)
    assert (
        page.locator("tr", has=page.get_by_role("link", name="罗娜"))
        .inner_text()
        .endswith("校长包班级：没有责任人")
    )
    page.get_by_role("link", name="看校长包班级空缺的班级").click()
    wrong += fits(page)
    page.get_by_role("link", name="指定五年级1班的责任人").click()
    page.get_by_label("姓名").fill("吴国强")
    page.get_by_label("电话").fill("13900000006")
    page.get_by_label("任职起").fill("2020-09-01")
    wrong += fits(page)
    page.get_by_role("button", name="保存").click()
    page.get_by_text("没有空缺").or_(page.get_by_role("link", name="吴国强")).first.wait_for()
    page.goto(reverse("dropout:gaps"))
    page.get_by_role("heading", name="没有缺口").wait_for()

    page = open_page(clerk)
    page.goto(reverse("students:detail", args=[child.pk]))
    page.get_by_text("一生一责任人：").wait_for()
    panel = page.locator("section", has=page.get_by_role("heading", name="控辍保学责任人"))
    assert panel.locator("tbody tr td:nth-child(4)").all_inner_texts() == [
        "周县长", "石磊", "韦明", "赵立新", "吴国强", "罗雪", "罗丽浩",
    ]  # fmt: skip
    assert "13900000005" in panel.inner_text()
    wrong += fits(page)
    assert (
        cut_off(page, "[aria-label^=控辍保学责任人] td:is(:nth-child(4), :nth-child(6))") == []
    )  # on a phone
    panel.get_by_role("link", name="吴国强").click()
    page.get_by_role("heading", name="负责的地方").wait_for()
    assert page.get_by_role("link", name="罗娜").is_visible()
    wrong += fits(page)
    assert wrong == []
    assert ChainLink.objects.active().count() == 6
