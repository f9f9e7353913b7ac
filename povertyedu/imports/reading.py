"""From a workbook on disk to rows with cleaned values: sheets picked, headers found, cells cleaned."""

import gc
import tempfile
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from povertyedu.files.models import StoredFile
from povertyedu.jobs.progress import NO_PROGRESS
from povertyedu.options.registry import options
from povertyedu.workbooks.cells import clean_text
from povertyedu.workbooks.headers import Header, Picked, Skipped, data_rows, normal_heading, pick_sheets
from povertyedu.workbooks.reading import Limits, WorkbookError, open_workbook

from .aliases import headed_columns
from .headings import HeadingsUnclear, choices_of, survey
from .rows import Problem, Row

REMARKS_SHOWN = 20
USUAL_ROWS = 5000
SERIAL = ("序号", "编号", "行号")  # counts the lines of the sheet, tells nothing of the row


@dataclass
class FileRows:
    """The data rows of a file, what was left out and why (Chinese sentences), where its columns stand."""

    rows: list[Row] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    headers: dict[str, Header] = field(default_factory=dict)
    sheets: list[dict] = field(default_factory=list)  # their headings, to be looked at by a person

    @property
    def layout(self) -> dict[str, dict]:
        """Where each sheet's columns stand: ``head``, the row of its headings, and ``columns``, name -> index."""
        return {
            name[:60]: {"head": header.row_numbers[-1], "columns": header.mapping}
            for name, header in self.headers.items()
        }


@dataclass
class Arrangement:
    """How one sheet is read: its header, what puts a row's cells where the header says, values the title gives."""

    header: Header
    change: Callable[[list], list] | None = None
    defaults: dict[str, str] = field(default_factory=dict)


def limits() -> Limits:
    """Return what one file may cost, by the county's options."""
    chosen = options("import_max_megabytes", "import_max_rows")
    return Limits(size=chosen["import_max_megabytes"] * 2**20, rows=chosen["import_max_rows"])


def read_file(path: Path, resource, choices: dict | None = None, *, progress=NO_PROGRESS) -> FileRows:
    """Read every data row of ``path`` by the columns of ``resource``; raise WorkbookError for the whole file.

    ``choices``: what a person said of its headings (``ImportBatch.choices``).
    """
    columns = resource.columns()
    progress.expect(100)

    def told(rows: int) -> None:  # how many will come is not known: half the way is never quite reached
        progress.reach(50 * rows // (rows + USUAL_ROWS), f"正在读取文件，已读 {rows:,} 行")

    sheets = open_workbook(path, limits=limits(), told=told)
    picked, skipped = pick_sheets(sheets, headed_columns(resource), choices_of(choices or {}))
    count = sum(len(each.sheet.rows) for each in picked)
    progress.expect(2 * count)
    result = FileRows(remarks=[f"工作表“{name}”：{reason}。" for name, reason in skipped])
    result.sheets = survey(sheets, picked, skipped)
    del sheets
    headings = {column.name: column.heading for column in columns}
    missing: list[str] = []
    for each in picked:
        if each.header.missing:
            missing = [headings[name] for name in each.header.missing]
            result.remarks.append(f"工作表“{each.sheet.name}”没有“{'、'.join(missing)}”列，整张表没有读取。")
            continue
        _read_sheet(
            each, resource, result, lambda: progress.reach(count + len(result.rows), "正在整理单元格")
        )
    if not result.headers:
        raise _no_sheet(resource, missing, result.sheets)
    if not result.rows:
        raise WorkbookError("empty", "表头下面没有数据行；请确认选对了文件，填好后再上传。")
    return result


def _no_sheet(resource, missing: list[str], sheets: list[dict]) -> WorkbookError:
    if missing:
        told = "、".join(missing)
        return HeadingsUnclear(
            "columns_missing",
            f"没有找到必需的列：{told}。这可能不是“{resource.label}”；{resource.heading_advice}",
            sheets,
        )
    return HeadingsUnclear(
        "header_missing",
        f"没有找到“{resource.label}”的表头；请确认选对了文件。{resource.heading_advice}",
        sheets,
    )


def _read_sheet(each: Picked, resource, result: FileRows, tell: Callable[[], None]) -> None:
    sheet = each.sheet
    arranged = resource.arrange(sheet, each.header)
    header = arranged.header
    result.headers[sheet.name] = header
    unknown = [each.text for each in header.unknown if normal_heading(each.text) not in SERIAL]
    if unknown:
        told = clean_text("、".join(unknown[:REMARKS_SHOWN])).value[:300]
        result.remarks.append(f"工作表“{sheet.name}”有不认识的列，没有采用：{told}。")
    for duplicate in header.duplicates:
        result.remarks.append(f"工作表“{sheet.name}”的“{duplicate.text}”列重复，只采用了第一列。")
    for name, told in resource.without.items():
        if name not in header.mapping:
            heading = resource.fields[name].heading
            result.remarks.append(f"工作表“{sheet.name}”没有“{heading}”列：{told}。")
    read = resource.reader(header)
    left_out: list[Skipped] = []
    for number, cells in data_rows(sheet, header, left_out):
        if len(result.rows) % 1000 == 0:
            tell()
        if arranged.change:
            cells = arranged.change(cells)
        values, errors, repairs = read(cells)
        values.update(arranged.defaults)
        problems = [Problem(*error) for error in errors]
        result.rows.append(Row(sheet.name, number, values, cells, header.mapping, problems, repairs))
    if left_out:
        told = "、".join(f"第{row.where}行（{row.reason}）" for row in left_out[:REMARKS_SHOWN])
        more = f"等{len(left_out)}行" if len(left_out) > REMARKS_SHOWN else ""
        result.remarks.append(f"工作表“{sheet.name}”中不是数据的行没有读取：{told}{more}。")


@contextmanager
def plain_copy(stored: StoredFile):
    """Lay the stored file open under its own extension for a parser, and take it away again."""
    with tempfile.TemporaryDirectory(prefix="import-") as folder:
        suffix = Path(stored.name).suffix.lower() or ".xlsx"
        yield stored.copy_to(Path(folder) / f"upload{suffix}")


@contextmanager
def collector_paused():
    """Keep the cyclic garbage collector from walking a million new cells again and again (a third of the time)."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
