"""What is kept of a checked row, and the short form in which it is kept.

``values`` (column -> cleaned, dates as YYYY-MM-DD, None not named), ``shown`` (column -> as in the file),
``errors`` and ``warnings`` (column, code, message), ``repairs`` (column, what was told), ``changes`` (heading,
old, new); ``unread``, ``fixed`` and ``left_out`` where there is something of the kind.

Most cells are text that is also their value: the short form holds the texts in the order of the sheet's
columns, and the values that are something else. A county stages a million cells.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from povertyedu.workbooks.cells import text_of

from .rows import Row

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode  # dates too
TOLD = ("errors", "warnings", "repairs", "changes")


def in_order(columns: Mapping[str, int]) -> list[str]:
    """Return the names of a sheet's columns in the order of its cells."""
    return sorted(columns, key=columns.__getitem__)


class Packer:
    """Makes the short form of rows just read of one sheet; ``columns`` are its columns' places in their cells."""

    def __init__(self, columns: Mapping[str, int], every: Iterable[str]):
        self.columns = in_order(columns)
        self.mapping = columns
        self.places = [columns[name] for name in self.columns]
        self.elsewhere = [name for name in every if name not in columns]  # a school that the title names

    def __call__(self, row: Row) -> str:
        if row.places is not self.mapping:  # a person put cells of it right
            return packed(row.content)
        cells, values = row.cells, row.values
        try:
            texts = [cells[place] for place in self.places]
        except IndexError:  # a short row
            texts = [cells[place] if place < len(cells) else "" for place in self.places]
        texts = [text if text.__class__ is str else text_of(text) for text in texts]
        others = {
            name: value
            for name, text in zip(self.columns, texts, strict=True)
            if (value := values[name]) != text and (text or value is not None)
        }
        others |= {name: values[name] for name in self.elsewhere if values[name] is not None}
        more = row.more
        if more or row.errors or row.warnings or row.repairs or row.changes:
            return _encode([texts, others, row.errors, row.warnings, row.repairs, row.changes, more])
        return _encode([texts, others])


def packed(content: Mapping[str, Any]) -> str:
    """Return a short form of any content, not quite so short."""
    more = {name: value for name, value in content.items() if name != "values" and name not in TOLD}
    return _encode([[], content["values"], *(content[name] for name in TOLD), more])


def unpacked(short: bytes, columns: Sequence[str]) -> dict[str, Any]:
    """Return the content again; ``columns`` are those of the sheet in the order of its cells."""
    texts, others, *told = json.loads(short)
    *lists, more = told or ([], [], [], [], {})
    values = {name: value for name, value in values_of(texts, others, columns).items() if value is not None}
    shown = dict(zip(columns, texts, strict=False))
    return {"values": values, "shown": shown, **dict(zip(TOLD, lists, strict=True)), **more}


def values_of(texts: Sequence[str], others: Mapping[str, Any], columns: Sequence[str]) -> dict[str, Any]:
    """Return the values of a short form, None where there is none."""
    values = {name: text or None for name, text in zip(columns, texts, strict=False)}
    values.update(others)
    return values
