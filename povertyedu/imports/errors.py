"""The rows that were not taken in, as a workbook to correct and send again."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, NamedTuple

from povertyedu.workbooks.marking import annotate_errors
from povertyedu.workbooks.writing import ProblemRow, write_problem_rows

from .enums import RowOutcome
from .models import ImportBatch
from .reading import FileRows, plain_copy
from .rows import Problem

FIXED = "已在页面上改正，不用再改这个文件里的这一格。"
ASKED_AT_ONCE = 500
ANNOTATED_ROWS = 5000  # data rows; beyond, the problem rows alone are streamed


class Wrong(NamedTuple):
    """A row that was not taken in, and its cells as text by column."""

    sheet: str
    number: int
    errors: list[Problem]
    shown: dict[str, str]


def write_errors(out: IO[bytes], source: Path, resource, read: FileRows) -> None:
    """Write the clerk's own workbook with wrong cells red and a column 错误说明.

    Of .xls, .csv, of files above 5,000 rows and of those that cannot be marked, a list of the rows in error.
    """

    def wrong() -> Iterator[Wrong]:
        return (Wrong(r.sheet, r.number, r.errors, r.shown) for r in read.rows if r.errors)

    if len(read.rows) > ANNOTATED_ROWS or not _mark(out, source, read.layout, wrong()):
        _list(out, resource, read.layout, wrong)


def write_staged_errors(out: IO[bytes], batch: ImportBatch, resource) -> None:
    """Write the rejected rows of a checked batch: in the clerk's own workbook, or as a list of rows.

    Rows that were put right on the page come with them and say so: the file itself still has them wrong.
    """

    def wrong() -> Iterator[Wrong]:
        for staged in batch.staged.rejected().order_by("pk").iterator(chunk_size=2000):
            content = staged.content
            problems = [Problem(*error) for error in content["errors"]]
            yield Wrong(staged.sheet, staged.number, problems, content["shown"])
        yield from _put_right(batch)

    if batch.counts["rows"] <= ANNOTATED_ROWS:
        with plain_copy(batch.file) as path:
            if _mark(out, path, batch.layout, wrong()):
                return
    _list(out, resource, batch.layout, wrong)


def _put_right(batch: ImportBatch) -> Iterator[Wrong]:
    """Yield the rows that are good since a person put cells of them right."""
    places = list(batch.fixes.filter(is_left_out=False).values_list("sheet", "number"))
    for first in range(0, len(places), ASKED_AT_ONCE):
        some = places[first : first + ASKED_AT_ONCE]
        here = batch.staged.filter(number__in={number for _, number in some}, sheet__in={s for s, _ in some})
        for staged in here.exclude(outcome=RowOutcome.REJECTED).order_by("pk"):
            content = staged.content
            if (staged.sheet, staged.number) in some and content.get("fixed"):
                told = [Problem(column, "fixed", FIXED) for column in content["fixed"]]
                yield Wrong(staged.sheet, staged.number, told, content["shown"])


def _mark(out: IO[bytes], source: Path, layout: Mapping[str, dict], wrong: Iterable[Wrong]) -> bool:
    """Write each row's messages into the workbook, by the index of the cell they are about."""
    problems: dict[tuple[str, int], dict[int | None, str]] = {}
    for row in wrong:
        if row.sheet not in layout:
            return False
        columns = layout[row.sheet]["columns"]
        cells = problems.setdefault((row.sheet, row.number), {})
        for column, _, message in row.errors:
            index = columns.get(column)
            cells[index] = f"{cells[index]}；{message}" if index in cells else message
    heads = {name: place["head"] for name, place in layout.items()}
    return bool(problems) and annotate_errors(source, out, problems, heads)


def _list(out: IO[bytes], resource, layout: Mapping[str, dict], wrong: Callable[[], Iterable[Wrong]]) -> None:
    present = {name for place in layout.values() for name in place["columns"]}
    columns = [column for column in resource.columns() if column.name in present or not present]
    rows = (
        ProblemRow(
            row.sheet, row.number, _reason(row), [row.shown.get(column.name, "") for column in columns]
        )
        for row in wrong()
    )
    write_problem_rows(out, [column.heading for column in columns], rows)


def _reason(row: Wrong) -> str:
    return "；".join(dict.fromkeys(error.message.rstrip("。") for error in row.errors)) + "。"
