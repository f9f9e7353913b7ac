"""Workbooks that go out, opened again by two independent readers."""

import datetime as dt
import io
import re
import zipfile

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from povertyedu.workbooks.cells import clean_id_number, clean_text, clean_yuan_to_fen
from povertyedu.workbooks.columns import Column, WorkbookResource
from povertyedu.workbooks.headers import data_rows, pick_sheets
from povertyedu.workbooks.ledger import yuan
from povertyedu.workbooks.reading import open_workbook
from povertyedu.workbooks.writing import (
    Formula,
    LedgerColumn,
    LedgerSheet,
    ProblemRow,
    Row,
    TotalRow,
    write_ledger,
    write_problem_rows,
    write_table,
    write_template,
)

COLUMNS = [
    LedgerColumn("序号", "int", 6),
    LedgerColumn("学校"),
    LedgerColumn("姓名"),
    LedgerColumn("身份证件号", width=20),
    LedgerColumn("发放日期", "date"),
    LedgerColumn("金额", "money"),
]
ID = "52990120100118139X"
DAY = dt.date(2020, 11, 30)


def ledger_rows():
    yield Row([1, "一小", "张三", ID, DAY, 62500])
    yield Row([2, "一小", "李四", ID, None, 31250])
    yield TotalRow("一小小计 {rows} 人", 1)
    yield Row([3, "二小", "王五", ID, DAY, 5])
    yield TotalRow("二小小计 {rows} 人", 1)
    yield TotalRow("城关镇合计 {rows} 人", 2)
    yield Row([4, "三小", "赵六", ID, DAY, 100])
    yield TotalRow("三小小计 {rows} 人", 1)
    yield TotalRow("青石镇合计 {rows} 人", 2)


@pytest.fixture
def ledger(tmp_path):
    sheet = LedgerSheet(
        "台账",
        "云岭县2020年秋季学期学生资助台账",
        [LedgerColumn("说明", width=30), *COLUMNS[1:]],
        (Row(["", *row.values[1:]]) if isinstance(row, Row) else row for row in ledger_rows()),
        unit_line="填报单位：云岭县教育局",
        right_line="单位：元",
    )
    path = tmp_path / "ledger.xlsx"
    write_ledger(path, sheet)
    return path


def test_write_ledger_read_by_calamine_with_totals_right(ledger):
    rows = dict(open_workbook(ledger)[0].rows)
    assert rows[1][0] == "云岭县2020年秋季学期学生资助台账"
    assert rows[2] == ["填报单位：云岭县教育局", "", "", "单位：元", "", ""]
    assert rows[3] == ["说明", "学校", "姓名", "身份证件号", "发放日期", "金额"]
    assert rows[4] == ["", "一小", "张三", ID, DAY, 625.0]
    assert {cells[0]: cells[5] for number, cells in rows.items() if number > 3 and cells[0]} == {
        "一小小计 2 人": 937.5,
        "二小小计 1 人": 0.05,
        "城关镇合计 3 人": 937.55,
        "三小小计 1 人": 1.0,
        "青石镇合计 1 人": 1.0,
        "总计": 938.55,
        "单位负责人：　　　　　　审核人：　　　　　　填表人：　　　　　　填表日期：": "",
    }


def test_write_ledger_read_by_openpyxl_with_formulas_formats_and_page(ledger):
    sheet = openpyxl.load_workbook(ledger)["台账"]
    formulas = {row[0].value: row[5].value for row in sheet.iter_rows(min_row=4) if row[5].data_type == "f"}
    assert formulas == {
        "一小小计 2 人": "=SUBTOTAL(9,F4:F5)",
        "二小小计 1 人": "=SUBTOTAL(9,F7:F7)",
        "城关镇合计 3 人": "=SUBTOTAL(9,F4:F8)",
        "三小小计 1 人": "=SUBTOTAL(9,F10:F10)",
        "青石镇合计 1 人": "=SUBTOTAL(9,F10:F11)",
        "总计": "=SUBTOTAL(9,F4:F12)",
    }
    assert (sheet["F4"].number_format, sheet["D4"].number_format, sheet["E4"].number_format) == (
        "#,##0.00",
        "@",
        "yyyy\\-mm\\-dd",
    )
    assert sheet["E4"].value == dt.datetime(2020, 11, 30)
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage is True
    assert sheet.print_title_rows == "$3:$3"
    assert sheet.freeze_panes == "A4"
    assert "A1:F1" in [str(merged) for merged in sheet.merged_cells.ranges]
    assert sheet.oddFooter.center.text == "第 &P 页　共 &N 页"


