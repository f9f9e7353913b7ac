"""Recruitment and training in a browser: from a shortage to a teacher at the school; a course from enrolment to accepted hours."""

import datetime as dt

import pytest
from django.urls import reverse

from teachers.actions.establishment import Authorised, authorise, take_state_standards
from teachers.models import Candidate, HireList, RecruitmentPlan, Teacher, Trainee, TrainingCourse
from tests import factories
from tests.factories import teachers as staff

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("real_commits")]


@pytest.fixture
def personnel(db):
    return factories.user("唐人事", ("personnel_officer", factories.county()), username="personnel")


def press(page, name: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).click()


def test_shortage_becomes_a_plan_and_a_teacher_at_the_school(open_page, personnel, approver, xiazhai):
    term = factories.term("2026-autumn")
    for number in range(5):
        factories.student(f"孩子{number}", at=xiazhai, during=term, account=False)
    take_state_standards(by=personnel.as_actor())
    authorise(by=personnel.as_actor(), rows=[Authorised(xiazhai.pk, 3, dt.date(2020, 1, 1))])
    page = open_page(personnel)
    page.goto(reverse("teachers:plan_new"))
    page.get_by_label("计划名称").fill("教师补充计划")
    press(page, "保存")
    page.get_by_role("link", name="定渠道人数").first.click()
    page.locator("#id_channel").select_option("open_recruitment")
    page.get_by_label("计划人数").fill("1")
    press(page, "保存")
    page.get_by_role("link", name="按缺编安排岗位").click()
    page.get_by_text("乡村学校").first.wait_for()
    press(page, "按此次序安排")
    plan = RecruitmentPlan.objects.get()
    page.goto(plan.get_absolute_url())
    page.get_by_role("link", name="提交审批").click()
    press(page, "提交审批")
    leader = open_page(approver, width=390, height=844)
    leader.goto(plan.get_absolute_url())
    leader.get_by_role("link", name="批准计划").click()
    press(leader, "批准计划")
    page.goto(reverse("teachers:candidate_new", args=[plan.pk]))
    page.locator("#id_line").select_option(index=1)
    page.get_by_label("姓名").fill("罗丽")
    page.get_by_label("身份证件号").fill(factories.id_number(birth="19980312"))
    page.get_by_label("笔试成绩").fill("80")
    page.get_by_label("面试成绩").fill("90")
    press(page, "登记")
    for step in ("按名次列入体检考察", "全部体检考察合格", "公示拟聘用名单"):
        page.goto(reverse("teachers:candidates", args=[plan.pk]))
        page.get_by_role("link", name=step).click()
        press(page, step)
    yesterday = dt.date.today() - dt.timedelta(days=1)
    HireList.objects.update(drawn_on=yesterday, closes_on=yesterday)
    leader.goto(HireList.objects.get().get_absolute_url())
    leader.get_by_role("link", name="批准聘用").click()
    press(leader, "批准聘用")
    page.goto(Candidate.objects.get().get_absolute_url())
    page.get_by_role("link", name="到岗", exact=True).click()
    page.get_by_label("工号").fill("T0901")
    press(page, "到岗")
    assert Candidate.objects.get().state == "posted"
    assert Teacher.objects.get().post.school == xiazhai


def test_course_goes_from_enrolment_to_accepted_hours(open_page, personnel, clerk, xiazhai):
    staff.teacher("何勇", xiazhai)
    day = dt.date.today()
    course = TrainingCourse.objects.create(
        name="骨干教师研修", level="county", form="central", starts_on=day, ends_on=day, hours=40, places=10
    )
    school = open_page(clerk, width=390, height=844)
    school.goto(course.get_absolute_url())
    school.get_by_role("link", name="报名").first.click()
    school.get_by_label("选 何勇").check()
    press(school, "报名 1 人")
    school.get_by_role("link", name="上报完成").click()
    school.get_by_label("证书编号").fill("证-1")
    press(school, "上报完成")
    page = open_page(personnel)
    page.goto(course.get_absolute_url())
    page.get_by_role("link", name="认定学时").click()
    press(page, "全部认定")
    assert Trainee.objects.get().state == "completed"
    page.goto(reverse("teachers:training_coverage"))
    page.get_by_text("100.0%").first.wait_for()
