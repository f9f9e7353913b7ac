"""Cleaners for cells that may hold one of a few words."""

from collections.abc import Callable, Mapping
from typing import Any

from povertyedu.workbooks.cells import EMPTY, CellError, Cleaned, clean_code, clean_text, refuse_fault


def one_of(words: Mapping[str, Any], what: str, *, code: str = "value_unknown") -> Callable[[Any], Cleaned]:
    """Return a cleaner that turns each of ``words`` into its value; None when empty. Error: ``code``."""
    known = {clean_code(word).value: value for word, value in words.items()}
    usual = "、".join(list(dict.fromkeys(known_value_words(words)))[:6])

    def clean(cell: Any) -> Cleaned:
        text = clean_code(cell).value
        if not text or text in "-—/":
            return EMPTY
        if text in known:
            return Cleaned(known[text])
        raise CellError(code, f"{what}“{clean_text(cell).value[:20]}”不认识；可以填写：{usual}。")

    return clean


def known_value_words(words: Mapping[str, Any]) -> list[str]:
    """Return the first word of each value, in order: what a template offers."""
    first: dict[Any, str] = {}
    for word, value in words.items():
        first.setdefault(value, word)
    return list(first.values())


def short_text(limit: int, *, clean_cell=clean_text) -> Callable[[Any], Cleaned]:
    """Return a cleaner of text that must fit ``limit`` characters of the registry. Error: value_unknown."""

    def clean(cell: Any) -> Cleaned:
        cleaned = clean_cell(cell)
        if len(cleaned.value) > limit:
            raise CellError("value_unknown", f"这一格内容太长，最多{limit}个字；请删减后重新填写。")
        return cleaned if cleaned.value else Cleaned(None, cleaned.repaired)

    return clean


class Lenient:
    """``clean`` for a cell that must not keep a child out: what is wrong is told, the cell left blank.

    The value of a cell that cannot be understood is a :class:`Doubtful`.
    """

    tells_faults = True

    def __init__(self, clean: Callable[[Any], Cleaned], what: str):
        self.clean = clean
        self.what = what

    def __call__(self, cell: Any) -> Cleaned:
        try:
            refuse_fault(cell)
            return self.clean(cell)
        except CellError as error:
            return Cleaned(Doubtful(f"{self.what}没有采用：{error.message}"))


class Doubtful(str):
    """The sentence that stands where a value was not understood."""
