"""Parses one uploaded file in a process of its own; started by `reading`, never imported by it.

Some workbooks abort or exhaust the reading library itself, so it runs here under limits of memory and
processor time, and whatever dies here becomes a sentence there. The file is run by its path with
`python -I`, so it imports nothing of the project, and it opens nothing but standard input.

Protocol: the file comes as standard input (seekable); limits as one JSON argument. Answers are JSON lines:
    {"sheet": name, "visible": bool, "merged": [[row, column, row, column], ..]}   rows 1-based, columns 0-based
    {"rows": [[number, [cell, ..]], ..]}     of the sheet named last; wholly empty rows are left out
    {"error": code, ...}                     and nothing after it
    {"end": true}                            without this line the child died
Dates are {"d": iso}, date-times {"t": iso}, times and durations {"s": text}, error values {"e": "#N/A"}, formulas
whose result the file does not hold {"e": ""}.
"""

import contextlib
import csv
import datetime as dt
import importlib.util
import io
import json
import os
import re
import resource
import struct
import sys
import zipfile
from xml.parsers import expat

CHUNK = 500
PROLOGUE = 65_536

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
BINARY_STARTS = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"Rar!",
    b"7z\xbc\xaf",
    b"\x1f\x8b",
    b"\x7fELF",
    b"MZ\x90",
)
# What a file may raise that is not what it should be (NotImplementedError: zip compressed in a way that Python
# does not know); the reading library has the last word on it.
UNREADABLE = (
    zipfile.BadZipFile, zipfile.zlib.error, struct.error, LookupError, ValueError, EOFError, StopIteration, NotImplementedError,
    expat.ExpatError,
)  # fmt: skip


class Refused(Exception):
    def __init__(self, code, **detail):
        super().__init__(code)
        self.answer = {"error": code, **detail}


def main():
    limits = json.loads(sys.argv[1])
    confine(limits)
    emit = Emitter(limits, sys.stdout)
    try:
        parse(sys.stdin.buffer, limits, emit)
        emit.last({"end": True})
    except Refused as refused:
        emit.last(refused.answer)
    except (MemoryError, ImportError):  # the reader itself did not fit
        emit.last({"error": "memory"})
    except Exception as error:  # the library's own exceptions: broken in a way it noticed
        code = (
            "password" if "password" in str(error).lower() else "broken"
        )  # an old .xls says so in words only
        emit.last({"error": code, "reason": f"{type(error).__name__}: {error}"[:300]})
    sys.stdout.flush()


def confine(limits):
    """Take away what a parser does not need: memory, time, files to write, core dumps."""
    for what, amount in (
        (resource.RLIMIT_AS, limits["memory"]),
        (resource.RLIMIT_CPU, limits["seconds"]),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError):  # a lower limit is already set from outside: better still
            resource.setrlimit(what, (amount, amount))
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")


class Emitter:
    """Writes the answer and counts it: rows per file, columns per row, characters in all."""

    def __init__(self, limits, out):
        self.limits = limits
        self.out = out
        self.rows = 0
        self.characters = 0
        self.encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=jsonable).encode

    def line(self, answer):
        text = self.encode(answer)
        self.characters += len(text)
        if self.characters > self.limits["characters"]:
            raise Refused("too_much_text")
        self.out.write(text)
        self.out.write("\n")

    def last(self, answer):
        """The final word, past any limit."""
        self.out.write(self.encode(answer) + "\n")

    def sheet(self, name, visible, merged, rows):
        """`rows` yields (number, cells); wholly empty rows are dropped, trailing empty cells stay."""
        self.line({"sheet": name, "visible": visible, "merged": merged})
        chunk = []
        for number, row in rows:
            if row.count("") == len(row):
                continue
            if len(row) > self.limits["columns"]:
                raise Refused("too_many_columns", sheet=name)
            self.rows += 1
            if self.rows > self.limits["rows"]:
                raise Refused("too_many_rows")
            chunk.append((number, row))
            if len(chunk) == CHUNK:
                self.line({"rows": chunk})
                chunk = []
        if chunk:
            self.line({"rows": chunk})


