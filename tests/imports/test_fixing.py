"""Putting rows right in the preview: cells, suggestions, decisions; counts, staged rows and what is applied follow."""

import io

import openpyxl
import pytest
from django.urls import reverse

from povertyedu.audit.models import AuditEvent
from povertyedu.imports import actions
from povertyedu.imports.models import RowFix
from students.models import Enrolment, Student
from tests import factories

from .conftest import ROSTER, roster, roster_row, workbook
from .test_pages import url, work

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


def book(*rows) -> bytes:
    return workbook(("学生花名册", [ROSTER, *rows]))


def row_url(name: str, batch, staged) -> str:
    return reverse(f"imports:{name}", args=[batch.pk, staged.pk])


def only_wrong(batch):
    return batch.staged.rejected().get()


def send(client, name, batch, staged, /, **data):
    response = client.post(row_url(name, batch, staged), data, follow=True)
    batch.refresh_from_db()
    return response.content.decode()


def suggested(client, batch) -> list[str]:
    rows = client.get(url("rows", batch) + "?tab=errors").context["rows"]
    return [suggestion.label for row in rows for suggestion in row["mend"]["suggestions"]]


def outcomes(batch) -> list[str]:
    return list(batch.staged.order_by("pk").values_list("outcome", flat=True))


def assert_counted(batch):
    """The figures are those that checking the whole file again gives."""
    told = (batch.counts, batch.rejected_by_code, batch.warnings)
    staged = outcomes(batch)
    actions.check(batch=batch)
    assert told == (batch.counts, batch.rejected_by_code, batch.warnings)
    assert staged == outcomes(batch)


def test_wrong_cell_is_put_right_and_counts_as_any_other(client, administrator, xiazhai, checked):
    batch = checked(book(roster_row(xiazhai, 1), roster_row(xiazhai, 2, 姓名="")), by=administrator)
    client.force_login(administrator)
    wrong = only_wrong(batch)
    form = client.get(row_url("fix", batch, wrong), headers={"HX-Request": "true"}).content.decode()
    assert ("<html" not in form, "没有填写姓名" in form) == (True, True)

    page = send(client, "fix", batch, wrong, name="罗 新新")

    assert "学生花名册第3行已改好" in page
    assert (batch.counts["created"], batch.counts["rejected"], batch.rejected_by_code) == (2, 0, {})
    event = AuditEvent.objects.get(action="import.fix")
    assert event.changes == {"rows": 1, "where": "学生花名册 第3行", "columns": ["name"]}
    assert "罗新新".encode() not in bytes(RowFix.objects.get().sealed)
    assert_counted(batch)
    assert "在页面上改过，文件里是“”" in client.get(url("rows", batch) + "?tab=all").content.decode()
    client.post(url("apply", batch))
    work(batch)
    assert set(Student.objects.values_list("name", flat=True)) == {"罗二", "罗新新"}


def test_cell_that_is_still_wrong_stays_with_the_new_reason(client, administrator, xiazhai, checked):
    batch = checked(book(roster_row(xiazhai, 1, 年级="十年级", 姓名="")), by=administrator)
    client.force_login(administrator)

    page = send(client, "fix", batch, only_wrong(batch), name="罗一", grade="十一年级")

    assert "仍有错误：该学段没有“十一年级”" in page
    assert batch.rejected_by_code == {"grade_out_of_range": 1}
    page = send(client, "fix", batch, only_wrong(batch), grade="五年级")
    assert batch.rejected_by_code == {}
    assert_counted(batch)


@pytest.mark.parametrize("data", [{}, {"name": ""}, {"no_such": "1"}])
def test_nothing_changed_is_told(client, administrator, xiazhai, checked, data):
    batch = checked(roster(xiazhai, 1, 姓名=""), by=administrator)
    client.force_login(administrator)

    response = client.post(row_url("fix", batch, only_wrong(batch)), data)

    if data:
        assert response.status_code == 422
    assert RowFix.objects.count() == 0


def test_number_turned_into_another_childs_holds_both(client, administrator, xiazhai, checked):
    good, bad = roster_row(xiazhai, 1), roster_row(xiazhai, 2)
    bad[ROSTER.index("身份证件号")] = bad[ROSTER.index("身份证件号")][:-1]
    batch = checked(book(good, bad), by=administrator)
    client.force_login(administrator)

    send(client, "fix", batch, only_wrong(batch), id_number=good[ROSTER.index("身份证件号")])

    assert outcomes(batch) == ["rejected", "rejected"]
    assert batch.rejected_by_code == {"id_conflict": 2}
    assert_counted(batch)


def test_conflict_is_settled_by_the_right_number(client, administrator, xiazhai, checked):
    one, two = roster_row(xiazhai, 1), roster_row(xiazhai, 2)
    number = two[ROSTER.index("身份证件号")]
    two[ROSTER.index("身份证件号")] = one[ROSTER.index("身份证件号")]
    batch = checked(book(one, two, two), by=administrator)
    client.force_login(administrator)
    assert batch.rejected_by_code == {"id_conflict": 3}

    send(client, "fix", batch, batch.staged.rejected()[1], id_number=number)

    assert outcomes(batch) == ["rejected", "created", "rejected"]
    assert_counted(batch)