def test_write_ledger_empty_and_several_sheets(tmp_path):
    sheets = [
        LedgerSheet("同名", "空表", COLUMNS, []),
        LedgerSheet("同名", "", COLUMNS, [Row([1, "", "", "", None, 1])]),
    ]
    write_ledger(tmp_path / "two.xlsx", *sheets, LedgerSheet("a/b:c", "", COLUMNS[:2], []))
    read = open_workbook(tmp_path / "two.xlsx")
    assert [sheet.name for sheet in read] == ["同名", "同名(2)", "a b c"]
    assert read[0].rows[2][1][5] == 0.0
    assert openpyxl.load_workbook(tmp_path / "two.xlsx").sheetnames == ["同名", "同名(2)", "a b c"]


def test_write_ledger_formula_of_the_programme_is_stored_with_its_value(tmp_path):
    rows = [Row(["小学", Formula('SUMIF(明细!A:A,"小学",明细!B:B)', 31250)])]
    write_ledger(
        tmp_path / "f.xlsx",
        LedgerSheet("汇总", "", [LedgerColumn("学段"), LedgerColumn("金额", "money")], rows),
    )
    assert (
        openpyxl.load_workbook(tmp_path / "f.xlsx").active["B2"].value == '=SUMIF(明细!A:A,"小学",明细!B:B)'
    )
    assert [cells[1] for _, cells in open_workbook(tmp_path / "f.xlsx")[0].rows[1:3]] == [312.5, 312.5]


def test_write_ledger_wrong_number_of_values_is_refused():
    for bad in ([1, "一小"], [1, "一小", "张三", ID, DAY, 1, 1]):
        with pytest.raises(ValueError, match="values on a sheet of 6 columns"):
            write_ledger(io.BytesIO(), LedgerSheet("台账", "", COLUMNS, [Row(bad)]))


@pytest.mark.parametrize("column", [0, 4, 5])
def test_write_ledger_text_never_stands_where_a_number_belongs(column):
    values = [1, "一小", "张三", ID, DAY, 1]
    values[column] = "1</v><f>1+1</f><v>"
    with pytest.raises((TypeError, AttributeError)):
        write_ledger(io.BytesIO(), LedgerSheet("台账", "", COLUMNS, [Row(values)]))


def test_write_ledger_strong_row_heads_a_group_without_sums(tmp_path):
    rows = [Row([None, "一小", "", "", None, None], True), Row([1, "一小", "张三", ID, DAY, 700])]
    write_ledger(tmp_path / "g.xlsx", LedgerSheet("台账", "", COLUMNS, rows, sign_off=()))
    assert open_workbook(tmp_path / "g.xlsx")[0].rows[-1][1][5] == 7.0
    with pytest.raises(ValueError, match="strong row"):
        write_ledger(io.BytesIO(), LedgerSheet("台账", "", COLUMNS, [Row([None, "", "", "", None, 1], True)]))


@settings(max_examples=40, deadline=None)
@given(
    groups=st.lists(st.lists(st.integers(-(10**11), 10**11), max_size=5), max_size=6),
)
def test_write_ledger_totals_are_exact_to_the_fen(groups):
    def rows():
        for amounts in groups:
            for amount in amounts:
                yield Row(["", amount])
            yield TotalRow("小计")

    out = io.BytesIO()
    write_ledger(
        out,
        LedgerSheet("台账", "", [LedgerColumn("说明"), LedgerColumn("金额", "money")], rows(), sign_off=()),
    )
    xml = zipfile.ZipFile(out).read("xl/worksheets/sheet1.xml").decode()
    values = re.findall(
        r"</f><v>([^<]*)</v>|小计</t></is></c><c[^>]*><v>([^<]*)</v>|总计</t></is></c><c[^>]*><v>([^<]*)</v>",
        xml,
    )
    fen = [clean_yuan_to_fen("".join(parts)).value for parts in values]
    assert fen == [sum(amounts) for amounts in groups] + [sum(map(sum, groups))]


@given(fen=st.integers(-(10**13), 10**13))
def test_yuan_reads_back_exactly(fen):
    assert clean_yuan_to_fen(yuan(fen)).value == fen


# --- tables ---------------------------------------------------------------------------------------

HOSTILE = [
    '=HYPERLINK("http://127.0.0.1/","点我")',
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "<c><f>1+1</f></c>",
    "a&b",
    "_x0041_",
    " 前后有空格 ",
    "两\n行",
    "100%s%d",
    "𠮷",
]


