"""The class grid in a browser: saved on leaving a cell, Enter goes down, a column of a workbook is pasted."""

import os

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from students.models import Enrolment
from tests import factories
from tests.e2e.test_student_form import violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASTE = """(field, text) => {
  const data = new DataTransfer(); data.setData("text", text);
  field.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
}"""


def test_class_is_filled_in_by_keyboard_and_by_paste(open_page, clerk, xiazhai, autumn):
    children = [factories.student(f"学生{name}", at=xiazhai, during=autumn) for name in "甲乙丙"]
    keys = {child.name: child.enrolments.get().pk for child in children}
    page = open_page(clerk)
    address = reverse("students:grid", args=[xiazhai.classes.get().pk])
    page.goto(address)
    first = page.locator("[data-grid-row]").first
    days = first.locator("[data-col='1']")
    days.fill("88")
    days.press("Enter")
    expect(first).to_contain_text("已保存")
    assert page.evaluate(
        "document.activeElement.closest('tr') === document.querySelectorAll('[data-grid-row]')[1]"
    )

    days.evaluate(PASTE, "90\n\n95\n")
    page.locator("[data-grid-row]").nth(2).get_by_text("已保存").wait_for()
    expect(days).to_have_value("90")
    page.wait_for_load_state("networkidle")
    found = sorted(
        Enrolment.objects.filter(pk__in=keys.values()).values_list("meal_days", flat=True), key=str
    )
    assert found == [90, 95, None]

    card = first.locator("[data-col='2']")
    card.fill("6226000011112222333")
    card.press("Tab")
    # another number in place of one on file waits for a second person
    on_file = next(child for child in children if child.name in first.inner_text()).bank_account.tail
    expect(first).to_contain_text(f"尾号{on_file}")
    expect(first.get_by_text("待复核")).to_contain_text("2333")
    expect(first.locator("[data-col='2']")).to_have_value("")

    for size in ((1366, 768), (390, 844)):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        for name, url in (("grid", address), ("classes", reverse("students:grid_classes"))):
            page.goto(url)
            if folder := os.environ.get("POVERTYEDU_SHOTS"):
                page.screenshot(path=f"{folder}/{name}-{size[0]}.png", full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth") == size[0]
            assert violations(page) == []


def test_pasted_column_never_lands_on_the_wrong_child(open_page, clerk, xiazhai, autumn):
    children = [
        factories.student(name, at=xiazhai, during=autumn) for name in ("韦平", "罗丽", "罗丽", "石磊")
    ]
    page = open_page(clerk)
    page.goto(reverse("students:grid", args=[xiazhai.classes.get().pk]))
    rows = page.locator("[data-grid-row]")
    assert [row.get_attribute("data-name") for row in rows.all()] == ["韦平", "罗丽", "罗丽", "石磊"]
    told = page.locator("[data-grid-told]")
    days, card = rows.first.locator("[data-col='1']"), rows.first.locator("[data-col='2']")

    days.evaluate(PASTE, "\n".join("12345"))
    expect(told).to_have_text(
        "复制了 5 行，从这一格往下只有 4 行，没有填入任何一行。顺序不同的，请连姓名列一起复制。"
    )
    card.evaluate(PASTE, "6226000011112222333\n6226000011112222341")
    expect(told).to_have_text("粘贴账号要连姓名一起复制（第一列姓名、第二列账号），没有填入任何一行。")
    rows.first.locator("[data-col='0']").evaluate(PASTE, "是\n住读\n否\n")
    expect(told).to_have_text("填入 1 行。没有填：罗丽“住读”看不懂。")
    expect(rows.first).to_contain_text("已保存")

    days.evaluate(PASTE, "石磊\t91\n罗丽\t92\n韦平\t93\n周明\t94\n")
    expect(told).to_have_text("填入 2 行。没有填：班里有几个罗丽；班里没有“周明”。")
    expect(rows.nth(3)).to_contain_text("已保存")
    page.wait_for_load_state("networkidle")
    found = {child.pk: child.enrolments.get().meal_days for child in children}
    assert list(found.values()) == [93, None, None, 91]
    assert children[0].enrolments.get().boarding is True
