"""A child has one record and two ID numbers since a merge: every list that names either means the kept child."""

import datetime as dt

import pytest
from django.urls import reverse

from students.actions import duplicates
from students.models import Enrolment, HardshipStatus, Student
from students.queries import hardships_of
from students.queries.identification import counts_of, households_of_children
from tests import factories

from .conftest import ROSTER, roster_row, workbook
from .test_absent import upload
from .test_away import away, away_row

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
TERM = ("--term", "2020-autumn")
POOR = ("乡镇", "行政村", "户编号", "人编号", "姓名", "证件号码", "与户主关系", "脱贫状态", "识别时间")
CATEGORIES = ("姓名", "身份证号", "困难类型", "起始时间")
TARGET = ("姓名", "身份证号", "学段", "就读学校")
HOUSEHOLD = "5299010000000006"


@pytest.fixture
def pair(xiazhai, qingshi, autumn, village, aid_officer, administrator):
    """罗娜 at two schools under two numbers; the record at 下寨 was kept."""
    one = factories.student("罗娜", at=xiazhai, during=autumn, birth_date=dt.date(2010, 5, 12))
    pair = factories.pair(one, factories.student("罗娜", at=qingshi, during=autumn))
    duplicates.propose(by=aid_officer.as_actor(), pair=pair, keeper=one)
    return duplicates.confirm(by=administrator.as_actor(), pair=pair)


@pytest.fixture
def kept(pair) -> Student:
    return pair.first


@pytest.fixture
def given_up(pair) -> str:
    return pair.second.id_number


def poor(number: str, *, name="罗娜", status="未脱贫") -> bytes:
    row = ("城关镇", "红星村", HOUSEHOLD, "1", name, number, "子女", status, "201604")
    return workbook(("名单", [POOR, row]))


def categories_of(student: Student) -> int:
    return student.enrolments.get().categories


def test_poverty_list_that_names_the_given_up_number_proves_the_kept_child(run, kept, given_up):
    run("registered-poor", poor(given_up), *TERM)
    assert categories_of(kept) == 1
    assert [(s.category, s.household.number) for s in hardships_of(kept)] == [(1, HOUSEHOLD)]


def test_kept_child_is_found_by_the_number_given_up(client, aid_officer, pair, kept, given_up):
    client.force_login(aid_officer)
    page = client.post(reverse("students:search"), {"q": given_up}, follow=True)
    assert [row.student for row in page.context["page"].rows] == [kept]


def test_feedback_names_the_household_under_either_number(run, client, aid_officer, kept, given_up, autumn):
    run("registered-poor", poor(given_up), *TERM)
    entry = households_of_children(Enrolment.objects.of(autumn))[kept.pk]
    assert entry.household.number == HOUSEHOLD


def test_category_list_that_names_the_given_up_number_adds_to_what_is_known(run, kept, given_up):
    run("registered-poor", poor(kept.id_number), *TERM)
    rows = [CATEGORIES, ("罗娜", given_up, "农村低保", "201801")]
    run("categories", workbook(("名单", rows)), *TERM)
    assert categories_of(kept) == 1 + 4


def test_status_that_ended_under_one_number_goes_on_under_the_other(
    xiazhai, qingshi, autumn, aid_officer, administrator
):
    one, other = (factories.student("罗娜", at=school, during=autumn) for school in (xiazhai, qingshi))
    for student, since, until in (
        (one, dt.date(2014, 1, 1), dt.date(2016, 1, 1)), (other, dt.date(2018, 1, 1), None),
    ):  # fmt: skip
        HardshipStatus.objects.create(
            id_hash=student.id_hash, id_number=student.id_number, name="罗娜", category=4, since=since, until=until,
            source="department_list",
        )  # fmt: skip
    pair = factories.pair(one, other)
    duplicates.propose(by=aid_officer.as_actor(), pair=pair, keeper=one)
    duplicates.confirm(by=administrator.as_actor(), pair=pair)
    assert categories_of(one) == 4
    assert HardshipStatus.objects.count() == 2


def test_undone_list_of_the_given_up_number_takes_the_status_back(run, pair, kept, given_up, administrator):
    run("registered-poor", poor(given_up), *TERM)
    duplicates.ask_undo(by=administrator.as_actor(), pair=pair, reason="查明是两人")
    second = factories.user("吴主任", ("aid_officer", factories.county()))
    duplicates.undo(by=second.as_actor(), pair=pair)
    assert (categories_of(kept), categories_of(pair.second)) == (0, 1)


