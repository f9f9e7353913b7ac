"""Opening an uploaded workbook, whatever is wrong with it.

The file is parsed by a child process (`parser.py`) under limits; rows come back over a pipe. The parent
never lets a library loose on a clerk's file: a bomb, an abort or an endless loop ends the child only.
"""

import contextlib
import datetime as dt
import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from .cells import NOT_CALCULATED

PARSER = Path(__file__).with_name("parser.py")
EXTENSIONS = (".xlsx", ".xls", ".csv")

Row = tuple[int, list[Any]]  # Excel's row number, then cells from column A on


@dataclass(frozen=True)
class Limits:
    """What one file may cost. Sizes in bytes, `seconds` both of processor and of waiting."""

    size: int = 50 * 2**20
    rows: int = 200_000
    columns: int = 500
    unpacked: int = 600 * 2**20
    ratio: int = 150
    memory: int = 3 * 2**29
    characters: int = 300 * 2**20
    seconds: int = 120


@dataclass
class Sheet:
    """One sheet. Wholly empty rows are left out; `merged` holds (row, column, row, column), columns from 0."""

    name: str
    visible: bool
    rows: list[Row] = field(default_factory=list)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)


class WorkbookError(ValueError):
    """A file refused whole: a stable `code` and a Chinese `message` for the person who sent it."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code
        self.message = message


MESSAGES = {
    "too_large": "文件太大，超过{size}；请拆成几个文件，或删去图片和多余的工作表后再上传。",
    "too_many_rows": "文件超过{rows}行；请拆成几个文件分别上传。",
    "too_many_columns": "工作表的列数超过{columns}列；请删去右侧多余的列，另存后再上传。",
    "too_much_text": "文件里的文字太多，无法读取；请拆成几个文件分别上传。",
    "zip_bomb": "文件解压后过大，不像正常的表格，已拒绝读取；请用 Excel 或 WPS 新建表格，只粘贴数值后再上传。",
    "entities": "文件里含有表格不需要的内容定义（DOCTYPE），可能有害，已拒绝读取；请用 Excel 或 WPS 打开，另存为新的 .xlsx 后再上传。",
    "macros": "文件里含有宏，已拒绝读取；请另存为不含宏的 .xlsx 工作簿后再上传。",
    "password": "文件设有打开密码，无法读取；请在 Excel 或 WPS 中取消密码，保存后再上传。",
    "broken": "文件已损坏或不完整，无法读取；请用 Excel 或 WPS 打开确认内容，另存为新的 .xlsx 后再上传。",
    "unsupported": "{kind}；请用 Excel 或 WPS 打开，另存为 .xlsx 后再上传。",
    "empty": "文件是空的，没有任何数据；请确认选对了文件，填好后再上传。",
    "memory": "表格的范围过大，读取时内存不够；请删去数据下方和右侧多余的空行空列，另存后再上传。",
    "timeout": "文件读取时间过长，已停止；请拆成几个文件，或删去公式和图片后再上传。",
    "crashed": "文件内容异常，无法读取；请用 Excel 或 WPS 打开，只复制数值到新表格，另存后再上传。",
    "extension": "只能上传 .xlsx、.xls 或 .csv 文件；请另存为 .xlsx 后再上传。",
}

KINDS = {
    "xlsb": "这是二进制工作簿（.xlsb），不能直接读取",
    "ods": "这是 OpenDocument 表格（.ods），不能直接读取",
    "docx": "这是 Word 文档，不是表格",
    "pptx": "这是演示文稿，不是表格",
    "doc": "这是 Word 或演示文稿，不是表格",
    "html": "这是网页格式的文件，只是改了扩展名，不是真正的 Excel 表格",
    "xml": "这是 XML 格式的表格，只是改了扩展名，不能直接读取",
    "zip": "这是压缩包，不是表格",
    "other": "这不是表格文件，只是扩展名像表格",
}


def open_workbook(
    source: str | Path | bytes,
    *,
    name: str = "",
    limits: Limits | None = None,
    told: Callable[[int], None] = lambda rows: None,
) -> list[Sheet]:
    """All sheets of an .xlsx, .xls or .csv file, hidden ones too, told apart by `visible`.

    `source` is a path, or the content itself with the `name` it was uploaded under. The content decides
    how it is read, not the name. Cells are text, float, bool, date, datetime or "" (empty); a formula
    gives its stored value, an error its own text (#N/A), a formula without a value `cells.NOT_CALCULATED`.
    ``told`` is called with the number of rows read so far, and may raise to stop.
    Raises WorkbookError, with a code of MESSAGES.
    """
    limits = limits or Limits()
    extension = Path(name if isinstance(source, bytes) else name or source).suffix.lower()
    if extension in (".xlsm", ".xltm", ".xlam"):
        raise refusal("macros", limits)
    if extension not in EXTENSIONS:
        raise refusal("extension", limits)
    if (len(source) if isinstance(source, bytes) else Path(source).stat().st_size) > limits.size:
        raise refusal("too_large", limits)
    with _opened(source) as file:
        return _sheets(file, limits, told)


@contextlib.contextmanager
def _opened(source: str | Path | bytes) -> Iterator[IO[bytes]]:
    """A real file for the child's standard input; content lies in one without a name while it is read."""
    if not isinstance(source, bytes):
        with open(source, "rb") as file:
            yield file
        return
    with tempfile.TemporaryFile() as file:
        file.write(source)
        file.seek(0)
        yield file


REMEMBERED = 20_000  # texts: names and numbers, which are each row's own, soon fill it


class Texts:
    """Most cells say what thousands of others say: such text is held once."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def once(self, cells: list[Any]) -> list[Any]:
        """Return the cells of a row, each text the one that was met before where there was one."""
        share = self._known.setdefault
        cells = [share(cell, cell) if cell.__class__ is str else cell for cell in cells]
        if len(self._known) > REMEMBERED:
            self._known.clear()
        return cells


def _sheets(file: IO[bytes], limits: Limits, told: Callable[[int], None]) -> list[Sheet]:
    sheets: list[Sheet] = []
    count = 0
    shared = Texts().once
    with contextlib.closing(_answers(file, limits)) as answers:  # a refusal ends the child at once
        for answer in answers:
            if "rows" in answer:
                sheets[-1].rows.extend((number, shared(cells)) for number, cells in answer["rows"])
                count += len(answer["rows"])
                told(count)
            elif "error" in answer:
                raise refusal(answer["error"], limits, kind=answer.get("kind", "other"))
            elif "sheet" in answer:
                merged = [tuple(corners) for corners in answer["merged"]]
                sheets.append(Sheet(answer["sheet"], answer["visible"], merged=merged))
    if not any(sheet.rows for sheet in sheets):
        raise refusal("empty", limits)
    return sheets


def refusal(code: str, limits: Limits, *, kind: str = "other") -> WorkbookError:
    """The error for `code` with its sentence, the limits of this call named in it."""
    message = MESSAGES[code].format(
        size=f"{limits.size // 2**20}MB",
        rows=limits.rows,
        columns=limits.columns,
        kind=KINDS.get(kind, KINDS["other"]),
    )
    return WorkbookError(code, message)


def _answers(source: IO[bytes], limits: Limits) -> Generator[dict, None, None]:
    """The child's answers one by one; its death is an answer too."""
    command = [sys.executable, "-I", str(PARSER), json.dumps(asdict(limits))]
    late = threading.Event()
    with subprocess.Popen(
        command, stdin=source, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}
    ) as child:

        def stop():
            late.set()
            child.kill()

        clock = threading.Timer(limits.seconds, stop)
        clock.start()
        ended = False
        try:
            decode = json.JSONDecoder(object_hook=_revive).decode
            for line in child.stdout:
                if not line.endswith(b"\n"):
                    break  # it died in mid-sentence
                answer = decode(line.decode())
                ended = ended or "end" in answer or "error" in answer
                yield answer
        finally:
            clock.cancel()
            with contextlib.suppress(ProcessLookupError):
                child.kill()
    if not ended:
        yield {"error": _cause_of_death(child.returncode, late.is_set())}


def _cause_of_death(returncode: int, late: bool) -> str:
    """SIGXCPU and the clock mean time; an abort of the Rust library nearly always means memory."""
    if late or returncode == -24:
        return "timeout"
    return "memory" if returncode in (-6, -9) else "crashed"


def _revive(value: dict) -> Any:
    """Back from JSON: dates, date-times and what has no other form than text."""
    if "d" in value:
        return dt.date.fromisoformat(value["d"])
    if "t" in value:
        return dt.datetime.fromisoformat(value["t"])
    if "s" in value and len(value) == 1:
        return value["s"]
    if "e" in value:
        return value["e"] or NOT_CALCULATED
    return value
