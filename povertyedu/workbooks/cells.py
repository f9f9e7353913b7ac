"""Cleaning one cell of a clerk's workbook.

Every cleaner takes the cell as the reader gave it (text, float, int, bool, date, datetime or None) and
returns `Cleaned(value, repaired)`: `repaired` is None, or a short Chinese phrase that tells what was put
right. A cell that cannot be understood raises `CellError(code, message)`: the code is stable, the
message is a Chinese sentence that says what is wrong and what to do, and never gives away the right
check digit of an identity number. An empty cell is never an error here: it cleans to "" (text) or None.
"""

import datetime as dt
import re
import unicodedata
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from . import identity
from .identity import birth_date_of, sex_of  # noqa: F401  offered here beside the cleaner that proves them


class Cleaned(NamedTuple):
    value: Any
    repaired: str | None = None


class Certificate(NamedTuple):
    """A disability certificate: the identity number it begins with, and the whole number as printed."""

    id_number: str
    number: str


class CellError(ValueError):
    """A cell that cannot be understood: a stable `code` and a Chinese `message` for the clerk."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code
        self.message = message


EMPTY_TEXT = Cleaned("")
EMPTY = Cleaned(None)

_INVISIBLE = dict.fromkeys(
    [*range(0x00, 0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F, 0xAD, 0x180E, *range(0x200B, 0x2010)]
    + [*range(0x202A, 0x202F), *range(0x2060, 0x2065), 0xFEFF]
)
_FULL_WIDTH = {0xFF10 + i: 0x30 + i for i in range(10)}
_FULL_WIDTH |= {0xFF21 + i: 0x41 + i for i in range(26)} | {0xFF41 + i: 0x61 + i for i in range(26)}
_TIDY_TEXT = _INVISIBLE | _FULL_WIDTH
_QUOTES = "'\"`‘’“”′″＇＂"
_QUOTE_TABLE = {ord(quote): None for quote in _QUOTES}
_PAIRS = {'"': '"', "'": "'", "“": "”", "‘": "’", "＂": "＂"}

# Letters, digits, Chinese and its common punctuation only: nothing to tidy.
_PLAIN = re.compile(r"[0-9A-Za-z\u4e00-\u9fff（），。、：；·—./,:;()_+=@#%&*-]+").fullmatch
# What clerks write where there is nothing.
NONE_WORDS = frozenset(["无", "暂无", "没有", "不详", "未知", "未办", "未办理"])
NOTHING = frozenset(["", "/", "-", "--", "—", "——", "\\"])
_BETWEEN_HAN = re.compile(r"(?<=[\u3400-\u9fff·]) (?=[\u3400-\u9fff·])")
_SCIENTIFIC = re.compile(r"[+-]?\d+(?:\.\d+)?[Ee][+-]?\d+").fullmatch


# --- text ---------------------------------------------------------------------------------------


def clean_text(cell: Any) -> Cleaned:
    """Names, addresses, remarks: trimmed, inner runs of white space one space, letters and digits half-width.

    Chinese punctuation stays as written. A leading = + - @ is data and stays too.
    """
    if cell.__class__ is not str:
        return Cleaned(text_of(cell))
    if _PLAIN(cell):
        return Cleaned(cell)
    value = " ".join(cell.translate(_TIDY_TEXT).split())
    if value[:1] == "'" and value.count("'") == 1:
        value = value[1:].lstrip()
    if len(value) > 1 and _PAIRS.get(value[0]) == value[-1] and value[0] not in value[1:-1]:
        value = value[1:-1].strip()
    return Cleaned(value, None if value == cell.strip(" ") else "已整理空格、全角字符或引号")


def clean_code(cell: Any) -> Cleaned:
    """Codes and numbers kept as text: NFKC, without any white space or quotes, upper-case."""
    text = text_of(cell)
    value = compact(text)
    return Cleaned(value, None if value == text else "已去掉空格、引号或全角字符")


def text_of(cell: Any) -> str:
    """A cell as text the way Excel shows it: whole floats without ".0", dates as YYYY-MM-DD, None as ""."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else format(cell, ".15g")
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat(" ", "minutes")
    return str(cell)