def target(*numbers: str) -> bytes:
    return workbook(("名单", [TARGET, *(("罗娜", number, "小学", "") for number in numbers)]))


@pytest.mark.parametrize("named", ["kept", "given up", "both"])
def test_target_list_answers_as_its_page_counts(run, kept, given_up, aid_officer, autumn, named):
    Enrolment.objects.filter(student=kept).update(categories=1)
    stranger = factories.id_number(77)
    numbers = {"kept": [kept.id_number], "given up": [given_up], "both": [kept.id_number, given_up]}[named]
    answer = run("target-list", target(*numbers, stranger), *TERM)
    counts = counts_of(autumn, user=aid_officer)
    assert (counts.here, counts.missing, counts.off) == (1, 1, 0)
    assert (answer["on_roster"], answer["not_on_roster"], answer["registered_poor_off_list"]) == (1, 1, 0)


def test_target_list_that_names_nobody_here_leaves_the_poor_off_list(run, kept, aid_officer, autumn):
    Enrolment.objects.filter(student=kept).update(categories=1)
    answer = run("target-list", target(factories.id_number(77)), *TERM)
    counts = counts_of(autumn, user=aid_officer)
    assert (answer["on_roster"], answer["not_on_roster"], answer["registered_poor_off_list"]) == (0, 1, 1)
    assert (counts.here, counts.missing, counts.off) == (0, 1, 1)


def roster_of(school, *numbers: str, **cells) -> bytes:
    given = {"姓名": "罗娜", "出生日期": "", "银行账号": "", "开户人": "", "监护人姓名": ""} | cells
    rows = [roster_row(school, 1, **{"身份证件号": n, "全国学籍号": f"G{n}"} | given) for n in numbers]
    return workbook(("学生花名册", [ROSTER, *rows]))


def test_roster_row_with_the_given_up_number_is_the_kept_child(run, pair, kept, given_up, xiazhai):
    before = Student.objects.filter(pk=kept.pk).values().get()
    answer = run("roster", roster_of(xiazhai, given_up, 就读方式="住校", 联系电话=""), *TERM)
    assert (answer["created"], answer["updated"], answer["rejected"]) == (0, 1, 0)
    assert answer["warnings"] == {"number_given_up": 1}
    assert kept.enrolments.get().boarding is True
    after = Student.objects.filter(pk=kept.pk).values().get()
    unchanged = ("id_number", "id_hash", "student_no", "student_no_hash", "sex", "birth_date", "name")
    assert {name: after[name] for name in unchanged} == {name: before[name] for name in unchanged}
    assert pair.second.enrolments.get().boarding is False
    again = run("roster", roster_of(xiazhai, given_up, 就读方式="住校", 联系电话=""), *TERM)
    assert (again["unchanged"], again["updated"]) == (1, 0)


def test_roster_row_with_the_given_up_number_and_another_name_is_held(run, pair, given_up, xiazhai):
    answer = run("roster", roster_of(xiazhai, given_up, 姓名="严宇"), *TERM)
    assert (answer["rejected"], answer["rejected_by_code"]) == (1, {"id_conflict": 1})


def test_roster_with_both_numbers_of_one_child_is_held(run, pair, kept, given_up, xiazhai):
    answer = run("roster", roster_of(xiazhai, kept.id_number, given_up), *TERM)
    assert (answer["rejected"], answer["rejected_by_code"]) == (1, {"id_conflict": 1})


@pytest.mark.parametrize("grade", ["五年级", "十一年级"])
def test_complete_roster_that_has_the_given_up_number_misses_nobody(
    client, administrator, pair, given_up, xiazhai, grade
):
    client.force_login(administrator)
    batch = upload(client, roster_of(xiazhai, given_up, 年级=grade), is_complete="on")
    assert batch.absent_list == []


def test_child_away_under_the_given_up_number_gets_no_second_enrolment(run, pair, kept, given_up):
    kept.enrolments.update(status="left")
    answer = run("away", away(away_row(身份证件号=given_up)), *TERM)
    assert (answer["updated"], answer["warnings"]) == (1, {"number_given_up": 1})
    assert kept.enrolments.get().outside_school == "贵阳学院"
    assert pair.second.enrolments.get().place == "in_county"
    other = run("away", away(away_row(身份证件号=given_up, 姓名="严宇")), *TERM)
    assert other["rejected_by_code"] == {"id_conflict": 1}
