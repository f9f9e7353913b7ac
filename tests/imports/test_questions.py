"""What is asked of a roster's headings before its rows are checked: one question, not a red sentence on every row."""

import pytest

from students.models import Enrolment, Student

from .conftest import ROSTER, roster_row, workbook
from .test_columns import answers, renamed
from .test_pages import url, work

pytestmark = pytest.mark.django_db


def without(school, *headings: str, title: str = "", count: int = 2) -> bytes:
    """A roster that lacks some columns."""
    kept = [place for place, heading in enumerate(ROSTER) if heading not in headings]
    rows = [ROSTER, *(roster_row(school, number) for number in range(1, count + 1))]
    lines = [[row[place] for place in kept] for row in rows]
    return workbook(("花名册", ([[title]] if title else []) + lines))


def test_unknown_heading_of_the_school_is_one_question(client, administrator, xiazhai, checked):
    batch = checked(renamed(xiazhai, 学校标识码="码", 学校名称="读书的地方"), by=administrator)
    client.force_login(administrator)

    assert (batch.state, batch.staged.count(), batch.error) == (
        "mapping",
        0,
        "工作表“花名册”没有认出哪一列是学校标识码或学校名称（没有认出的表头：码、读书的地方）；请指明后再核对。",
    )
    client.post(url("columns", batch), answers(client, batch, 码="school_code", 读书的地方="school_name"))
    work(batch)
    assert (batch.state, batch.counts["created"]) == ("checked", 2)


def test_roster_without_any_column_of_the_school_says_what_is_lacking(administrator, xiazhai, checked):
    batch = checked(without(xiazhai, "学校标识码", "学校名称"), by=administrator)

    assert (batch.state, batch.error) == (
        "mapping",
        "工作表“花名册”没有学校标识码，也没有学校名称；请在表里补上一列，或在表格标题里写明“学校名称：…”，再上传。",
    )


def test_school_in_the_title_asks_nothing(administrator, xiazhai, village, checked):
    content = without(xiazhai, "学校标识码", "学校名称", title=f"学校名称：{xiazhai.name}")

    assert checked(content, by=administrator).counts["created"] == 2


def test_unknown_heading_that_may_tell_boarders_is_asked_and_read(client, administrator, xiazhai, checked):
    batch = checked(renamed(xiazhai, 就读方式="走读还是住宿"), by=administrator)
    client.force_login(administrator)

    assert (batch.state, batch.error) == (
        "mapping",
        "工作表“花名册”没有认出“就读方式”列；表头“走读还是住宿”写的是不是住校、走读？请指明后再核对，不是的选“（不读取）”。",
    )
    client.post(url("columns", batch), answers(client, batch, 走读还是住宿="boarding"))
    work(batch)
    assert (batch.state, batch.staged.first().content["values"]["boarding"]) == ("checked", False)


def test_heading_that_is_not_the_boarders_is_settled_by_not_reading_it(
    client, administrator, xiazhai, checked
):
    batch = checked(renamed(xiazhai, 就读方式="宿舍楼"), by=administrator)
    client.force_login(administrator)
    assert batch.state == "mapping"

    client.post(url("columns", batch), answers(client, batch))
    work(batch)

    assert (batch.state, batch.counts["created"]) == ("checked", 2)


@pytest.mark.parametrize("heading", ["家庭住址", "现居住地", "住所", "住宿费（元）"])
def test_heading_of_an_address_or_a_fee_asks_nothing(administrator, xiazhai, village, checked, heading):
    batch = checked(renamed(xiazhai, 就读方式=heading), by=administrator)

    assert batch.state == "checked"
    assert "工作表“花名册”没有“就读方式”列：新学生按走读登记，已有的学生不变。" in batch.remarks


def test_clerk_of_one_school_is_not_asked_for_it(clerk, xiazhai, village, checked):
    assert checked(without(xiazhai, "学校标识码", "学校名称"), by=clerk).state == "checked"


def test_account_that_is_the_identity_number_is_not_taken_over(administrator, xiazhai, village, checked):
    number = roster_row(xiazhai, 1)[ROSTER.index("身份证件号")]
    heads = ["社保卡号" if heading == "银行账号" else heading for heading in ROSTER]
    batch = checked(workbook(("花名册", [heads, roster_row(xiazhai, 1, 银行账号=number)])), by=administrator)

    assert (batch.counts["created"], batch.warnings) == (1, {"account_invalid": 1})
    assert "account" not in batch.staged.get().content["values"]
    assert (Student.objects.count(), Enrolment.objects.count()) == (0, 0)
