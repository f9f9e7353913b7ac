"""The rows that were not taken in, as a workbook to correct and send again."""

from pathlib import Path
from typing import IO

from povertyedu.workbooks.writing import ProblemRow, annotate_errors, write_problem_rows

from .reading import FileRows

ANNOTATED_ROWS = 5000  # openpyxl holds the whole workbook: beyond, the problem rows alone are streamed


def write_errors(out: IO[bytes], source: Path, resource, read: FileRows) -> None:
    """Write the clerk's own workbook with wrong cells red and a column 错误说明.

    Of .xls, .csv and of files with more problem rows than the option allows, a list of those rows.
    """
    wrong = [row for row in read.rows if row.errors]
    if wrong and source.suffix.lower() == ".xlsx" and len(read.rows) <= ANNOTATED_ROWS:
        problems: dict[tuple[str, int], dict[int | None, str]] = {}
        for row in wrong:
            mapping = read.headers[row.sheet].mapping
            cells = problems.setdefault((row.sheet, row.number), {})
            for column, _, message in row.errors:
                index = mapping.get(column)
                cells[index] = f"{cells[index]}；{message}" if index in cells else message
        heads = {name: header.row_numbers[-1] for name, header in read.headers.items()}
        annotate_errors(source, out, problems, header_rows=heads)
        return
    columns = [c for c in resource.columns() if any(c.name in h.mapping for h in read.headers.values())]
    rows = (
        ProblemRow(
            row.sheet,
            row.number,
            "；".join(dict.fromkeys(error.message for error in row.errors)),
            [row.shown.get(column.name, "") for column in columns],
        )
        for row in wrong
    )
    write_problem_rows(out, [column.heading for column in columns], rows)
