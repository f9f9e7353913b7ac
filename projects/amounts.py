"""Amounts as plans write them: 7600万元, 3.762亿, 836.49万元, 12,500.00; whole fen, exactly."""

import re
from decimal import Decimal
from typing import Any

from povertyedu.workbooks.cells import EMPTY, CellError, Cleaned, compact, text_of

FEN = {"元": Decimal(100), "万元": Decimal(10) ** 6, "亿元": Decimal(10) ** 10}
LARGEST_FEN = 10**13  # a hundred thousand million yuan: more is a slip of the unit
_AMOUNT = re.compile(r"([+-]?[0-9]{1,13}(?:\.[0-9]+)?)(元|万元?|亿元?)?").fullmatch


def clean_amount(cell: Any, unit: str = "元") -> Cleaned:
    """An amount as whole fen, None when empty; a unit in the cell goes before ``unit``. Error: amount_invalid."""
    if isinstance(cell, bool):
        raise CellError("amount_invalid", f"金额看不懂；请只填数字，单位为{unit}。")
    text = compact(text_of(cell)).lstrip("¥￥").replace(",", "")
    if text in ("", "-", "—", "/"):
        return EMPTY
    found = _AMOUNT(text)
    if not found:
        raise CellError("amount_invalid", f"金额“{text[:20]}”看不懂；请只填数字，单位为{unit}。")
    told = found[2] and found[2].removesuffix("元") + "元"
    fen = Decimal(found[1]) * FEN[told or unit]
    if fen != fen.to_integral_value():
        raise CellError("amount_invalid", "金额最多到分；请核对后重新填写。")
    if abs(fen) > LARGEST_FEN:
        raise CellError(
            "amount_invalid", f"金额超过一千亿元，可能写错了单位；这里按{told or unit}读，请核对。"
        )
    return Cleaned(int(fen), f"按{told}读" if told and told != unit else None)
