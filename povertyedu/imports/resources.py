"""The one declaration of an import kind: its columns, how rows are judged, how good rows are written."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Model

from povertyedu.accounts.models import User
from povertyedu.jobs.progress import NO_PROGRESS
from povertyedu.orgs.models import Term
from povertyedu.workbooks.columns import WorkbookResource
from povertyedu.workbooks.dates import clean_birth_date, clean_date, clean_month
from povertyedu.workbooks.headers import Header
from povertyedu.workbooks.reading import Sheet
from povertyedu.workflow.flow import Actor

from .cleaning import Doubtful
from .enums import RowOutcome
from .images import Footprint
from .reading import Arrangement, FileRows
from .rows import LEFT_OUT, Change, Context, Problem, Row


class ImportResource(WorkbookResource):
    """Base of every kind in ``settings.IMPORT_RESOURCES``; one instance serves one run.

    A subclass says where rows stand in the registry: :meth:`look_up` reads what it needs in a constant
    number of queries, :meth:`examine` judges one row and sets ``row.found``, :meth:`key` and
    :meth:`fingerprint` find repeats and conflicts inside the file, :meth:`compare` sets the outcome of
    a good row, :meth:`write` puts rows into the database, set-based.
    """

    kind = ""
    label = ""
    permission = ""
    needs_term = True
    note = ""
    preview: Sequence[str] = ()  # columns that the preview shows
    heading_advice = (
        "请确认选对了种类，下载模板对照表头，改好后再上传。"  # what to do where the headings are not found
    )
    key_column = ""
    can_be_complete = False  # may name everybody of the schools it covers: who is missing is then listed
    proposes_ends = False  # a complete file has something to say of people it does not name
    identified_by = ""  # column of ID numbers without which the file is not what it should be
    marks: Sequence[str] = ()  # columns without any of which a file is another kind's
    without: Mapping[str, str] = {}  # column -> what becomes of the rows of a sheet that lacks it
    undo_will = "涉及的学生会标记为待重算。"  # what an undo does beside putting rows back, and what is left to do after it
    undo_then = "请到“应享测算”重算有变动的学生。"
    conflict_message = "同一编号在文件里出现了两次，内容不同；请核对后只保留正确的一行。"
    lenient_codes: dict[str, str] = {}  # column -> code of the warning when its cell is not understood

    @property
    def date_columns(self) -> set[str]:
        dates = (clean_date, clean_birth_date, clean_month)
        return {c.name for c in self.columns() if getattr(c.clean_cell, "clean", c.clean_cell) in dates}

    def arrange(self, sheet: Sheet, header: Header) -> Arrangement:
        """Return how the rows of ``sheet`` are read; a kind that knows a form of its own looks closer."""
        return Arrangement(header)

    def question(self, read: FileRows, settled: Collection[str], context: Context) -> str:
        """Return what a person is to say of the headings before the rows are checked; "" where all is clear.

        ``settled`` are the sheets whose columns a person has named: of those nothing is asked again.
        """
        return ""

    # --- to be written by each kind ---

    def look_up(self, rows: Sequence[Row], context: Context) -> None:
        raise NotImplementedError  # each kind says its own

    def examine(self, row: Row, context: Context) -> None:
        raise NotImplementedError  # each kind says its own

    def key(self, row: Row) -> Any:
        """Return what finds this row's record again, or None when the row has nothing of the kind."""
        raise NotImplementedError  # each kind says its own

    def fingerprint(self, row: Row) -> Any:
        """Return the row's content: two rows of one key and one fingerprint are repeats."""
        return tuple(row.values.values())

    def compare(self, row: Row, context: Context) -> list[Change] | None:
        """Return what the row changes ([]: nothing), or None when its record is new."""
        raise NotImplementedError  # each kind says its own

    def write(self, created: list[Row], updated: list[Row], context: Context) -> None:
        raise NotImplementedError  # each kind says its own

    def footprints(self, rows: Sequence[Row], context: Context) -> list[Footprint]:
        """Return where :meth:`write` of checked ``rows`` writes, referred-to tables first; [] cannot be undone.

        Asked before the writing and again after it.
        """
        return []

    def absent(self, rows: Sequence[Row], context: Context) -> list[tuple[str, str, str]]:
        """Return (school, class, name) of the known people that a complete list should name and does not."""
        return []

    def taken_in(
        self, rows: Sequence[Row], unread: Collection[str], context: Context, *, by: Actor, list_name: str
    ) -> None:
        """Follow up that good ``rows`` of a complete file were written, in the same transaction.

        ``unread``: the names on the rows that could not be taken in.
        """

    def overwrites(self, row: Row) -> list[list[str]]:
        """Return [person, item, old, new, hash of the new value] of what ``row`` changes that takes two persons."""
        return []

    def only_school(self, rows: Sequence[Row]) -> Any:
        """Return the key of the one school that good ``rows`` are of, None for several or none."""
        return None

    def owner_names(self, owners: Collection) -> dict:
        """Return owner -> name as a clerk knows it."""
        return {}

    def undo_obstacles(
        self, owners: Collection, term: Term | None, written: Mapping[type[Model], Collection]
    ) -> dict:
        """Return owner -> Chinese reason of those whose records an undo must leave as they are.

        ``written``: model -> keys of the rows that the import wrote.
        """
        return {}

    def undone(self, owners: Collection, term: Term | None, *, why: str, by: User | None) -> None:
        """Work out again what follows from the records of ``owners``, some of which are gone; same transaction.

        ``why`` names the undo for what is started in the background on behalf of ``by``.
        """

    def answer(self, rows: Sequence[Row], context: Context) -> dict:
        """Return further figures of this kind, none by default."""
        return {}

    def applied(self) -> None:
        """Start in the background what an applied import asks for; nothing by default. May be called twice."""

    def found_cells(self, values: dict, shown: dict[str, str], adviser) -> dict[str, str]:
        """Return, column -> text, what the preview shows of a row instead of the file's cells: what was found.

        ``adviser.schools`` is the book of all schools, asked only where it is needed.
        """
        return {}

    def suggestions(self, problem: Problem, values: dict, shown: dict[str, str]) -> list[dict[str, str]]:
        """Return what could stand instead, column -> text, where this kind knows better than its columns."""
        return []

    # --- the same for every kind ---

    def check(self, rows: Sequence[Row], context: Context, progress=NO_PROGRESS) -> None:
        """Give every row its outcome, errors, warnings and changes; nothing is written.

        Queries: a constant number, whatever the rows. ``progress`` counts each row twice, once for each of
        the two rounds.
        """
        progress.expect(2 * len(rows))
        empty_texts = self._empty_texts()
        self.look_up(rows, context)
        for number, row in enumerate(rows):
            if number % 1000 == 0:
                progress.reach(number, "正在逐行核对")
            self._doubt(row, empty_texts)
            self.examine(row, context)
        self._find_repeats(rows)
        self.look_up_records([row for row in rows if not row.outcome and not row.errors], context)
        for number, row in enumerate(rows):
            if number % 1000 == 0:
                progress.reach(len(rows) + number, "正在与已有档案比较")
            if not row.outcome:
                self._judge(row, context)

    def _judge(self, row: Row, context: Context) -> None:
        if row.is_left_out:
            row.errors, row.warnings = [LEFT_OUT], []
        changes = None if row.errors else self.compare(row, context)
        if row.errors:
            row.outcome = RowOutcome.REJECTED.value
        elif changes is None:
            row.outcome = RowOutcome.CREATED.value
        else:
            row.changes = changes
            row.outcome = (RowOutcome.UPDATED if changes else RowOutcome.UNCHANGED).value

    def look_up_records(self, rows: Sequence[Row], context: Context) -> None:
        """Read the records that good ``rows`` would meet; nothing by default."""

    def apply(self, rows: Iterable[Row], context: Context) -> None:
        """Write checked rows. The caller holds the transaction; unchanged rows cost nothing."""
        by_outcome = defaultdict(list)
        for row in rows:
            by_outcome[row.outcome].append(row)
        if by_outcome[RowOutcome.CREATED] or by_outcome[RowOutcome.UPDATED]:
            self.write(by_outcome[RowOutcome.CREATED], by_outcome[RowOutcome.UPDATED], context)

    def _empty_texts(self) -> list[str]:
        """Return the columns whose cleaner gives "" for an empty cell: here a blank is None, so that it erases nothing."""
        return [column.name for column in self.columns() if column.clean_cell("").value == ""]

    def _doubt(self, row: Row, empty_texts: list[str]) -> None:
        for column in empty_texts:
            if row.values[column] == "":
                row.values[column] = None
        for column, code in self.lenient_codes.items():
            value = row.values.get(column)
            if value.__class__ is Doubtful:
                row.warn(column, code, str(value))
                row.values[column] = None

    def _find_repeats(self, rows: Sequence[Row]) -> None:
        """Mark exact repeats as duplicates and hold every row of a key whose contents differ."""
        by_key: dict[Any, list[Row]] = defaultdict(list)
        for row in rows:
            row.key = key = None if row.is_left_out else self.key(row)
            if key is not None:
                by_key[key].append(row)
        for same in by_key.values():
            if len(same) == 1:
                continue
            if len({self.fingerprint(row) for row in same}) > 1:
                where = "、".join(f"{row.sheet}第{row.number}行" for row in same[:4])
                for row in same:
                    row.reject(self.key_column, "id_conflict", f"{self.conflict_message}（{where}）")
            else:
                for repeat in same[1:]:
                    if not repeat.errors:
                        repeat.outcome = RowOutcome.DUPLICATE.value
