"""Attendance in a real browser: a class of fifty entered with three presses, days pass, the case is there; desk and phone."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from dropout.models import Absence, AbsenceRun, ClassDay
from povertyedu.jobs.tasks import daily
from tests import factories

from .test_chains import fits

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("real_commits")]
MONDAY = dt.date(2020, 9, 7)
DAY = dt.timedelta(days=1)


@pytest.fixture
def on(monkeypatch):
    """Set the county's date; the server runs in this process."""

    def on(day: dt.date) -> None:
        monkeypatch.setattr(timezone, "localdate", lambda *_: day)

    on(MONDAY)
    return on


@pytest.fixture
def children(xiazhai, autumn):
    return [factories.student(f"学生{number:02d}", at=xiazhai, during=autumn) for number in range(1, 51)]


@pytest.fixture
def teacher(children):
    one = children[0].enrolments.get().school_class
    return factories.user("罗雪", ("class_teacher", one), username="teacher")


def count_presses(page) -> None:
    page.evaluate(
        """() => { window.presses = 0;
            for (const name of ["mousedown", "keydown"]) addEventListener(name, () => { window.presses += 1; }, true); }"""
    )


def test_class_of_fifty_with_two_absent_takes_three_presses_by_mouse_and_twelve_by_keyboard(
    open_page, teacher, children, on
):
    page = open_page(teacher)
    page.get_by_role("link", name="考勤", exact=True).first.click()
    page.get_by_role("button", name="保存考勤").wait_for()
    count_presses(page)
    page.locator("tr", has_text="学生07").get_by_text("病假").click()
    page.locator("tr", has_text="学生23").get_by_text("未联系上").click()
    presses = page.evaluate("window.presses")
    page.get_by_role("button", name="保存考勤").click()
    page.get_by_text("缺勤 2 人").wait_for()
    assert presses + 1 == 3
    assert sorted(Absence.objects.values_list("student__name", "reason")) == [
        ("学生07", "ill"),
        ("学生23", "unknown"),
    ]
    assert page.get_by_role("link", name="登记跟进：学生23").is_visible()

    on(MONDAY + DAY)
    page.goto(reverse("dropout:attendance"), wait_until="load")
    page.get_by_role("button", name="保存考勤").wait_for()
    count_presses(page)
    page.locator("[data-jump]:focus").wait_for()  # the page puts the cursor there
    for number, right in (("8", 1), ("23", 3)):
        page.keyboard.type(number)
        page.keyboard.press("Enter")
        for _ in range(right):
            page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
    presses = page.evaluate("window.presses")
    page.keyboard.press("Control+s")
    page.get_by_text("缺勤 2 人").wait_for()
    assert presses <= 12
    day = ClassDay.objects.get(date=MONDAY + DAY)
    assert sorted(day.absences.values_list("student__name", "reason")) == [
        ("学生08", "ill"),
        ("学生23", "unknown"),
    ]


def test_absence_becomes_a_case_when_the_days_pass(open_page, teacher, children, on):
    factories.user("吴国强", ("school_head", children[0].enrolments.get().school), username="head")
    basic = factories.user("宋静", ("basic_education_officer", factories.county()), username="basic")
    page, wrong = open_page(teacher), []
    page.goto(reverse("dropout:attendance"))
    page.locator("tr", has_text="学生23").get_by_text("未联系上").click()
    wrong += fits(page)
    page.get_by_role("button", name="保存考勤").click()
    page.get_by_role("link", name="登记跟进：学生23").click()
    wrong += fits(page)
    page.get_by_label("联系了谁").fill("罗丽浩")
    page.get_by_label("结果").select_option("not_reached")
    page.get_by_role("button", name="保存跟进").click()
    page.get_by_text("已登记与学生23家长的联系").wait_for()
    wrong += fits(page)
    for days in (1, 8):
        on(MONDAY + days * DAY)
        daily()  # what beat's schedule calls
    run = AbsenceRun.objects.get()
    assert run.get_step_display() == "疑似辍学"

    page = open_page(basic)
    page.goto(reverse("dropout:runs"))
    row = page.locator("tr", has_text="学生23")
    row.wait_for()
    assert "疑似辍学" in row.inner_text()
    wrong += fits(page)
    page.get_by_role("link", name="控辍个案", exact=True).first.click()
    page.locator("tr", has_text="学生23").first.wait_for()
    page.goto(reverse("dropout:attendance"))
    wrong += fits(page)
    page.goto(reverse("dropout:follow_ups"))
    wrong += fits(page)
    page.goto(reverse("dropout:warning_rules"))
    page.get_by_role("button", name="选用常用分值").click()
    page.get_by_text("已选用常用分值").wait_for()
    wrong += fits(page)
    daily()
    page.goto(reverse("dropout:warnings"))
    wrong += fits(page)
    assert wrong == []
