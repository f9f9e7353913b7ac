"""Finds what the reading library gives as blank though it is not: error values (#N/A) and formulas without a result.

Loaded by `parser` in its own process, under its limits; imports nothing of the project. Of each sheet, in
the order of the workbook: {row (from 1): {column (from 0): text}}, the text "" for a formula whose result
the file does not hold. What cannot be followed is left to the library to judge.
"""

import contextlib
import posixpath
import struct
import zipfile
from xml.parsers import expat

PIECE = 2**20
FREE = 0xFFFFFFFA  # from here on numbers of sectors mean something else: free, end of a chain
LAST_ROW, LAST_COLUMN = 1_048_576, 16_384  # of a sheet, by the format
SIGNS = (b'"e"', b"'e'", b"<f", b":f")  # a sheet without any of these has neither errors nor formulas
XLS_ERRORS = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A",
}  # fmt: skip


# --- .xlsx ----------------------------------------------------------------------------------------


def of_xlsx(file):
    """The faults of every sheet that xl/workbook.xml names."""
    with zipfile.ZipFile(file) as archive:
        parts = {entry.filename.lower().replace("\\", "/"): entry for entry in archive.infolist()}
        targets = dict(
            _attributes(archive, parts["xl/_rels/workbook.xml.rels"], "Relationship", "Id", "Target")
        )
        found = []
        for _, key in _attributes(archive, parts["xl/workbook.xml"], "sheet", "name", "id"):
            target = targets.get(key, "")
            path = posixpath.normpath(target.lstrip("/") if target.startswith("/") else f"xl/{target}")
            entry = parts.get(path.lower())
            found.append(_faults_of(archive, entry) if entry and _is_suspect(archive, entry) else {})
    return found


def _attributes(archive, entry, element, *names):
    """The values of some attributes, whatever their prefix, of every such element of a small part."""
    found = []

    def start(tag, attributes):
        if tag.rpartition(":")[2] == element:
            local = {name.rpartition(":")[2]: value for name, value in attributes.items()}
            found.append(tuple(local.get(name, "") for name in names))

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    with archive.open(entry) as part:
        parser.ParseFile(part)
    return found


def _is_suspect(archive, entry):
    """Whether a sheet may hold errors or formulas; nearly all do not, and this is fast."""
    rest = b""
    with archive.open(entry) as part:
        while piece := part.read(PIECE):
            if any(sign in rest + piece[:4] or sign in piece for sign in SIGNS):
                return True
            rest = piece[-4:]
    return False


def _faults_of(archive, entry):
    scan = _SheetScan()
    with archive.open(entry) as part, contextlib.suppress(expat.ExpatError):
        scan.parser.ParseFile(part)
    return scan.faults


class _SheetScan:
    """Follows the cells of one sheet; those without an address stand beside the one before."""

    def __init__(self):
        self.faults = {}
        self.row, self.column = 0, -1
        self.kind, self.has_formula, self.value = None, False, None
        self.is_value = False
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.text

    def start(self, tag, attributes):
        tag = tag.rpartition(":")[2]
        if tag == "c":
            address = attributes.get("r", "").rstrip("0123456789")
            self.column = _column_of(address) if address else self.column + 1
            self.kind, self.has_formula, self.value = attributes.get("t"), False, None
        elif tag == "f":
            self.has_formula = True
        elif tag == "v":
            self.is_value, self.value = True, ""
        elif tag == "row":
            self.row, self.column = int(attributes.get("r", self.row + 1)), -1

    def text(self, text):
        if self.is_value:
            self.value += text

    def end(self, tag):
        tag = tag.rpartition(":")[2]
        if tag == "v":
            self.is_value = False
        elif tag == "c":
            if self.kind == "e":
                self.note((self.value or "#N/A").strip())
            elif self.has_formula and self._has_no_result():
                self.note("")

    def note(self, text):
        if 0 < self.row <= LAST_ROW and self.column < LAST_COLUMN:
            self.faults.setdefault(self.row, {})[self.column] = text

    def _has_no_result(self):
        """A formula of text may well give an empty one: it is stored, as an empty element."""
        return self.value is None or (self.kind != "str" and not self.value.strip())


