"""A year's duties in a real browser: pledges made out, taken away, brought back signed; a month reported and reviewed."""

import pytest
from django.urls import reverse

from dropout.models import Pledge, Report
from povertyedu.orgs.models import Person
from tests import factories

from .test_chains import fits

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("real_commits")]


@pytest.fixture
def basic(transactional_db):
    return factories.user("宋静", ("basic_education_officer", factories.county()), username="basic")


def test_pledges_are_signed_and_the_month_is_reported_and_reviewed(open_page, basic, clerk, xiazhai, autumn):
    factories.student("罗娜", at=xiazhai, during=autumn)
    teacher = Person.objects.create(name="罗雪", title="班主任", school=xiazhai)
    xiazhai.classes.update(homeroom_teacher=teacher)
    Person.objects.create(name="吴国强", title="校长", school=xiazhai)
    page, wrong = open_page(basic), []

    page.get_by_role("link", name="责任状", exact=True).click()
    page.get_by_role("link", name="看责任状层级").click()
    wrong += fits(page)
    page.get_by_role("button", name="采用五级责任状").click()
    page.get_by_text("已设 5 个层级").wait_for()
    wrong += fits(page)
    page.get_by_role("link", name="返回责任状").click()
    page.get_by_role("button", name="生成").click()
    page.get_by_text("新生成 3 份").wait_for()
    wrong += fits(page)

    page.goto(reverse("dropout:calendar"))
    page.get_by_role("link", name="看工作历事项").click()
    page.get_by_role("button", name="采用通用的工作历").click()
    page.get_by_role("heading", name="六项制度").wait_for()
    wrong += fits(page)

    school = open_page(clerk, width=390, height=844)
    school.goto(reverse("dropout:pledges"))
    with school.expect_download() as taken:
        school.get_by_role("link", name="下载城关镇下寨小学 五年级1班的责任状").click()
    assert taken.value.suggested_filename.endswith(".docx")
    school.get_by_role("link", name="上传城关镇下寨小学 五年级1班签订后的责任状").click()
    school.locator("input[type=file]").set_input_files(
        {"name": "签订.png", "mimeType": "image/png", "buffer": b"\x89PNG"}
    )
    school.get_by_role("button", name="上传并登记").click()
    school.get_by_text("已登记签订").wait_for()
    assert school.locator("tbody th", has_text="五年级1班").count() == 0
    assert Pledge.objects.exclude(file=None).get().signer_name == "罗雪"

    school.goto(reverse("dropout:reports"))
    school.get_by_role("link", name="填报城关镇下寨小学的月报").click()
    wrong += fits(school)
    school.get_by_label("情况说明、会商意见").fill("零报告")
    school.get_by_role("button", name="报送").click()
    school.get_by_text("报送时定格").first.wait_for()

    page.goto(reverse("dropout:report", args=[Report.objects.get().pk]))
    wrong += fits(page)
    page.get_by_role("button", name="审定").click()
    page.locator("main .status", has_text="县已审定").wait_for()
    assert wrong == []
