"""Money, counts, masks and dates as templates print them."""

from datetime import UTC, date, datetime

import pytest
from django.contrib.humanize.templatetags.humanize import intcomma
from django.template import Context, Template
from hypothesis import given
from hypothesis import strategies as st

from povertyedu.ui.numerals import DIGITS, capital_yuan, yuan
from povertyedu.ui.templatetags import ui

FEN = st.integers(min_value=-(10**13), max_value=10**13)


@pytest.mark.parametrize(
    ("fen", "text"),
    [
        (0, "0.00"),
        (5, "0.05"),
        (-5, "-0.05"),
        (67500, "675.00"),
        (20985000, "209,850.00"),
        (123456789, "1,234,567.89"),
    ],
)
def test_yuan_writes_two_decimals_and_groups_of_three(fen, text):
    assert ui.yuan(fen) == text


@given(FEN)
def test_yuan_loses_no_fen(fen):
    assert int(yuan(fen).replace(",", "").replace(".", "")) == fen


@pytest.mark.parametrize("fraction", [0.5, 12.34])
def test_yuan_refuses_a_fraction_of_a_fen(fraction):
    with pytest.raises(ValueError, match="whole number"):
        ui.yuan(fraction)


@pytest.mark.parametrize(
    ("fen", "text"),
    [
        (0, "0.00"),
        (862350000, "862.35"),
        (500000, "0.50"),
        (5000, "0.01"),
        (4999, "0.00"),
        (123456780000, "123,456.78"),
    ],
)
def test_wan_rounds_half_up_to_two_decimals(fen, text):
    assert ui.wan(fen) == text


@pytest.mark.parametrize(
    ("fen", "text"),
    [
        (0, "零元整"),
        (1, "壹分"),
        (10, "壹角整"),
        (50, "伍角整"),
        (101, "壹元零壹分"),
        (1000, "壹拾元整"),
        (1050, "壹拾元伍角整"),
        (10000, "壹佰元整"),
        (67500, "陆佰柒拾伍元整"),
        (32504, "叁佰贰拾伍元零肆分"),
        (140950, "壹仟肆佰零玖元伍角整"),
        (600714, "陆仟零柒元壹角肆分"),
        (1640902, "壹万陆仟肆佰零玖元零贰分"),
        (10700053, "壹拾万柒仟元伍角叁分"),
        (20985000, "贰拾万玖仟捌佰伍拾元整"),
        (100000100, "壹佰万零壹元整"),
        (1000050000, "壹仟万零伍佰元整"),
        (1000000000000, "壹佰亿元整"),
        (10005000000000, "壹仟亿伍仟万元整"),
        (1000005000, "壹仟万零伍拾元整"),
        (-67500, "负陆佰柒拾伍元整"),
    ],
)
def test_capital_yuan_follows_the_rules_for_bills(fen, text):
    assert ui.capital_yuan(fen) == text


def read_capitals(text: str) -> int:
    """Read capital characters back into fen, by place value alone."""
    sign = -1 if text.startswith("负") else 1
    total, group, digit = 0, 0, 0
    for character in text.removeprefix("负").removesuffix("整"):
        if character in DIGITS:
            digit = DIGITS.index(character)
        elif character in "拾佰仟":
            group, digit = group + digit * {"拾": 10, "佰": 100, "仟": 1000}[character], 0
        elif character in "万亿元":
            total, group, digit = (
                total + (group + digit) * {"万": 10**4, "亿": 10**8, "元": 1}[character] * 100,
                0,
                0,
            )
        else:
            total, digit = total + digit * {"角": 10, "分": 1}[character], 0
    return sign * total


@given(FEN)
def test_capital_yuan_reads_back_to_the_same_amount(fen):
    text = capital_yuan(fen)
    assert read_capitals(text) == fen
    assert "零零" not in text
    assert text.endswith("分") != text.endswith("整")


def test_capital_yuan_refuses_a_trillion():
    with pytest.raises(ValueError, match="too large|this large"):
        ui.capital_yuan(10**14)


def test_num_groups_by_three_where_the_language_groups_by_four(settings):
    assert settings.LANGUAGE_CODE == "zh-hans"
    assert ui.num(1234567) == "1,234,567"
    assert intcomma(1234567) == "1,234,567"  # our formats module mends Django's own filter as well


@pytest.mark.parametrize(
    ("value", "text"), [(93.45, "93.5%"), (93.44, "93.4%"), (0, "0.0%"), (100, "100.0%")]
)
def test_pct_rounds_half_up_to_one_decimal(value, text):
    assert ui.pct(value) == text


@pytest.mark.parametrize(
    ("part", "whole", "text"), [(873, 1000, "87.3%"), (0, 7, "0.0%"), (3, 0, "—"), (None, 3, "—")]
)
def test_pct_of_says_not_applicable_without_a_whole(part, whole, text):
    assert ui.pct_of(part, whole) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("529901201303150021", "529901**********21"),
        ("52990120130315002143", "529901************43"),
        ("529901130315002", "529901*******02"),
        ("G1234567", "******67"),
        ("123", "***"),
    ],
)
def test_mask_id_shows_six_and_two(number, text):
    assert ui.mask_id(number) == text


@pytest.mark.parametrize(
    ("number", "text"), [("13912342716", "139****2716"), ("0855-12345", "****2345"), ("12345", "****")]
)
def test_mask_phone_hides_the_middle(number, text):
    assert ui.mask_phone(number) == text


@pytest.mark.parametrize(("number", "text"), [("6217000012340004471", "**** 4471"), ("1234567", "****")])
def test_mask_account_shows_the_last_four_only(number, text):
    assert ui.mask_account(number) == text


def test_date_cn_writes_documents_dates():
    assert ui.date_cn(date(2026, 11, 5)) == "2026年11月5日"
    assert (
        ui.date_cn(datetime(2026, 11, 19, 16, 30, tzinfo=UTC)) == "2026年11月20日"
    )  # already the 20th in China


@pytest.mark.parametrize(
    ("code", "name"), [("2020-autumn", "2020—2021学年 秋季学期"), ("2021-spring", "2020—2021学年 春季学期")]
)
def test_term_name_puts_the_spring_into_the_year_before(code, name):
    assert ui.term_name(code) == name


@pytest.mark.parametrize(
    "filter_value",
    [
        ui.yuan,
        ui.wan,
        ui.capital_yuan,
        ui.num,
        ui.pct,
        ui.mask_id,
        ui.mask_phone,
        ui.mask_account,
        ui.date_cn,
        ui.term_name,
    ],
)
def test_filters_print_a_dash_for_nothing(filter_value):
    assert [filter_value(None), filter_value("")] == ["—", "—"]


def test_filters_are_known_to_every_template():
    template = Template(
        '{{ fen|yuan }} {{ fen|wan }} {{ fen|capital_yuan }} {{ day|date:"SHORT_DATE_FORMAT" }}'
    )
    assert (
        template.render(Context({"fen": 500000, "day": date(2026, 11, 5)}))
        == "5,000.00 0.50 伍仟元整 2026-11-05"
    )
