"""The guard against the wrong file, and the same file sent twice."""

import pytest
from django.urls import reverse

from povertyedu.audit.models import AuditEvent
from povertyedu.imports import actions
from povertyedu.imports.models import ImportBatch
from povertyedu.workflow.flow import StepRefused
from students.models import HardshipStatus, Student
from tests import factories

from .conftest import ROSTER, roster, roster_row, upload_of, workbook
from .test_pages import url, work

pytestmark = pytest.mark.django_db


def doubtful(school, wrong: int, right: int) -> bytes:
    rows = [roster_row(school, n, 学校标识码="9999999999", 学校名称="") for n in range(wrong)]
    rows += [roster_row(school, wrong + n) for n in range(right)]
    return workbook(("学生花名册", [ROSTER, *rows]))


def import_file(content: bytes, by, checked) -> ImportBatch:
    batch = checked(content, by=by)
    actions.confirm(batch=batch)
    return actions.apply(batch=batch, by=by.as_actor())


def test_file_mostly_wrong_in_one_way_is_held_until_a_reason_is_given(
    client, administrator, xiazhai, checked
):
    batch = checked(doubtful(xiazhai, 14, 8), by=administrator)
    client.force_login(administrator)

    assert batch.held == (
        "22 行里有 14 行是同一类错误（如：学校名册里没有“9999999999”；请对照学校名册核对标识码，或先导入学校名册），"
        "可能选错了文件、工作表或导入种类。请核对；确实要导入其余的行，填写理由后继续。"
    )
    page = client.get(url("detail", batch)).content.decode()
    assert batch.held in page
    assert "仍要继续，导入 8 行" in page
    client.post(url("apply", batch), {"reason": "  "})
    batch.refresh_from_db()
    assert batch.state == "checked"

    client.post(url("apply", batch), {"reason": "其余学校的名册随后导入"})
    work(batch)

    assert (batch.state, Student.objects.count()) == ("applied", 8)
    assert AuditEvent.objects.get(action="import.apply").reason == "其余学校的名册随后导入"


def test_held_file_cannot_be_confirmed_without_a_reason(administrator, xiazhai, checked):
    batch = checked(doubtful(xiazhai, 14, 8), by=administrator)

    with pytest.raises(StepRefused, match="请填写理由"):
        actions.confirm(batch=batch)


def test_list_without_well_formed_numbers_is_held(administrator, xiazhai, checked):
    numbers = [[f"罗{n}", f"{n:05d}"] for n in range(12)] + [[f"罗{n}", f"53{n:016d}"] for n in range(10)]

    batch = checked(
        workbook(("农村低保", [["姓名", "身份证号"], *numbers])), by=administrator, kind="categories"
    )

    assert batch.held.startswith("22 行里大半没有正确的“身份证号”，")


def test_file_with_few_readable_rows_is_held(administrator, xiazhai, checked):
    rows = [roster_row(xiazhai, n, 姓名="") for n in range(12)]
    rows += [roster_row(xiazhai, 12 + n, 年级="十一年级") for n in range(8)]
    rows += [roster_row(xiazhai, 20 + n) for n in range(4)]

    batch = checked(workbook(("学生花名册", [ROSTER, *rows])), by=administrator)

    assert batch.held.startswith("24 行里只有 4 行读得通，")


@pytest.mark.parametrize(("wrong", "right"), [(14, 5), (12, 8)])
def test_small_files_and_files_mostly_right_are_not_held(administrator, xiazhai, checked, wrong, right):
    assert checked(doubtful(xiazhai, wrong, right), by=administrator).held == ""


POOR = ("乡镇", "行政村", "户编号", "人编号", "姓名", "证件号码", "与户主关系", "脱贫状态", "识别时间")


@pytest.mark.parametrize("count", [3, 40])
def test_roster_sent_as_the_list_of_the_poor_is_held_and_its_kind_named(
    client, administrator, xiazhai, checked, count
):
    batch = checked(roster(xiazhai, count), by=administrator, kind="registered-poor")
    client.force_login(administrator)

    assert batch.counts["created"] == count
    assert batch.held == (
        "表头更像“学生花名册”，不像“建档立卡人口名单”，可能选错了文件、工作表或导入种类。"
        "请核对；确实要导入其余的行，填写理由后继续。"
    )
    client.post(url("apply", batch), {})
    batch.refresh_from_db()
    assert (batch.state, HardshipStatus.objects.count()) == ("checked", 0)


@pytest.mark.parametrize(("kind", "label"), [("target-list", "省下达名单"), ("categories", "困难类别名单")])
def test_list_of_the_poor_sent_as_another_is_held(administrator, village, checked, kind, label):
    row = (
        "城关镇",
        "红星村",
        "5299010000000006",
        "1",
        "罗一",
        factories.id_number(1),
        "子女",
        "未脱贫",
        "201604",
    )

    batch = checked(workbook(("农村低保", [POOR, row])), by=administrator, kind=kind)

    assert batch.held.startswith(f"表头更像“建档立卡人口名单”，不像“{label}”，")


def test_list_of_the_poor_without_any_of_its_marks_is_held(administrator, village, checked):
    rows = [("姓名", "身份证号"), ("罗一", factories.id_number(1))]

    batch = checked(workbook(("名单", rows)), by=administrator, kind="registered-poor")

    assert batch.held.startswith(
        "没有“户编号”“人编号”“与户主关系”“脱贫状态”中的任何一列，不像“建档立卡人口名单”，"
    )


@pytest.mark.parametrize("more", [(), ("备注一", "备注二", "经办人", "核对人", "核对日期")])
def test_list_that_is_of_its_kind_is_not_held_whatever_else_stands_in_it(
    administrator, village, checked, more
):
    rows = [("姓名", "身份证号", "户编号", *more), ("罗一", factories.id_number(1), "52", *more)]

    assert checked(workbook(("名单", rows)), by=administrator, kind="registered-poor").held == ""


def test_same_file_again_is_said_and_doubles_nothing(client, administrator, xiazhai, checked):
    content = roster(xiazhai, 3)
    first = import_file(content, administrator, checked)
    client.force_login(administrator)

    client.post(
        reverse("imports:upload"), {"kind": "roster", "term": "2020-autumn", "file": upload_of(content)}
    )
    again = ImportBatch.objects.exclude(pk=first.pk).get()
    work(again)

    page = client.get(url("detail", again)).content.decode()
    assert "由陈数据导入过；再次导入不会重复写入。" in page
    assert (again.counts["unchanged"], again.importable, Student.objects.count()) == (3, 0, 3)


def test_same_file_for_another_term_is_another_import(client, administrator, xiazhai, village, checked):
    content = roster(xiazhai, 1)
    import_file(content, administrator, checked)
    client.force_login(administrator)

    spring = actions.receive(
        chunks=[content],
        name="花名册.xlsx",
        kind="roster",
        term=factories.term("2021-spring"),
        by=administrator,
    )
    actions.check(batch=spring)

    assert "导入过" not in client.get(url("detail", spring)).content.decode()
