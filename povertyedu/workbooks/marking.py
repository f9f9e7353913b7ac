"""The clerk's own workbook with its wrong cells red and a column that says why.

openpyxl does it in a child process (`marker.py`), under limits of memory and time. Not every workbook that
can be read can be marked: an old .xls, a .csv under another name, one too large, one with a part openpyxl
does not know. The answer is False then, and the caller sends the rows in error as a list.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from .writing import ERROR_HEADING

MARKER = Path(__file__).with_name("marker.py")
_CELLS = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?(?:c|row)[\s/>]")
_MERGED = re.compile(
    rb"<(?:[A-Za-z_][\w.-]*:)?mergeCell\s[^>]*?ref\s*=\s*[\"']([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"
)
PIECE, OVERLAP = 2**20, 256  # a tag may lie across two pieces


@dataclass(frozen=True)
class MarkLimits:
    """What marking one workbook may cost. ``cells`` counts every sheet of the file, hidden ones too."""

    cells: int = 400_000  # 5,000 rows of the national 72 columns, and some
    unpacked: int = 150 * 2**20
    memory: int = 2**30
    written: int = 200 * 2**20
    seconds: int = 20


Problems = Mapping[tuple[str, int], Mapping[int | None, str]]


def annotate_errors(
    source: Path,
    out: IO[bytes],
    problems: Problems,
    heads: Mapping[str, int],
    *,
    limits: MarkLimits | None = None,
) -> bool:
    """Write the user's own .xlsx with wrong cells red and a last column 错误说明; return whether it could be done.

    `problems`: (sheet name, Excel row number) -> {cell index (0 = column A), or None for the whole row:
    message}; `heads` says on which row the heads of each sheet stand. Only for a file that
    `reading.open_workbook` has accepted. Nothing is written to `out` when the answer is False.
    """
    limits = limits or MarkLimits()
    if not is_markable(source, limits):
        return False
    with tempfile.TemporaryDirectory(prefix="mark-") as folder, tempfile.TemporaryFile() as marked:
        if not _mark(source, marked, _marks(problems, heads), folder, limits):
            return False
        marked.seek(0)
        shutil.copyfileobj(marked, out)
    return True


def is_markable(source: Path, limits: MarkLimits) -> bool:
    """Whether `source` is an .xlsx by its content, whatever its name, and small enough to be held whole."""
    try:
        with zipfile.ZipFile(source) as archive:
            parts = [each for each in archive.infolist() if each.filename.lower().endswith(".xml")]
            if sum(part.file_size for part in archive.infolist()) > limits.unpacked:
                return False
            cells = 0
            for part in parts:
                cells += _cells_of(archive, part)
                if cells > limits.cells:
                    return False
    except (zipfile.BadZipFile, zipfile.zlib.error, EOFError, NotImplementedError, RuntimeError):
        return False
    return True


def _cells_of(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> int:
    """How many cells and rows a part holds, those of merged areas too: openpyxl makes each of them."""
    count, rest = 0, b""
    with archive.open(part) as file:
        while piece := file.read(PIECE):
            text = rest + piece
            end = max(
                0, text.rfind(b"<", max(0, len(text) - OVERLAP))
            )  # what begins here is counted next time
            whole, rest = (text[:end], text[end:]) if end else (text, b"")
            count += len(_CELLS.findall(whole)) + sum(map(_area, _MERGED.findall(whole)))
    return count + len(_CELLS.findall(rest)) + sum(map(_area, _MERGED.findall(rest)))


def _area(corners: tuple[bytes, ...]) -> int:
    left, top, right, bottom = corners
    return (abs(int(bottom) - int(top)) + 1) * (abs(_number(right) - _number(left)) + 1)


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _marks(problems: Problems, heads: Mapping[str, int]) -> dict:
    marks: dict[str, dict] = {}
    for (name, row), messages in problems.items():
        sheet = marks.setdefault(name, {"head": heads[name], "rows": []})
        reason = "；".join(dict.fromkeys(message.rstrip("。") for message in messages.values())) + "。"
        sheet["rows"].append([row, [index for index in messages if index is not None], reason])
    return marks


def _mark(source: Path, marked: IO[bytes], marks: dict, folder: str, limits: MarkLimits) -> bool:
    """Run the child; openpyxl's own temporary files lie in `folder`, so that nothing of a killed one stays."""
    with open(source, "rb") as book, tempfile.TemporaryFile() as what:
        what.write(json.dumps(marks, ensure_ascii=False).encode("utf-8", "replace"))
        what.seek(0)
        told = {"limits": asdict(limits), "heading": ERROR_HEADING, "marks": what.fileno()}
        command = [sys.executable, "-I", str(MARKER), json.dumps(told)]
        try:
            child = subprocess.run(
                command, stdin=book, stdout=marked, stderr=subprocess.DEVNULL, env={"TMPDIR": folder},
                pass_fds=[what.fileno()], timeout=limits.seconds, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return False
    return child.returncode == 0
