"""The promotion wizard in a browser: propose, correct, confirm; the junior school receives, the missing child is listed."""

import os

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from povertyedu.orgs.enums import SchoolKind
from students.actions import departures, moves
from students.models import Departure, Enrolment, Promotion
from tests import factories
from tests.e2e.test_student_form import violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def junior(db):
    return factories.school("城关镇初级中学", kind=SchoolKind.JUNIOR)


@pytest.fixture
def children(xiazhai, junior, clerk):
    spring = factories.term("2020-spring")
    departures.set_feeder(by=clerk.as_actor(), from_school=xiazhai, to_school=junior)
    names = (("陈一鸣", 5), ("李小雨", 6), ("王大力", 6), ("罗娜", 2))
    return {name: factories.student(name, at=xiazhai, during=spring, grade=grade) for name, grade in names}


def test_school_goes_up_and_the_missing_child_is_listed(open_page, clerk, children, junior, autumn):
    page = open_page(clerk)
    page.get_by_role("link", name="升级结转").click()
    page.get_by_role("button", name="生成名单").click()
    expect(page.locator("tfoot td").nth(6)).to_have_text("4")
    page.get_by_role("link", name="小学 二年级").click()
    page.get_by_label("选择 罗娜").check()
    page.locator("[name=outcome]").select_option("repeat")
    page.locator("[name=note]").fill("家长申请")
    page.get_by_role("button", name="改 1 人").click()
    expect(page.get_by_role("row", name="罗娜")).to_contain_text("留级")

    page.get_by_role("link", name="返回汇总").click()
    page.get_by_role("link", name="确认生效…").click()
    expect(page.locator("main")).to_contain_text("为 2 名学生建立")
    page.get_by_role("button", name="确认生效").click()
    expect(page.get_by_text("已办理“确认生效”。")).to_be_visible()
    assert set(Enrolment.objects.filter(term=autumn).values_list("student__name", "grade")) == {
        ("陈一鸣", 6), ("罗娜", 2),
    }  # fmt: skip

    receiver = open_page(factories.user("何勇", ("school_clerk", junior)))
    receiver.get_by_role("link", name="毕业去向").click()
    receiver.get_by_role("link", name="待本校接收").click()
    receiver.get_by_label("接收 李小雨").check()
    receiver.get_by_role("button", name="确认接收 1 人").click()
    expect(receiver.get_by_text("已接收 1 人，建立七年级学籍。")).to_be_visible()

    page.get_by_role("link", name="毕业去向").first.click()
    page.get_by_role("link", name="王大力").click()
    page.locator("[name=destination]").select_option("dropped_out")
    page.locator("[name=responsible]").fill("王校长")
    page.get_by_role("button", name="保存去向").click()
    expect(page.get_by_text("已登记王大力的去向。")).to_be_visible()
    assert Departure.objects.vanished().get().responsible == "王校长"


@pytest.mark.parametrize("size", [(1366, 768), (390, 844)], ids=["desk", "phone"])
def test_pages_of_the_turn_of_a_term_are_accessible_and_fit(
    open_page, clerk, administrator, children, junior, xiazhai, qingshi, autumn, size
):
    here = factories.student("转学生", at=xiazhai, during=autumn)
    move = moves.request_transfer(
        by=factories.user("何勇", ("school_clerk", qingshi)).as_actor(), enrolment=here.enrolments.get(), to_school=qingshi,
        side="receiving", effective_on=autumn.starts_on, reason="随父母迁居",
    )  # fmt: skip
    page = open_page(clerk, width=size[0], height=size[1])
    page.goto(reverse("students:promotions"))
    page.get_by_role("button", name="生成名单").click()
    run = Promotion.objects.get().pk
    addresses = [
        reverse("students:promotions"),
        reverse("students:promotion", args=[run]),
        reverse("students:promotion_lines", args=[run]),
        reverse("students:promotion_step", args=[run, "apply"]),
        reverse("students:departures"),
        reverse("students:moves"),
        reverse("students:move", args=[move.pk]),
        reverse("students:take_in"),
        reverse("students:move_of", args=[here.pk]),
        reverse("students:move_of", args=[here.pk]) + "?kind=transfer",
    ]
    wrong = [_problems(page, address, size) for address in addresses]
    page.goto(reverse("students:promotion_step", args=[run, "apply"]))
    page.get_by_role("button", name="确认生效").click()
    first = Departure.objects.order_by("pk").first()
    for address in (reverse("students:departures"), reverse("students:departure", args=[first.pk])):
        wrong.append(_problems(page, address, size))
    page = open_page(administrator, width=size[0], height=size[1])
    wrong.append(_problems(page, reverse("students:feeders"), size))
    assert [found for found in wrong if found[1:] != (size[0], [])] == []


def _problems(page, address, size):
    page.goto(address)
    page.wait_for_load_state("networkidle")
    if folder := os.environ.get("POVERTYEDU_SHOTS"):
        name = address.strip("/").replace("/", "-").replace("?", "-")
        page.screenshot(path=f"{folder}/{name}-{size[0]}.png", full_page=True)
    return address, page.evaluate("document.documentElement.scrollWidth"), violations(page)