class Fault:
    """What stands in a cell that holds no value: an error, or "" for a formula without a result."""

    def __init__(self, text):
        self.text = text


def jsonable(value):
    if isinstance(value, dt.datetime):
        return {"t": value.isoformat()}
    if isinstance(value, dt.date):
        return {"d": value.isoformat()}
    if isinstance(value, Fault):
        return {"e": value.text}
    return {"s": str(value)}


def parse(file, limits, emit):
    """Look at what the file is, whatever it is called, and read it."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    head = file.read(4096)
    file.seek(0)
    if size == 0 or not head.strip():
        raise Refused("empty")
    if head.startswith(b"PK"):
        inspect_zip(file, limits)
        read_calamine(file, emit)
    elif head.startswith(OLE):
        inspect_ole(file)
        read_calamine(file, emit)
    else:
        read_text(head, file, emit)


# --- what the container gives away ----------------------------------------------------------------


def inspect_zip(file, limits):
    """Read the directory of the archive before anything is unpacked."""
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise Refused("broken", reason=str(error)) from None
    entries = archive.infolist()
    names = {entry.filename.lower().replace("\\", "/") for entry in entries}
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries) or 1
    if len(entries) > 5000 or unpacked > limits["unpacked"]:
        raise Refused("zip_bomb")
    if unpacked > 20 * 2**20 and unpacked / packed > limits["ratio"]:
        raise Refused("zip_bomb")
    if any(entry.flag_bits & 1 for entry in entries):
        raise Refused("password")
    if any(name.endswith("vbaproject.bin") for name in names) or any(
        "/macrosheets/" in name for name in names
    ):
        raise Refused("macros")
    if "xl/workbook.xml" not in names:
        known = {
            "xl/workbook.bin": "xlsb",
            "word/document.xml": "docx",
            "ppt/presentation.xml": "pptx",
            "content.xml": "ods",
        }
        kind = next((kind for name, kind in known.items() if name in names), "zip")
        raise Refused("unsupported", kind=kind)
    for entry in entries:  # customXml is read by no spreadsheet reader, and may lawfully be UTF-16
        name = entry.filename.lower()
        if name.endswith((".xml", ".rels", ".vml")) and not name.startswith("customxml/"):
            inspect_prologue(archive, entry)
    file.seek(0)


def inspect_prologue(archive, entry):
    """Refuse a document type, and so every entity, in front of a part's root element."""
    try:
        with archive.open(entry) as part:
            start = part.read(PROLOGUE)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, zipfile.zlib.error) as error:
        raise Refused("broken", reason=str(error)) from None
    if (
        b"\0" in start[:64]
    ):  # UTF-16 or UTF-32: no office program writes it, and a search would be blind in it
        raise Refused("entities")
    without_comments = (
        re.sub(rb"<!--.*?-->|<\?.*?\?>", b"", start, flags=re.DOTALL).removeprefix(b"\xef\xbb\xbf").lstrip()
    )
    if without_comments.startswith((b"<!", b"<?")):
        raise Refused("entities")


def inspect_ole(file):
    """An OLE container may be an old .xls, an encrypted .xlsx, a Word document, or hold macros."""
    content = file.read()
    file.seek(0)

    def holds(name):
        return name.encode("utf-16-le") in content

    if holds("EncryptedPackage") or holds("EncryptionInfo") or has_file_password(content):
        raise Refused("password")
    if holds("_VBA_PROJECT_CUR") or holds("_VBA_PROJECT"):
        raise Refused("macros")
    if holds("WordDocument") or holds("PowerPoint Document"):
        raise Refused("unsupported", kind="doc")
    if not holds("Workbook") and not holds("Book"):
        raise Refused("broken", reason="no workbook stream")


def has_file_password(content):
    """Whether a FILEPASS record is among the first of an old .xls: the library would only call it unknown."""
    place = content.find(b"\x09\x08\x10\x00\x00\x06\x05\x00")  # where the workbook's own records begin
    end = min(place + 512, len(content) - 4)
    while 0 <= place < end:
        kind, length = struct.unpack_from("<HH", content, place)
        if kind == 0x2F:
            return True
        place += 4 + length
    return False


