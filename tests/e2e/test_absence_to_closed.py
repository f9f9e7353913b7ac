"""One child's whole way in a real browser: marked absent, the clock, the case, a visit by telephone, back, watched, closed."""

import datetime as dt

import pytest
from django.urls import reverse

from dropout.actions import posts
from dropout.actions.chain import pick_pattern
from dropout.actions.posts import Whom
from dropout.models import AbsenceRun, Case, Visit
from povertyedu.orgs.models import Person
from tests import factories
from tests.dropout.cases import Clock, beat, day

from .test_cases import account, checked

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("real_commits")]


@pytest.fixture
def basic(transactional_db):
    return factories.user("宋静", ("basic_education_officer", factories.county()), username="basic")


@pytest.fixture
def people(basic, xiazhai, autumn):
    """罗娜's class with its teacher, her school's head, and who answers for her village."""
    children = [factories.student(name, at=xiazhai, during=autumn) for name in ("罗娜", "韦丽", "石峰")]
    own = children[0].enrolments.get().school_class
    own.homeroom_teacher = Person.objects.create(name="罗雪", phone="13900000003", school=xiazhai)
    own.save(update_fields=["homeroom_teacher"])
    links = {link.label: link for link in pick_pattern(by=basic.as_actor(), code="linxia")}
    for label, name, phone in (
        ("村干部包户", "韦明", "13900000001"),
        ("乡镇领导包村", "石磊", "13900000002"),
    ):
        posts.appoint(
            by=basic.as_actor(), link=links[label], place=factories.village(), whom=Whom(name, phone), since=day("2020-09-01")
        )  # fmt: skip
    return {
        "teacher": account("罗雪", "class_teacher", own, "teacher"),
        "head": factories.user("吴国强", ("school_head", xiazhai), username="head"),
        "cadre": account("韦明", "village_cadre", factories.village(), "cadre"),
        "basic": basic,
    }


def test_absent_child_is_found_visited_brought_back_watched_and_closed(open_page, people, monkeypatch):
    clock, wrong = Clock(monkeypatch), []

    clock.set("2020-09-07")  # a Monday
    page = open_page(people["teacher"])
    page.get_by_role("link", name="考勤", exact=True).first.click()
    page.locator("tr", has_text="罗娜").get_by_text("未联系上").click()
    page.get_by_role("button", name="保存考勤").click()
    page.get_by_role("link", name="登记跟进：罗娜").click()
    page.get_by_label("联系了谁").fill("罗丽浩")
    page.get_by_label("结果").select_option("not_reached")
    page.get_by_role("button", name="保存跟进").click()
    page.get_by_text("已登记与罗娜家长的联系").wait_for()

    for today in ("2020-09-08", "2020-09-15"):
        clock.set(today)
        beat()
    assert AbsenceRun.objects.get().get_step_display() == "疑似辍学"
    case = Case.objects.get()
    assert (case.student.name, case.since, case.origin) == ("罗娜", dt.date(2020, 9, 7), "attendance")

    phone = open_page(people["cadre"], width=390, height=844)
    phone.get_by_text("轮到您办的控辍个案任务").click()
    phone.get_by_role("link", name="罗娜").first.click()
    phone.get_by_role("link", name="登记走访").first.click()
    phone.get_by_label("见到的人").select_option("监护人")
    phone.get_by_label("结果").select_option("同意返校")
    phone.get_by_label("情况").fill("父母在外务工，祖母答应明天送孩子上学")
    phone.get_by_role("button", name="保存").click()
    phone.get_by_text("已登记").first.wait_for()
    assert Visit.objects.get().line == "government"

    clock.set("2020-09-16")  # the teacher sees the child in class again
    page = open_page(people["teacher"])
    page.goto(reverse("dropout:attendance"))
    page.get_by_role("button", name="保存考勤").click()
    page.get_by_text("缺勤 0 人").or_(page.get_by_text("全勤")).first.wait_for()
    page.goto(reverse("dropout:case", args=[case.pk]))
    wrong += checked(page)
    page.get_by_role("link", name="登记返校").click()
    page.get_by_role("button", name="登记返校").click()
    page.get_by_text("已办理“登记返校”").wait_for()

    page = open_page(people["head"])
    page.goto(reverse("dropout:case", args=[case.pk]))
    page.get_by_role("link", name="核实返校，开始监测").click()
    page.get_by_role("button", name="核实返校，开始监测").click()
    page.get_by_text("已办理“核实返校，开始监测”").wait_for()
    case.refresh_from_db()

    clock.set(f"{case.monitored_until}")
    beat()
    page.reload()
    page.get_by_role("link", name="提出销号").click()
    page.get_by_label("结果").select_option("返校稳定")
    page.get_by_label("理由").fill("监测期满，没有再离校")
    page.get_by_role("button", name="提出销号").click()  # without proof
    assert Case.objects.get().state == "monitored"
    page.get_by_label("佐证材料").set_input_files(
        {"name": "考勤.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff"}
    )
    page.get_by_role("button", name="提出销号").click()
    page.get_by_text("要由另一人复核").wait_for()

    page = open_page(people["basic"])
    page.get_by_text("待您复核的控辍个案销号、重开").click()
    page.get_by_role("link", name="罗娜").click()
    page.get_by_role("link", name="复核销号").click()
    page.get_by_role("button", name="复核销号").click()
    page.get_by_text("已办理“复核销号”").wait_for()
    wrong += checked(page)
    case.refresh_from_db()
    assert (case.state, case.outcome, case.closed_by_id, wrong) == (
        "closed",
        "returned",
        people["basic"].pk,
        [],
    )
