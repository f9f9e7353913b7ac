"""Workbooks that go out: ledgers, plain tables, lists of rows in error, templates.

All are streamed (`ledger`, `package`) but the templates, whose dropdowns openpyxl makes; the clerk's own file
with its errors marked is made by `marking`. Text from users is written as text everywhere and can never
become a formula.
"""

from argparse import ArgumentTypeError
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from .columns import Column, WorkbookResource
from .ledger import (  # noqa: F401  the whole of writing is offered here
    GRAND,
    Formula,
    LedgerColumn,
    LedgerSheet,
    Row,
    TotalRow,
    write_ledger,
)

ERROR_HEADING = "错误说明"
TEMPLATE_ROWS = 5000  # rows below the head that get the dropdowns
_GREY = PatternFill("solid", start_color="FFEDEDED", end_color="FFEDEDED")
_THIN = Border(*[Side(style="thin")] * 4)


def output_path(text: str) -> Path:
    """Read an argument that names the file a command will write; refuse it before any work when it cannot be."""
    path = Path(text)
    there = path.exists()
    try:
        path.open("ab").close()
    except OSError as error:
        raise ArgumentTypeError(f"写不了文件“{path}”，请核对文件夹是否存在、是否有权限。") from error
    if not there:
        path.unlink()
    return path


# --- plain tables ---------------------------------------------------------------------------------


def write_table(
    out,
    headings: Sequence[str | LedgerColumn],
    rows: Iterable[Sequence[Any]],
    *,
    title: str = "",
    name: str = "数据",
    unit_line: str = "",
    right_line: str = "",
) -> None:
    """A simple export: headings and rows, everything text unless a LedgerColumn says otherwise. Streamed."""
    columns = [LedgerColumn(head) if isinstance(head, str) else head for head in headings]
    sheet = LedgerSheet(
        name=name,
        title=title,
        columns=columns,
        rows=(Row(row) for row in rows),
        unit_line=unit_line,
        right_line=right_line,
        grand_total="",
        sign_off=(),
    )
    write_ledger(out, sheet)


class ProblemRow(NamedTuple):
    """A row that was not taken in: where it stood, all that is wrong with it, its cells as they were read."""

    sheet: str
    row_number: int
    reason: str
    cells: Sequence[Any]


def write_problem_rows(out, headings: Sequence[str], rows: Iterable[ProblemRow]) -> None:
    """The rows in error with sheet, row number and reason, then the file's own columns. Streamed.

    For .xls and .csv files and beyond 5,000 problem rows; the result can be corrected and imported again.
    """
    columns = [
        LedgerColumn("工作表", width=14),
        LedgerColumn("行号", "int", width=8),
        LedgerColumn(ERROR_HEADING, "wrong", width=50),
        *(LedgerColumn(heading) for heading in headings),
    ]
    width = len(headings)

    def lines() -> Iterable[Row]:
        for sheet, number, reason, cells in rows:
            padded = [*cells[:width], *[""] * (width - len(cells))]
            yield Row([sheet, number, reason, *padded])

    write_ledger(out, LedgerSheet("错误行", "", columns, lines(), grand_total="", sign_off=()))


# --- templates ------------------------------------------------------------------------------------


def write_template(out, resource: WorkbookResource, title: str) -> None:
    """An empty workbook to fill in: title, heads (★ is required), dropdowns, hints, and a sheet of explanations.

    Columns of identity numbers and the like are formatted as text to the last row, so Excel keeps every digit.
    """
    columns = resource.columns()
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "数据"
    _template_head(sheet, columns, title)
    choices = book.create_sheet("选项")
    choices.sheet_state = "hidden"
    for index, column in enumerate(columns, start=1):
        _template_column(sheet, index, column, choices)
    if choices.max_row == 1 and choices["A1"].value is None:
        book.remove(choices)
    _explanations(book.create_sheet("填写说明"), columns)
    book.save(out)


def _template_head(sheet, columns: Sequence[Column], title: str) -> None:
    sheet.cell(1, 1, title).font = Font(size=16, bold=True)
    sheet.cell(1, 1).alignment = Alignment(horizontal="center", vertical="center")
    if len(columns) > 1:
        sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=len(columns))
    sheet.row_dimensions[1].height = 30
    for index, column in enumerate(columns, start=1):
        head = sheet.cell(2, index, f"★{column.heading}" if column.required else column.heading)
        head.font, head.fill, head.border = Font(bold=True), _GREY, _THIN
        head.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        head.number_format = "@"
    sheet.row_dimensions[2].height = 30
    sheet.freeze_panes = "A3"
    sheet.print_title_rows = "2:2"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_setup.fitToHeight = 0


def _template_column(sheet, index: int, column: Column, choices) -> None:
    letter = get_column_letter(index)
    sheet.column_dimensions[letter].width = max(column.width, 2 * len(column.heading) + 4)
    if column.as_text:
        sheet.column_dimensions[letter].number_format = "@"
    if not column.choices and not column.note:
        return
    rule = DataValidation(allow_blank=True, showInputMessage=bool(column.note))
    if column.note:
        rule.promptTitle, rule.prompt = column.heading[:32], column.note[:255]
    if column.choices:
        for row, choice in enumerate(column.choices, start=1):
            _write_text(choices.cell(row, index), choice)
        rule.type, rule.formula1 = "list", f"'选项'!${letter}$1:${letter}${len(column.choices)}"
        rule.showErrorMessage, rule.errorTitle, rule.error = True, column.heading[:32], "请从下拉列表中选择。"
    rule.add(f"{letter}3:{letter}{TEMPLATE_ROWS + 2}")
    sheet.add_data_validation(rule)


def _explanations(sheet, columns: Sequence[Column]) -> None:
    sheet.append(["栏目", "是否必填", "填写要求"])
    for column in columns:
        wanted = [column.note] if column.note else []
        if column.choices:
            wanted.append("可选：" + "、".join(column.choices))
        if column.as_text:
            wanted.append("文本格式，请勿改成数字")
        sheet.append([column.heading, "必填" if column.required else "选填", "；".join(wanted)])
    for letter, width in (("A", 20), ("B", 10), ("C", 80)):
        sheet.column_dimensions[letter].width = width


def _write_text(cell, text: str) -> None:
    """Put text into a cell as text, even when it begins like a formula."""
    cell.value = openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub("", text)
    cell.data_type = "s"
