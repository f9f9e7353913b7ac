"""What passes through an import: rows with what is wrong with them, and the circumstances they are judged in."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from povertyedu.accounts.models import User
from povertyedu.jobs.progress import NO_PROGRESS
from povertyedu.orgs.models import Term
from povertyedu.sealing import keyed_hash
from povertyedu.workbooks.cells import text_of

from .enums import RowOutcome


class Problem(NamedTuple):
    """An error or a warning of a row: the column's name ("" for the whole row), stable code, Chinese sentence."""

    column: str
    code: str
    message: str


LEFT_OUT = Problem("", "left_out", "按您的决定，这一行不导入。")


class Change(NamedTuple):
    """One field that an update changes, as a person reads it."""

    heading: str
    old: str
    new: str


def promise_of(outcome: str, changes: Iterable[Sequence[str]]) -> int:
    """Return 64 bits that tell, in this process, whether two rows do the same: the words themselves take a kilobyte a row."""
    return hash((outcome, *map(tuple, changes)))


class Row:
    """One data row. ``values`` are cleaned cells by column name, None where absent or in error.

    ``cells`` are as they were read, ``places`` tells each column's index in them. A resource hangs what it worked out about the row on ``found``; nothing else reads that.
    """

    __slots__ = (
        "sheet", "number", "values", "cells", "places", "errors", "warnings", "repairs", "outcome", "changes", "found", "pk", "unread",
        "fixed", "is_left_out", "key", "promised",
    )  # fmt: skip

    def __init__(
        self, sheet: str, number: int, values: dict, cells: list, places: dict, errors=(), repairs=()
    ):
        self.sheet = sheet
        self.number = number
        self.values = values
        self.cells = cells
        self.places = places
        self.errors: list[Problem] = list(errors)
        self.unread = tuple(errors)  # what reading its cells found wrong, before the row was judged
        self.fixed: dict[str, str] | None = (
            None  # column -> what the file says in a cell put right on the page
        )
        self.is_left_out = False  # by decision of the person who imports
        self.key: Any = None  # as repeats were looked for
        self.warnings: list[Problem] = []
        self.repairs = list(repairs)
        self.outcome: str = ""
        self.changes: list[Change] = []
        self.found: Any = None
        self.pk: int | None = None  # of the staged row it came from
        self.promised: int | None = None  # the promise_of it that the preview made

    def reject(self, column: str, code: str, message: str):
        self.errors.append(Problem(column, code, message))

    def warn(self, column: str, code: str, message: str):
        self.warnings.append(Problem(column, code, message))

    @property
    def is_written(self) -> bool:
        """Whether a confirmation writes anything of the row."""
        return self.outcome in (RowOutcome.CREATED, RowOutcome.UPDATED)

    @property
    def is_as_promised(self) -> bool:
        """Whether the row does what the preview said of it; to find it done already is no other thing."""
        if self.outcome == RowOutcome.UNCHANGED or self.promised is None:
            return True
        return self.promised == promise_of(self.outcome, self.changes)

    @property
    def has_problem(self) -> bool:
        return bool(self.errors or (self.warnings and self.outcome != RowOutcome.DUPLICATE))

    @property
    def key_hash(self) -> str:
        """What finds the other rows of its key among the staged ones; "" for a row without one."""
        return "" if self.key is None else keyed_hash(repr(self.key))

    @property
    def shown(self) -> dict[str, str]:
        """The cells as text, as the file shows them, by column name."""
        width = len(self.cells)
        return {
            name: cell if (cell := self.cells[index]).__class__ is str else text_of(cell)
            for name, index in self.places.items()
            if index < width
        }

    @property
    def content(self) -> dict:
        """What a staged row keeps of it (sealed there): JSON, dates as YYYY-MM-DD."""
        content = {
            "values": {
                name: value.isoformat() if isinstance(value, dt.date) else value
                for name, value in self.values.items()
                if value is not None
            },
            "shown": self.shown,
            "errors": self.errors,
            "warnings": self.warnings,
            "repairs": self.repairs,
            "changes": self.changes,
        }
        return content | self.more

    @property
    def more(self) -> dict:
        """What few rows have to be kept of them."""
        if not (self.unread or self.fixed or self.is_left_out):
            return {}
        every = (("unread", self.unread), ("fixed", self.fixed), ("left_out", self.is_left_out))
        return {name: value for name, value in every if value}


@dataclass
class Context:
    """Who imports for which term. ``schools`` are the keys of schools in reach, None for the whole county.

    ``progress`` is told how far the writing is.
    """

    term: Term | None = None
    by: User | None = None
    by_name: str = ""
    schools: frozenset[int] | None = None
    progress: Any = NO_PROGRESS


@dataclass
class Tally:
    """Counts of an examined file, as command and page show them."""

    counts: dict[str, int]
    rejected_by_code: dict[str, int]
    warnings: dict[str, int]
    answer: dict = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterable[Row]) -> "Tally":
        """Count rows by outcome, and rows by code: a row with one code in two cells counts once."""
        rows = list(rows)
        outcomes = Counter(row.outcome for row in rows)
        rejected, warned = Counter(), Counter()
        for row in rows:
            if row.outcome == RowOutcome.REJECTED:
                rejected.update({problem.code for problem in row.errors})
            elif row.outcome != RowOutcome.DUPLICATE and row.warnings:
                warned.update({problem.code for problem in row.warnings})
        counts = {
            "rows": len(rows),
            "created": outcomes[RowOutcome.CREATED],
            "updated": outcomes[RowOutcome.UPDATED],
            "unchanged": outcomes[RowOutcome.UNCHANGED],
            "duplicates": outcomes[RowOutcome.DUPLICATE],
            "rejected": outcomes[RowOutcome.REJECTED],
            "warned": sum(1 for row in rows if row.has_problem and not row.errors),
        }
        return cls(counts, dict(sorted(rejected.items())), dict(sorted(warned.items())))
