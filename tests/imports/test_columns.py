"""核对列的对应关系: a file whose headings are not clear waits for a person, who says which column is which."""

import pytest
from django.urls import reverse

from povertyedu.audit.models import AuditEvent
from povertyedu.imports.models import HeadingAlias, ImportBatch
from students.models import Student

from .conftest import ROSTER, roster, roster_row, workbook
from .test_pages import url, work

pytestmark = pytest.mark.django_db


def renamed(school, count=2, **headings) -> bytes:
    """A roster some of whose headings are written otherwise."""
    heads = [headings.get(heading, heading) for heading in ROSTER]
    rows = [roster_row(school, number) for number in range(1, count + 1)]
    return workbook(("花名册", [heads, *rows]))


def answers(client, batch, **changed) -> dict:
    """What the page would send as it stands, with ``changed`` by heading."""
    form = client.get(url("columns", batch)).context["form"]
    data = {name: form[name].value() for name in form.fields if form[name].value()}
    for name, field in form.fields.items():
        if field.label in changed:
            data[name] = changed[field.label]
    return {name: value for name, value in data.items() if value not in (False, None, "")}


def test_missing_column_waits_for_a_person_and_is_read_where_told(client, administrator, xiazhai, checked):
    batch = checked(renamed(xiazhai, 年级="读几年级了"), by=administrator)
    client.force_login(administrator)

    assert (batch.state, batch.counts, batch.staged.count()) == ("mapping", {}, 0)
    assert "没有找到必需的列：年级" in client.get(url("detail", batch)).content.decode()
    page = client.get(url("columns", batch)).content.decode()
    assert "读几年级了" in page
    assert "缺必需的列：年级" in page

    client.post(url("columns", batch), answers(client, batch, 读几年级了="grade"))
    work(batch)

    assert (batch.state, batch.counts["created"], batch.counts["rejected"]) == ("checked", 2, 0)
    assert HeadingAlias.objects.count() == 0
    assert AuditEvent.objects.get(action="import.columns").changes == {"花名册": "已指定"}


def test_corrected_heading_becomes_the_countys_word(client, administrator, xiazhai, checked):
    batch = checked(renamed(xiazhai, 年级="读几年级了"), by=administrator)
    client.force_login(administrator)

    client.post(url("columns", batch), answers(client, batch, 读几年级了="grade") | {"remember": "on"})

    assert list(HeadingAlias.objects.values_list("column", "text")) == [("grade", "读几年级了")]
    again = checked(renamed(xiazhai, 年级="读几年级了"), by=administrator)
    assert (again.state, again.counts["created"]) == ("checked", 2)


def test_clerk_corrects_the_own_file_but_not_the_countys_words(client, clerk, xiazhai, checked):
    batch = checked(renamed(xiazhai, 年级="读几年级了"), by=clerk)
    client.force_login(clerk)

    data = answers(client, batch, 读几年级了="grade") | {"remember": "on"}
    client.post(url("columns", batch), data)
    work(batch)

    assert (batch.state, batch.counts["created"], HeadingAlias.objects.count()) == ("checked", 2, 0)


def test_wrongly_matched_column_is_corrected_after_the_check(client, administrator, xiazhai, checked):
    batch = checked(renamed(xiazhai, 监护人姓名="带班", 姓名="姓名"), by=administrator)
    client.force_login(administrator)
    assert "有 1 个表头没有认出" in client.get(url("detail", batch)).content.decode()

    data = answers(client, batch, 带班="guardian_name", 班级="")
    client.post(url("columns", batch), data)
    assert client.post(url("apply", batch)).status_code == 302  # not while it is checked again
    work(batch)

    assert batch.state == "checked"
    values = batch.staged.first().content["values"]
    assert (values["guardian_name"], "class_name" in values) == ("罗丽浩", False)
    assert "没有认出" not in client.get(url("detail", batch)).content.decode()