def _column_of(letters):
    column = 0
    for letter in letters.upper():
        column = column * 26 + ord(letter) - 64
    return column - 1


# --- .xls -----------------------------------------------------------------------------------------


def of_xls(content):
    """The faults of every sheet of an old workbook; its formulas always hold a result."""
    book = _workbook_stream(content)
    return [_faults_from(book, place) for place in _sheet_places(book)]


def _records(book, place):
    """(kind, where its body begins, its length) of each record from ``place`` on."""
    while place + 4 <= len(book):
        kind, length = struct.unpack_from("<HH", book, place)
        yield kind, place + 4, length
        place += 4 + length


def _sheet_places(book):
    places = []
    for kind, body, _ in _records(book, 0):
        if kind == 0x85:  # BOUNDSHEET
            places.append(struct.unpack_from("<I", book, body)[0])
        elif kind == 0x0A:  # EOF
            break
    return places


def _faults_from(book, place):
    faults, depth = {}, 0
    for kind, body, length in _records(book, place):
        if kind == 0x809:  # BOF: a chart within the sheet begins with one too
            depth += 1
        elif kind == 0x0A:
            depth -= 1
            if depth == 0:
                break
        elif kind == 0x205 and length >= 8:  # BOOLERR
            row, column, _, value, is_error = struct.unpack_from("<HHHBB", book, body)
            if is_error:
                faults.setdefault(row + 1, {})[column] = XLS_ERRORS.get(value, "#N/A")
        elif kind == 0x06 and length >= 14:  # FORMULA
            row, column, _, result, value, mark = struct.unpack_from("<HHHBxBxxxH", book, body)
            if mark == 0xFFFF and result == 2:
                faults.setdefault(row + 1, {})[column] = XLS_ERRORS.get(value, "#N/A")
    return faults


def _workbook_stream(content):
    """The stream Workbook (or Book), put together from the sectors of its container."""
    bits, mini_bits = struct.unpack_from("<HH", content, 0x1E)
    directory_at, _, mini_below, mini_table_at, _, more_at = struct.unpack_from("<6I", content, 0x30)
    table_sectors = [n for n in struct.unpack_from("<109I", content, 0x4C) if n < FREE]
    while more_at < FREE and len(table_sectors) < len(content) >> bits:
        *more, more_at = struct.unpack(f"<{1 << bits - 2}I", _sector(content, more_at, bits))
        table_sectors += [n for n in more if n < FREE]
    table = _numbers(b"".join(_sector(content, n, bits) for n in table_sectors))
    directory = _chained(content, table, directory_at, bits)
    entries = [directory[at : at + 128] for at in range(0, len(directory) - 127, 128)]
    root = next(entry for entry in entries if entry[66] == 5)
    book = next(
        entry for entry in entries if entry[:64].decode("utf-16-le").rstrip("\0") in ("Workbook", "Book")
    )
    start, size = struct.unpack_from("<II", book, 116)
    if size >= mini_below:
        return _chained(content, table, start, bits)[:size]
    small = _chained(content, table, struct.unpack_from("<I", root, 116)[0], bits)
    mini_table = _numbers(_chained(content, table, mini_table_at, bits))
    return _chained(small, mini_table, start, mini_bits, first=0)[:size]


def _sector(content, number, bits, first=1):
    return content[number + first << bits : number + first + 1 << bits]


def _numbers(raw):
    return struct.unpack(f"<{len(raw) // 4}I", raw[: len(raw) // 4 * 4])


def _chained(content, table, number, bits, first=1):
    """The sectors from ``number`` on, one after another; a chain that bites its tail ends."""
    pieces = []
    while number < len(table) and len(pieces) <= len(table):
        pieces.append(_sector(content, number, bits, first))
        number = table[number]
    return b"".join(pieces)
