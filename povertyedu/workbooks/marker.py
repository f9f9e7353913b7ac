"""Marks the wrong cells of one workbook in a process of its own; started by `marking`, never imported by it.

openpyxl holds a workbook whole and stumbles over parts that a reader never looks at, so it runs here under
limits, and whatever dies here only means that there is no marked workbook. The file is run by its path with
`python -I`, so it imports nothing of the project.

Protocol: the workbook comes as standard input (seekable) and goes out, marked, as standard output. The first
argument is JSON: the limits, the texts of the column, and the number of an open file that says in JSON what
to mark: {sheet: {"head": row, "rows": [[row, [cell index (0 = column A), ..], reason], ..]}}. Only the exit
code 0 means that the workbook is whole.
"""

import contextlib
import json
import os
import resource
import sys


def main():
    told = json.loads(sys.argv[1])
    confine(told["limits"])
    with os.fdopen(told["marks"], encoding="utf-8") as file:
        marks = json.load(file)
    import openpyxl  # after the limits: what it allocates counts

    book = openpyxl.load_workbook(sys.stdin.buffer, keep_links=False)
    styles = Styles()
    for name, sheet in marks.items():
        mark(book[name], sheet, told["heading"], styles)
    book.save(sys.stdout.buffer)
    sys.stdout.flush()


def confine(limits):
    for what, amount in (
        (resource.RLIMIT_AS, limits["memory"]),
        (resource.RLIMIT_CPU, limits["seconds"]),
        (resource.RLIMIT_FSIZE, limits["written"]),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError):  # a lower limit is already set from outside: better still
            resource.setrlimit(what, (amount, amount))


class Styles:
    def __init__(self):
        from openpyxl.styles import Alignment, Font, PatternFill

        self.red = PatternFill("solid", start_color="FFFFC7CE", end_color="FFFFC7CE")
        self.reason, self.wrap = Font(color="FFC00000"), Alignment(wrap_text=True, vertical="top")
        self.heading = Font(bold=True, color="FFC00000")


def mark(sheet, told, heading, styles):
    head = told["head"]
    merged = {
        (row, column): (area.min_row, area.min_col)
        for area in sheet.merged_cells.ranges
        for row in range(area.min_row, area.max_row + 1)
        for column in range(area.min_col, area.max_col + 1)
    }
    reasons = reason_column(sheet, head, heading, styles)
    for row, wrong, reason in told["rows"]:
        for index in wrong:
            shown_at = merged.get(
                (row, index + 1), (row, index + 1)
            )  # of a merged cell only the first is seen
            sheet.cell(*shown_at).fill = styles.red
        cell = sheet.cell(row, reasons)
        write_text(cell, reason)
        cell.font, cell.alignment = styles.reason, styles.wrap
    from openpyxl.utils import get_column_letter

    sheet.column_dimensions[get_column_letter(reasons)].width = 50


def reason_column(sheet, head, heading, styles):
    """Number of the column for reasons: the one of an earlier round, emptied, or the first free one."""
    areas = [area for area in sheet.merged_cells.ranges if area.max_row >= head]
    # Not iter_rows, which fills the whole rectangle up to a stray cell far away.
    cells = [cell for (row, _), cell in sheet._cells.items() if row >= head and cell.value is not None]
    for found in cells:
        if found.row == head and "".join(str(found.value).split()) == heading:
            column = found.column
            if any(area.min_col <= column <= area.max_col for area in areas):
                continue  # merged with what is not ours
            for cell in cells:
                if cell.column == column and cell.row > head:
                    cell.value = None
            return column
    number = max([1, *(cell.column for cell in cells), *(area.max_col for area in areas)]) + 1
    if number > 16_384:
        raise ValueError("no column is free")
    title = sheet.cell(head, number)
    write_text(title, heading)
    title.font = styles.heading
    return number


def write_text(cell, text):
    """Put text into a cell as text, even when it begins like a formula."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    cell.value = ILLEGAL_CHARACTERS_RE.sub("", text)
    cell.data_type = "s"


if __name__ == "__main__":
    main()
