"""Short texts a county gives its schools (学校标签: 示范校, 民族班…), written in one cell, asked by rules."""

import re
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