def test_conflict_is_settled_by_keeping_one_and_taken_back(client, administrator, xiazhai, checked):
    one, two = roster_row(xiazhai, 1), roster_row(xiazhai, 1, 姓名="罗别")
    batch = checked(book(one, two), by=administrator)
    client.force_login(administrator)
    first, second = batch.staged.order_by("pk")

    send(client, "settle", batch, first, verdict="keep")
    assert (outcomes(batch), batch.rejected_by_code) == (["created", "rejected"], {"left_out": 1})
    assert_counted(batch)

    second = batch.staged.order_by("pk")[1]
    send(client, "settle", batch, second, verdict="restore")
    assert batch.rejected_by_code == {"id_conflict": 2}
    assert_counted(batch)

    send(client, "settle", batch, batch.staged.order_by("pk")[0], verdict="drop")
    assert (outcomes(batch), batch.rejected_by_code) == (["rejected", "rejected"], {"left_out": 2})
    assert AuditEvent.objects.filter(action="import.decide").count() == 3
    client.post(url("apply", batch))
    assert Student.objects.count() == 0


def test_school_without_its_township_is_suggested_and_accepted_everywhere(
    client, administrator, xiazhai, checked
):
    wrong = {"学校标识码": "", "学校名称": "云岭县下寨 完小"}
    rows = [roster_row(xiazhai, number, **wrong) for number in (1, 2, 3)]
    rows.append(roster_row(xiazhai, 4, 学校标识码="", 学校名称="外星小学"))
    batch = checked(book(*rows), by=administrator)
    client.force_login(administrator)
    told = f"学校改为“{xiazhai.name}”（{xiazhai.code}）"
    assert suggested(client, batch)[:3] == [told] * 3

    send(client, "accept", batch, batch.staged.rejected()[0], label=told)
    assert (batch.counts["created"], batch.counts["rejected"]) == (1, 3)
    send(client, "accept", batch, batch.staged.rejected()[0], label=told, every="1")

    assert (batch.counts["created"], batch.rejected_by_code) == (3, {"school_unknown": 1})
    assert_counted(batch)


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"户籍乡镇": "", "户籍村": "城关镇红星村"}, ["户籍乡镇改为“城关镇”，户籍村改为“红星村”"]),
        ({"户籍乡镇": "城关镇", "户籍村": "红星村三组"}, ["户籍村改为“红星村”"]),
        ({"户籍乡镇": "城关镇", "户籍村": "云岭县城关镇红星村第2村民小组"}, ["户籍村改为“红星村”"]),
        ({"户籍乡镇": "城关镇", "户籍村": "红心村"}, ["户籍村改为“红星村”"]),
        ({"就读方式": "住校（周一至周五）"}, ["就读方式改为“住校”"]),
        ({"年级": "五年级上学期"}, ["年级改为“五年级”"]),
        ({"年级": "八年级"}, ["学段改为“初中”，年级改为“八年级”"]),
        ({"学段": "小学部"}, ["学段改为“小学”"]),
        ({"姓名": ""}, []),
    ],
)
def test_suggestion_is_what_the_check_accepts(client, administrator, xiazhai, checked, cells, told):
    batch = checked(roster(xiazhai, 1, **cells), by=administrator)
    client.force_login(administrator)

    assert suggested(client, batch) == told
    for label in told:
        send(client, "accept", batch, only_wrong(batch), label=label)
        assert batch.counts["created"] == 1
        assert_counted(batch)


def test_no_digit_of_a_number_is_ever_suggested(client, administrator, xiazhai, checked):
    number = factories.id_number(1, birth="20100202")
    wrong = number[:-1] + ("0" if number[-1] != "0" else "1")
    batch = checked(roster(xiazhai, 1, 身份证件号=wrong, 全国学籍号=""), by=administrator)
    client.force_login(administrator)

    page = client.get(url("detail", batch)).content.decode()

    assert (batch.rejected_by_code, suggested(client, batch)) == ({"id_checksum": 1}, [])
    assert (number in page, "建议：" in page) == (False, False)


def test_number_that_excel_rounded_stays_refused_when_another_cell_is_put_right(
    client, administrator, xiazhai, checked
):
    batch = checked(roster(xiazhai, 1, 身份证件号=529901201002021234, 姓名=""), by=administrator)
    client.force_login(administrator)
    assert batch.rejected_by_code == {"id_precision_lost": 1, "name_missing": 1}

    send(client, "fix", batch, only_wrong(batch), name="罗一")

    assert batch.rejected_by_code == {"id_precision_lost": 1}
    assert_counted(batch)


