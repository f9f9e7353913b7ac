"""In a real browser: screening -> ledger -> case; a missed indicator -> notice -> answer -> rectification -> closed."""

import datetime as dt

import pytest
from django.urls import reverse

from dropout.models import Case, Screening
from povertyedu.findings.models import Finding
from povertyedu.indicators.actions.notices import propose
from povertyedu.indicators.actions.targets import pick_preset
from povertyedu.indicators.models import IndicatorNotice
from povertyedu.orgs.calendar import today
from tests import factories
from tests.factories import indicators

from .test_chains import fits

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("real_commits")]


@pytest.fixture
def basic(transactional_db):
    return factories.user("宋静", ("basic_education_officer", factories.county()), username="basic")


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "照片.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n and more")
    return path


def test_screening_leads_to_the_ledger_and_to_a_case(open_page, basic, xiazhai, autumn):
    factories.student(
        "没回来", at=xiazhai, during=factories.term("2020-spring"), birth_date=dt.date(2010, 5, 12), grade=4
    )
    page = open_page(basic)
    page.get_by_role("link", name="排查").first.click()
    page.get_by_role("button", name="开始排查").click()
    page.get_by_text("1 名学生待处理").wait_for()
    assert fits(page) == []
    page.get_by_role("link", name="逐人处理").click()
    page.get_by_role("link", name="没回来").wait_for()
    assert fits(page) == []
    page.get_by_label("为没回来建案").check()
    page.get_by_role("button", name="为 1 人建案").click()
    page.get_by_text("已为 1 名学生建立控辍个案").wait_for()
    case = Case.objects.get()
    assert (case.student.name, case.kind, case.origin) == ("没回来", "suspected", "screening")
    assert Screening.objects.get().rows.get().case == case


def test_missed_indicator_ends_in_a_closed_finding(open_page, basic, clerk, xiazhai, autumn, picture):
    pick_preset(by=basic.as_actor(), preset="linxia")
    for name in ("在校", "没回来"):
        factories.student(name, at=xiazhai, during=autumn, birth_date=dt.date(2010, 5, 12))
    child = autumn.enrolments.get(student__name="没回来").student
    Case.objects.create(
        student=child,
        term=autumn,
        kind="dropout",
        origin="report",
        since=dt.date(2020, 10, 1),
        opened_on=today(),
        state_since=today(),
    )
    propose(snapshot=indicators.snapshot(on="2020-11-02"))
    page = open_page(basic)
    page.get_by_role("link", name="指标通报").first.click()
    page.get_by_role("link", name="通报", exact=True).click()
    page.get_by_label("通报城关镇下寨小学辍学率").check()
    page.get_by_role("button", name="发出 1 份通报").click()
    page.get_by_text("已发出 1 份通报").wait_for()

    notice = IndicatorNotice.objects.get(school=xiazhai)
    school = open_page(clerk)
    school.goto(reverse("indicators:notice", args=[notice.pk]))
    school.get_by_role("link", name="看名单").click()
    school.get_by_role("link", name="没回来").wait_for()
    school.go_back()
    school.get_by_role("link", name="答复通报").click()
    school.get_by_label("答复").fill("随父母外出，正在劝返。")
    school.get_by_role("button", name="答复通报").click()
    school.locator(".page-head").get_by_text("已答复待核").wait_for()
    assert fits(school) == []

    page.goto(reverse("indicators:notice", args=[notice.pk]))
    page.get_by_role("link", name="转整改").click()
    page.get_by_label("整改要求").fill("逐人劝返。")
    page.get_by_role("button", name="转整改").click()
    page.get_by_role("link", name="看整改事项").wait_for()

    finding = Finding.objects.get()
    school.goto(finding.get_absolute_url())
    school.get_by_role("link", name="填报整改措施").click()
    school.get_by_label("整改措施").fill("班主任和村干部一起上门。")
    school.get_by_role("button", name="填报整改措施").click()
    school.get_by_role("link", name="报告整改完成").click()
    school.get_by_label("整改结果").fill("十一月九日返校。")
    school.locator("input[type=file]").set_input_files(picture)
    school.get_by_role("button", name="报告整改完成").click()
    school.locator(".page-head").get_by_text("待复核").wait_for()

    page.goto(finding.get_absolute_url())
    page.get_by_role("link", name="复核通过").click()
    page.get_by_label("复核情况").fill("到校看过，已在班里。")
    page.get_by_role("button", name="复核通过").click()
    page.get_by_role("link", name="销号", exact=True).click()
    page.get_by_role("button", name="销号").click()
    page.locator(".page-head").get_by_text("已销号").wait_for()
    assert fits(page) == []
    assert Finding.objects.get().state == "closed"
