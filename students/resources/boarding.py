"""Whether a child boards: the words, and what a mere mark means under the heading it stands under."""

import re
from typing import Any

from povertyedu.imports.cleaning import one_of
from povertyedu.workbooks.cells import CellError, Cleaned, clean_yes_no
from povertyedu.workbooks.columns import Column
from povertyedu.workbooks.headers import bare_heading, normal_heading

HEADING = "就读方式"
ALIASES = (
    "住宿方式", "是否住校", "是否寄宿", "是否住宿", "是否寄宿生", "是否住校生", "是否住宿生", "住校", "寄宿", "住宿", "住校生", "寄宿生", "住宿生",
    "住校情况", "寄宿情况", "住宿情况",
)  # fmt: skip
NAMES = {
    "走读": False, "住校": True, "寄宿": True, "住宿": True, "寄宿生": True, "住校生": True, "走读生": False, "非寄宿": False,
    "借宿": False, "其他": False, "送教上门": False,
}  # fmt: skip
WORDS = NAMES | {"是": True, "否": False, "√": True, "×": False}
CODES = {"1": False, "2": True}  # of the national registry: 1 走读, 2 住校
_asks = re.compile(r"是否|是/否|有无").search
_names_boarders = re.compile(r"(?:住校|寄宿|住宿)(?:学?生)?$").search
_may_tell = re.compile(r"[住宿]|走读|寄读").search
_tells_other = re.compile(r"住[址所]|居住|现住|地|费|元").search

clean_name = one_of(NAMES, HEADING)
clean_word = one_of(WORDS, HEADING)
clean_word_or_code = one_of(WORDS | CODES, HEADING)


def clean_answer(cell: Any) -> Cleaned:
    """The answer to 是否住校: a word for boarding, or any yes or no. Error: value_unknown."""
    try:
        return clean_word(cell)
    except CellError:
        try:
            return clean_yes_no(cell)
        except CellError:
            raise CellError("value_unknown", "“是否住校”只能填“是”或“否”；也可以填“住校”或“走读”。") from None


def cleaner_under(heading: str):
    """Return how a cell under ``heading`` is read: 1 is 走读 where a way is told, yes where a question is asked.

    Where neither is sure a mere number, and under 走读 a mere yes, says nothing that money may hang on, and is refused.
    """
    text = normal_heading(heading)
    asks = _asks(text) or _names_boarders(bare_heading(text))
    if "方式" in text:
        return clean_word if asks else clean_word_or_code
    if "走读" in bare_heading(text):
        return clean_name
    return clean_answer if asks else clean_word


def may_tell_boarding(heading: str) -> bool:
    """Whether a heading that nobody knows may say who boards."""
    return bool(_may_tell(heading)) and not _tells_other(heading)


def boarding_column() -> Column:
    return Column(
        HEADING,
        aliases=ALIASES,
        clean=clean_word_or_code,
        clean_under=cleaner_under,
        choices=["走读", "住校"],
    )
