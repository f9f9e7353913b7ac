"""Ledgers (台账) and lists as .xlsx: fixed layout, streamed, ready to print on A4.

Amounts come in as integer fen and stand in the file as yuan with two decimals, exactly. Totals are
formulas stored with their value: `SUBTOTAL(9, range)`, which leaves out the totals inside its range, so
that totals nest to any depth without their formulas growing.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Literal, NamedTuple

from .cells import text_of
from .package import LAST_ROW, LONGEST_TEXT, STYLE, Package, letter_of, needs_care, safe_text

Kind = Literal["text", "int", "money", "date", "wrong"]

GRAND = 99  # level of the total over everything

_EPOCH = dt.date(1899, 12, 30).toordinal()


@dataclass(frozen=True)
class LedgerColumn:
    """A column: text; int; money (whole fen, shown as yuan); date; wrong (text in red). Width in characters."""

    heading: str
    kind: Kind = "text"
    width: float = 12
    summed: bool | None = None  # None: money is, everything else is not

    @property
    def is_summed(self) -> bool:
        return self.kind == "money" if self.summed is None else self.summed


class Row(NamedTuple):
    """A row of data, one value per column; None is an empty cell. A `strong` one heads a group, without sums."""

    values: Sequence[Any]
    strong: bool = False


class TotalRow(NamedTuple):
    """Sums over the data rows since the last total of this level or a higher one.

    `{rows}` in the label becomes their number. Levels nest: 1 for a school, 2 for its township.
    """

    label: str
    level: int = 1


class Formula(NamedTuple):
    """A formula written by the programme, never by a user, with the value it has (fen for money)."""

    text: str
    value: int


@dataclass
class LedgerSheet:
    """One sheet. `rows` is read once, as a stream, of Row and TotalRow.

    Above the heads stand the title and one line: `unit_line` (填报单位, 学期) to the left and `right_line`
    (单位：元, date, who made it) to the right. `grand_total` is its label, "" for none; `sign_off` the
    labels of the last line.
    """

    name: str
    title: str
    columns: Sequence[LedgerColumn]
    rows: Iterable[Row | TotalRow]
    unit_line: str = ""
    right_line: str = ""
    grand_total: str = "总计"
    sign_off: Sequence[str] = ("单位负责人：", "审核人：", "填表人：", "填表日期：")
    landscape: bool = True


def write_ledger(out, *sheets: LedgerSheet) -> None:
    """Write sheets to `out`, a path or a binary file. ValueError when a sheet has more rows than Excel can hold."""
    with Package(out) as package:
        for sheet in sheets:
            _SheetWriter(sheet).write(package)


class _SheetWriter:
    def __init__(self, sheet: LedgerSheet):
        self.sheet = sheet
        self.columns = list(sheet.columns)
        self.letters = [letter_of(index) for index in range(len(self.columns))]
        self.kinds = [column.kind for column in self.columns]
        self.summed = [index for index, column in enumerate(self.columns) if column.is_summed]
        self.texts = [index for index, kind in enumerate(self.kinds) if kind in ("text", "wrong")]
        self.moneys = [index for index, kind in enumerate(self.kinds) if kind == "money"]
        self.dates = [index for index, kind in enumerate(self.kinds) if kind == "date"]
        self.merges: list[str] = []
        self.head_row = 1 + bool(sheet.title) + bool(sheet.unit_line or sheet.right_line)
        self.number = self.head_row
        self.first = self.head_row + 1
        self.totals = dict.fromkeys(self.summed, 0)  # over everything
        self.data_rows = 0
        self.marks: dict[
            int, tuple[int, int, dict[int, int]]
        ] = {}  # level -> row after its last total, rows, sums then
        self.template = _row_template(self.letters, self.kinds, "")
        self.strong_template = _row_template(self.letters, self.kinds, "total_")

    def write(self, package: Package) -> None:
        package.write_sheet(
            self.sheet.name,
            before=self._before(),
            rows=chain(self._top(), self._body(), self._bottom()),
            after=self._after(),
            head_row=self.head_row,
        )

    # --- frame ---

    def _before(self) -> str:
        columns = "".join(
            f'<col min="{n}" max="{n}" width="{column.width}" customWidth="1" style="{STYLE["text"] if column.kind == "text" else 0}"/>'
            for n, column in enumerate(self.columns, 1)
        )
        below = self.head_row + 1
        return (
            '<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><sheetViews><sheetView workbookViewId="0">'
            f'<pane ySplit="{self.head_row}" topLeftCell="A{below}" activePane="bottomLeft" state="frozen"/>'
            f'</sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/><cols>{columns}</cols>'
        )

    def _after(self) -> Iterator[str]:
        """A generator: merges are known only when the rows are written."""
        if self.merges:
            cells = "".join(f'<mergeCell ref="{merge}"/>' for merge in self.merges)
            yield f'<mergeCells count="{len(self.merges)}">{cells}</mergeCells>'
        orientation = "landscape" if self.sheet.landscape else "portrait"
        yield (
            '<printOptions horizontalCentered="1"/>'
            '<pageMargins left="0.47" right="0.47" top="0.47" bottom="0.6" header="0.3" footer="0.3"/>'
            f'<pageSetup paperSize="9" orientation="{orientation}" fitToWidth="1" fitToHeight="0"/>'
            "<headerFooter><oddFooter>&amp;C第 &amp;P 页　共 &amp;N 页</oddFooter></headerFooter>"
        )

    def _across(self, row: int, first: int, last: int, text: str, style: str) -> str:
        """A text over several columns of a row, merged."""
        if last > first:
            self.merges.append(f"{self.letters[first]}{row}:{self.letters[last]}{row}")
        return _text_cell(f"{self.letters[first]}{row}", text, style)

    def _top(self) -> Iterator[str]:
        sheet, last, row = self.sheet, len(self.columns) - 1, 1
        if sheet.title:
            yield f'<row r="1" ht="30" customHeight="1">{self._across(1, 0, last, sheet.title, "title")}</row>'
            row = 2
        if row < self.head_row:
            middle = last // 2 if sheet.right_line else last
            cells = self._across(row, 0, middle, sheet.unit_line, "line")
            if sheet.right_line and middle < last:
                cells += self._across(row, middle + 1, last, sheet.right_line, "line_right")
            yield f'<row r="{row}" ht="20" customHeight="1">{cells}</row>'
        heads = (
            _text_cell(f"{letter}{self.head_row}", column.heading, "head")
            for letter, column in zip(self.letters, self.columns, strict=True)
        )
        yield f'<row r="{self.head_row}" ht="30" customHeight="1">{"".join(heads)}</row>'

    def _bottom(self) -> Iterator[str]:
        if self.sheet.grand_total:
            yield self._total(TotalRow(self.sheet.grand_total, GRAND))
        if self.sheet.sign_off:
            text = "　　　　　　".join(self.sheet.sign_off)
            row = self.number + 2
            yield f'<row r="{row}" ht="24" customHeight="1">{self._across(row, 0, len(self.columns) - 1, text, "line")}</row>'

    # --- rows ---

    def _body(self) -> Iterator[str]:
        totals, summed, width = self.totals, self.summed, len(self.columns)
        for row in self.sheet.rows:
            if self.number >= LAST_ROW - 4:
                raise ValueError(f"sheet {self.sheet.name} has more rows than a sheet can hold")
            if row.__class__ is TotalRow:
                yield self._total(row)
                continue
            self.number += 1
            values, strong = row
            if len(values) != width:
                raise ValueError(f"a row of {len(values)} values on a sheet of {width} columns")
            if strong:
                if any(values[index] is not None for index in summed):
                    raise ValueError("a strong row heads a group and holds no sums; use TotalRow")
                yield self._row(values, self.strong_template, "total_")
                continue
            for index in summed:
                value = values[index]
                if value is not None:
                    totals[index] += value.value if value.__class__ is Formula else value
            self.data_rows += 1
            yield self._row(values, self.template, "")

    def _row(self, values: Sequence[Any], template: str, prefix: str) -> str:
        """The usual row by its template; one that needs care of any kind cell by cell."""
        filled = [self.number] * (2 * len(self.kinds) + 1)
        filled[2::2] = values
        try:
            text = "".join([values[index] for index in self.texts])
            if needs_care(text) or len(text) > LONGEST_TEXT:
                return self._careful_row(values, prefix)
            for index in self.moneys:
                fen = values[index]
                filled[2 * index + 2] = f"{fen // 100}.{fen % 100:02d}" if fen >= 0 else yuan(fen)
            for index in self.dates:
                filled[2 * index + 2] = values[index].toordinal() - _EPOCH
            return template % tuple(filled)
        except (
            TypeError,
            AttributeError,
        ):  # None, a formula, a number as text; or a slip, which fails again there
            return self._careful_row(values, prefix)

    def _careful_row(self, values: Sequence[Any], prefix: str) -> str:
        cells = (
            _cell(f"{letter}{self.number}", kind, value, prefix)
            for letter, kind, value in zip(self.letters, self.kinds, values, strict=True)
        )
        return f'<row r="{self.number}">{"".join(cells)}</row>'

    def _total(self, total: TotalRow) -> str:
        """A row of sums; it closes its own level and all lower ones."""
        higher = [mark for level, mark in self.marks.items() if level >= total.level]
        first, rows_then, sums_then = max(higher, key=lambda mark: mark[0], default=(self.first, 0, {}))
        last = self.number
        self.number += 1
        values: list[Any] = [None] * len(self.columns)
        for index in self.summed:
            value = self.totals[index] - sums_then.get(index, 0)
            letter = self.letters[index]
            values[index] = (
                Formula(f"SUBTOTAL(9,{letter}{first}:{letter}{last})", value) if last >= first else value
            )
        if 0 not in self.summed:
            values[0] = total.label.replace("{rows}", str(self.data_rows - rows_then))
        self.marks[total.level] = (self.number + 1, self.data_rows, self.totals.copy())
        cells = "".join(
            _cell(
                f"{letter}{self.number}",
                "text" if index == 0 and index not in self.summed else kind,
                value,
                "total_",
            )
            for index, (letter, kind, value) in enumerate(zip(self.letters, self.kinds, values, strict=True))
        )
        return f'<row r="{self.number}">{cells}</row>'


# --- cells ----------------------------------------------------------------------------------------


def yuan(fen: int) -> str:
    """Whole fen as yuan with two decimals, exactly: -5 is "-0.05"."""
    return f"{fen // 100}.{fen % 100:02d}" if fen >= 0 else f"-{-fen // 100}.{-fen % 100:02d}"


def _style_of(kind: Kind, prefix: str) -> int:
    return STYLE["wrong" if kind == "wrong" else prefix + kind]


def _row_template(letters: Sequence[str], kinds: Sequence[Kind], prefix: str) -> str:
    """A %-template of a row: its number, then for each cell the number again and the value."""
    cells = []
    for letter, kind in zip(letters, kinds, strict=True):
        style = _style_of(kind, prefix)
        if kind in ("text", "wrong"):
            cells.append(
                f'<c r="{letter}%d" s="{style}" t="inlineStr"><is><t xml:space="preserve">%s</t></is></c>'
            )
        else:
            number = "%s" if kind == "money" else "%d"  # %d: text can never slip in as a number
            cells.append(f'<c r="{letter}%d" s="{style}"><v>{number}</v></c>')
    return '<row r="%d">' + "".join(cells) + "</row>"


def _text_cell(reference: str, text: str, style: str) -> str:
    return f'<c r="{reference}" s="{STYLE[style]}" t="inlineStr"><is><t xml:space="preserve">{safe_text(text)}</t></is></c>'


def _cell(reference: str, kind: Kind, value: Any, prefix: str) -> str:
    style = _style_of(kind, prefix)
    if value is None:
        return f'<c r="{reference}" s="{style}"/>'
    if kind in ("text", "wrong"):
        text = safe_text(text_of(value))
        return f'<c r="{reference}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
    formula = ""
    if isinstance(value, Formula):
        formula, value = f"<f>{safe_text(value.text)}</f>", value.value
    if kind == "money":
        value = yuan(value)
    elif kind == "date":
        value = value.toordinal() - _EPOCH
    else:
        value = value.__index__()  # an int and nothing that merely looks like one
    return f'<c r="{reference}" s="{style}">{formula}<v>{value}</v></c>'
