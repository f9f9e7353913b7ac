"""Undoing imports of holders and of attendance: as it was, unless somebody went on from there."""

import datetime as dt

import pytest

from dropout.actions.attendance import Why, save_day
from dropout.actions.chain import pick_pattern
from dropout.actions.follow_ups import Contact, follow_up
from dropout.actions.posts import Whom, appoint
from dropout.models import Absence, AbsenceChange, AbsenceRun, ClassDay, Post
from povertyedu.imports import actions
from povertyedu.imports.models import ImportBatch
from povertyedu.orgs.models import Person
from povertyedu.workflow.flow import SYSTEM
from tests import factories

from .conftest import workbook
from .test_pages import url

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
POSTS = ("线", "层级", "负责的地方", "姓名", "电话", "职务", "任职起", "任职止")
ATTENDANCE = ("班级", "姓名", "日期", "缺勤原因", "是否准假")
MONDAY = dt.date(2020, 9, 7)


@pytest.fixture
def basic(db):
    return factories.user("宋静", ("basic_education_officer", factories.county()), username="basic")


@pytest.fixture(autouse=True)
def links(basic, village) -> dict:
    return {link.label: link for link in pick_pattern(by=basic.as_actor(), code="linxia")}


@pytest.fixture
def imported(checked):
    def imported(kind: str, heading: tuple, *rows, by) -> ImportBatch:
        batch = checked(workbook(("表", [heading, *rows])), by=by, kind=kind)
        assert (batch.rejected_by_code, batch.importable) == ({}, len(rows))
        actions.confirm(batch=batch)
        return actions.apply(batch=batch, by=by.as_actor())

    return imported


def undo(batch: ImportBatch, by) -> ImportBatch:
    actions.ask_to_undo(batch=batch)
    return actions.undo(batch=batch, by=by.as_actor())


def cadre(name: str, since: str, until: str = "", *, at: str = "城关镇 红星村", title: str = "") -> tuple:
    return "政府线", "村干部包户", at, name, f"1390000{sum(map(ord, name)) % 10000:04d}", title, since, until


def held() -> tuple[list, list]:
    return list(Post.objects.order_by("pk").values()), list(Person.objects.order_by("pk").values())


def test_undo_of_holders_gives_former_ones_their_office_back(basic, imported):
    imported("posts", POSTS, cadre("韦明", "2018-09-01", title="村支书"), by=basic)
    before = held()
    follows = cadre("韦明", "2018-09-01", "2020-08-31", title="村主任"), cadre("吴海", "2020-09-01")
    batch = imported("posts", POSTS, *follows, by=basic)
    assert [post.until for post in Post.objects.order_by("since")] == [dt.date(2020, 8, 31), None]

    undo(batch, basic)

    assert held() == before
    assert batch.undone == {"removed": 1, "restored": 0, "left_out": 0}


def test_undo_leaves_a_place_where_somebody_else_was_appointed_since(basic, imported, links, client):
    factories.village("529901100002", "永丰村")
    batch = imported(
        "posts", POSTS, cadre("韦明", "2018-09-01", "2020-08-31"), cadre("石磊", "2019-09-01", at="城关镇 永丰村"), by=basic
    )  # fmt: skip
    appoint(
        by=basic.as_actor(), link=links["村干部包户"], place=factories.village(), whom=Whom("吴海", "13900000009", ""),
        since=dt.date(2020, 9, 1), until=None,
    )  # fmt: skip
    client.force_login(basic)
    page = client.get(url("undo", batch)).content.decode()
    assert "被这次导入办结的任期会恢复原样" in page
    assert "导入后又任命了别的责任人" in page

    undo(batch, basic)

    assert batch.left_out_list == [["村干部包户 城关镇 红星村", "导入后又任命了别的责任人"]]
    assert sorted(Post.objects.values_list("person__name", flat=True)) == ["吴海", "韦明"]
    assert not Person.objects.filter(name="石磊").exists()
    assert "请到“责任体系”看有没有空缺。" in client.get(url("detail", batch)).content.decode()


def test_undo_keeps_a_person_who_has_another_post(basic, imported, links):
    batch = imported("posts", POSTS, cadre("韦明", "2018-09-01"), by=basic)
    person = Person.objects.get(name="韦明")
    appoint(
        by=basic.as_actor(), link=links["乡镇领导包村"], place=factories.village(), whom=Whom("韦明", person.phone, ""),
        since=dt.date(2020, 9, 1), until=None,
    )  # fmt: skip
    undo(batch, basic)
    assert [(post.link.label, post.person) for post in Post.objects.all()] == [("乡镇领导包村", person)]


