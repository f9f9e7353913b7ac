"""The clerk's own workbook, marked; and what cannot be marked is no error."""

import io
import re
import zipfile

import openpyxl
import pytest

from povertyedu.workbooks.marking import MarkLimits, annotate_errors
from povertyedu.workbooks.parser import OLE

ID = "529901201005120016"
PROBLEMS = {("花名册", 3): {1: "身份证号应为18位。", None: "与第4行重复。"}}
HEADS = {"花名册": 2}


@pytest.fixture
def book():
    book = openpyxl.Workbook()
    book.active.title = "花名册"
    for row in (["花名册"], ["姓名", "身份证件号"], ["张三", "5299"], ["李四", ID]):
        book.active.append(row)
    book.active["A3"].font = openpyxl.styles.Font(italic=True)
    book.create_sheet("另一张")["A1"] = "不动"
    return book


@pytest.fixture
def mark(tmp_path):
    """Mark a workbook (or its bytes); return it as openpyxl reads it again, None when it could not be marked."""

    def mark(source, problems=PROBLEMS, **limits):
        path, out = tmp_path / "own.xlsx", io.BytesIO()
        if isinstance(source, bytes):
            path.write_bytes(source)
        else:
            source.save(path)
        done = annotate_errors(path, out, problems, HEADS, limits=MarkLimits(**limits))
        assert done is bool(out.getvalue())
        return openpyxl.load_workbook(out) if done else None

    return mark


def changed(book, part: str, old: str, new: str) -> bytes:
    """Return the workbook's bytes with a piece of one part's XML replaced."""
    made, out = io.BytesIO(), io.BytesIO()
    book.save(made)
    with zipfile.ZipFile(made) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == part:
                assert re.search(old.encode(), content)
                content = re.sub(old.encode(), new.encode(), content)
            target.writestr(name, content)
    return out.getvalue()


def test_wrong_cells_are_red_and_a_column_says_why(mark, book):
    marked = mark(book)
    sheet = marked["花名册"]
    assert [cell.value for cell in sheet[2]] == ["姓名", "身份证件号", "错误说明"]
    assert sheet["C3"].value == "身份证号应为18位；与第4行重复。"
    assert sheet["B3"].fill.start_color.rgb == "FFFFC7CE"
    assert sheet["A3"].fill.fill_type is None
    assert sheet["A3"].font.italic is True
    assert sheet["C4"].value is None
    assert marked["另一张"]["A1"].value == "不动"


def test_second_round_uses_the_same_column(mark, book):
    again = mark(mark(book), {("花名册", 4): {0: "=也错"}})
    sheet = again["花名册"]
    assert [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)] == [
        ["姓名", "身份证件号", "错误说明"],
        ["张三", "5299", None],
        ["李四", ID, "=也错。"],
    ]
    assert sheet["C4"].data_type == "s"


@pytest.mark.parametrize(
    ("area", "column"),
    [("B2:D2", "E"), ("B3:F3", "G"), ("B3:B4", "C"), ("A1:H1", "C"), ("C2:C3", "D")],
    ids=["heading", "data cell", "downwards", "title above", "empty"],
)
def test_merged_cells_leave_the_reasons_a_column_of_their_own(mark, book, area, column):
    book["花名册"].merge_cells(area)
    sheet = mark(book)["花名册"]
    assert (sheet[f"{column}2"].value, sheet[f"{column}3"].value) == (
        "错误说明",
        "身份证号应为18位；与第4行重复。",
    )
    assert sheet["B3"].fill.start_color.rgb == "FFFFC7CE"


def test_wrong_cell_under_a_merged_one_reddens_what_is_seen(mark, book):
    book["花名册"].merge_cells("A3:B3")
    sheet = mark(book)["花名册"]
    assert sheet["A3"].fill.start_color.rgb == "FFFFC7CE"


def test_earlier_column_merged_with_another_is_left(mark, book):
    sheet = book["花名册"]
    sheet["C2"] = "错误说明"
    sheet.merge_cells("C3:D3")
    assert mark(book)["花名册"]["E2"].value == "错误说明"


def test_stray_cell_far_away_costs_nothing(mark, book):
    book["花名册"]["CV1048576"] = "x"
    assert mark(book)["花名册"]["CW2"].value == "错误说明"


def test_no_column_free_is_no_error(mark, book):
    book["花名册"]["XFD3"] = "x"
    assert mark(book) is None


UNKNOWN = {
    "validation": ("xl/worksheets/sheet1.xml", "</sheetData>", '</sheetData><dataValidations count="1"><dataValidation type="colour" sqref="A3"/></dataValidations>'),
    "date": ("docProps/core.xml", r"(<dcterms:created[^>]*>)[^<]*", r"\1last week"),
    "broken styles": ("xl/styles.xml", "<fonts", "<fnts"),
}  # fmt: skip


@pytest.mark.parametrize("case", UNKNOWN)
def test_part_that_openpyxl_does_not_know_is_no_error(mark, book, case):
    assert mark(changed(book, *UNKNOWN[case])) is None


@pytest.mark.parametrize(
    "content", ["姓名,身份证件号\n".encode(), OLE + b"\0" * 600, b"", b"PK\x03\x04broken"]
)
def test_what_is_no_xlsx_by_content_is_not_marked(mark, content):
    assert mark(content) is None


def test_cells_of_every_sheet_count(mark, book):
    hidden = book.create_sheet("旧表")
    hidden.sheet_state = "hidden"
    for number in range(50):
        hidden.append(range(number, number + 20))
    assert mark(book, cells=1_000) is None
    assert mark(book, cells=1_100) is not None


def test_cells_that_a_merged_area_only_claims_count_too(mark, book):
    book["花名册"]["A5"] = "合计"
    content = changed(book, "xl/worksheets/sheet1.xml", "</sheetData>", '</sheetData><mergeCells count="1"><mergeCell ref="A5:XFD1048576"/></mergeCells>')  # fmt: skip
    assert mark(content) is None


def test_workbook_that_takes_too_long_or_too_much_is_not_marked(mark, book):
    for number in range(5_000):
        book["另一张"].append([f"{number}-{column}" for column in range(5)])
    assert mark(book, seconds=0) is None
    assert mark(book, memory=40 * 2**20) is None
    assert mark(book, written=20_000) is None
    assert mark(book) is not None
