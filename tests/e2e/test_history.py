"""A child's history and its record of a day, in a browser."""

import datetime as dt

import pytest
from django.urls import reverse

from povertyedu.orgs.calendar import today
from students.models import Student
from tests import factories
from tests.imports.conftest import ROSTER, roster_row, workbook
from tests.students.test_as_of import age, correct, days_ago
from tests.students.test_history import bring_in

from .test_pages import SIZES, faults

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("real_commits")]


@pytest.fixture
def child(clerk, administrator, aid_officer, xiazhai, autumn):
    """A child that came with one roster, was changed by another, and by hand since."""
    factories.village()
    for name, cells in (("秋季花名册.xlsx", {}), ("更新.xlsx", {"班级": "2班", "就读方式": "住校"})):
        content = workbook(("花名册", [ROSTER, roster_row(xiazhai, 1, **cells)]))
        bring_in(content, by=administrator, other=aid_officer, term=autumn, name=name)
    child = Student.objects.get()
    age(4)
    correct(child.enrolments.get(), clerk.as_actor(), guardian_name="罗大山", guardian_relation="祖父")
    return child


def test_history_and_the_record_of_a_day_fit_and_are_accessible(open_page, clerk, child):
    page = open_page(clerk)
    record = reverse("students:detail", args=[child.pk])
    urls = (
        reverse("students:history", args=[child.pk]),
        f"{record}?as_of={days_ago(2)}",
        record,
    )
    assert [faults(page, url) for url in urls] == [[], [], []]


@pytest.mark.parametrize("width", [width for width, _ in SIZES])
def test_day_is_chosen_on_the_record_and_left_again(open_page, clerk, child, width):
    page = open_page(clerk, width=width)
    page.goto(reverse("students:detail", args=[child.pk]))
    page.get_by_role("link", name="全部变更记录").click()
    assert page.get_by_text("更新.xlsx").count() == 1
    page.get_by_label("查看某日的档案").last.fill(days_ago(2).isoformat())
    page.get_by_role("button", name="查看", exact=True).click()
    assert "罗丽浩" in page.locator("main").inner_text()
    page.get_by_role("link", name="回到现在的档案").click()
    assert "罗大山" in page.locator("main").inner_text()
    page.get_by_label("查看某日的档案").last.fill((today() + dt.timedelta(days=1)).isoformat())
    page.get_by_role("button", name="查看", exact=True).click()
    assert "还没有到" in page.get_by_role("alert").inner_text()
