"""The gallery in a real browser: accessible, no overflow, drawer and queue by keyboard, clean console."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.ui.urls"), pytest.mark.django_db(transaction=True)]
SIZES = {"desk": (1366, 768), "phone": (390, 844)}


@pytest.fixture
def open_gallery(chromium, live_server):
    contexts, complaints = [], []

    def open_page(size="desk", **options):
        width, height = SIZES[size]
        context = chromium.new_context(
            viewport={"width": width, "height": height}, locale="zh-CN", reduced_motion="reduce", **options
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{live_server.url}/ui/gallery/")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def violations(page):
    from axe_playwright_python.sync_playwright import Axe

    return [
        (found["id"], [node["html"] for node in found["nodes"]])
        for found in Axe().run(page).response["violations"]
    ]


@pytest.mark.parametrize("size", SIZES)
def test_gallery_has_no_axe_violation_and_no_overflow(open_gallery, size):
    page = open_gallery(size)
    assert page.evaluate("document.documentElement.scrollWidth") == SIZES[size][0]
    assert violations(page) == []


def test_drawer_takes_the_focus_and_gives_it_back(open_gallery):
    from playwright.sync_api import expect  # skipped above where it is absent

    page = open_gallery()
    link = page.get_by_label("查看 李浩然 的金额依据")
    link.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#drawer-title")).to_be_focused()
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(link).to_be_focused()
    assert not page.locator("#drawer").is_visible()


def test_queue_counts_people_and_money_as_rows_are_picked(open_gallery):
    page = open_gallery()
    page.get_by_label("全选本页核验通过的学生").check()
    assert page.locator("[data-picked-count]").text_content() == "3"
    assert page.locator("[data-picked-yuan]").text_content() == "1,612.50"
    page.get_by_label("选择 王欣怡").uncheck()
    assert page.locator("[data-picked-yuan]").text_content() == "1,300.00"
    page.get_by_label("选择全部 318 名核验通过学生（不限本页）").check()
    assert page.locator("[data-picked-count]").text_content() == "318"
    assert page.locator("[data-picked-yuan]").text_content() == "206,475.00"


def test_error_summary_has_the_focus_and_enter_moves_on(open_gallery):
    page = open_gallery()
    assert page.evaluate("document.activeElement.dataset.errorSummary") == ""
    page.locator("#id_name").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "id_id_number"


def test_navigation_folds_behind_a_button_on_a_phone(open_gallery):
    page = open_gallery("phone")
    side = page.locator("#side")
    assert not side.is_visible()
    page.get_by_role("button", name="菜单").click()
    assert side.is_visible()


def test_page_without_script_shows_navigation_and_hides_what_needs_script(chromium, live_server):
    context = chromium.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live_server.url}/ui/gallery/")
    assert page.locator("#side").is_visible()
    assert not page.locator("[data-print]").first.is_visible()
    context.close()


def test_print_hides_the_frame_and_shows_the_head(open_gallery):
    page = open_gallery()
    page.emulate_media(media="print")
    assert page.locator(".print-title").is_visible()
    assert [
        page.locator(name).first.is_visible() for name in (".top", "#side", ".filter", ".sticky-bar")
    ] == [False] * 4
