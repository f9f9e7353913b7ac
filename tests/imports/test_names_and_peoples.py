"""Names that are nobody's, and peoples by the name that the household book has."""

import pytest

from students.models import Student

from .conftest import ROSTER, roster, roster_row, workbook

pytestmark = pytest.mark.django_db
TERM = ("--term", "2020-autumn")


def with_peoples(school, *cells) -> bytes:
    rows = [[*roster_row(school, number), cell] for number, cell in enumerate(cells, start=1)]
    return workbook(("学生花名册", [[*ROSTER, "民族"], *rows]))


@pytest.mark.parametrize("name", ["无", "不详", "12345", 12345, "/"])
def test_name_that_is_nobodys_is_missing(run, xiazhai, village, name):
    answer = run("roster", roster(xiazhai, 1, 姓名=name), *TERM)

    assert (answer["created"], answer["rejected_by_code"]) == (0, {"name_missing": 1})


def test_name_with_a_digit_is_told(run, xiazhai, village):
    answer = run("roster", roster(xiazhai, 1, 姓名="张三2"), *TERM)

    assert (answer["created"], answer["warnings"]) == (1, {"name_odd": 1})


@pytest.mark.parametrize("name", ["阿卜杜拉·买买提", "Maria Lee", "欧阳娜娜"])
def test_name_of_any_people_is_not_told(run, xiazhai, village, name):
    answer = run("roster", roster(xiazhai, 1, 姓名=name), *TERM)

    assert (answer["created"], answer["warnings"]) == (1, {})


def test_guardian_who_is_none_is_left_blank(run, xiazhai, village):
    answer = run("roster", roster(xiazhai, 1, 监护人姓名="无", 开户人="不详"), *TERM)

    assert (answer["created"], answer["warnings"]) == (1, {})
    child = Student.objects.get()
    assert (hasattr(child, "guardian"), child.bank_account.holder) == (False, child.name)


def test_people_has_one_name_however_it_is_written(run, xiazhai, village):
    cells = ("汉", "汉族", "布依", "09", 9, "穿青人", "无", "")

    answer = run("roster", with_peoples(xiazhai, *cells), *TERM)

    assert (answer["created"], answer["warnings"]) == (8, {})
    peoples = Student.objects.order_by("bank_account__tail").values_list("ethnicity", flat=True)
    assert list(peoples) == ["汉族", "汉族", "布依族", "布依族", "布依族", "穿青人", "", ""]


def test_people_that_is_none_is_told_and_keeps_no_child_out(run, checked, administrator, xiazhai, village):
    run("roster", with_peoples(xiazhai, "布依族"), *TERM)

    batch = checked(with_peoples(xiazhai, "不知道族"), by=administrator)

    assert (batch.counts["unchanged"], batch.warnings) == (1, {"value_unknown": 1})
    assert batch.staged.get().content["warnings"] == [
        ["ethnicity", "value_unknown", "民族没有采用：没有“不知道族”这个民族；请对照户口簿，写成“汉族”“布依族”这样的全称。"]
    ]  # fmt: skip
    assert run("roster", with_peoples(xiazhai, "布依"), *TERM)["unchanged"] == 1