def test_sheet_without_any_known_heading_is_read_as_told(client, administrator, xiazhai, checked):
    strange = [f"栏{place}" for place in range(len(ROSTER))]
    content = workbook(("说明", [["填写说明"], ["请填写"]]), ("表", [strange, roster_row(xiazhai, 1)]))
    batch = checked(content, by=administrator)
    client.force_login(administrator)
    assert batch.state == "mapping"

    said = {"栏7": "id_number", "栏5": "name", "栏3": "grade", "栏0": "school_code", "栏2": "stage"}
    client.post(url("columns", batch), answers(client, batch, **said))
    work(batch)

    assert (batch.state, batch.counts["created"], batch.counts["rejected"]) == ("checked", 1, 0)


def test_sheet_is_left_out_as_told(client, administrator, xiazhai, checked):
    sheets = [(name, [ROSTER, roster_row(xiazhai, n)]) for n, name in ((1, "一班"), (2, "二班"))]
    batch = checked(workbook(*sheets), by=administrator)
    client.force_login(administrator)

    client.post(url("columns", batch), answers(client, batch) | {"s1-skip": "on"})
    work(batch)

    assert batch.counts["rows"] == 1
    assert "工作表“二班”：按您的选择没有读取。" in batch.remarks


def test_head_row_is_moved_and_found_anew(client, administrator, xiazhai, checked):
    rows = [["姓名", "性别", "说明"], [*ROSTER[:8], *ROSTER[8:]], roster_row(xiazhai, 1)]
    rows[1] = ["甲", "乙", *ROSTER[2:]]
    batch = checked(workbook(("表", rows)), by=administrator)
    client.force_login(administrator)
    assert batch.sheet_list[0]["head"] == 2

    client.post(url("columns", batch), answers(client, batch) | {"s0-head": "1"})
    work(batch)

    assert (batch.state, batch.sheet_list[0]["head"]) == ("mapping", 1)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"年级": ""}, "还缺必需的列：年级"),
        ({"性别": "name"}, "都选了“姓名”"),
        ({"性别": "no_such"}, "no_such"),
        ({"不读取这张工作表": "on"}, "所有工作表都选了不读取"),
        ({"表头在第几行": "0"}, "1"),
    ],
)
def test_choice_that_cannot_be_read_stays_on_the_form(client, administrator, xiazhai, checked, changed, told):
    batch = checked(roster(xiazhai, 1), by=administrator)
    client.force_login(administrator)

    response = client.post(url("columns", batch), answers(client, batch, **changed))

    batch.refresh_from_db()
    assert (response.status_code, batch.state, batch.choices) == (422, "checked", {})
    assert told in response.content.decode()


def test_columns_of_somebody_else_do_not_exist(client, administrator, clerk, xiazhai, checked):
    batch = checked(roster(xiazhai, 1), by=administrator)
    client.force_login(clerk)

    assert client.get(url("columns", batch)).status_code == 404
    assert client.post(url("columns", batch)).status_code == 404


def test_applied_import_keeps_its_columns(client, administrator, xiazhai, checked):
    batch = checked(roster(xiazhai, 1), by=administrator)
    client.force_login(administrator)
    client.post(url("apply", batch))
    work(batch)

    assert client.post(url("columns", batch), {}).headers["Location"] == url("detail", batch)
    batch.refresh_from_db()
    assert (batch.state, Student.objects.count()) == ("applied", 1)


def test_waiting_import_is_on_the_to_do_list(client, administrator, xiazhai, checked):
    checked(renamed(xiazhai, 年级="读几年级了"), by=administrator)
    client.force_login(administrator)

    assert "待核对列、待确认的导入文件" in client.get("/").content.decode()


def test_waiting_import_is_cancelled(client, administrator, xiazhai, checked):
    batch = checked(renamed(xiazhai, 年级="读几年级了"), by=administrator)
    client.force_login(administrator)

    client.post(url("cancel", batch))

    assert ImportBatch.objects.get().state == "cancelled"


def test_wrong_kind_of_file_waits_with_its_headings_shown(client, administrator, checked):
    batch = checked(workbook(("Sheet1", [["项目", "金额"], ["电费", 3]])), by=administrator)
    client.force_login(administrator)

    page = client.get(reverse("imports:columns", args=[batch.pk])).content.decode()

    assert (batch.state, "没有找到“学生花名册”的表头" in page, "项目" in page) == ("mapping", True, True)
    assert (batch.error.endswith("。"), batch.staged.count()) == (True, 0)
