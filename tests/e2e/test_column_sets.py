"""列组合 in a real browser by keyboard alone: copy a preset, move a column, add one, take the export out."""

import openpyxl
import pytest
from django.urls import reverse

from students.models import ColumnSet
from tests import factories

from .test_pages import cut_off, faults

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def press(page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_set_is_copied_ordered_and_used_by_keyboard(open_page, aid_officer, xiazhai, autumn, tmp_path):
    factories.student(at=xiazhai, during=autumn, categories=1)
    page = open_page(aid_officer)
    page.goto(reverse("students:column_sets"))
    press(page, "复制全国资助系统 家庭经济信息")

    press(page, "上移第3列全国学籍号")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "上移第2列全国学籍号"
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.get_by_label("取哪项资料").select_option("birth_date")
    page.get_by_label("列名").first.fill("出生年月日")
    page.get_by_label("格式").select_option("date:ymd")
    page.get_by_label("排在第几列").fill("2")
    press(page, "添加这一列")

    made = ColumnSet.objects.get()
    assert [entry.heading for entry in made.columns[:4]] == ["全国学籍号", "出生年月日", "姓名", "身份证件号"]
    page.goto(reverse("students:export"))
    page.get_by_label(made.name, exact=True).check()
    page.get_by_label("导出用途").fill("报省资助中心")
    with page.expect_download() as download:
        page.get_by_role("button", name="导出Excel").click()
    download.value.save_as(tmp_path / "out.xlsx")
    head = [cell.value for cell in openpyxl.load_workbook(tmp_path / "out.xlsx").active[1]]
    assert head[:4] == ["全国学籍号", "出生年月日", "姓名", "身份证件号"]
    assert faults(page, reverse("students:export")) == []
    for url in (reverse("students:column_sets"), reverse("students:column_set", args=[made.pk]) + "?edit=2"):
        assert faults(page, url) == []  # ends at the width of a phone
        assert cut_off(page, "tbody .btn") == []