def compact(text: str) -> str:
    if text.isascii() and text.isalnum():
        return text.upper()
    text = unicodedata.normalize("NFKC", text).translate(_INVISIBLE).translate(_QUOTE_TABLE)
    return unicodedata.normalize("NFKC", "".join(text.split()).upper())


def clean_person_name(cell: Any) -> Cleaned:
    """A person's name: white space within a Chinese name (罗　娜) is how it was typed, not the name.

    无, 不详 and mere digits are nobody's name: "", and told.
    """
    cleaned = clean_text(cell)
    value = cleaned.value
    if value in NONE_WORDS or value in NOTHING or value.isdecimal():
        return Cleaned("", f"“{value[:20]}”不是姓名，没有采用") if value else cleaned
    if " " not in value or not _BETWEEN_HAN.search(value):
        return cleaned
    return Cleaned(_BETWEEN_HAN.sub("", value), "已去掉姓名中的空格")


# --- what is no value ---------------------------------------------------------------------------

NOT_CALCULATED = "#未计算"  # stands in a cell whose formula has no stored value
_ERROR_VALUE = re.compile(
    r"#(?:N/A|(?:REF|VALUE|DIV/0|NUM|NULL|SPILL|CALC|FIELD|BLOCKED|CONNECT|BUSY|UNKNOWN)!|NAME\?|GETTING_DATA)|Err:[0-9]{3}"
).fullmatch


def is_fault(cell: Any) -> bool:
    """Whether a cell holds an error value, also as text (in a .csv), or a formula without its value."""
    if cell.__class__ is not str or cell.lstrip()[:1] not in ("#", "E"):
        return False
    return cell == NOT_CALCULATED or bool(_ERROR_VALUE(cell.strip()))


def refuse_fault(cell: Any) -> None:
    """Raise CellError value_unknown for a cell that holds an error value or a formula without its value."""
    if not is_fault(cell):
        return
    if cell == NOT_CALCULATED:
        message = (
            "这一格是公式，文件里没有保存计算结果；请用 Excel 或 WPS 打开后重新保存，或改填数值，再上传。"
        )
    else:
        message = f"这一格是表格的错误值“{cell.strip()}”，不是内容；请改正公式或直接填写，再上传。"
    raise CellError("value_unknown", message)


# --- identity numbers ---------------------------------------------------------------------------

_ID_18 = re.compile(r"[0-9]{17}[0-9X]").fullmatch
_ID_15 = re.compile(r"[0-9]{15}").fullmatch
_CERTIFICATE = re.compile(r"([0-9]{17}[0-9X])(?:[1-7][1-4](?:[0-9A-Z]{2})?)?").fullmatch
_STUDENT_NO = re.compile(r"[GJL][0-9]{17}[0-9X]").fullmatch

ID_PRECISION_LOST = (
    "身份证号在表格里变成了数字，后几位已经丢失，无法还原；请把该列设为文本格式，对照户口簿重新填写。"
)


def _bad_id(what: str) -> CellError:
    return CellError("id_checksum", f"身份证号{what}；请对照户口簿逐位核对后重新填写。")


def clean_id_number(cell: Any) -> Cleaned:
    """18-character identity number by GB 11643; an old 15-digit one is converted.

    Errors: id_precision_lost (the workbook holds a number), id_checksum (length, characters, region,
    birth date or check digit do not fit).
    """
    if cell.__class__ is str and _ID_18(cell):  # nearly every cell is as it should be
        _prove_id(cell)
        return Cleaned(cell)
    if isinstance(cell, int | float):  # bool is an int too, and no identity number either
        if not _ID_15(text_of(cell)):
            raise CellError("id_precision_lost", ID_PRECISION_LOST)
        cell = text_of(cell)  # Excel keeps fifteen digits whole
    if cell.__class__ is not str:
        if cell is None:
            return EMPTY_TEXT
        raise _bad_id("不应是日期")
    number = compact(cell)
    if not number or number in NONE_WORDS or number in NOTHING:
        return EMPTY_TEXT
    if _ID_15(number):
        return Cleaned(_converted(number), "15位旧号已换算为18位")
    _prove_id(number)
    return Cleaned(number, None if number == cell else "已去掉空格、引号，或改为半角、大写X")


