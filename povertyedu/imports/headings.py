"""The headings of a file for a person to look at: which row, which heading goes where, what is missing."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from povertyedu.workbooks.cells import text_of
from povertyedu.workbooks.headers import Choice, Header, Picked, Skipped, likeliest_header
from povertyedu.workbooks.reading import Sheet, WorkbookError

SAMPLED_ROWS = 5
TEXT_SHOWN = 40


class HeadingsUnclear(WorkbookError):
    """No sheet has the columns that are needed, as far as they are recognised; ``sheets``: see survey."""

    def __init__(self, code: str, message: str, sheets: list[dict]):
        super().__init__(code, message)
        self.sheets = sheets


def choices_of(stored: Mapping[str, Mapping]) -> dict[str, Choice]:
    """Return ``ImportBatch.choices`` as reading wants them."""
    return {
        name: Choice(
            bool(said.get("skip")),
            said.get("head"),
            None if said.get("columns") is None else {int(i): to for i, to in said["columns"].items()},
        )
        for name, said in stored.items()
    }


def survey(sheets: Iterable[Sheet], picked: Sequence[Picked], skipped: Sequence[Skipped]) -> list[dict]:
    """Return each visible sheet with data: ``name``, ``head``, ``is_read``, ``reason``, ``missing``, ``headings``.

    ``headings`` are [index, text, an example below it, column name or ""]; ``missing`` names columns.
    """
    headers = {each.sheet.name: each.header for each in picked}
    reasons = dict(skipped)
    found = []
    for sheet in sheets:
        if not (sheet.visible and sheet.rows):
            continue
        header = headers.get(sheet.name) or likeliest_header(sheet)
        if header is None:
            continue
        found.append(
            {
                "name": sheet.name,
                "head": header.row_numbers[-1],
                "is_read": sheet.name in headers and not header.missing,
                "reason": reasons.get(sheet.name, ""),
                "missing": header.missing,
                "headings": _headings(sheet, header),
            }
        )
    return found


def headings_of(sheets: Iterable[Mapping]) -> dict[str, dict[str, str]]:
    """Return sheet -> column -> its heading as written, of surveyed ``sheets``."""
    return {
        sheet["name"][:60]: {name: text for _, text, _, name in sheet["headings"] if name} for sheet in sheets
    }


def _headings(sheet: Sheet, header: Header) -> list[list]:
    names = {index: name for name, index in header.mapping.items()}
    last = header.row_numbers[-1]
    below = list(islice((cells for number, cells in sheet.rows if number > last), SAMPLED_ROWS))

    def example(index: int) -> str:
        texts = (text_of(cells[index]).strip() for cells in below if index < len(cells))
        return next((text for text in texts if text), "")[:TEXT_SHOWN]

    return [
        [index, " ".join(text.split())[:TEXT_SHOWN], example(index), names.get(index, "")]
        for index, text in sorted(header.headings.items())
    ]
