"""考勤名单 through the command and the wizard: absences by class and day, once whatever is brought twice, corrected with a history."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from dropout.models import Absence, AbsenceChange, AbsenceRun, ClassDay
from povertyedu.imports import actions
from tests import factories

from .conftest import workbook

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
HEAD = ("学校", "班级", "姓名", "日期", "缺勤原因", "是否准假")
MONDAY = dt.date(2020, 9, 7)
DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def on_friday(monkeypatch):
    monkeypatch.setattr(timezone, "localdate", lambda *_: MONDAY + 4 * DAY)


@pytest.fixture
def children(xiazhai, autumn):
    return [factories.student(name, at=xiazhai, during=autumn) for name in ("罗娜", "杨二")]


def book(*rows) -> bytes:
    return workbook(("考勤", [HEAD, *rows]))


def absences() -> list[tuple]:
    return list(
        Absence.objects.order_by("date", "pk").values_list("student__name", "date", "reason", "excused")
    )


GOOD = (
    ("城关镇下寨小学", "五年级1班", "罗娜", "2020-09-07", "旷课", ""),
    ("城关镇下寨小学", "五年级1班", "罗娜", "2020.9.8", "未到且未联系上", ""),
    ("", "五年级1班", "杨二", "2020-09-08", "病假", ""),
    ("", "五年级1班", "全勤", "2020-09-09", "", ""),
)


def test_absent_children_come_in_once_and_the_clock_follows(run, children):
    answer = run("attendance", book(*GOOD, GOOD[0]), "--term", "2020-autumn")
    assert (answer["created"], answer["duplicates"], answer["rejected"]) == (4, 1, 0)
    assert absences() == [
        ("罗娜", MONDAY, "unknown", False), ("罗娜", MONDAY + DAY, "unknown", False), ("杨二", MONDAY + DAY, "ill", True),
    ]  # fmt: skip
    days = ClassDay.objects.order_by("date").values_list("date", "enrolled", "absent", "version")
    assert list(days) == [(MONDAY, 2, 1, 1), (MONDAY + DAY, 2, 2, 1), (MONDAY + 2 * DAY, 2, 0, 1)]
    runs = AbsenceRun.objects.values_list("student__name", "days", "ended_on")
    assert list(runs) == [("罗娜", 2, MONDAY + 2 * DAY)]
    before = list(ClassDay.objects.values()), list(Absence.objects.values())
    again = run("attendance", book(*GOOD), "--term", "2020-autumn", name="再次.xlsx")
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, 4)
    assert (list(ClassDay.objects.values()), list(Absence.objects.values())) == before


def test_correction_by_file_keeps_what_was_and_takes_nobody_away(run, children):
    run("attendance", book(*GOOD), "--term", "2020-autumn")
    excused = ("", "五年级1班", "罗娜", "2020-09-07", "事假", "是")
    more = ("", "五年级1班", "杨二", "2020-09-07", "其他", "否")
    all_there = ("", "五年级1班", "全勤", "2020-09-08", "", "")
    answer = run("attendance", book(excused, more, all_there), "--term", "2020-autumn")
    assert (answer["created"], answer["updated"], answer["unchanged"], answer["warnings"]) == (
        1, 1, 1, {"already_entered": 1},
    )  # fmt: skip
    assert absences()[:2] == [("罗娜", MONDAY, "personal", True), ("杨二", MONDAY, "other", False)]
    changes = AbsenceChange.objects.order_by("student__name").values_list("student__name", "old", "new")
    assert sorted(changes) == [("杨二", "", "其他（未准假）"), ("罗娜", "未到且未联系上", "事假")]
    assert ClassDay.objects.get(date=MONDAY).absent == 2


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        (("", "六年级9班", "罗娜", "2020-09-07", "病假", ""), "class_unknown"),
        (("青石小学", "五年级1班", "罗娜", "2020-09-07", "病假", ""), "class_unknown"),
        (("", "五年级1班", "何欣", "2020-09-07", "病假", ""), "student_unknown"),
        (("", "五年级1班", "罗娜", "2020-09-12", "病假", ""), "date_invalid"),  # to come
        (("", "五年级1班", "罗娜", "2020-09-06", "病假", ""), "date_invalid"),  # a Sunday
        (("", "五年级1班", "罗娜", "2020-08-31", "病假", ""), "date_invalid"),  # before the term
        (("", "五年级1班", "罗娜", "2020-09-07", "", ""), "value_missing"),
        (("", "五年级1班", "罗娜", "2020-09-07", "不知道", ""), "value_unknown"),
    ],
)
def test_row_that_cannot_be_is_told_and_nothing_of_it_written(run, children, cells, code):
    answer = run("attendance", book(cells), "--term", "2020-autumn")
    assert (answer["rejected"], answer["rejected_by_code"]) == (1, {code: 1})
    assert not ClassDay.objects.exists()


def test_class_is_all_there_or_has_absent_children(run, children):
    rows = GOOD[0], ("", "五年级1班", "全勤", "2020-09-07", "", "")
    answer = run("attendance", book(*rows), "--term", "2020-autumn")
    assert (answer["created"], answer["rejected_by_code"]) == (1, {"id_conflict": 1})


def test_teacher_imports_the_own_class_alone(client, checked, children, xiazhai, autumn):
    factories.student("何欣", at=xiazhai, during=autumn, class_name="2班")
    own = children[0].enrolments.get().school_class
    teacher = factories.user("罗雪", ("class_teacher", own))
    content = book(GOOD[0], ("", "五年级2班", "何欣", "2020-09-07", "病假", ""))
    batch = checked(content, by=teacher, kind="attendance", name="考勤.xlsx")
    assert (batch.counts["created"], batch.rejected_by_code) == (1, {"class_unknown": 1})
    client.force_login(teacher)
    page = client.get(reverse("imports:upload"), {"kind": "attendance"})
    assert "考勤名单" in page.content.decode()
    assert b"".join(client.get(reverse("imports:template", args=["attendance"])))[:2] == b"PK"
    actions.confirm(batch=batch)
    actions.apply(batch=batch, by=teacher.as_actor())
    assert ClassDay.objects.get().entered_by == "罗雪"


def test_queries_do_not_grow_with_rows(run, count_queries, xiazhai, autumn):
    def fill(number: int) -> bytes:
        names = [f"学生{number}号{each}" for each in range(number)]
        for name in names:
            factories.student(name, at=xiazhai, during=autumn, class_name=f"{number}班")
        return book(*(("", f"五年级{number}班", name, "2020-09-07", "旷课", "") for name in names))

    def queries(number: int) -> int:
        content = fill(number)
        return count_queries(
            lambda: run("attendance", content, "--term", "2020-autumn", name=f"{number}.xlsx")
        )

    assert queries(20) == queries(2)