def test_fixes_of_somebody_else_or_of_an_applied_import_are_refused(
    client, administrator, clerk, xiazhai, checked
):
    batch = checked(book(roster_row(xiazhai, 1), roster_row(xiazhai, 2, 姓名="")), by=administrator)
    wrong = only_wrong(batch)
    client.force_login(clerk)
    for name in ("fix", "accept", "settle"):
        assert client.post(row_url(name, batch, wrong), {"name": "罗"}).status_code == 404
    client.force_login(administrator)
    client.post(url("apply", batch))
    work(batch)

    send(client, "fix", batch, wrong, name="罗一")
    send(client, "settle", batch, wrong, verdict="drop")

    assert (RowFix.objects.count(), Enrolment.objects.count(), batch.counts["rejected"]) == (0, 1, 1)


def test_error_workbook_tells_what_was_put_right_on_the_page(client, administrator, xiazhai, checked):
    rows = [roster_row(xiazhai, 1), roster_row(xiazhai, 2, 姓名=""), roster_row(xiazhai, 3, 姓名="")]
    batch = checked(book(*rows), by=administrator)
    client.force_login(administrator)
    send(client, "fix", batch, batch.staged.rejected()[0], name="罗二")

    response = client.get(url("errors", batch))

    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)))["学生花名册"]
    assert [sheet.cell(row, len(ROSTER) + 1).value for row in (2, 3, 4)] == [
        None,
        "已在页面上改正，不用再改这个文件里的这一格。",
        "没有填写姓名；请补填后重新上传。",
    ]


def test_cancel_and_purge_take_the_fixes_away(client, administrator, xiazhai, checked):
    batch = checked(roster(xiazhai, 1, 姓名=""), by=administrator)
    client.force_login(administrator)
    send(client, "fix", batch, only_wrong(batch), name="罗一")

    client.post(url("cancel", batch))

    assert RowFix.objects.count() == 0


def test_preview_with_suggestions_costs_the_same_for_many_rows(
    client, administrator, xiazhai, checked, count_queries
):
    client.force_login(administrator)
    wrong = {"学校标识码": "", "学校名称": "下寨完小", "户籍村": "红心村"}
    few = checked(roster(xiazhai, 1, **wrong), by=administrator)
    many = checked(roster(xiazhai, 30, **wrong), by=administrator)

    costs = [count_queries(lambda batch=batch: client.get(url("detail", batch))) for batch in (few, many)]

    assert costs[0] == costs[1]


def test_putting_right_costs_the_same_for_many_rows(client, administrator, xiazhai, checked, count_queries):
    client.force_login(administrator)
    wrong, costs = {"学校标识码": "", "学校名称": "下寨完小"}, []
    for count in (1, 30):
        batch = checked(roster(xiazhai, count, **wrong), by=administrator)
        label = suggested(client, batch)[0]
        target, data = row_url("accept", batch, batch.staged.rejected()[0]), {"label": label, "every": "1"}
        costs.append(count_queries(lambda target=target, data=data: client.post(target, data)))
        batch.refresh_from_db()
        assert batch.counts["rejected"] == 0

    assert costs[0] == costs[1]


def test_cell_that_was_not_taken_over_is_put_right_on_the_page(client, administrator, xiazhai, checked):
    batch = checked(book(roster_row(xiazhai, 1, 银行账号="6226"), roster_row(xiazhai, 2)), by=administrator)
    client.force_login(administrator)
    (doubtful,) = batch.staged.warned()
    line = client.get(url("rows", batch) + "?tab=warnings").context["rows"][0]
    assert (batch.warnings, line["mend"]["is_editable"]) == ({"account_invalid": 1}, True)
    form = client.get(row_url("fix", batch, doubtful)).context["form"]
    assert list(form.fields) == ["account"]
    assert form.fields["account"].help_text.startswith("银行账号没有采用：银行账号应为8至30位数字")

    page = send(client, "fix", batch, doubtful, account="6226 0000 0000 0001")

    assert "学生花名册第2行已改好" in page
    assert (batch.warnings, batch.counts["warned"], batch.counts["created"]) == ({}, 0, 2)
    assert batch.staged.first().content["values"]["account"] == "6226000000000001"
    assert_counted(batch)
    client.post(url("apply", batch))
    work(batch)
    assert Student.objects.filter(bank_account__tail="0001").count() == 1


def test_cell_that_is_still_not_taken_over_says_so(client, administrator, xiazhai, checked):
    batch = checked(roster(xiazhai, 1, 联系电话="没有电话"), by=administrator)
    client.force_login(administrator)

    page = send(client, "fix", batch, batch.staged.get(), phone="1392996")
    assert "学生花名册第2行还有提醒：联系电话没有采用" in page
    assert batch.warnings == {"phone_invalid": 1}

    send(client, "fix", batch, batch.staged.get(), phone="")
    assert batch.warnings == {}
    assert_counted(batch)


def test_row_without_any_problem_has_nothing_to_put_right(client, administrator, xiazhai, checked):
    batch = checked(roster(xiazhai, 1), by=administrator)
    client.force_login(administrator)

    assert client.get(row_url("fix", batch, batch.staged.get())).status_code == 404
    assert client.get(url("rows", batch) + "?tab=all").context["rows"][0]["mend"] is None
