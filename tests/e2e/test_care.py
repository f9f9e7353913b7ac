"""A month of allowances in a browser: drawn up, confirmed by the school on a phone, reviewed, approved, paid."""

import pytest
from django.urls import reverse

from povertyedu.orgs.calendar import today
from teachers.models import AllowanceRoll
from teachers.queries.allowances import month_before
from tests.factories import teachers
from tests.teachers.caring import rate

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("real_commits")]


def test_allowance_month_goes_from_the_list_to_paid_by_four_people(
    open_page, personnel, clerk, approver, finance, xiazhai
):
    teachers.place(xiazhai, remoteness=2)
    teachers.teacher("王芳", xiazhai)
    rate()
    bureau = open_page(personnel)
    bureau.goto(reverse("teachers:allowances"))
    bureau.get_by_role("link", name="生成名单").first.click()
    bureau.get_by_label("补助").select_option("rural")
    bureau.get_by_role("button", name="生成").click()
    bureau.get_by_text("已按任职和标准测算").wait_for()
    roll = AllowanceRoll.objects.get()
    assert roll.month == month_before(today())
    school = open_page(clerk, width=390, height=844)
    school.goto(roll.sheets.get().get_absolute_url())
    school.get_by_role("link", name="确认名单").click()
    school.get_by_text("叁佰元整").wait_for()
    school.get_by_role("button", name="确认名单").click()
    school.get_by_text("已办理：确认名单").wait_for()
    for user, label in ((personnel, "审核同意，提交审批"), (approver, "审批同意"), (finance, "登记发放")):
        page = bureau if user is personnel else open_page(user)
        page.goto(roll.get_absolute_url())
        page.get_by_role("link", name=label).click()
        if user is finance:
            page.get_by_label("凭证号").fill("记-11")
        page.get_by_role("button", name=label).click()
        page.get_by_text(f"已办理：{label}").wait_for()
    roll.refresh_from_db()
    assert (roll.state, roll.lines.get().state, roll.lines.get().amount_fen) == ("paid", "paid", 30_000)
