"""Whether a child boards, by what stands over the cell: a mark under 是否住校 is no code of the national registry."""

import pytest

from students.models import Enrolment

from .conftest import ROSTER, roster_row, workbook
from .test_fixing import only_wrong, send

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
TERM = ("--term", "2020-autumn")


def headed(heading: str, school, *cells) -> bytes:
    """A roster whose boarding column is called ``heading``, with one child for each of ``cells``."""
    heads = [heading if each == "就读方式" else each for each in ROSTER]
    rows = [roster_row(school, number, 就读方式=cell) for number, cell in enumerate(cells, start=1)]
    return workbook(("学生花名册", [heads, *rows]))


def boarders() -> list[bool]:
    return list(Enrolment.objects.order_by("student__bank_account__tail").values_list("boarding", flat=True))


@pytest.mark.parametrize("heading", ["是否住校", "是否寄宿", "是否寄宿生", "是 否 住 宿"])
def test_mark_under_a_question_is_yes_or_no(run, xiazhai, village, heading):
    cells = ("是", "√", 1, "1", "Y", "有", "✓", True, "住校", "否", 0, "N", "无", "×", False, "走读", "")

    answer = run("roster", headed(heading, xiazhai, *cells), *TERM)

    assert (answer["created"], answer["warnings"]) == (17, {})
    assert boarders() == [True] * 9 + [False] * 8


@pytest.mark.parametrize("heading", ["就读方式", "住宿方式"])
def test_code_under_a_way_of_attending_is_the_national_registrys(run, xiazhai, village, heading):
    run("roster", headed(heading, xiazhai, 1, "1", 2, "2", "住校", "走读"), *TERM)

    assert boarders() == [False, False, True, True, True, False]


def test_code_of_the_registry_under_a_question_is_refused(run, xiazhai, village):
    answer = run("roster", headed("是否住校", xiazhai, 1, 2), *TERM)

    assert (answer["created"], answer["rejected_by_code"]) == (1, {"value_unknown": 1})


def test_mark_put_right_on_the_page_is_read_under_the_files_heading(client, administrator, xiazhai, checked):
    batch = checked(headed("是否住校", xiazhai, "看情况"), by=administrator)
    client.force_login(administrator)

    send(client, "fix", batch, only_wrong(batch), boarding="1")

    assert batch.staged.get().content["values"]["boarding"] is True
    assert batch.counts["created"] == 1
