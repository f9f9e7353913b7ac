"""The one declaration of columns, and rows cleaned by it."""

import datetime as dt

import pytest
import tablib
from django.contrib.auth.models import Group
from import_export.resources import ModelResource

from povertyedu.workbooks.cells import NOT_CALCULATED, CellError, clean_id_number, clean_yes_no
from povertyedu.workbooks.columns import Column, WorkbookResource, one_of
from povertyedu.workbooks.dates import clean_date
from povertyedu.workbooks.headers import find_header


class ChildResource(WorkbookResource):
    name = Column("姓名", required=True, missing_code="name_missing")
    id_number = Column(
        "身份证件号", aliases=["身份证号"], clean=clean_id_number, sensitivity="secret", as_text=True
    )
    birth_date = Column("出生日期", clean=clean_date)
    left_behind = Column("是否留守儿童", clean=clean_yes_no, choices=["是", "否"])


def header_of(*headings):
    return find_header([(1, list(headings))], ChildResource().columns())


def test_columns_in_order_of_declaration_and_knowing_their_names():
    assert [(column.name, column.heading) for column in ChildResource().columns()] == [
        ("name", "姓名"),
        ("id_number", "身份证件号"),
        ("birth_date", "出生日期"),
        ("left_behind", "是否留守儿童"),
    ]
    assert ChildResource().get_export_headers() == ["姓名", "身份证件号", "出生日期", "是否留守儿童"]


def test_column_unknown_sensitivity_is_refused():
    with pytest.raises(ValueError, match="sensitivity of 姓名"):
        Column("姓名", sensitivity="private")


def test_read_row_values_errors_and_repairs():
    header = header_of("姓名", "身份证号", "出生日期", "是否留守儿童")
    result = ChildResource().read_row(header, [" 罗娜", "52990120100118139x", "20100118", "√"])
    assert result.values == {
        "name": "罗娜",
        "id_number": "52990120100118139X",
        "birth_date": dt.date(2010, 1, 18),
        "left_behind": True,
    }
    assert result.errors == []
    assert result.repairs == [("id_number", "已去掉空格、引号，或改为半角、大写X")]


def test_read_row_error_values_and_formulas_without_a_result_are_refused_never_blank():
    header = header_of("姓名", "身份证号", "出生日期", "是否留守儿童")
    result = ChildResource().read_row(header, ["#REF!", " #N/A ", NOT_CALCULATED, "Err:502"])
    assert result.values == {"name": None, "id_number": None, "birth_date": None, "left_behind": None}
    error = "“{}”这一格是表格的错误值“{}”，不是内容；请改正公式或直接填写，再上传。"
    formula = "“出生日期”这一格是公式，文件里没有保存计算结果；请用 Excel 或 WPS 打开后重新保存，或改填数值，再上传。"
    assert result.errors == [
        ("name", "value_unknown", error.format("姓名", "#REF!")),
        ("id_number", "value_unknown", error.format("身份证件号", "#N/A")),
        ("birth_date", "value_unknown", formula),
        ("left_behind", "value_unknown", error.format("是否留守儿童", "Err:502")),
    ]
    assert ChildResource().read_row(header, ["#1罗娜", "", "", ""]).values["name"] == "#1罗娜"


def test_read_row_bad_cells_are_all_told_and_none():
    header = header_of("姓名", "身份证号", "出生日期", "是否留守儿童")
    result = ChildResource().read_row(header, ["  ", 5.29901200810088e17, "昨天", "也许"])
    assert result.values == {"name": "", "id_number": None, "birth_date": None, "left_behind": None}
    assert [(error.column, error.code) for error in result.errors] == [
        ("name", "name_missing"),
        ("id_number", "id_precision_lost"),
        ("birth_date", "date_invalid"),
        ("left_behind", "value_unknown"),
    ]
    assert result.errors[0].message == "没有填写姓名；请补填后重新上传。"


def test_read_row_short_row_and_absent_columns_are_none():
    header = header_of("姓名", "是否留守儿童")
    assert ChildResource().read_row(header, ["罗娜"]) == (
        {"name": "罗娜", "id_number": None, "birth_date": None, "left_behind": None},
        [],
        [],
    )


def test_read_row_same_text_as_number_and_flag_are_not_confused():
    resource = ChildResource()
    header = header_of("姓名", "是否留守儿童")
    assert [
        resource.read_row(header, ["罗娜", cell]).values["left_behind"]
        for cell in ("1", 1.0, True, "0", 0.0, "")
    ] == [
        True,
        True,
        True,
        False,
        False,
        None,
    ]


def test_read_row_follows_the_header_it_is_given():
    resource = ChildResource()
    assert resource.read_row(header_of("姓名", "出生日期"), ["罗娜", ""]).values["name"] == "罗娜"
    assert resource.read_row(header_of("出生日期", "姓名"), ["", "罗娜"]).values["name"] == "罗娜"


def test_one_of_gives_the_meaning_of_a_word():
    clean = one_of({"住校": "boarding", "寄宿": "boarding", "走读": "day"})
    assert [clean(cell).value for cell in (" 住 校", "寄宿\u00a0", "走读", "", None)] == [
        "boarding",
        "boarding",
        "day",
        None,
        None,
    ]
    with pytest.raises(CellError, match="这一格只能填：住校、寄宿、走读；请改正后重新上传。") as error:
        clean("半读")
    assert error.value.code == "value_unknown"


class GroupResource(WorkbookResource, ModelResource):
    name = Column("名称", attribute="name", required=True)

    class Meta:
        model = Group
        fields = ("name",)
        import_id_fields = ("name",)


@pytest.mark.django_db
def test_workbook_resource_also_imports_row_by_row_with_the_same_cleaner():
    assert [column.heading for column in GroupResource().columns()] == ["名称"]
    GroupResource().import_data(tablib.Dataset(["\u00a0第１组 "], headers=["名称"]), raise_errors=True)
    assert Group.objects.values_list("name", flat=True).get() == "第1组"
    assert GroupResource().export().csv == "名称\r\n第1组\r\n"