def _converted(number: str) -> str:
    number = identity.from_15_digits(number)
    _prove_birth_and_region(number)
    return number


def _prove_id(number: str) -> None:
    if not _ID_18(number):
        if _SCIENTIFIC(number):
            raise CellError("id_precision_lost", ID_PRECISION_LOST)
        if len(number) == 18:
            raise _bad_id("含有不应出现的字符")
        raise _bad_id(f"应为18位，这里有{len(number)}位")
    if not identity.has_valid_check_digit(number):
        if number.endswith("000"):  # Excel keeps 15 digits of a number and writes noughts for the rest
            raise CellError("id_precision_lost", ID_PRECISION_LOST)
        raise _bad_id("校验不通过，可能有一位写错")
    _prove_birth_and_region(number)


def _prove_birth_and_region(number: str) -> None:
    try:
        born = birth_date_of(number)
    except ValueError:
        raise _bad_id("中的出生日期不存在") from None
    if not dt.date(1880, 1, 1) <= born <= dt.date.today():
        raise _bad_id("中的出生日期不合理")
    if not identity.has_known_region(number):
        raise _bad_id("开头的地区代码不存在")


def clean_certificate_number(cell: Any) -> Cleaned:
    """Disability certificate of 20 characters (ID + kind + degree), 22 after a re-issue, or the bare ID.

    The value is a `Certificate`, or None for an empty cell. Errors: as for identity numbers.
    """
    if isinstance(cell, str) and len(number := compact(cell)) not in (0, 15, 18):
        match = _CERTIFICATE(number)
        if not match:
            if _SCIENTIFIC(number):
                raise CellError("id_precision_lost", ID_PRECISION_LOST)
            message = "残疾证号应为20位（或补发后的22位），前18位是身份证号；请对照残疾人证核对后重新填写。"
            raise CellError("id_checksum", message)
        _prove_id(match[1])
        return Cleaned(
            Certificate(match[1], number), None if number == cell else "已去掉空格、引号，或改为半角、大写X"
        )
    cleaned = clean_id_number(cell)
    return Cleaned(Certificate(cleaned.value, cleaned.value), cleaned.repaired) if cleaned.value else EMPTY


def clean_student_no(cell: Any) -> Cleaned:
    """学籍号: G, J or L and eighteen characters. Error: student_no_invalid."""
    text = text_of(cell)
    number = compact(text)
    if not number:
        return EMPTY_TEXT
    if not _STUDENT_NO(number):
        message = "学籍号应为19位，以G、J或L开头；请对照全国学籍系统核对后重新填写。"
        raise CellError("student_no_invalid", message)
    return Cleaned(number, None if number == text else "已去掉空格、引号，或改为半角、大写")


# --- other numbers kept as text -----------------------------------------------------------------


def clean_school_code(cell: Any) -> Cleaned:
    """学校标识码: ten digits. Error: school_code_invalid."""
    cleaned = clean_code(cell)
    if cleaned.value and not (
        len(cleaned.value) == 10 and cleaned.value.isascii() and cleaned.value.isdigit()
    ):
        raise CellError("school_code_invalid", "学校标识码应为10位数字；请对照学校名册核对后重新填写。")
    return cleaned


def clean_bank_account(cell: Any) -> Cleaned:
    """Bank card or account: 8 to 30 digits. Errors: account_precision_lost, account_invalid."""
    lost = isinstance(cell, int | float) and not isinstance(cell, bool) and abs(cell) >= 1e15
    text = text_of(cell)
    number = compact(text).replace("-", "")
    if lost or _SCIENTIFIC(number):
        message = "银行账号在表格里变成了数字，后几位已经丢失，无法还原；请把该列设为文本格式，对照存折或卡面重新填写。"
        raise CellError("account_precision_lost", message)
    if number and not (number.isascii() and number.isdigit() and 8 <= len(number) <= 30):
        raise CellError("account_invalid", "银行账号应为8至30位数字；请对照存折或卡面核对后重新填写。")
    return Cleaned(number, None if number == text else "已去掉空格、横线、引号或全角字符")


