"""The parts of an .xlsx file, written as a stream: constant memory, text that can never become a formula.

Sheets are written one after another into the archive; `ledger` and `writing` say what stands on them.
Cells of text are inline strings, so user text is only ever text. Styles are a fixed list, by name.
"""

import re
import zipfile
from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape, quoteattr

LAST_ROW = 1_048_576  # of a sheet, by the format
LONGEST_TEXT = 32_767  # of a cell, by the format
CHUNK = 1000  # rows handed to the compressor at a time

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPED_LOOK = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")  # Excel would read _x0041_ as the letter A
needs_care = re.compile("[&<>\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]|_x[0-9A-Fa-f]{4}_").search


def safe_text(text: str) -> str:
    """Text as it may stand between tags: escaped, without characters XML forbids, not too long for a cell."""
    text = _ILLEGAL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return escape(_ESCAPED_LOOK.sub("_x005F_", text[:LONGEST_TEXT]))


def letter_of(index: int) -> str:
    """Letters of a column by its index: 0 is A, 26 is AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


# Order is the style's number in the file: name -> (font, fill, border, number format, alignment).
_STYLES = {
    "plain": (0, 0, 0, 0, ""),
    "title": (1, 0, 0, 0, '<alignment horizontal="center" vertical="center"/>'),
    "line": (0, 0, 0, 49, '<alignment horizontal="left" vertical="center"/>'),
    "line_right": (0, 0, 0, 49, '<alignment horizontal="right" vertical="center"/>'),
    "head": (2, 2, 1, 49, '<alignment horizontal="center" vertical="center" wrapText="1"/>'),
    "text": (0, 0, 1, 49, '<alignment vertical="center"/>'),
    "int": (0, 0, 1, 3, '<alignment horizontal="right" vertical="center"/>'),
    "money": (0, 0, 1, 4, '<alignment horizontal="right" vertical="center"/>'),
    "date": (0, 0, 1, 164, '<alignment horizontal="center" vertical="center"/>'),
    "total_text": (2, 2, 1, 49, '<alignment vertical="center"/>'),
    "total_int": (2, 2, 1, 3, '<alignment horizontal="right" vertical="center"/>'),
    "total_money": (2, 2, 1, 4, '<alignment horizontal="right" vertical="center"/>'),
    "total_date": (2, 2, 1, 164, '<alignment horizontal="center" vertical="center"/>'),
    "wrong": (3, 0, 1, 49, '<alignment vertical="center" wrapText="1"/>'),
}
STYLE = {name: number for number, name in enumerate(_STYLES)}


def _styles_part() -> str:
    def font(size: float, *, bold: str = "", colour: str = "") -> str:
        return f'<font>{bold}<sz val="{size}"/>{colour}<name val="宋体"/><charset val="134"/></font>'

    fonts = [
        font(10.5),
        font(16, bold="<b/>"),
        font(10.5, bold="<b/>"),
        font(10.5, colour='<color rgb="FFC00000"/>'),
    ]
    fills = [
        '<fill><patternFill patternType="none"/></fill>',
        '<fill><patternFill patternType="gray125"/></fill>',
        '<fill><patternFill patternType="solid"><fgColor rgb="FFEDEDED"/><bgColor indexed="64"/></patternFill></fill>',
    ]
    sides = "".join(
        f'<{side} style="thin"><color auto="1"/></{side}>' for side in ("left", "right", "top", "bottom")
    )
    borders = [
        "<border><left/><right/><top/><bottom/><diagonal/></border>",
        f"<border>{sides}<diagonal/></border>",
    ]
    formats = "".join(
        f'<xf numFmtId="{number}" fontId="{font_}" fillId="{fill}" borderId="{border}" xfId="0" applyNumberFormat="1"'
        f' applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1">{alignment}</xf>'
        for font_, fill, border, number, alignment in _STYLES.values()
    )
    return (
        f'{_DECLARATION}<styleSheet xmlns="{_MAIN}">'
        '<numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/></numFmts>'
        f'<fonts count="{len(fonts)}">{"".join(fonts)}</fonts><fills count="{len(fills)}">{"".join(fills)}</fills>'
        f'<borders count="{len(borders)}">{"".join(borders)}</borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        f'<cellXfs count="{len(_STYLES)}">{formats}</cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    )


def sheet_name(name: str) -> str:
    """A name a sheet may have: at most 31 characters, none of []:*?/\\, no quote at its ends."""
    return re.sub(r"[\[\]:*?/\\]", " ", _ILLEGAL.sub("", name)).strip("' ")[:31] or "Sheet"


class Package:
    """An .xlsx being written to `out` (a path or a binary file). Use as a context manager."""

    def __init__(self, out):
        self.archive = zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        self.names: list[str] = []
        self.print_titles: list[int] = []

    def __enter__(self) -> "Package":
        return self

    def __exit__(self, kind, error, trace) -> None:
        if kind is None:
            self._write_frame()
        self.archive.close()

    def write_sheet(
        self,
        name: str,
        *,
        before: str,
        rows: Iterable[str],
        after: Iterator[str] | Iterable[str],
        head_row: int,
    ) -> None:
        """One sheet: what stands before its rows, the rows as XML, what follows them. `head_row` repeats in print."""
        name, plain = sheet_name(name), sheet_name(name)
        copies = 2
        while name.lower() in (taken.lower() for taken in self.names):
            name = f"{plain[:27]}({copies})"
            copies += 1
        self.names.append(name)
        self.print_titles.append(head_row)
        with self.archive.open(f"xl/worksheets/sheet{len(self.names)}.xml", "w", force_zip64=True) as part:
            part.write(f'{_DECLARATION}<worksheet xmlns="{_MAIN}">{before}<sheetData>'.encode())
            waiting: list[str] = []
            for row in rows:
                waiting.append(row)
                if len(waiting) == CHUNK:
                    part.write("".join(waiting).encode())
                    waiting.clear()
            part.write(("".join(waiting) + "</sheetData>" + "".join(after) + "</worksheet>").encode())

    def _write_frame(self) -> None:
        if not self.names:
            raise ValueError("a workbook needs at least one sheet")
        office = "application/vnd.openxmlformats-officedocument.spreadsheetml"
        numbers = range(1, len(self.names) + 1)
        overrides = "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{office}.worksheet+xml"/>'
            for n in numbers
        )
        relations = "".join(
            f'<Relationship Id="rId{n}" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet{n}.xml"/>'
            for n in numbers
        )
        sheets = "".join(
            f'<sheet name={quoteattr(name)} sheetId="{n}" r:id="rId{n}"/>'
            for n, name in enumerate(self.names, 1)
        )
        titles = "".join(
            f'<definedName name="_xlnm.Print_Titles" localSheetId="{n}">{escape(quoted(name))}!${row}:${row}</definedName>'
            for n, (name, row) in enumerate(zip(self.names, self.print_titles, strict=True))
        )
        parts = {
            "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{office}.sheet.main+xml"/>{overrides}'
            f'<Override PartName="/xl/styles.xml" ContentType="{office}.styles+xml"/></Types>',
            "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
            f'<Relationship Id="rId1" Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>{sheets}</sheets>'
            f"<definedNames>{titles}</definedNames></workbook>",
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{relations}'
            f'<Relationship Id="rId{len(self.names) + 1}" Type="{_RELATIONS}/styles" Target="styles.xml"/></Relationships>',
        }
        for name, content in parts.items():
            self.archive.writestr(name, _DECLARATION + content)
        self.archive.writestr("xl/styles.xml", _styles_part())


def quoted(name: str) -> str:
    """A sheet's name as formulas write it."""
    return "'" + name.replace("'", "''") + "'"
