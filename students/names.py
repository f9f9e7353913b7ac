"""When two names may be the same: written alike, or one character apart that sounds or looks alike."""

import unicodedata
from bisect import bisect_right
from collections import Counter
from functools import cache

from django.db.models import Q

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


# Characters of names outside those 3,755, and surnames read otherwise than the word, by the letter they sound with.
_FURTHER = {
    "b": "邶", "c": "晁岑谌", "d": "铎", "f": "邡", "g": "珙虢", "h": "涵晗昊皓晖蘅珩骅郇扈", "j": "瑾婧婕璟靓俊暨解",
    "k": "珂恺隗蒯", "l": "璐麟琳莉岚泠鹭逯阆", "m": "缪茉苡敉宓芈", "n": "妮娜婻聂", "o": "区", "p": "芃沛朴邳", "q": "琪淇琦麒绮芪覃仇琼黔",
    "r": "睿蕊芮阮冉", "s": "晟姝珊单莎飒", "t": "彤婷瞳郯佟", "w": "薇玮炜婉妩蔚邬", "x": "萱曦昕璇鑫馨轩暄茜汐栩煊洵冼郗燮",
    "y": "妍烨煜瑜钰玥嫣瑶媛怡漪琰莹颖懿郁尉乐鄢奕忆昱滢", "z": "梓臻芷铮曾翟查祚瞾甄訾",
}  # fmt: skip


@cache
def _sounding(letter: str) -> str:
    """Return the characters a name may hold where ``letter`` was typed."""
    span = range(0xB0A1, _LAST_CODE + 1)
    common = (code.to_bytes(2, "big").decode("gb2312", "ignore") for code in span if code & 0xFF >= 0xA1)
    return "".join(c for c in common if initial(c) == letter) + _FURTHER.get(letter, "")


def named(field: str, text: str) -> Q:
    """Return the condition that ``field`` holds ``text``; two to six letters also find names by pinyin initials (lxy: 罗小宇).

    Nothing is kept of the initials, so that no name can be out of step with them.
    """
    holds = Q(**{f"{field}__icontains": text})
    letters = text.lower()
    if not (letters.isascii() and letters.isalpha() and 2 <= len(letters) <= 6):
        return holds
    classes = [_sounding(letter) for letter in letters]
    if not all(classes):
        return holds  # no name sounds with i, u or v
    return holds | Q(**{f"{field}__regex": "^" + "".join(f"[{characters}]" for characters in classes)})


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