_MOBILE = re.compile(r"1[3-9][0-9]{9}").fullmatch
_LANDLINE = re.compile(r"(?:0[0-9]{2,3}-?)?[2-9][0-9]{6,7}(?:-[0-9]{1,6})?").fullmatch


def clean_phone(cell: Any) -> Cleaned:
    """Mobile number of eleven digits, or a landline with or without area code. Error: phone_invalid."""
    text = text_of(cell)
    if _MOBILE(text):
        return Cleaned(text)
    number = compact(text).translate({0x2014: "-", 0x2013: "-", 0x2010: "-", 0x28: None, 0x29: "-"})
    bare = re.sub(r"^\+?86(?=-?1)", "", number).replace("-", "")
    number = bare if _MOBILE(bare) else number
    if number and not _MOBILE(number) and not _LANDLINE(number):
        message = "联系电话应为11位手机号，或带区号的座机号，一格只填一个；请核对后重新填写。"
        raise CellError("phone_invalid", message)
    return Cleaned(number, None if number == text else "已去掉空格、横线或全角字符")


# --- yes or no, counts, money -------------------------------------------------------------------

_YES = frozenset(["是", "√", "✓", "✔", "☑", "1", "Y", "YES", "T", "TRUE", "有", "对", "在"])
_NO = frozenset(["否", "×", "✗", "✘", "X", "0", "N", "NO", "F", "FALSE", "无", "没有", "不是", "非", "不"])


def clean_yes_no(cell: Any) -> Cleaned:
    """True, False, or None when empty or struck out with a dash. Error: value_unknown."""
    text = compact(text_of(cell))
    if text in _YES:
        return Cleaned(True)
    if text in _NO:
        return Cleaned(False)
    if text in NOTHING:
        return EMPTY
    raise CellError("value_unknown", "这一格只能填“是”或“否”；请改正后重新上传。")


_INTEGER = re.compile(r"[+-]?[0-9]{1,15}(?:\.0+)?").fullmatch


def clean_int(cell: Any) -> Cleaned:
    """A whole number, or None when empty. Error: number_invalid."""
    text = compact(text_of(cell)).replace(",", "")
    if not text:
        return EMPTY
    if isinstance(cell, bool) or not _INTEGER(text):
        raise CellError("number_invalid", "这一格应填整数；请去掉文字和小数后重新填写。")
    return Cleaned(int(text.partition(".")[0]))


_AMOUNT = re.compile(r"[+-]?[0-9]{1,13}(?:\.[0-9]+)?").fullmatch


def clean_yuan_to_fen(cell: Any) -> Cleaned:
    """An amount in yuan as whole fen, exactly, or None when empty. ￥, 元 and commas may stand in it.

    A number cell is read to Excel's own 15 digits. Errors: amount_invalid, also for a third decimal.
    """
    text = compact(text_of(cell)).lstrip("¥￥").removesuffix("元").replace(",", "")
    if not text:
        if compact(text_of(cell)):
            raise CellError("amount_invalid", "金额看不懂；请只填数字，单位为元。")
        return EMPTY
    if isinstance(cell, bool) or not _AMOUNT(text):
        raise CellError("amount_invalid", "金额看不懂；请只填数字，单位为元。")
    try:
        fen = Decimal(text) * 100
    except InvalidOperation:  # pragma: no cover  the pattern lets only decimal numbers through
        raise CellError("amount_invalid", "金额看不懂；请只填数字，单位为元。") from None
    if fen != fen.to_integral_value():
        raise CellError("amount_invalid", "金额最多到分（两位小数）；请核对后重新填写。")
    return Cleaned(int(fen))
