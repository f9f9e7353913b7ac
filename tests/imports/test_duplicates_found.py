"""After a roster or a list of children away was applied, its children are compared with all others and one another."""

import pytest
from django.urls import reverse

from povertyedu.jobs.models import Job
from povertyedu.jobs.progress import NO_PROGRESS
from students import tasks
from students.models import DuplicatePair, Student
from tests import factories

from .conftest import ROSTER, roster_row, workbook
from .test_absent import upload
from .test_away import away, away_row
from .test_pages import url, work

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
NUMBERS = [factories.id_number(serial, birth="20100512") for serial in (1, 2)]


def applied(client, content: bytes, **data):
    batch = upload(client, content, **data)
    assert client.post(url("apply", batch)).status_code == 302
    work(batch)
    return batch


def found() -> list[list[str]]:
    """Do the search that an import asked for; return the names of the pairs."""
    job = Job.objects.get(kind="students.find_duplicates")
    tasks.find_duplicates(job, NO_PROGRESS)
    return [[pair.first.name, pair.second.name] for pair in DuplicatePair.objects.order_by("pk")]


def test_two_rows_of_one_file_with_one_name_and_birth_are_queued(
    client, administrator, xiazhai, village, autumn
):
    client.force_login(administrator)
    rows = [
        roster_row(
            xiazhai,
            serial,
            姓名="罗娜",
            身份证件号=number,
            全国学籍号=f"G{number}",
            出生日期="",
            班级=f"{serial}班",
        )
        for serial, number in enumerate(NUMBERS, start=1)
    ]
    batch = applied(client, workbook(("学生花名册", [ROSTER, *rows])))
    assert (batch.state, Student.objects.count()) == ("applied", 2)
    assert found() == [["罗娜", "罗娜"]]
    assert DuplicatePair.objects.get().grounds == ["name_birth"]
    page = client.get(reverse("students:duplicates"))
    assert [pair.first.name for pair, _, _ in page.context["rows"]] == ["罗娜"]


def test_row_like_a_child_of_the_registry_is_queued_by_guardian(
    client, administrator, xiazhai, qingshi, village, autumn
):
    client.force_login(administrator)
    guardian = factories.id_number(90, birth="19850101")
    births = ("20100512", "20100513")
    for serial, (school, birth) in enumerate(zip((xiazhai, qingshi), births, strict=True), start=1):
        number = factories.id_number(serial, birth=birth)
        row = roster_row(
            school, serial, 姓名="罗娜", 监护人身份证件号=guardian, 身份证件号=number, 全国学籍号=f"G{number}", 出生日期=""
        )  # fmt: skip
        applied(client, workbook(("学生花名册", [ROSTER, row])))
    assert found() == [["罗娜", "罗娜"]]
    assert DuplicatePair.objects.get().grounds == ["name_guardian"]


def test_child_away_that_is_like_one_here_is_queued(client, administrator, xiazhai, village, autumn):
    factories.student("罗娜", at=xiazhai, during=autumn, birth_date="2002-11-03")
    client.force_login(administrator)
    applied(client, away(away_row(2)), kind="away")
    assert found() == [["罗娜", "罗娜"]]


def test_list_of_hardship_asks_for_no_search(client, administrator, village, autumn):
    client.force_login(administrator)
    rows = [("姓名", "身份证号", "学段", "就读学校"), ("罗娜", NUMBERS[0], "小学", "")]
    applied(client, workbook(("名单", rows)), kind="target-list")
    assert not Job.objects.filter(kind="students.find_duplicates").exists()
