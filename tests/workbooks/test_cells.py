"""Cleaning single cells: what is repaired, what is refused, and that no cleaner ever falls over."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from povertyedu.workbooks import cells, dates
from povertyedu.workbooks.cells import CellError, Cleaned

from .cleaning import refused

CLEANERS = [
    cells.clean_text,
    cells.clean_code,
    cells.clean_id_number,
    cells.clean_certificate_number,
    cells.clean_student_no,
    cells.clean_school_code,
    cells.clean_bank_account,
    cells.clean_phone,
    dates.clean_date,
    dates.clean_month,
    dates.clean_birth_date,
    cells.clean_person_name,
    cells.clean_yes_no,
    cells.clean_int,
    cells.clean_yuan_to_fen,
]

any_cell = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=True, allow_infinity=True),
    st.text(),
    st.text("0123456789Xx.-/年月日 　０１２３'￥,eE+", max_size=24),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.timedeltas(),
)


# --- every cleaner ------------------------------------------------------------------------------


@pytest.mark.parametrize("cleaner", CLEANERS, ids=lambda cleaner: cleaner.__name__)
@given(cell=any_cell)
def test_cleaner_any_cell_is_cleaned_or_refused_with_a_sentence(cleaner, cell):
    try:
        result = cleaner(cell)
    except CellError as error:
        result = error
    assert isinstance(result, Cleaned) or (result.code.isidentifier() and result.message.endswith("。"))


@pytest.mark.parametrize("cleaner", CLEANERS, ids=lambda cleaner: cleaner.__name__)
@given(cell=st.text())
def test_cleaner_own_text_is_cleaned_to_itself_without_repair(cleaner, cell):
    try:
        value = cleaner(cell).value
    except CellError:
        return
    if isinstance(value, str):
        assert cleaner(value) == (value, None)


@pytest.mark.parametrize("cleaner", CLEANERS, ids=lambda cleaner: cleaner.__name__)
@pytest.mark.parametrize("empty", [None, "", "   ", "\t", "\u00a0", "\u3000", "\u200b"])
def test_cleaner_empty_cell_is_empty_and_no_error(cleaner, empty):
    assert cleaner(empty).value in ("", None)


# --- text ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("杨娟雨", "杨娟雨"),
        ("  杨娟雨 ", "杨娟雨"),
        ("欧阳\u00a0若溪", "欧阳 若溪"),
        ("\u200b张三\ufeff", "张三"),
        ("１班", "1班"),
        ("“张三”", "张三"),
        ("'0123", "0123"),
        ("他说“好”", "他说“好”"),
        ("县（市）：一", "县（市）：一"),
        ('=HYPERLINK("http://127.0.0.1/","点我")', '=HYPERLINK("http://127.0.0.1/","点我")'),
        ("+86", "+86"),
        (6.0, "6"),
        (6.5, "6.5"),
        (0.30000000000000004, "0.3"),
        (12, "12"),
        (True, "是"),
        (dt.date(2013, 7, 31), "2013-07-31"),
        (dt.datetime(2013, 7, 31, 8, 30), "2013-07-31 08:30"),
        ("第一行\n第二行", "第一行 第二行"),
    ],
)
def test_clean_text_various_cells(cell, value):
    assert cells.clean_text(cell).value == value


def test_clean_text_tells_what_it_repaired_but_not_plain_spaces():
    assert cells.clean_text(" 张三 ").repaired is None
    assert cells.clean_text("张三\u00a0").repaired == "已整理空格、全角字符或引号"


def test_clean_code_half_width_upper_case_without_spaces():
    assert cells.clean_code(" ａ1２ 3\u00a0").value == "A123"
    assert cells.clean_school_code(2152000025.0) == ("2152000025", None)
    assert cells.clean_school_code("２１５２０００025").value == "2152000025"
    assert refused(cells.clean_school_code, "21520") == "school_code_invalid"


# --- 学籍号, cards, phones ----------------------------------------------------------


def test_clean_student_no():
    assert cells.clean_student_no("g52990120100118139x").value == "G52990120100118139X"
    assert cells.clean_student_no("L529901000000000070") == ("L529901000000000070", None)
    assert refused(cells.clean_student_no, "52990120100118139X") == "student_no_invalid"
    assert refused(cells.clean_student_no, 5.29901e17) == "student_no_invalid"


def test_clean_bank_account():
    assert cells.clean_bank_account("6264 9760-0981 0353 7").value == "62649760098103537"
    assert cells.clean_bank_account(626497600981035.0) == ("626497600981035", None)
    assert refused(cells.clean_bank_account, 6.2649760098103537e16) == "account_precision_lost"
    assert refused(cells.clean_bank_account, "6.26498E+16") == "account_precision_lost"
    assert refused(cells.clean_bank_account, "1234567") == "account_invalid"


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("13929962626", "13929962626"),
        (13929962626.0, "13929962626"),
        ("139 2996 2626", "13929962626"),
        ("+86 139-2996-2626", "13929962626"),
        ("0854-5222333", "0854-5222333"),
        ("（0854）5222333", "0854-5222333"),
        ("5222333", "5222333"),
    ],
)
def test_clean_phone(cell, value):
    assert cells.clean_phone(cell).value == value


def test_clean_phone_two_in_one_cell_is_refused():
    assert refused(cells.clean_phone, "13929962626/13949982352") == "phone_invalid"


# --- dates --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cell",
    [
        "20130731",
        "2013-07-31",
        "2013-7-31",
        "2013.7.31",
        "2013/7/31",
        "2013年7月31日",
        "2013年07月31号",
        "２０１３年７月３１日",
        " 2013 . 07 . 31 ",
        "2013-07-31 00:00:00",
        "2013-07-31 08:30:15",
        "2013/7/31 0:00",
        "2013/7/31  8:30",
        "2013.7.31日",
        "2013.7.31.",
        "2013 7 31",
        " 2013  07  31",
        "2013—7—31",
        "二〇一三年七月三十一日",
        "二零一三年七月卅一日".replace("卅", "三十"),
        "13年7月31日",
        "13.7.31",
        dt.date(2013, 7, 31),
        dt.datetime(2013, 7, 31, 0, 0),
        41486.0,
        41486,
        "41486",
        20130731.0,
    ],
)
def test_clean_date_every_form_clerks_use(cell):
    assert dates.clean_date(cell).value == dt.date(2013, 7, 31)


@pytest.mark.parametrize(
    "cell",
    [
        "12/3/5",
        "07-31-13",
        "130731",
        "07/31/2013",
        "2013-02-30",
        "2013",
        2013.0,
        "去年",
        True,
        "2013-7",
        "0000-00-00",
        dt.time(8),
    ],
)
def test_clean_date_unclear_is_refused(cell):
    assert refused(dates.clean_date, cell) == "date_invalid"


@pytest.mark.parametrize("cell", ["无", "/", "—", "不详", " ", None])
def test_clean_date_struck_out_is_empty(cell):
    assert dates.clean_date(cell) == Cleaned(None)


def test_clean_date_of_two_digit_year_is_told_and_never_to_come():
    next_year = dt.date.today().year + 1
    assert dates.clean_date("98年3月5日") == Cleaned(dt.date(1998, 3, 5), "两位年份按1998年理解")
    assert dates.clean_date(f"{next_year % 100}年3月5日").value.year == next_year - 100


@pytest.mark.parametrize("cell", ["2012.03", "2012-3", "201203", "2012年3月"])
def test_clean_birth_date_of_a_month_is_told_not_refused(cell):
    assert dates.clean_birth_date(cell) == Cleaned(None, "只写到月，未采用；出生日期以身份证号为准")
    assert dates.clean_birth_date("2012.3.5").value == dt.date(2012, 3, 5)
    assert refused(dates.clean_birth_date, "去年") == "date_invalid"
    with pytest.raises(CellError, match="请写成“2013-07-31”这样的形式"):
        dates.clean_birth_date("2019年13月")


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("罗　娜", "罗娜"),
        ("罗 一 娜", "罗一娜"),
        ("阿卜杜拉 · 买买提", "阿卜杜拉·买买提"),
        ("John Smith", "John Smith"),
    ],
)
def test_clean_person_name_without_the_spaces_it_was_typed_with(cell, name):
    assert cells.clean_person_name(cell).value == name


@given(
    day=st.dates(dt.date(1910, 1, 2), dt.date(2099, 12, 31)),
    form=st.sampled_from(["%Y%m%d", "%Y-%m-%d", "%Y年%m月%d日"]),
)
def test_clean_date_reads_back_what_was_written(day, form):
    assert dates.clean_date(day.strftime(form)).value == day
    assert dates.clean_date(float((day - dt.date(1899, 12, 30)).days)).value == day


@pytest.mark.parametrize(
    "cell",
    [
        "202009",
        "2020-09",
        "2020-9",
        "2020.9",
        "2020/09",
        "2020年9月",
        "2020年9月份",
        202009.0,
        2020.9,
        "20200901",
        dt.date(2020, 9, 15),
    ],
)
def test_clean_month_every_form_clerks_use(cell):
    assert dates.clean_month(cell).value == dt.date(2020, 9, 1)


@pytest.mark.parametrize("cell", ["202013", "2020", 2020.0, "九月", 2020.1, "20-09"])
def test_clean_month_unclear_is_refused(cell):
    assert refused(dates.clean_month, cell) == "date_invalid"


# --- yes and no, counts, money --------------------------------------------------------------------


@pytest.mark.parametrize("cell", ["是", " 是 ", "√", "✓", "1", 1.0, 1, "y", "Ｙ", "有", True, "TRUE"])
def test_clean_yes_no_yes(cell):
    assert cells.clean_yes_no(cell) == (True, None)


@pytest.mark.parametrize("cell", ["否", "×", "0", 0.0, "n", "无", False, "x"])
def test_clean_yes_no_no(cell):
    assert cells.clean_yes_no(cell) == (False, None)


def test_clean_yes_no_neither():
    assert cells.clean_yes_no("/") == (None, None)
    assert refused(cells.clean_yes_no, "待核实") == "value_unknown"
    assert refused(cells.clean_yes_no, 2.0) == "value_unknown"


def test_clean_int():
    assert cells.clean_int("６").value == 6
    assert cells.clean_int(6.0).value == 6
    assert cells.clean_int("1,024").value == 1024
    assert refused(cells.clean_int, 6.5) == "number_invalid"
    assert refused(cells.clean_int, "6人") == "number_invalid"


@pytest.mark.parametrize(
    ("cell", "fen"),
    [
        ("312.50", 31250),
        (312.5, 31250),
        ("￥1,250.00", 125000),
        ("1250元", 125000),
        (0.1 + 0.2, 30),
        ("-5", -500),
        (1250, 125000),
        (1000000.01, 100000001),
    ],
)
def test_clean_yuan_to_fen_exact(cell, fen):
    assert cells.clean_yuan_to_fen(cell).value == fen


@pytest.mark.parametrize("cell", ["312.505", 0.333, "五百", True, "1.2万", "￥", float("inf")])
def test_clean_yuan_to_fen_unclear_is_refused(cell):
    assert refused(cells.clean_yuan_to_fen, cell) == "amount_invalid"


@given(fen=st.integers(-(10**12), 10**12))
def test_clean_yuan_to_fen_reads_back_every_amount(fen):
    sign = "-" if fen < 0 else ""
    assert cells.clean_yuan_to_fen(f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}").value == fen
    assert cells.clean_yuan_to_fen(fen / 100).value == fen
