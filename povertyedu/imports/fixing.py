"""Putting rows right on the page: the row is cleaned and judged again by the code that checked the file."""

from collections import Counter
from collections.abc import Iterable, Sequence

from django.db import transaction

from povertyedu.audit.models import record
from povertyedu.workflow.flow import Actor, StepRefused

from .enums import RowOutcome
from .headings import headings_of
from .models import ImportBatch, RowFix, StagedRow
from .overlay import replace_cells, taken_up
from .rows import Context, Row
from .states import ImportState

RELATED = {
    "school_code": ("school_name",), "home_village": ("home_township",), "village": ("township",), "grade": ("stage",), "stage": ("grade",),
}  # fmt: skip
MOST_AT_ONCE = 2000  # rows put right by one click; more than these are better corrected in the file


def editable_columns(content: dict, resource) -> list[str]:
    """Return the columns of a row that may be put right: those in error or doubt and what they are read with."""
    names = []
    for column, _, _ in (*content["errors"], *content["warnings"]):
        if column in resource.fields:
            names += [column, *(name for name in RELATED.get(column, ()) if name in resource.fields)]
    return list(dict.fromkeys(names))


@transaction.atomic
def fix_rows(
    *, batch: ImportBatch, edits: dict[int, dict[str, str]], resource, context: Context, by: Actor
) -> list[StagedRow]:
    """Put cells of rows with problems right (key of staged row -> column -> text), and judge the rows again.

    Return the rows as they are now. Refused where the import is not waiting for its confirmation.
    """
    _claim(batch)
    targets = list(batch.staged.with_problems().filter(pk__in=edits).order_by("pk"))
    if len(targets) != len(edits):
        raise StepRefused("这一行已经改好，或已不在核对结果里；请刷新页面。")
    rows = [taken_up(staged, resource) for staged in targets]
    headings = headings_of(batch.sheet_list)
    for row in rows:
        replace_cells(row, edits[row.pk], resource, headings)
    columns = sorted({name for cells in edits.values() for name in cells})
    _keep(batch, rows)
    _judge_again(batch, targets, rows, resource, context)
    _tell(batch, by, "import.fix", targets, columns=columns)
    return targets


@transaction.atomic
def decide(
    *, batch: ImportBatch, staged: StagedRow, verdict: str, resource, context: Context, by: Actor
) -> list[StagedRow]:
    """Settle rows that contradict one another: ``keep`` this one, ``drop`` all of them, or ``restore`` this one."""
    _claim(batch)
    same = batch.staged.filter(pk=staged.pk)
    if verdict != "restore":
        same = batch.staged.exclude(key_hash="").filter(key_hash=staged.key_hash)
        if verdict == "keep":
            same = same.exclude(pk=staged.pk)
    targets = list(same.order_by("pk"))
    if not targets:
        raise StepRefused("没有与这一行冲突的行了；请刷新页面。")
    rows = [taken_up(each, resource) for each in targets]
    for row in rows:
        row.is_left_out = verdict != "restore"
    _keep(batch, rows)
    _judge_again(batch, targets, rows, resource, context)
    _tell(batch, by, "import.decide", targets, verdict=verdict)
    return targets


def _claim(batch: ImportBatch) -> None:
    found = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if found.state != ImportState.CHECKED:
        raise StepRefused("这次导入正在办理、已完成或已取消，不能再改；请刷新页面后再看。")
    batch.refresh_from_db()


def _keep(batch: ImportBatch, rows: Sequence[Row]) -> None:
    """Remember what was put right, so that checking the file again does not lose it."""
    RowFix.objects.bulk_create(
        (
            RowFix(
                batch=batch, sheet=row.sheet[:60], number=row.number, is_left_out=row.is_left_out,
                sealed=RowFix.seal_cells({name: row.shown.get(name, "") for name in row.fixed or ()}),
            )
            for row in rows
        ),
        update_conflicts=True, unique_fields=["batch", "sheet", "number"], update_fields=["is_left_out", "sealed"],
    )  # fmt: skip


