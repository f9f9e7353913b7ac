"""Units of a list of projects: what the heading says is written beside each number, so that none is guessed."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from povertyedu.workbooks.cells import EMPTY, CellError, Cleaned, compact, text_of
from povertyedu.workbooks.headers import Header
from povertyedu.workbooks.reading import Sheet
from projects.amounts import FEN, clean_amount

AREAS = {
    "平方米": Decimal(1),
    "M2": Decimal(1),
    "平米": Decimal(1),
    "万平方米": Decimal(10_000),
    "万M2": Decimal(10_000),
}
_KINDS_OF_UNITS = (FEN, AREAS)
_NUMBER = re.compile(r"[+-]?[0-9]{1,13}(?:\.[0-9]+)?").fullmatch
_MEASURED = re.compile(r"([0-9]{1,13}(?:\.[0-9]+)?)((?:[^0-9.].*)?)").fullmatch
_IN_BRACKETS = re.compile(r"[(\[【]([^()\[\]【】]{1,12})[)\]】]")
_UNIT_LINE = re.compile(r"单位[:：]?\s*(亿元|万元|元)")


def scale_of(unit: str, into: str) -> Decimal | None:
    """Return how many of ``into`` one ``unit`` is: 亿元 into 万元 is 10,000, 万人 into 人 is 10,000; None across kinds."""
    unit, into = (compact(each) for each in (unit, into))
    if unit == into:
        return Decimal(1)
    if into in FEN and unit in ("万", "亿"):
        unit += "元"
    for known in _KINDS_OF_UNITS:
        if unit in known and into in known:
            return known[unit] / known[into]
    if unit.startswith("万") and unit.removeprefix("万") in (into, ""):
        return Decimal(10_000)
    return None


def unit_of(heading: str) -> str:
    """Return the unit a heading has in brackets: 中央资金（万元） -> 万元, "" without one."""
    found = _IN_BRACKETS.search(unicodedata.normalize("NFKC", heading))
    return found[1].strip() if found else ""


def unit_line(sheet: Sheet, header: Header) -> str:
    """Return the unit of money that a line above the heads gives for the whole sheet (单位：万元), or ""."""
    for number, cells in sheet.rows:
        if number > header.row_numbers[-1]:
            break
        for cell in cells:
            if isinstance(cell, str) and (found := _UNIT_LINE.search(unicodedata.normalize("NFKC", cell))):
                return found[1]
    return ""


def told_apart(
    sheet: Sheet, header: Header, money: Iterable[str], measured: Iterable[str]
) -> Callable[[list], list]:
    """Return what writes the unit of the heading, or of the sheet, beside each bare number of these columns."""
    whole = unit_line(sheet, header)
    units: dict[int, str] = {}
    for name, usual in [*((name, whole) for name in money), *((name, "") for name in measured)]:
        if (index := header.mapping.get(name)) is not None:
            units[index] = unit_of(header.headings.get(index, "")) or usual

    def change(cells: list) -> list:
        cells = list(cells)
        for index, unit in units.items():
            if (
                unit
                and index < len(cells)
                and _NUMBER(text := compact(text_of(cells[index])).replace(",", ""))
            ):
                cells[index] = f"{text}{unit}"
        return cells

    return change


def clean_money(cell: Any) -> Cleaned:
    """An amount that says its unit, in the cell or by its heading, as whole fen. Errors: amount_invalid, unit_unknown."""
    text = compact(text_of(cell)).replace(",", "")
    if _NUMBER(text) and Decimal(text):
        raise CellError(
            "unit_unknown", f"“{text}”没有写明是元还是万元；请在表头写明，如“中央资金（万元）”，再上传。"
        )
    found = _MEASURED(text)
    if found and found[2] and found[2] not in FEN and found[2] not in ("万", "亿"):
        raise CellError(
            "unit_unknown",
            f"“{text[:20]}”的单位“{found[2][:10]}”不是钱的单位；这一列只能是元、万元、亿元，请核对表头。",
        )
    cleaned = clean_amount(cell)
    if cleaned.value is not None and cleaned.value < 0:
        raise CellError("amount_invalid", "金额不能是负数；请核对后重新填写。")
    return Cleaned(cleaned.value or None)


def clean_area(cell: Any) -> Cleaned:
    """Square metres; 万平方米 are turned into them. Error: unit_unknown, number_invalid."""
    return _measured(cell, AREAS, "平方米")


def clean_count(cell: Any) -> Cleaned:
    """How many, with or without the word it is counted by (15926台). Error: unit_unknown for money, number_invalid."""
    return _measured(cell, {}, "")


def _measured(cell: Any, units: dict[str, Decimal], usual: str) -> Cleaned:
    text = compact(text_of(cell)).replace(",", "")
    if text in ("", "-", "—", "/", "0"):
        return EMPTY
    found = _MEASURED(text)
    if not found:
        raise CellError("number_invalid", f"“{text[:20]}”不是数；请只填数字后重新上传。")
    unit = found[2]
    if unit in FEN or (usual and unit and unit not in units):
        wanted = usual or "数量"
        raise CellError(
            "unit_unknown",
            f"“{text[:20]}”的单位是“{unit[:10]}”，这一列应为{wanted}；请核对表头，不要把钱和面积放错列。",
        )
    number = Decimal(found[1]) * units.get(unit, Decimal(1))
    return Cleaned(f"{number.normalize():f}") if number else EMPTY
