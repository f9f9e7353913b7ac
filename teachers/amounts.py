"""Amounts as people type them for one teacher: yuan with at most two decimals; whole fen, exactly."""

import re

from povertyedu.workbooks.cells import EMPTY, CellError, Cleaned, compact, text_of

LARGEST_FEN = 10**11  # a thousand million yuan: no single amount of care is near it
_YUAN = re.compile(r"[0-9]{1,10}(?:\.[0-9]{1,2})?").fullmatch


def clean_yuan(cell) -> Cleaned:
    """Yuan with at most two decimals as whole fen; None when empty. Error: amount_invalid."""
    text = compact(text_of(cell)).lstrip("¥￥").replace(",", "").removesuffix("元")
    if text in ("", "-", "—", "/"):
        return EMPTY
    if not _YUAN(text):
        raise CellError("amount_invalid", f"金额“{text[:20]}”看不懂；请填写元，最多两位小数。")
    whole, _, part = text.partition(".")
    fen = int(whole) * 100 + int(part.ljust(2, "0") or 0)
    if fen > LARGEST_FEN:
        raise CellError("amount_invalid", "金额太大，可能写错了单位；这里按元读，请核对。")
    return Cleaned(fen)
