"""The total that a sheet itself gives, to be told where its rows do not add up to it."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from povertyedu.workbooks.headers import Header
from povertyedu.workbooks.reading import Sheet

from .reading import Arrangement
from .resources import ImportResource
from .rows import Row

# Of the whole sheet alone: a 小计 adds up some of the rows.
_TOTAL = re.compile(r"(?:全县|全州|本页)?(?:合计|总计|共计)[:：]?").fullmatch


class WithTotals(ImportResource):
    """A kind whose sheets may end with a total; the row itself is no data."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self._totals: dict[str, tuple[Header, list]] = {}

    def arrange(self, sheet: Sheet, header: Header) -> Arrangement:
        return self.with_total(sheet, super().arrange(sheet, header))

    def with_total(self, sheet: Sheet, arrangement: Arrangement) -> Arrangement:
        """Remember the last row of ``sheet`` that calls itself a total, read as ``arrangement`` reads rows."""
        for _, cells in sheet.rows:
            if any(isinstance(cell, str) and _TOTAL("".join(cell.split())) for cell in cells[:3]):
                told = arrangement.change(cells) if arrangement.change else cells
                self._totals[sheet.name] = (arrangement.header, told)
        return arrangement

    def totals_told(self, rows: Sequence[Row]) -> Iterator[tuple[dict[str, Any], list[Row]]]:
        """Yield for each sheet that gives a total and has rows: the total's values by column, and the sheet's rows."""
        for name, (header, cells) in self._totals.items():
            if of_sheet := [row for row in rows if row.sheet == name]:
                yield self.reader(header)(cells).values, of_sheet
