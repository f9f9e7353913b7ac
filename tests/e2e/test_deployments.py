"""A rotation round in a browser: a school asks, the bureau approves, both schools agree, the teacher is there, comes back."""

import datetime as dt

import pytest
from django.urls import reverse

from povertyedu.orgs.calendar import today
from teachers.models import Deployment
from tests.factories import teachers
from tests.teachers.deploying import people

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("real_commits")]


def take(page, row, step, *, fields=()):
    """Take a step of a deployment from its page, as its reader does."""
    page.goto(row.get_absolute_url())
    page.get_by_role("link", name=step, exact=True).click()
    for label, value in fields:
        page.get_by_label(label).fill(value)
    page.get_by_role("button", name=step, exact=True).click()
    page.get_by_text("已办理").wait_for()


def test_rotation_round_with_approval(open_page, approver, xiazhai, qingshi):
    teacher = teachers.teacher("王芳", at=xiazhai)
    folk = people(xiazhai, qingshi, approver)
    first, last = today(), today() + dt.timedelta(days=200)
    sender, receiver = open_page(folk.sender), open_page(folk.receiver, width=390, height=844)
    officer = open_page(folk.officer)
    sender.goto(reverse("teachers:deployments"))
    sender.get_by_role("link", name="起草派出").first.click()
    sender.get_by_role("combobox", name="教师").select_option(str(teacher.pk))
    sender.get_by_label("接收学校").select_option(label=qingshi.name)
    sender.get_by_role("textbox", name="起", exact=True).fill(str(first))
    sender.get_by_role("textbox", name="止", exact=True).fill(str(last))
    sender.get_by_label("事由").fill("数学教师紧缺")
    sender.get_by_role("button", name="提出申请").click()
    sender.get_by_text("已提出申请，等人事股审批").wait_for()
    row = Deployment.objects.get()
    officer.goto(reverse("home:todo"))
    officer.get_by_role("link", name="待审批的教师派出").first.click()
    officer.get_by_label("选王芳").check()
    officer.get_by_label("文号").last.fill("云教人〔2026〕3号")
    officer.get_by_role("button", name="批准").click()
    officer.get_by_text("批准 1 份").wait_for()
    take(receiver, row, "同意")
    take(sender, row, "同意")
    take(receiver, row, "确认到岗")
    officer.goto(row.get_absolute_url())
    with officer.expect_download() as letter:
        officer.get_by_role("link", name="派遣函").click()
    assert letter.value.suggested_filename == "王芳派遣函.docx"
    Deployment.objects.filter(pk=row.pk).update(until=first)  # the last day has come
    take(sender, row, "登记返回")
    row.refresh_from_db()
    assert (row.state, row.document, row.ended_on) == ("returned", "云教人〔2026〕3号", first)
