"""Whether a child boards: the words, and what a mere mark means under the heading it stands under."""

import re
from typing import Any

from povertyedu.imports.cleaning import one_of
from povertyedu.workbooks.cells import CellError, Cleaned, clean_yes_no
from povertyedu.workbooks.columns import Column
from povertyedu.workbooks.headers import bare_heading, normal_heading

HEADING = "就读方式"
WORDS = {
    "走读": False, "住校": True, "寄宿": True, "住宿": True, "寄宿生": True, "住校生": True, "走读生": False, "非寄宿": False,
    "借宿": False, "其他": False, "送教上门": False, "是": True, "否": False, "√": True, "×": False,
}  # fmt: skip
CODES = {"1": False, "2": True}  # of the national registry: 1 走读, 2 住校
_asks = re.compile(r"是否|是/否|有无").search
_names_boarders = re.compile(r"(?:住校|寄宿|住宿)(?:学?生)?$").search

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

    Under any other heading a mere number says nothing sure of money, and is refused.
    """
    text = normal_heading(heading)
    if _asks(text) or _names_boarders(bare_heading(text)):
        return clean_answer
    return clean_word_or_code if "方式" in text else clean_word


def boarding_column(*aliases: str) -> Column:
    return Column(
        HEADING,
        aliases=aliases,
        clean=clean_word_or_code,
        clean_under=cleaner_under,
        choices=["走读", "住校"],
    )
