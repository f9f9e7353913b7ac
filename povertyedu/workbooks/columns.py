"""The one declaration of a workbook's columns, used by checker, template and export alike.

A `WorkbookResource` is a django-import-export resource whose fields are `Column`s, in the order of the
sheet. Large files are read through `read_row` and set-based writes; the row-by-row import of
django-import-export serves small housekeeping lists only.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from import_export import resources
from import_export.fields import Field

from .cells import CellError, Cleaned, clean_code, clean_text, refuse_fault
from .headers import Header

SENSITIVITIES = ("plain", "personal", "secret")
REMEMBERED = 5000  # distinct texts a column keeps cleaned: schools and grades repeat, identity numbers do not


def one_of(meanings: Mapping[str, Any], *, code: str = "value_unknown") -> Callable[[Any], Cleaned]:
    """A cleaner for a cell that holds one of some words: gives what the word means, None when empty."""
    shown = "、".join(dict.fromkeys(meanings))
    message = f"这一格只能填：{shown}；请改正后重新上传。"
    known = {clean_code(word).value: meaning for word, meaning in meanings.items()}

    def clean(cell: Any) -> Cleaned:
        word = clean_code(cell).value
        if not word:
            return Cleaned(None)
        if word not in known:
            raise CellError(code, message)
        return Cleaned(known[word])

    return clean


class Column(Field):
    """One column: what it is called, how its cell is cleaned, who may see it, how a template shows it.

    `clean` takes a cell and returns `cells.Cleaned` or raises `cells.CellError`. It is not asked about an
    error value (#N/A) or a formula without its value, which are the error value_unknown, unless it
    `tells_faults` itself. An empty cell of a `required` column gives the error `missing_code`. `sensitivity` is plain, personal or secret (numbers
    that are encrypted at rest). Where the heading a cell stands under decides what it means, `clean_under`
    returns the cleaner for a heading as written. `choices` become the template's dropdown, `note` its hint, `width` is
    in characters; `as_text` keeps Excel from turning digits into a number.
    """

    name = ""  # the field's name in its resource; set when the resource is made

    def __init__(
        self,
        heading: str,
        *,
        attribute: str | None = None,
        aliases: Sequence[str] = (),
        required: bool = False,
        clean: Callable[[Any], Cleaned] = clean_text,
        clean_under: Callable[[str], Callable[[Any], Cleaned]] | None = None,
        missing_code: str = "value_missing",
        sensitivity: str = "plain",
        choices: Sequence[str] = (),
        note: str = "",
        width: int = 12,
        as_text: bool = False,
        **options: Any,
    ):
        if sensitivity not in SENSITIVITIES:
            raise ValueError(f"sensitivity of {heading} must be one of {SENSITIVITIES}")
        super().__init__(attribute=attribute, column_name=heading, **options)
        self.heading = heading
        self.aliases = tuple(aliases)
        self.required = required
        self.clean_cell = clean
        self.clean_under = clean_under
        self.missing_code = missing_code
        self.sensitivity = sensitivity
        self.choices = tuple(choices)
        self.note = note
        self.width = width
        self.as_text = as_text
        self._has_widget = "widget" in options

    def clean(self, row: dict[str, Any], **kwargs: Any) -> Any:
        """The same cleaner serves django-import-export's own import, unless a widget was given for it."""
        if self._has_widget or self.column_name not in row:
            return super().clean(row, **kwargs)
        return self.clean_cell(row[self.column_name]).value

    def named(self, message: str) -> str:
        """A cleaner's sentence about 这一格 with the column's heading before it: it does not know whose cell it is."""
        return f"“{self.heading}”{message}" if message.startswith("这一格") else message

    def cleaner(self, heading: str) -> Callable[[Any], Cleaned]:
        """The cleaner of a cell under `heading` as the file writes it; "" where that is not known."""
        return self.clean_under(heading) if self.clean_under and heading else self.clean_cell

    @property
    def missing_message(self) -> str:
        return f"没有填写{self.heading}；请补填后重新上传。"


class CellProblem(NamedTuple):
    """An error of one cell: the column's name, the stable code, the Chinese sentence."""

    column: str
    code: str
    message: str


class CellRepair(NamedTuple):
    """What was put right in one cell, told in Chinese."""

    column: str
    told: str


class RowResult(NamedTuple):
    """One row cleaned. `values` has every column of the resource; a cell in error or absent is None."""

    values: dict[str, Any]
    errors: list[CellProblem]
    repairs: list[CellRepair]


class RowReader:
    """Cleans the rows of one sheet; made once per header, so that a row costs little more than its cells."""

    def __init__(self, columns: Iterable[Column], header: Header):
        self.blank: dict[str, Any] = {}
        self.plan = []
        self.absent = []  # required columns the sheet does not have: an error of the header, not of each row
        for column in columns:
            self.blank[column.name] = None
            index = header.mapping.get(column.name)
            if index is None:
                if column.required:
                    self.absent.append(column)
                continue
            clean = column.cleaner(header.headings.get(index, ""))
            tells_faults = getattr(clean, "tells_faults", False)
            self.plan.append((column.name, index, clean, tells_faults, column.required, column, {}))

    def __call__(self, cells: Sequence[Any]) -> RowResult:
        values = self.blank.copy()
        errors: list[CellProblem] = []
        repairs: list[CellRepair] = []
        width = len(cells)
        for name, index, clean, tells_faults, required, column, remembered in self.plan:
            cell = cells[index] if index < width else ""
            is_text = cell.__class__ is str
            cleaned = remembered.get(cell) if is_text else None
            if cleaned is None:
                try:
                    if not tells_faults:
                        refuse_fault(cell)
                    cleaned = clean(cell)
                except CellError as error:
                    errors.append(CellProblem(name, error.code, column.named(error.message)))
                    continue
                if is_text and len(remembered) < REMEMBERED:
                    remembered[cell] = cleaned
            value, repaired = cleaned
            values[name] = value
            if repaired is not None:
                repairs.append(CellRepair(name, repaired))
            if required and (value is None or value == ""):
                errors.append(CellProblem(name, column.missing_code, column.missing_message))
        return RowResult(values, errors, repairs)


class WorkbookResource(resources.Resource):
    """Columns in order, and rows read by them. Mix in before ModelResource where rows are saved one by one."""

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self._reader: tuple[Header, RowReader] | None = None

    def columns(self) -> list[Column]:
        """The resource's columns in the order of declaration, each knowing its name."""
        found = []
        for name, field in self.fields.items():
            if isinstance(field, Column):
                field.name = name
                found.append(field)
        return found

    def reader(self, header: Header) -> RowReader:
        return RowReader(self.columns(), header)

    def read_row(self, header: Header, cells: Sequence[Any]) -> RowResult:
        """One row cleaned by its columns. The reader of the last header is kept."""
        if self._reader is None or self._reader[0] is not header:
            self._reader = (header, self.reader(header))
        return self._reader[1](cells)
