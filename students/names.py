"""When two names may be the same: written alike, or one character apart that sounds or looks alike."""

import unicodedata
from bisect import bisect_right
from collections import Counter
from functools import cache

# GB 2312 orders its 3,755 common characters by pinyin: the code of a character tells the letter it begins with.
_FIRST_CODES = (
    0xB0A1, 0xB0C5, 0xB2C1, 0xB4EE, 0xB6EA, 0xB7A2, 0xB8C1, 0xB9FE, 0xBBF7, 0xBFA6, 0xC0AC, 0xC2E8,
    0xC4C3, 0xC5B6, 0xC5BE, 0xC6DA, 0xC8BB, 0xC8F6, 0xCBFA, 0xCDDA, 0xCEF4, 0xD1B9, 0xD4D1,
)  # fmt: skip
_LETTERS = "abcdefghjklmnopqrstwxyz"
_LAST_CODE = 0xD7F9
_DROPPED = "·•・‧∙.．'’-"  # between the parts of a name, written or not as the clerk likes


def normal_name(text: str) -> str:
    """Return a name as it is compared: NFKC, no white space, no dots between its parts, one case."""
    return "".join(
        c for c in unicodedata.normalize("NFKC", text).casefold() if not c.isspace() and c not in _DROPPED
    )


@cache
def initial(character: str) -> str:
    """Return the letter that ``character``'s pinyin begins with; "" for one outside the common 3,755."""
    try:
        code = int.from_bytes(character.encode("gb2312"), "big")
    except UnicodeEncodeError:
        return ""  # a traditional or rare form
    if not _FIRST_CODES[0] <= code <= _LAST_CODE:
        return ""
    return _LETTERS[bisect_right(_FIRST_CODES, code) - 1]


def _alike(one: str, other: str) -> bool:
    """A rare or traditional character may stand for any: nothing here knows how it sounds."""
    first, second = initial(one), initial(other)
    return not first or not second or first == second


def similar(one: str, other: str) -> bool:
    """Return whether two normal names, not the same, may be one: a character that sounds alike, or another order."""
    if one == other or len(one) != len(other) or len(one) < 2:
        return False
    differing = [(a, b) for a, b in zip(one, other, strict=True) if a != b]
    if len(differing) == 1:
        return _alike(*differing[0])
    return len(one) > 2 and Counter(one) == Counter(other)
