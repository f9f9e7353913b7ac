"""Short texts a county gives its schools (学校标签: 示范校, 民族班…), written in one cell, asked by rules.

A school's present tags stand with it; beside them, for each term from which they were changed, what they were before.
So a change of today says nothing else of the terms gone by.
"""

import re
from collections.abc import Sequence
from typing import Any

from povertyedu.workbooks.cells import EMPTY, CellError, Cleaned, clean_text

LONGEST, MOST = 20, 20
SEPARATORS = re.compile(r"[、,，;；/\n]+")


def clean_tags(cell: Any) -> Cleaned:
    """Several tags in one cell as a list without repeats, None when empty. Error: value_unknown."""
    text = clean_text(SEPARATORS.sub("、", cell) if isinstance(cell, str) else cell).value
    tags = list(dict.fromkeys(filter(None, (part.strip() for part in text.split("、")))))
    if any(len(tag) > LONGEST for tag in tags) or len(tags) > MOST:
        raise CellError(
            "value_unknown",
            f"学校标签用顿号分开，每个最多 {LONGEST} 个字，最多 {MOST} 个；请改短后重新填写。",
        )
    return Cleaned(tags) if tags else EMPTY


Former = Sequence[tuple[str, list[str]] | list]  # (code of a term, the tags until that term)


def tags_in(term: str, tags: list[str], former: Former) -> list[str]:
    """Return the tags that held in ``term``, of a school's present and former ones."""
    later = [(_order(until), kept) for until, kept in former if _order(until) > _order(term)]
    return min(later)[1] if later else tags


def former_after(from_term: str, tags: list[str], former: Former) -> list[list]:
    """Return the former tags of a school whose ``tags`` change from ``from_term`` on; what came later is given up."""
    until = [each for each in former if _order(each[0]) >= _order(from_term)]
    earlier = [list(each) for each in former if each not in until]
    kept = min(until, key=_until)[1] if until else tags
    return [*earlier, [from_term, list(kept)]]


def _until(each: tuple[str, list[str]] | list) -> tuple[str, bool]:
    return _order(each[0])


def _order(term: str) -> tuple[str, bool]:
    year, _, season = term.partition("-")
    return year, season == "autumn"
