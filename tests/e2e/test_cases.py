"""A case in a real browser: visited with a telephone over a bad line, returned, watched, closed by a second person; and climbing."""

import datetime as dt
import os
import struct
import zlib

import pytest
from django.urls import reverse

from dropout.actions import posts
from dropout.actions.chain import pick_pattern
from dropout.actions.posts import Whom
from dropout.models import Case, Visit
from povertyedu.orgs.models import Person
from tests import factories
from tests.dropout.cases import Clock, away, beat, day

from .test_chains import fits

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("real_commits")]


@pytest.fixture
def basic(transactional_db):
    return factories.user("宋静", ("basic_education_officer", factories.county()), username="basic")


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


@pytest.fixture
def case(clock, basic, xiazhai, autumn) -> Case:
    """罗娜 away since 5 October: her village and township have holders, her class a teacher."""
    clock.set("2020-10-12")
    links = {link.label: link for link in pick_pattern(by=basic.as_actor(), code="linxia")}
    for label, name, phone in (
        ("村干部包户", "韦明", "13900000001"),
        ("乡镇领导包村", "石磊", "13900000002"),
    ):
        posts.appoint(
            by=basic.as_actor(), link=links[label], place=factories.village(), whom=Whom(name, phone), since=day("2020-09-01")
        )  # fmt: skip
    found = away(xiazhai, autumn, since="2020-10-05", note="听说随亲戚去打工")
    xiazhai.classes.update(
        homeroom_teacher=Person.objects.create(name="罗雪", phone="13900000003", school=xiazhai)
    )
    return found


def account(name: str, role: str, place, username: str):
    """Return an account of the person who holds a post under this name."""
    user = factories.user(name, (role, place), username=username)
    user.person = Person.objects.filter(name=name).first()
    user.save(update_fields=["person"])
    return user


def big_photo() -> bytes:
    """Return a PNG of over 10 MB, as a telephone's camera might make."""
    width, height = 2200, 1700
    rows = b"".join(b"\0" + os.urandom(width * 3) for _ in range(height))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows, 0))
        + chunk(b"IEND", b"")
    )


def checked(page) -> list:
    """Return what is wrong with the page once it has come."""
    page.wait_for_load_state()
    return fits(page)


def is_visit(request) -> bool:
    return request.method == "POST" and "/visit/" in request.url


def test_child_is_visited_returns_is_watched_and_closed_by_a_second_person(
    open_page, case, basic, clock, xiazhai
):
    cadre = account("韦明", "village_cadre", factories.village(), "cadre")
    head = factories.user("吴国强", ("school_head", xiazhai), username="head")
    wrong = []

    # In the village: the line is down, then the answer is lost, and nothing is typed twice or written twice.
    phone = open_page(cadre, width=390, height=844).context.new_page()
    phone.goto(reverse("dropout:cases"))
    phone.get_by_role("link", name="罗娜", exact=True).click()
    wrong += checked(phone)
    phone.set_viewport_size({"width": 390, "height": 844})
    phone.get_by_role("link", name="登记走访").first.click()
    wrong += checked(phone)
    phone.set_viewport_size({"width": 390, "height": 844})
    phone.get_by_label("见到的人").select_option("监护人")
    phone.get_by_label("结果").select_option("同意返校")
    phone.get_by_label("情况").fill("祖母答应明天送孩子上学")
    phone.get_by_label("照片").set_input_files(
        {"name": "入户.png", "mimeType": "image/png", "buffer": big_photo()}
    )
    phone.route("**/visit/**", lambda route: route.abort() if is_visit(route.request) else route.continue_())
    phone.get_by_role("button", name="保存").click()
    phone.get_by_text("没有送出去：网络不通").wait_for()
    assert (phone.get_by_label("情况").input_value(), Visit.objects.count()) == ("祖母答应明天送孩子上学", 0)
    phone.unroute("**/visit/**")

    def answer_is_lost(route):
        if is_visit(route.request):
            route.fetch()
            route.abort()
        else:
            route.continue_()

    phone.route("**/visit/**", answer_is_lost)
    with phone.expect_event("requestfailed"):
        phone.get_by_role("button", name="保存").click()
    phone.locator("form:not([data-busy])[data-report]").wait_for()
    phone.unroute("**/visit/**")
    phone.get_by_role("button", name="保存").click()
    phone.get_by_text("没有重复登记").wait_for()
    visit = Visit.objects.get()
    assert (visit.photo.name, visit.photo.size < 2 * 2**20, visit.line) == ("入户.jpg", True, "government")

    phone.get_by_role("link", name="登记返校").click()
    wrong += checked(phone)
    phone.get_by_role("button", name="登记返校").click()
    phone.get_by_text("已办理“登记返校”").wait_for()

    page = open_page(head)
    page.goto(reverse("dropout:case", args=[case.pk]))
    page.get_by_role("link", name="核实返校，开始监测").click()
    page.get_by_role("button", name="核实返校，开始监测").click()
    page.get_by_text("已办理“核实返校，开始监测”").wait_for()

    clock.set("2021-02-09")  # 120 days on
    page.reload()
    page.get_by_role("link", name="提出销号").click()
    page.get_by_label("结果").select_option("返校稳定")
    page.get_by_label("理由").fill("一学期没有再离校")
    page.get_by_label("佐证材料").set_input_files(
        {"name": "考勤.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff"}
    )
    wrong += checked(page)
    page.get_by_role("button", name="提出销号").click()
    page.get_by_text("要由另一人复核").wait_for()

    page = open_page(basic)
    page.get_by_text("待您复核的控辍个案销号、重开").click()
    page.get_by_role("link", name="罗娜", exact=True).click()
    page.get_by_role("link", name="复核销号").click()
    wrong += checked(page)
    page.get_by_role("button", name="复核销号").click()
    page.get_by_text("已办理“复核销号”").wait_for()
    wrong += checked(page)
    page.get_by_role("link", name="卷宗").click()
    wrong += checked(page)
    case.refresh_from_db()
    assert (case.state, case.outcome, wrong) == ("closed", "returned", [])


def test_missed_deadline_is_seen_by_the_upper_link_and_then_by_the_bureau(open_page, case, basic, clock):
    officer = account("石磊", "township_officer", factories.township(), "town")
    clock.set("2020-10-16")
    beat()
    page = open_page(officer)
    page.get_by_text("轮到您办的控辍个案任务").click()
    row = page.locator("tr", has=page.get_by_role("link", name="罗娜", exact=True))
    assert [
        "入户核实去向" in row.inner_text(),
        "已上报" in row.inner_text(),
        "2020-10-19" in row.inner_text(),
    ] == [True] * 3
    wrong = checked(page)
    page.get_by_role("link", name="罗娜", exact=True).click()
    page.locator("summary", has_text="逾期上报").click()
    page.get_by_text("到期未办，上报：乡镇领导包村 石磊").wait_for()

    clock.set("2020-10-20")
    beat()
    page = open_page(basic)
    page.get_by_text("各级逾期未办、由县教育局直接督办的个案任务").click()
    assert page.locator("tbody tr").count() == 2
    wrong += checked(page)
    assert (wrong, Case.objects.get().since) == ([], dt.date(2020, 10, 5))


def test_list_on_a_phone_shows_the_duty_of_both_lines(open_page, case, basic, clock):
    page = open_page(basic, width=390, height=844)
    page.goto(reverse("dropout:cases"))
    row = page.locator("tbody tr", has_text="罗娜")
    for words in ("入户核实去向", "联系家长，核实去向"):
        assert row.get_by_text(words).locator("visible=true").count() == 1
    assert checked(page) == []
