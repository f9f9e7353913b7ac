"""A clerk enters a child by keyboard, in a real browser: checked on leaving, kept while typing, saved by Ctrl+S."""

import pytest
from django.urls import reverse

from students.models import Student, StudentDraft
from tests import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def violations(page):
    from axe_playwright_python.sync_playwright import Axe

    return [
        (found["id"], [node["html"] for node in found["nodes"]])
        for found in Axe().run(page).response["violations"]
    ]


def test_clerk_enters_a_child_by_keyboard(open_page, clerk, xiazhai, autumn):
    factories.village()
    own_class = factories.school_class(xiazhai, grade=2, name="3班")
    good = factories.id_number(77, birth="20130917")
    page = open_page(clerk)
    page.goto(reverse("students:create"))

    page.fill("#id_name", "王小雨")
    page.press("#id_name", "Enter")
    page.press("#id_id_kind", "Enter")
    page.keyboard.type(good[:-1] + ("1" if good[-1] != "1" else "2"))
    page.keyboard.press("Enter")
    page.get_by_text("身份证号校验不通过").wait_for()
    page.fill("#id_id_number", good)
    page.press("#id_id_number", "Enter")
    page.get_by_text("校验通过，已带出出生日期和性别").wait_for()
    assert page.input_value("#id_birth_date") == "2013-09-17"
    assert page.is_checked("#id_sex_0")

    page.select_option("#id_stage", "primary")
    page.locator("#id_grade option", has_text="二年级").wait_for(state="attached")
    page.select_option("#id_grade", "2")
    page.locator("#id_school_class option", has_text="3班").wait_for(state="attached")
    page.wait_for_load_state("networkidle")  # the answer to the stage must not come after the choice of class
    page.select_option("#id_school_class", str(own_class.pk))
    page.get_by_text("草稿已自动保存").wait_for()
    assert StudentDraft.objects.count() == 1

    page.keyboard.press("Control+s")
    page.locator("[data-error-summary]:focus").wait_for()
    assert page.locator("[data-error-summary] li").all_inner_texts() == ["是否寄宿：请选择是否寄宿"]
    page.locator("[data-error-summary] a").click()
    page.get_by_label("走读").check()
    page.keyboard.press("Control+s")
    page.get_by_role("heading", name="王小雨").wait_for()
    student = Student.objects.get()
    assert (student.id_number, student.sex) == (good, "male")
    assert student.enrolments.get().school_class == own_class
    assert not StudentDraft.objects.exists()

    page.locator("#number-id_number summary").click()
    page.fill("#number-id_number-reason", "核对户口簿")
    page.keyboard.press("Enter")
    page.get_by_text(good, exact=True).wait_for()


@pytest.mark.parametrize("size", [(1366, 768), (390, 844)], ids=["desk", "phone"])
def test_pages_of_the_registry_are_accessible_and_fit(open_page, clerk, xiazhai, autumn, size):
    student = factories.student("罗娜", at=xiazhai, during=autumn, phone="13912342716")
    page = open_page(clerk, width=size[0], height=size[1])
    for name, arguments in (
        ("list", []),
        ("detail", [student.pk]),
        ("create", []),
        ("edit", [student.pk]),
        ("export", []),
    ):
        page.goto(reverse(f"students:{name}", args=arguments))
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") == size[0], name
        assert violations(page) == [], name
