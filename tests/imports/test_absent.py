"""Who is at school and not on a complete roster: listed, never deleted."""

import io

import openpyxl
import pytest
from django.urls import reverse

from povertyedu.audit.models import AccessEvent
from povertyedu.imports import actions
from povertyedu.imports.models import ImportBatch
from students.models import Enrolment
from tests import factories

from .conftest import ROSTER, roster, roster_row, upload_of, workbook
from .test_pages import url, work

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


def upload(client, content: bytes, **data) -> ImportBatch:
    form = {"kind": "roster", "term": "2020-autumn", "file": upload_of(content)} | data
    assert client.post(reverse("imports:upload"), form).status_code == 302
    batch = ImportBatch.objects.latest("pk")
    work(batch)
    return batch


def test_children_missing_from_a_complete_roster_are_listed_and_stay(
    client, clerk, xiazhai, qingshi, village, autumn
):
    client.force_login(clerk)
    factories.student("罗留", at=xiazhai, during=autumn)
    factories.student("何邻", at=qingshi, during=autumn)

    batch = upload(client, roster(xiazhai, 2), is_complete="on")

    assert batch.absent_list == [["城关镇下寨小学", "五年级1班", "罗留"]]
    assert "名册里没有的学生 1 人" in client.get(url("detail", batch)).content.decode()
    page = client.get(url("absent", batch)).content.decode()
    assert ("罗留" in page, "何邻" in page) == (True, False)
    sheet = openpyxl.load_workbook(
        io.BytesIO(b"".join(client.get(url("absent_download", batch)).streaming_content))
    ).active
    assert ["城关镇下寨小学", "五年级1班", "罗留"] in [
        [cell.value for cell in row] for row in sheet.iter_rows()
    ]
    assert AccessEvent.objects.get().fields == "姓名、班级"
    actions.confirm(batch=batch)
    actions.apply(batch=batch, by=clerk.as_actor())
    assert Enrolment.objects.filter(school=xiazhai).count() == 3


def test_child_with_an_error_or_without_a_number_is_on_the_roster(client, clerk, xiazhai, village, autumn):
    client.force_login(clerk)
    number = factories.id_number(1, birth="20100202")
    factories.student("罗二", at=xiazhai, during=autumn, id_number=number)
    factories.student("罗无", at=xiazhai, during=autumn)
    rows = [
        roster_row(xiazhai, 1, 年级="十一年级"),
        roster_row(xiazhai, 2, 姓名="罗无", 身份证件号="123", 全国学籍号=""),
    ]

    batch = upload(client, workbook(("学生花名册", [ROSTER, *rows])), is_complete="on")

    assert (batch.counts["rejected"], batch.absent_list) == (2, [])
    assert "在校学生都在文件里" in client.get(url("detail", batch)).content.decode()


def test_roster_that_is_not_said_to_be_complete_lists_nobody(client, clerk, xiazhai, village, autumn):
    client.force_login(clerk)
    factories.student("罗留", at=xiazhai, during=autumn)

    assert upload(client, roster(xiazhai, 1)).absent_list == []


def test_list_of_another_kind_cannot_be_complete(client, administrator, autumn):
    client.force_login(administrator)

    answer = client.post(
        reverse("imports:upload"),
        {"kind": "target-list", "term": "2020-autumn", "is_complete": "on", "file": upload_of(b"x")},
    )

    assert (answer.status_code, ImportBatch.objects.count()) == (422, 0)
    assert "“省下达名单”不能作为完整名册；请去掉这个勾。" in answer.content.decode()


def test_list_of_the_absent_is_its_uploaders_own(client, clerk, administrator, xiazhai, village, autumn):
    client.force_login(clerk)
    batch = upload(client, roster(xiazhai, 1), is_complete="on")
    client.force_login(administrator)

    assert [client.get(url(name, batch)).status_code for name in ("absent", "absent_download")] == [404, 404]