def test_undo_of_holders_of_every_kind_of_place(basic, imported, xiazhai):
    factories.school_class(xiazhai)
    batch = imported(
        "posts", POSTS,
        ("政府线", "县领导包乡镇", "城关镇", "周县长", "13900000002", "", "2020-09-01", ""),
        ("教育线", "局长包学区", xiazhai.code, "赵立新", "13900000003", "", "2020-09-01", ""),
        ("教育线", "校长包班级", "城关镇下寨小学 五年级1班", "吴国强", "13900000004", "", "2020-09-01", ""), by=basic,
    )  # fmt: skip
    Post.objects.update(until=dt.date(2021, 8, 31))
    left = undo(batch, basic).left_out_list
    assert sorted(name for name, _ in left) == [
        "县领导包乡镇 城关镇", "局长包学区 城关镇下寨小学", "校长包班级 城关镇下寨小学 五年级1班",
    ]  # fmt: skip


# --- attendance -----------------------------------------------------------------------------------


@pytest.fixture
def children(xiazhai, autumn) -> list:
    return [factories.student(name, at=xiazhai, during=autumn) for name in ("罗娜", "杨二")]


def absent(name: str, day: int, reason: str = "未到且未联系上") -> tuple:
    return "五年级1班", name, f"2020-09-{day:02d}", reason, ""


def entered() -> list[tuple]:
    rows = Absence.objects.order_by("date", "student").values_list("date__day", "student__name", "reason")
    return [*ClassDay.objects.order_by("date").values_list("date__day", "enrolled", "absent"), *rows]


@pytest.mark.usefixtures("children")
def test_undo_of_attendance_leaves_nothing_of_it(clerk, imported):
    batch = imported(
        "attendance", ATTENDANCE, absent("罗娜", 7), absent("罗娜", 8), absent("杨二", 8), by=clerk
    )
    assert [(run.student.name, run.days) for run in AbsenceRun.objects.order_by("first_on")] == [
        ("罗娜", 2), ("杨二", 1),
    ]  # fmt: skip

    undo(batch, clerk)

    assert (entered(), AbsenceRun.objects.count()) == ([], 0)
    assert batch.undone == {"removed": 2, "restored": 0, "left_out": 0}


def test_undo_puts_a_corrected_day_back_and_keeps_both_changes(clerk, imported, children, autumn, client):
    luona, yang = children
    one = luona.enrolments.get().school_class
    day = save_day(
        by=SYSTEM, school_class=one, term=autumn, date=MONDAY, absences={luona.pk: Why("ill", True)}, seen=0
    ).day
    before = entered()
    batch = imported("attendance", ATTENDANCE, absent("罗娜", 7), absent("杨二", 7), by=clerk)
    assert (len(entered()), AbsenceRun.objects.count()) == (3, 2)
    version = ClassDay.objects.get().version

    undo(batch, clerk)

    assert (entered(), AbsenceRun.objects.count()) == (before, 0)
    told = sorted(AbsenceChange.objects.order_by("pk").values_list("student__name", "old", "new", "by_name"))
    assert told == sorted([
        ("罗娜", "病假", "未到且未联系上", "杨丽"), ("罗娜", "未到且未联系上", "病假", "杨丽"),
        ("杨二", "", "未到且未联系上", "杨丽"), ("杨二", "未到且未联系上", "", "杨丽"),
    ])  # fmt: skip
    assert ClassDay.objects.get(pk=day.pk).version > version  # a page made before the undo is told
    client.force_login(clerk)
    assert "请到“考勤”核对这几天" in client.get(url("detail", batch)).content.decode()


def test_undo_leaves_a_day_after_which_somebody_asked_for_the_child(clerk, imported, children, autumn):
    batch = imported("attendance", ATTENDANCE, absent("罗娜", 7), absent("杨二", 9), by=clerk)
    contact = Contact(MONDAY, "罗雪", "母亲", "phone", "ill")
    follow_up(by=SYSTEM, student=children[0], term=autumn, contact=contact)

    undo(batch, clerk)

    assert batch.left_out_list == [["城关镇下寨小学 五年级1班 2020-09-07", "导入后又有修改"]]
    assert entered() == [(7, 2, 1), (7, "罗娜", "unknown")]
