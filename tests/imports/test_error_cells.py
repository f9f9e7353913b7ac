"""Error values (#N/A) and formulas whose result the file does not hold: told cell by cell, never taken as blank."""

import io

import openpyxl
import pytest

from povertyedu.imports.models import ImportBatch
from students.models import Guardian, Student
from tests import factories
from tests.workbooks.test_reading import old_xls

from .conftest import ROSTER, roster_row, workbook
from .test_fixing import assert_counted, only_wrong, send
from .test_pages import url, work

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
ERROR = "“{}”这一格是表格的错误值“{}”，不是内容；请改正公式或直接填写，再上传。"
FORMULA = "“{}”这一格是公式，文件里没有保存计算结果；请用 Excel 或 WPS 打开后重新保存，或改填数值，再上传。"


def book(*rows) -> bytes:
    return workbook(("学生花名册", [ROSTER, *rows]))


def problems(batch: ImportBatch) -> list[tuple]:
    """Return (sheet, row, column, code, sentence) of every error of the staged rows."""
    return [
        (row.sheet, row.number, *error)
        for row in batch.staged.rejected().order_by("pk")
        for error in row.content["errors"]
    ]


def test_error_cells_are_told_by_sheet_row_and_field_and_keep_their_rows_out(
    client, administrator, xiazhai, checked
):
    batch = checked(
        book(
            roster_row(xiazhai, 1),
            roster_row(xiazhai, 2, 户籍村="#N/A", 性别="#REF!"),
            roster_row(xiazhai, 3, 身份证件号="=A2"),
            roster_row(xiazhai, 4, 学校标识码="#VALUE!", 学校名称="=A2"),
        ),
        by=administrator,
    )

    assert problems(batch) == [
        ("学生花名册", 3, "sex", "value_unknown", ERROR.format("性别", "#REF!")),
        ("学生花名册", 3, "home_village", "value_unknown", ERROR.format("户籍村", "#N/A")),
        ("学生花名册", 4, "id_number", "value_unknown", FORMULA.format("身份证件号")),
        ("学生花名册", 5, "school_code", "value_unknown", ERROR.format("学校标识码", "#VALUE!")),
        ("学生花名册", 5, "school_name", "value_unknown", FORMULA.format("学校名称")),
    ]
    assert (batch.counts["created"], batch.rejected_by_code) == (1, {"value_unknown": 3})
    client.force_login(administrator)
    page = client.get(url("rows", batch) + "?tab=errors").content.decode()
    for _, _, _, _, sentence in problems(batch):
        assert sentence in page
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(client.get(url("errors", batch)).streaming_content)))
    cell = sheet["学生花名册"].cell(4, ROSTER.index("身份证件号") + 1)
    assert (cell.value, cell.fill.start_color.rgb) == ("=A2", "FFFFC7CE")


def test_error_cell_that_only_warns_is_told_and_leaves_what_is_on_file(
    client, administrator, xiazhai, checked
):
    client.force_login(administrator)
    row = roster_row(xiazhai, 1, 监护人身份证件号=factories.id_number(70, birth="19700101"))
    first = checked(book(row), by=administrator)
    client.post(url("apply", first))
    work(first)

    again = roster_row(xiazhai, 1, 监护人身份证件号="#N/A", 联系电话="=A2", 班级="2班")
    batch = checked(book(again), by=administrator)

    assert batch.warnings == {"guardian_id_invalid": 1, "phone_invalid": 1}
    told = [message for _, _, message in batch.staged.get().content["warnings"]]
    assert told == [
        "监护人身份证号没有采用：" + ERROR.format("", "#N/A").removeprefix("“”"),
        "联系电话没有采用：" + FORMULA.format("").removeprefix("“”"),
    ]
    client.post(url("apply", batch))
    work(batch)
    guardian = Guardian.objects.get()
    assert (guardian.id_number, guardian.student.phone) == (
        factories.id_number(70, birth="19700101"),
        "13929962626",
    )


def test_error_cell_is_put_right_on_the_page(client, administrator, xiazhai, checked):
    batch = checked(book(roster_row(xiazhai, 1), roster_row(xiazhai, 2, 户籍村="#N/A")), by=administrator)
    client.force_login(administrator)

    send(client, "fix", batch, only_wrong(batch), home_village="#REF!")
    assert problems(batch) == [
        ("学生花名册", 3, "home_village", "value_unknown", ERROR.format("户籍村", "#REF!"))
    ]
    send(client, "fix", batch, only_wrong(batch), home_village="红星村")

    assert (batch.counts["created"], batch.counts["rejected"]) == (2, 0)
    assert_counted(batch)


def test_formulas_drawn_down_past_the_last_line_are_no_rows(administrator, xiazhai, checked):
    headings = ("序号", *ROSTER)
    rows = [("=ROW()-1", *roster_row(xiazhai, number)) for number in (1, 2)]
    batch = checked(workbook(("学生花名册", [headings, *rows, *[("=ROW()-1",)] * 40])), by=administrator)
    assert (batch.counts["rows"], batch.counts["created"]) == (2, 2)


def test_passport_that_is_an_error_is_not_taken_as_its_number(administrator, xiazhai, checked):
    headings = (*ROSTER, "身份证件类型")
    row = (*roster_row(xiazhai, 1, 身份证件号="#N/A"), "护照")
    batch = checked(workbook(("学生花名册", [headings, row])), by=administrator)
    assert problems(batch) == [
        ("学生花名册", 2, "id_number", "value_unknown", ERROR.format("身份证件号", "#N/A"))
    ]


@pytest.mark.parametrize("name", ["花名册.csv", "花名册.xls"])
def test_error_cells_of_other_files_are_told_too(administrator, xiazhai, checked, name):
    row = roster_row(xiazhai, 1, 班级="#REF!")
    if name.endswith(".csv"):
        content = "\n".join(",".join(map(str, line)) for line in (ROSTER, row)).encode("gb18030")
    else:
        row[ROSTER.index("班级")] = 0x17
        content = old_xls([list(ROSTER), row])
    batch = checked(content, by=administrator, name=name)
    assert [problem[1:] for problem in problems(batch)] == [
        (2, "class_name", "value_unknown", ERROR.format("班级", "#REF!"))
    ]
    assert Student.objects.count() == 0
