"""Cleaning single cells: what is repaired, what is refused, and that no cleaner ever falls over."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from povertyedu.workbooks import cells, dates, identity
from povertyedu.workbooks.cells import CellError, Certificate, Cleaned

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
births = st.dates(dt.date(1930, 1, 1), dt.date(2025, 12, 31))


@st.composite
def id_numbers(draw):
    first17 = f"529901{draw(births):%Y%m%d}{draw(st.integers(0, 999)):03d}"
    return first17 + identity.check_digit(first17)


def refused(cleaner, cell):
    with pytest.raises(CellError) as error:
        cleaner(cell)
    assert error.value.message.endswith("。")
    return error.value.code


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


# --- identity numbers ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "number",
    [
        "11010519491231002X",
        "440524188001010014",
        "421303201003151230",
        "522723201003151232",
        "360323201003151239",
        "431022201003151235",
        "622901201003151239",
        "529901201307310596",
    ],
)
def test_clean_id_number_known_good_numbers(number):
    assert cells.clean_id_number(number) == (number, None)


@pytest.mark.parametrize(
    "spoilt",
    [
        "52990120100118139x",
        " 529901 20100118139X\u00a0",
        "５２９９０１２０１００１１８１３９Ｘ",
        "'52990120100118139X",
        "“52990120100118139X”",
        "52990120100118139X\t",
        "\ufeff52990120100118139X",
    ],
)
def test_clean_id_number_spoilt_by_clerks_is_repaired_and_told(spoilt):
    assert cells.clean_id_number(spoilt) == ("52990120100118139X", "已去掉空格、引号，或改为半角、大写X")


def test_clean_id_number_old_number_is_converted():
    assert cells.clean_id_number("110105491231002") == ("11010519491231002X", "15位旧号已换算为18位")


@pytest.mark.parametrize(
    "cell", [5.29901200810088e17, 529901200810088000, 0.0, "5.29901E+17", "5.29901200810088e+17"]
)
def test_clean_id_number_turned_into_a_number_is_precision_lost(cell):
    assert refused(cells.clean_id_number, cell) == "id_precision_lost"


def test_clean_id_number_text_with_noughts_for_lost_digits_is_precision_lost():
    assert refused(cells.clean_id_number, "529901200810087000") == "id_precision_lost"


def test_clean_id_number_that_really_ends_in_noughts_is_accepted():
    number = next(n for n in _numbers("529901", dt.date(2013, 7, 31)) if n.endswith("000"))
    assert cells.clean_id_number(number) == (number, None)


def _numbers(region, start):
    for day in range(4000):
        for sequence in range(100, 1000, 100):
            first17 = f"{region}{start - dt.timedelta(days=day):%Y%m%d}{sequence:03d}"
            yield first17 + identity.check_digit(first17)


@pytest.mark.parametrize(
    "cell",
    [
        "52990120130731059",
        "5299012013073105961",
        "52990120130731059A",
        "529901201307310595",
        dt.date(2013, 7, 31),
    ],
)
def test_clean_id_number_wrong_is_checksum(cell):
    assert refused(cells.clean_id_number, cell) == "id_checksum"


@pytest.mark.parametrize(
    "first17", ["52990120130231059", "00990120130731059", "52990199990731059", "52990117000731059"]
)
def test_clean_id_number_impossible_date_or_region_is_checksum(first17):
    assert refused(cells.clean_id_number, first17 + identity.check_digit(first17)) == "id_checksum"


@given(number=id_numbers(), position=st.integers(0, 17), digit=st.sampled_from("0123456789"))
def test_clean_id_number_one_wrong_digit_never_passes(number, position, digit):
    wrong = number[:position] + digit + number[position + 1 :]
    if wrong != number:
        assert refused(cells.clean_id_number, wrong) in ("id_checksum", "id_precision_lost")


@given(number=id_numbers(), place=st.integers(0, 16))
def test_clean_id_number_neighbours_swapped_never_pass(number, place):
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    if swapped != number:
        assert refused(cells.clean_id_number, swapped) in ("id_checksum", "id_precision_lost")


def test_clean_id_number_messages_for_all_check_digits_are_the_same():
    first17 = "52990120130731059"
    messages = set()
    for digit in "0123456789X":
        try:
            cells.clean_id_number(first17 + digit)
        except CellError as error:
            messages.add(error.message)
    assert messages == {"身份证号校验不通过，可能有一位写错；请对照户口簿逐位核对后重新填写。"}


@given(number=id_numbers())
def test_identity_birth_and_sex_are_those_written_in_it(number):
    assert identity.birth_date_of(number).strftime("%Y%m%d") == number[6:14]
    assert cells.sex_of(number) == ("男" if number[16] in "13579" else "女")


@given(born=st.dates(dt.date(1900, 1, 1), dt.date(1999, 12, 31)), sequence=st.integers(0, 999))
def test_identity_old_number_means_the_new_one(born, sequence):
    old = f"529901{born:%y%m%d}{sequence:03d}"
    new = cells.clean_id_number(old).value
    assert new == cells.clean_id_number(new).value
    assert identity.birth_date_of(new) == born


# --- certificates, 学籍号, cards, phones ----------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("52990120050225939X43", Certificate("52990120050225939X", "52990120050225939X43")),
        ("52990120050225939x43B1", Certificate("52990120050225939X", "52990120050225939X43B1")),
        ("52990120050225939X", Certificate("52990120050225939X", "52990120050225939X")),
    ],
)
def test_clean_certificate_number_begins_with_the_id(cell, value):
    assert cells.clean_certificate_number(cell).value == value


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("52990120050225939X83", "id_checksum"),
        ("52990120050225939143", "id_checksum"),
        ("5299012005022593", "id_checksum"),
        (5.29901200502259e19, "id_precision_lost"),
        ("5.29901E+19", "id_precision_lost"),
    ],
)
def test_clean_certificate_number_wrong(cell, code):
    assert refused(cells.clean_certificate_number, cell) == code


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


@pytest.mark.parametrize("cell", ["无", "暂无", "/", "未办理", "——"])
def test_clean_id_number_that_says_there_is_none_is_empty(cell):
    assert cells.clean_id_number(cell) == Cleaned("")


def test_clean_id_number_of_fifteen_digits_survives_as_a_number():
    assert cells.clean_id_number(110105491231002.0) == Cleaned("11010519491231002X", "15位旧号已换算为18位")
    assert refused(cells.clean_id_number, 11010519491231002.0) == "id_precision_lost"
