"""The rows that were not taken in, as a workbook to correct and send again."""

from pathlib import Path
from typing import IO

from povertyedu.workbooks.headers import Header
from povertyedu.workbooks.writing import ProblemRow, annotate_errors, write_problem_rows

from .models import ImportBatch
from .reading import FileRows, plain_copy, read_file
from .rows import Problem, Row

ANNOTATED_ROWS = 5000  # openpyxl holds the whole workbook: beyond, the problem rows alone are streamed


def write_errors(out: IO[bytes], source: Path, resource, read: FileRows) -> None:
    """Write the clerk's own workbook with wrong cells red and a column 错误说明.

    Of .xls, .csv and of files above 5,000 rows, a list of the rows in error.
    """
    small = source.suffix.lower() == ".xlsx" and len(read.rows) <= ANNOTATED_ROWS
    _write(out, source, resource, [row for row in read.rows if row.errors], read.headers if small else {})


def _write(out: IO[bytes], source: Path, resource, wrong: list[Row], headers: dict[str, Header]) -> None:
    if wrong and headers:
        heads = {name: header.row_numbers[-1] for name, header in headers.items()}
        annotate_errors(source, out, _by_cell(wrong, headers), header_rows=heads)
        return
    present = {name for row in wrong for name in row.places}
    columns = [column for column in resource.columns() if column.name in present]
    rows = (
        ProblemRow(
            row.sheet, row.number, _reason(row), [row.shown.get(column.name, "") for column in columns]
        )
        for row in wrong
    )
    write_problem_rows(out, [column.heading for column in columns], rows)


def _reason(row: Row) -> str:
    return "；".join(dict.fromkeys(error.message.rstrip("。") for error in row.errors)) + "。"


def _by_cell(wrong: list[Row], headers: dict[str, Header]) -> dict[tuple[str, int], dict[int | None, str]]:
    """Return each row's messages by the index of the cell they are about, None for the whole row."""
    problems: dict[tuple[str, int], dict[int | None, str]] = {}
    for row in wrong:
        mapping = headers[row.sheet].mapping
        cells = problems.setdefault((row.sheet, row.number), {})
        for column, _, message in row.errors:
            index = mapping.get(column)
            cells[index] = f"{cells[index]}；{message}" if index in cells else message
    return problems


def write_staged_errors(out: IO[bytes], batch: ImportBatch, resource) -> None:
    """Write the rejected rows of a checked batch: in the clerk's own workbook, or as a list of rows."""
    wrong = []
    for staged in batch.staged.rejected().order_by("pk").iterator(chunk_size=2000):
        content = staged.content
        shown = content["shown"]
        places = {name: index for index, name in enumerate(shown)}
        problems = [Problem(*error) for error in content["errors"]]
        wrong.append(Row(staged.sheet, staged.number, {}, list(shown.values()), places, problems))
    with plain_copy(batch.file) as path:
        small = path.suffix == ".xlsx" and batch.counts["rows"] <= ANNOTATED_ROWS
        headers = read_file(path, resource).headers if small else {}
        whole = {name[:60]: name for name in headers}  # staged rows keep no more of a sheet's name
        for row in wrong:
            row.sheet = whole.get(row.sheet, row.sheet)
        _write(out, path, resource, wrong, headers)
