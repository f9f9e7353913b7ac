"""Cleaning identity numbers and what hangs on them: repaired, refused, and never the right check digit told."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from povertyedu.workbooks import cells, identity
from povertyedu.workbooks.cells import CellError, Certificate, Cleaned

from .cleaning import refused

births = st.dates(dt.date(1930, 1, 1), dt.date(2025, 12, 31))


@st.composite
def id_numbers(draw):
    first17 = f"529901{draw(births):%Y%m%d}{draw(st.integers(0, 999)):03d}"
    return first17 + identity.check_digit(first17)


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


@pytest.mark.parametrize("cell", ["无", "暂无", "/", "未办理", "——"])
def test_clean_id_number_that_says_there_is_none_is_empty(cell):
    assert cells.clean_id_number(cell) == Cleaned("")


def test_clean_id_number_of_fifteen_digits_survives_as_a_number():
    assert cells.clean_id_number(110105491231002.0) == Cleaned("11010519491231002X", "15位旧号已换算为18位")
    assert refused(cells.clean_id_number, 11010519491231002.0) == "id_precision_lost"
