"""Cells that must not keep a child out: told, left blank, the child comes in."""

import datetime as dt

import pytest

from students.models import Enrolment, Student
from tests import factories

from .conftest import ROSTER, roster, roster_row, workbook
from .test_fixing import assert_counted, only_wrong, send

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
TERM = ("--term", "2020-autumn")
BORN = dt.date(2010, 2, 2)


def with_column(heading: str, school, *cells) -> bytes:
    rows = [[*roster_row(school, number), cell] for number, cell in enumerate(cells, start=1)]
    return workbook(("学生花名册", [[*ROSTER, heading], *rows]))


@pytest.mark.parametrize("cell", ["01-Mar-17", "170301", "17/9/2019", "3/1/2017", "去年", "=A1", "#N/A"])
def test_birth_date_that_the_number_proves_keeps_no_child_out(
    checked, administrator, run, xiazhai, village, cell
):
    batch = checked(roster(xiazhai, 1, 出生日期=cell), by=administrator)

    assert (batch.counts["created"], batch.warnings) == (1, {"date_invalid": 1})
    assert batch.staged.get().content["warnings"][0][2].startswith("出生日期没有采用：")
    run("roster", roster(xiazhai, 1, 出生日期=cell), *TERM)
    assert Student.objects.get().birth_date == BORN


def test_birth_date_that_nothing_else_tells_is_refused_and_put_right(
    client, checked, administrator, xiazhai, village
):
    cells = {"身份证件号": "", "全国学籍号": "L529901000000000070", "出生日期": "去年"}
    batch = checked(roster(xiazhai, 1, **cells), by=administrator)
    client.force_login(administrator)
    assert (batch.counts["rejected"], batch.rejected_by_code) == (1, {"date_invalid": 1})

    send(client, "fix", batch, only_wrong(batch), birth_date="2017. 3. 1.")

    assert (batch.counts["created"], batch.rejected_by_code) == (1, {})
    assert batch.staged.get().content["values"]["birth_date"] == "2017-03-01"
    assert_counted(batch)


@pytest.mark.parametrize(
    ("cell", "hukou"),
    [
        ("农业", "rural"), ("农业家庭户口", "rural"), ("非农业户口", "urban"), ("城镇居民", "urban"), ("居民户口", ""), ("居民", ""), ("家庭户口", ""),
    ],
)  # fmt: skip
def test_uniform_hukou_tells_neither(run, xiazhai, village, cell, hukou):
    answer = run("roster", with_column("户口性质", xiazhai, cell), *TERM)

    assert (answer["created"], answer["warnings"]) == (1, {})
    assert Student.objects.get().hukou == hukou


def test_hukou_that_is_no_word_is_told_and_leaves_what_is_on_file(run, xiazhai, village):
    run("roster", with_column("户口性质", xiazhai, "农业"), *TERM)

    answer = run("roster", with_column("户口性质", xiazhai, "不清楚吧"), *TERM)

    assert (answer["unchanged"], answer["warnings"]) == (1, {"value_unknown": 1})
    assert Student.objects.get().hukou == "rural"


def test_formula_without_a_result_in_a_remark_keeps_no_child_out(run, xiazhai, village):
    answer = run("roster", with_column("备注", xiazhai, "=A1&A2"), *TERM)

    assert (answer["created"], answer["warnings"]) == (1, {"value_unknown": 1})
    assert Student.objects.get().remark == ""


@pytest.mark.parametrize(
    ("stage", "cell", "grade", "class_name"),
    [
        ("小学", "小一", 1, ""),
        ("小学", "二（1）班", 2, "1班"),
        ("小学", "一年级（01）班", 1, "1班"),
        ("小学", "三年级2班", 3, "2班"),
        ("小学", "四年级二班", 4, "二班"),
        ("小学", "3.1班", 3, "1班"),
        ("小学", "2020级3班", 1, "3班"),
        ("初中", "初二(3)班", 2, "3班"),
        ("学前", "幼儿园大班", 3, ""),
        ("学前", "大（1）班", 3, "1班"),
    ],
)
def test_class_within_the_grade_is_read(run, xiazhai, village, stage, cell, grade, class_name):
    answer = run("roster", roster(xiazhai, 1, 学段=stage, 年级=cell, 班级=""), *TERM)

    assert (answer["created"], answer["rejected_by_code"]) == (1, {})
    child = Enrolment.objects.get()
    assert (child.grade, child.school_class.name if child.school_class else "") == (grade, class_name)


@pytest.mark.parametrize(
    ("stage", "cell"), [("初中", "小一"), ("小学", "12班"), ("小学", "毕业班"), ("小学", "九（1）班")]
)
def test_grade_that_could_be_another_is_refused(run, xiazhai, village, stage, cell):
    answer = run("roster", roster(xiazhai, 1, 学段=stage, 年级=cell), *TERM)

    assert answer["rejected_by_code"] == {"grade_out_of_range": 1}


def test_class_of_its_own_column_goes_before_the_grades(run, xiazhai, village):
    run("roster", roster(xiazhai, 1, 年级="五年级（2）班", 班级="五（2）"), *TERM)

    assert Enrolment.objects.get().school_class.name == "五（2）"
    assert factories.school_class(xiazhai, name="五（2）").enrolments.count() == 1