def _judge_again(
    batch: ImportBatch, targets: list[StagedRow], rows: list[Row], resource, context: Context
) -> None:
    """Check ``rows`` with all that share a key with them, before or now; write rows and counts back."""
    resource.check(rows, context)  # tells their keys as they are now
    keys = {staged.key_hash for staged in targets} | {row.key_hash for row in rows}
    pks = {staged.pk for staged in targets}
    others = list(batch.staged.filter(key_hash__in=keys - {""}).exclude(pk__in=pks).order_by("pk"))
    staged_rows = sorted([*targets, *others], key=lambda staged: staged.pk)
    changed = {row.pk: row for row in rows}
    again, headings = [], headings_of(batch.sheet_list)
    for staged in staged_rows:
        row = taken_up(staged, resource)
        if mine := changed.get(staged.pk):
            row.is_left_out, row.fixed = mine.is_left_out, mine.fixed
            edited = {name: mine.shown.get(name, "") for name in mine.fixed or ()}
            replace_cells(row, edited, resource, headings)
        again.append(row)
    resource.check(again, context)
    before = [_Judged.of_staged(staged) for staged in staged_rows]
    for staged, row in zip(staged_rows, again, strict=True):
        staged.outcome, staged.has_problem = str(row.outcome), row.has_problem
        staged.key_hash = row.key_hash or (staged.key_hash if row.is_left_out else "")
        staged.sealed = StagedRow.seal_content(row.content)
    StagedRow.objects.bulk_update(
        staged_rows, ["outcome", "has_problem", "key_hash", "sealed"], batch_size=100
    )
    _recount(batch, before, [_Judged.of_row(row) for row in again])
    by_pk = {staged.pk: staged for staged in staged_rows}
    targets[:] = [by_pk[staged.pk] for staged in targets]


class _Judged:
    """What one row adds to the figures of its import."""

    def __init__(self, outcome: str, errors: Iterable, warnings: Iterable, has_problem: bool):
        self.outcome = "duplicates" if outcome == RowOutcome.DUPLICATE else outcome
        self.errors = {code for _, code, _ in errors} if outcome == RowOutcome.REJECTED else set()
        told = outcome not in (RowOutcome.REJECTED, RowOutcome.DUPLICATE)
        self.warnings = {code for _, code, _ in warnings} if told else set()
        self.is_warned = has_problem and not self.errors

    @classmethod
    def of_row(cls, row: Row) -> "_Judged":
        return cls(str(row.outcome), row.errors, row.warnings, row.has_problem)

    @classmethod
    def of_staged(cls, staged: StagedRow) -> "_Judged":
        content = staged.content
        return cls(staged.outcome, content["errors"], content["warnings"], staged.has_problem)


def _recount(batch: ImportBatch, before: list[_Judged], after: list[_Judged]) -> None:
    """Take the rows as they were out of the figures, and put them in as they are."""
    counts, rejected, warnings = (
        Counter(batch.counts),
        Counter(batch.rejected_by_code),
        Counter(batch.warnings),
    )
    for judged, sign in [(j, -1) for j in before] + [(j, 1) for j in after]:
        counts[judged.outcome] += sign
        counts["warned"] += sign * judged.is_warned
        for code in judged.errors:
            rejected[code] += sign
        for code in judged.warnings:
            warnings[code] += sign
    batch.counts = dict(counts)
    batch.rejected_by_code = {code: n for code, n in sorted(rejected.items()) if n}
    batch.warnings = {code: n for code, n in sorted(warnings.items()) if n}
    batch.save(update_fields=["counts", "rejected_by_code", "warnings"])


def _tell(batch: ImportBatch, by: Actor, action: str, targets: Sequence[StagedRow], **more) -> None:
    """Record which rows and columns, never what stood or stands in them."""
    where = "、".join(str(staged) for staged in targets[:10])
    record(by, action=action, subject=batch, changes={"rows": len(targets), "where": where, **more})