# --- readers --------------------------------------------------------------------------------------


def read_calamine(file, emit):
    import python_calamine as calamine  # after the limits: what it allocates counts

    try:
        book = calamine.CalamineWorkbook.from_filelike(file)
    except calamine.PasswordError:
        raise Refused("password") from None
    found = 0
    for about, faults in zip(book.sheets_metadata, faults_of(file, len(book.sheets_metadata)), strict=True):
        if about.typ != calamine.SheetTypeEnum.WorkSheet:
            continue
        found += 1
        sheet = book.get_sheet_by_name(about.name)
        visible = about.visible == calamine.SheetVisibleEnum.Visible
        rows = with_faults(numbered_rows(sheet, emit.limits), faults)
        emit.sheet(about.name, visible, merged_ranges(sheet), rows)
    if not found:
        raise Refused("empty")


def faults_of(file, count):
    """The faults of each of ``count`` sheets: the library gives an error as an empty cell, which it is not."""
    about = importlib.util.spec_from_file_location(
        "faults", os.path.join(os.path.dirname(__file__), "faults.py")
    )
    faults = importlib.util.module_from_spec(about)
    about.loader.exec_module(faults)
    file.seek(0)
    content = file.read()
    found = []
    with contextlib.suppress(*UNREADABLE):
        found = faults.of_xls(content) if content.startswith(OLE) else faults.of_xlsx(io.BytesIO(content))
    return found if len(found) == count else [{}] * count


def with_faults(rows, faults):
    """``rows`` with the faults in their places; rows that hold nothing else come after the last."""
    for number, row in rows:
        yield number, filled(row, faults.pop(number)) if number in faults else row
    for number in sorted(faults):
        yield number, filled([], faults[number])


def filled(row, faults):
    row = row + [""] * (max(faults) + 1 - len(row))
    for column, text in faults.items():
        if row[column] == "":
            row[column] = Fault(text)
    return row


def merged_ranges(sheet):
    """Merged ranges as [first row, first column, last row, last column], rows as Excel numbers them."""
    ranges = sheet.merged_cell_ranges or []
    return [[top + 1, left, bottom + 1, right] for (top, left), (bottom, right) in ranges[:20_000]]


def numbered_rows(sheet, limits):
    """Rows with Excel's own numbers; cells padded on the left so that index 0 is column A."""
    if sheet.start is None:
        return
    left = sheet.start[1]
    if sheet.end[1] >= limits["columns"]:
        raise Refused("too_many_columns", sheet=sheet.name)
    padding = [""] * left
    for number, row in enumerate(sheet.iter_rows(), start=1):
        yield number, (padding + row if left else row)


def read_text(head, file, emit):
    if head.startswith(BINARY_STARTS):
        raise Refused("unsupported", kind="other")
    text = decode(file.read())
    start = text[:4096].lstrip().lower()
    if start.startswith("<"):
        raise Refused(
            "unsupported", kind="xml" if "urn:schemas-microsoft-com:office:spreadsheet" in start else "html"
        )
    csv.field_size_limit(32_767)  # what one cell of Excel can hold
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text))
    try:
        emit.sheet("CSV", True, [], enumerate(rows, start=1))
    except csv.Error as error:
        raise Refused("broken", reason=f"line {rows.line_num}: {error}") from None


def decode(content):
    """Text of a .csv: UTF-8, UTF-16 with a mark (Excel's "Unicode text"), else GB18030."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        with contextlib.suppress(UnicodeDecodeError):
            text = content.decode(encoding)
            if "\0" not in text:
                return text
    raise Refused("unsupported", kind="other")


def delimiter_of(text):
    """The separator most frequent in the first lines; comma unless another clearly leads."""
    sample = text[:20_000]
    return max(",\t;", key=sample.count)


if __name__ == "__main__":
    main()
