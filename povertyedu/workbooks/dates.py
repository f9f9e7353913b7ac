"""Days and months as clerks write them."""

import datetime as dt
import re
import unicodedata
from typing import Any

from .cells import EMPTY, NONE_WORDS, NOTHING, CellError, Cleaned, compact, text_of

_EPOCH = dt.date(1899, 12, 30)  # day 0 of Excel's serial numbers, its false 29 February 1900 allowed for
_TIME_OF_DAY = re.compile(r"[\sT]+[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?\s*$")
_DATE_8 = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})").fullmatch
_BETWEEN = "[-./\\\\、。,—–－·]"
_DATE = re.compile(
    rf"([0-9]{{4}})(?:{_BETWEEN}([0-9]{{1,2}}){_BETWEEN}([0-9]{{1,2}})|年([0-9]{{1,2}})月([0-9]{{1,2}}))[日号]?"
).fullmatch
# A year of two digits is sure where 年 is written, or where it can be no month.
_SHORT_YEAR = re.compile(
    rf"([0-9]{{2}})(?:年([0-9]{{1,2}})月([0-9]{{1,2}})|(?<!0.)(?<!1[0-2]){_BETWEEN}([0-9]{{1,2}}){_BETWEEN}([0-9]{{1,2}}))[日号]?"
).fullmatch
_MONTH_6 = re.compile(r"([0-9]{4})([0-9]{2})").fullmatch
_MONTH = re.compile(rf"([0-9]{{4}})(?:{_BETWEEN}([0-9]{{1,2}})|年([0-9]{{1,2}})月份?)").fullmatch
_HAN_DIGITS = {ord(han): str(digit) for digit, han in enumerate("〇一二三四五六七八九")} | {
    ord("零"): "0",
    ord("○"): "0",
}
_HAN_TENS = re.compile("([一二三四五六七八九]?)十([一二三四五六七八九]?)")


def _written_date(cell: str) -> str:
    """A date as text in its shortest form: without the time of day, Chinese numerals as digits."""
    text = _TIME_OF_DAY.sub("", unicodedata.normalize("NFKC", cell)).strip()
    if text[:4].isdecimal() and len(parts := text.split()) == 3:  # 2017 3 1
        text = "-".join(parts) if all(part.isdecimal() for part in parts) else text
    text = compact(text).rstrip("。.、,")
    if "年" in text:
        text = _HAN_TENS.sub(lambda ten: f"{ten[1] or '一'}{ten[2] or '〇'}", text).translate(_HAN_DIGITS)
    return "" if text in NOTHING or text in NONE_WORDS else text


def _bad_date(example: str) -> CellError:
    return CellError("date_invalid", f"这一格的日期看不懂或不存在；请写成“{example}”这样的形式。")


def _checked_date(year: str | int, month: str | int, day: str | int, example: str) -> dt.date:
    try:
        value = dt.date(int(year), int(month), int(day))
    except ValueError:
        raise _bad_date(example) from None
    if not 1900 <= value.year <= 2100:
        raise _bad_date(example)
    return value


def _serial_date(number: float, example: str) -> dt.date:
    if not 3654 <= number <= 73050:  # 1910 to 2099: smaller numbers are years, counts or slips
        raise _bad_date(example)
    return _EPOCH + dt.timedelta(days=int(number))


def clean_date(cell: Any) -> Cleaned:
    """A day, as `date`: date cells, Excel serial numbers, 20130731, 2013-7-31, 2013.7.31, 2013年7月31日, 二〇一三年七月三十一日.

    A time of day behind it is dropped. None when empty or struck out (无, /). A year of two digits counts where 年
    is written or where it can be no month (13.7.31), and is told; 12/3/5 may be three days and is
    refused. Error: date_invalid.
    """
    if cell.__class__ is str:
        if match := _DATE_8(cell):
            return Cleaned(_checked_date(*match.groups(), "2013-07-31"))
        text = _written_date(cell)
        if not text:
            return EMPTY
        if match := _DATE_8(text) or _DATE(text):
            return Cleaned(_checked_date(*(part for part in match.groups() if part), "2013-07-31"))
        if match := _SHORT_YEAR(text):
            short, month, day = (part for part in match.groups() if part)
            year = _century(int(short))
            return Cleaned(_checked_date(year, month, day, "2013-07-31"), f"两位年份按{year}年理解")
        if text.isascii() and text.isdigit() and len(text) == 5:
            return Cleaned(_serial_date(int(text), "2013-07-31"), "已把表格内部的日期数字换成日期")
        raise _bad_date("2013-07-31")
    return _date_of_value(cell, "2013-07-31")


def _century(short: int) -> int:
    """The year a clerk means by two digits: not one that is still to come."""
    return 2000 + short if 2000 + short <= dt.date.today().year else 1900 + short


def clean_birth_date(cell: Any) -> Cleaned:
    """A day as :func:`clean_date` reads it; a month alone (under 出生年月) says nothing sure and is told, not refused."""
    try:
        return clean_date(cell)
    except CellError:
        try:
            clean_month(cell)
        except CellError:
            raise _bad_date("2013-07-31") from None
        return Cleaned(None, "只写到月，未采用；出生日期以身份证号为准")


def _date_of_value(cell: Any, example: str) -> Cleaned:
    if cell is None:
        return EMPTY
    if isinstance(cell, dt.date):
        return Cleaned(_checked_date(cell.year, cell.month, cell.day, example))
    if isinstance(cell, int | float) and not isinstance(cell, bool) and abs(cell) < 1e9:
        if match := _DATE_8(text_of(cell)):
            return Cleaned(_checked_date(*match.groups(), example))
        return Cleaned(_serial_date(cell, example), "已把表格内部的日期数字换成日期")
    raise _bad_date(example)


def clean_month(cell: Any) -> Cleaned:
    """A month, as the `date` of its first day: 202009, 2020-09, 2020.9, 2020年9月, or any full date.

    None when empty. Error: date_invalid.
    """
    example = "2020-09"
    if cell.__class__ is str:
        text = _written_date(cell)
        if not text:
            return EMPTY
        if match := _MONTH_6(text) or _MONTH(text):
            return Cleaned(_checked_date(*(part for part in match.groups() if part), 1, example))
    elif isinstance(cell, float) and not cell.is_integer() and 1900 < cell < 2101:
        # A cell that holds the number 2020.1 may have been 2020.10: only a date the clerk retypes is sure.
        month = round(cell % 1 * 10)
        if month == 1 or abs(cell % 1 * 10 - month) > 1e-6:
            raise _bad_date(example)
        return Cleaned(_checked_date(int(cell), month, 1, example))
    elif not isinstance(cell, bool) and isinstance(cell, int | float) and (match := _MONTH_6(text_of(cell))):
        return Cleaned(_checked_date(*match.groups(), 1, example))
    try:
        cleaned = clean_date(cell)
    except CellError:
        raise _bad_date(example) from None
    return Cleaned(cleaned.value.replace(day=1), cleaned.repaired) if cleaned.value else EMPTY