def test_write_table_user_text_comes_back_as_it_was_and_never_a_formula(tmp_path):
    write_table(tmp_path / "t.xlsx", ["姓名", "备注"], [[ID, text] for text in HOSTILE], title="名单")
    assert [cells[1] for _, cells in open_workbook(tmp_path / "t.xlsx")[0].rows[2:]] == HOSTILE
    sheet = openpyxl.load_workbook(tmp_path / "t.xlsx").active
    # openpyxl leaves the format's own escape of a text that looks like one; Excel and calamine undo it
    assert [cell.value.replace("_x005F_", "_") for cell in sheet["B"][2:]] == HOSTILE
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value} == {"s"}
    assert b"<f>" not in zipfile.ZipFile(tmp_path / "t.xlsx").read("xl/worksheets/sheet1.xml")


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.tuples(st.text(), st.text()), min_size=1, max_size=5))
def test_write_table_any_text_gives_a_readable_file(rows):
    out = io.BytesIO()
    write_table(out, ["甲", "乙"], rows)
    sheet = openpyxl.load_workbook(out).active
    assert sheet.max_row == len(rows) + 1
    for row, read in zip(rows, sheet.iter_rows(min_row=2, values_only=True), strict=True):
        assert [clean_text(cell).value for cell in read] == [clean_text(cell).value for cell in row]


def test_write_table_very_long_text_is_cut_to_what_a_cell_holds(tmp_path):
    write_table(tmp_path / "t.xlsx", ["备注"], [["长" * 40_000]])
    assert len(open_workbook(tmp_path / "t.xlsx")[0].rows[1][1][0]) == 32_767


def test_write_problem_rows_can_be_imported_again(tmp_path):
    rows = [
        ProblemRow("花名册", 7, "身份证号校验不通过。", ["张三", "5299"]),
        ProblemRow("花名册", 9, "没有填写姓名。", ["", 5.29901e17, "多余"]),
        ProblemRow("花名册", 12, "日期看不懂。", ["李四"]),
    ]
    write_problem_rows(tmp_path / "p.xlsx", ["姓名", "身份证件号"], rows)
    assert open_workbook(tmp_path / "p.xlsx")[0].rows == [
        (1, ["工作表", "行号", "错误说明", "姓名", "身份证件号"]),
        (2, ["花名册", 7.0, "身份证号校验不通过。", "张三", "5299"]),
        (3, ["花名册", 9.0, "没有填写姓名。", "", "5.29901e+17"]),
        (4, ["花名册", 12.0, "日期看不懂。", "李四", ""]),
    ]


# --- templates ------------------------------------------------------------------------------------


class ChildResource(WorkbookResource):
    name = Column("姓名", required=True, note="按户口簿填写")
    id_number = Column("身份证件号", required=True, clean=clean_id_number, as_text=True, width=22)
    boarding = Column("就读方式", choices=["走读", "住校"], note="以本学期为准")
    remark = Column("备注")


def test_write_template_dropdowns_text_format_and_notes(tmp_path):
    write_template(tmp_path / "t.xlsx", ChildResource(), "学生花名册")
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    sheet = book["数据"]
    assert [cell.value for cell in sheet[2]] == ["★姓名", "★身份证件号", "就读方式", "备注"]
    assert sheet.column_dimensions["B"].number_format == "@"
    rules = {str(rule.sqref): rule for rule in sheet.data_validations.dataValidation}
    assert rules["C3:C5002"].formula1 == "'选项'!$C$1:$C$2"
    assert rules["A3:A5002"].prompt == "按户口簿填写"
    assert [cell.value for cell in book["选项"]["C"]] == ["走读", "住校"]
    assert [cell.value for cell in book["填写说明"]["A"]] == [
        "栏目",
        "姓名",
        "身份证件号",
        "就读方式",
        "备注",
    ]


def test_write_template_filled_in_is_read_by_its_own_resource(tmp_path):
    path, resource = tmp_path / "t.xlsx", ChildResource()
    write_template(path, resource, "学生花名册")
    book = openpyxl.load_workbook(path)
    for index, value in enumerate(["罗娜", ID, "住校", "=1+1"], start=1):
        book["数据"].cell(3, index, value).data_type = "s"
    book.save(path)
    picked, skipped = pick_sheets(open_workbook(path), resource.columns())
    assert [(one.sheet.name, one.header.row_numbers, one.header.missing) for one in picked] == [
        ("数据", (2,), [])
    ]
    assert {one.where for one in skipped} == {"选项", "填写说明"}
    rows = [
        resource.read_row(picked[0].header, cells)
        for _, cells in data_rows(picked[0].sheet, picked[0].header)
    ]
    assert rows == [({"name": "罗娜", "id_number": ID, "boarding": "住校", "remark": "=1+1"}, [], [])]
