"""What a person put right on the page, laid over the rows as they were read; and rows taken up again from the stage."""

from collections.abc import Iterable
from datetime import date

from povertyedu.workbooks.columns import RowReader
from povertyedu.workbooks.headers import Header

from .headings import headings_of
from .models import ImportBatch, StagedRow
from .rows import Problem, Row


def put_right(rows: Iterable[Row], sheets: list[dict], batch: ImportBatch, resource) -> None:
    """Lay every fix of ``batch`` over the rows just read of its file, whose ``sheets`` were surveyed; one query."""
    fixes = {(fix.sheet, fix.number): fix for fix in batch.fixes.all()}
    if not fixes:
        return
    headings = headings_of(sheets)
    for row in rows:
        if fix := fixes.get((row.sheet[:60], row.number)):
            row.is_left_out = fix.is_left_out
            replace_cells(row, fix.cells, resource, headings)


def replace_cells(row: Row, cells: dict[str, str], resource, headings: dict[str, dict[str, str]]) -> None:
    """Let ``cells`` (column -> text) stand instead of the file's, cleaned as the file's are.

    ``headings``: see headings_of; what a cell means may depend on what stands over it.
    """
    columns = [column for column in resource.columns() if column.name in cells]
    if not columns:
        return
    mapping = {column.name: index for index, column in enumerate(columns)}
    written = headings.get(row.sheet[:60], {})
    header = Header((0,), mapping, {index: written.get(name, "") for name, index in mapping.items()})
    result = RowReader(columns, header)([cells[column.name] for column in columns])
    row.values.update(result.values)
    row.unread = (
        *(error for error in row.unread if error[0] not in mapping),
        *(Problem(*error) for error in result.errors),
    )
    row.errors = list(row.unread)
    row.repairs = [told for told in row.repairs if told[0] not in mapping] + list(result.repairs)
    shown = row.shown
    row.fixed = {name: shown.get(name, "") for name in mapping} | (row.fixed or {})
    shown |= {name: cells[name] for name in mapping}
    row.cells, row.places = list(shown.values()), {name: index for index, name in enumerate(shown)}


def taken_up(staged: StagedRow, resource) -> Row:
    """Return a staged row as it was when its cells had been read, to be judged again."""
    content = staged.content
    values = dict.fromkeys((column.name for column in resource.columns()), None) | content["values"]
    for name in resource.date_columns:
        if values[name]:
            values[name] = date.fromisoformat(values[name])
    shown = content["shown"]
    for name in resource.lenient_codes:  # what was not understood of them is told again
        if values[name] is None and shown.get(name):
            values[name] = resource.fields[name].clean_cell(shown[name]).value
    unread = [Problem(*error) for error in content.get("unread", ())]
    places = {name: index for index, name in enumerate(shown)}
    row = Row(staged.sheet, staged.number, values, list(shown.values()), places, unread, content["repairs"])
    row.pk, row.fixed, row.is_left_out = staged.pk, content.get("fixed"), content.get("left_out", False)
    return row
