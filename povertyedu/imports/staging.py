"""Checked rows between check and confirmation: sealed one by one, read again to be compared anew."""

import json
from datetime import date

from povertyedu import bulk
from povertyedu.jobs.progress import NO_PROGRESS
from povertyedu.sealing import sealer, unseal_bytes
from povertyedu.workbooks.reading import Texts

from .content import TOLD, Packer, in_order, values_of
from .enums import RowOutcome
from .models import ImportBatch, StagedRow
from .reading import FileRows
from .rows import Row, promise_of

GOOD = (RowOutcome.CREATED, RowOutcome.UPDATED, RowOutcome.UNCHANGED)
CHANGES = TOLD.index("changes")
COLUMNS = ("batch_id", "sheet", "number", "outcome", "has_problem", "key_hash", "sealed")


def stage(batch: ImportBatch, resource, read: FileRows, progress) -> None:
    """Keep every row that was read and checked, sealed, for the preview."""
    progress.expect(len(read.rows))
    every = [column.name for column in resource.columns()]
    packers = {sheet: Packer(place["columns"], every) for sheet, place in read.layout.items()}
    seal = sealer()

    def sealed():
        for number, row in enumerate(read.rows):
            if number % 1000 == 0:
                progress.reach(number, "正在保存核对结果")
            sheet = row.sheet[:60]
            yield (
                batch.pk, sheet, row.number, row.outcome, row.has_problem, row.key_hash, seal(packers[sheet](row)),
            )  # fmt: skip

    bulk.insert(StagedRow, COLUMNS, sealed())


def staged_rows(batch: ImportBatch, resource, progress=NO_PROGRESS) -> list[Row]:
    """Return the good rows of a checked batch with the values they were read with, to be compared anew."""
    dates, blank = resource.date_columns, {column.name: None for column in resource.columns()}
    columns = {sheet: in_order(place["columns"]) for sheet, place in batch.layout.items()}
    progress.expect(sum(batch.counts[outcome] for outcome in GOOD))
    rows: list[Row] = []
    shared = Texts().once
    staged = batch.staged.filter(outcome__in=GOOD).order_by("pk")
    staged = staged.values_list("pk", "sheet", "number", "outcome", "sealed")
    for pk, sheet, number, outcome, sealed in staged.iterator(chunk_size=2000):
        if len(rows) % 1000 == 0:
            progress.reach(len(rows), "正在读取核对结果")
        texts, others, *told = json.loads(unseal_bytes(sealed))
        texts = shared(texts)
        values = blank | values_of(texts, others, columns[sheet])
        for name in dates:
            if values[name]:
                values[name] = date.fromisoformat(values[name])
        row = Row(sheet, number, values, [], {})
        row.pk, row.promised = pk, promise_of(outcome, told[CHANGES] if told else ())
        rows.append(row)
    return rows


def unread_names(batch: ImportBatch) -> set[str]:
    """Return the names on the staged rows that could not be taken in."""
    contents = (row.content for row in batch.staged.rejected().iterator(chunk_size=2000))
    return {
        name
        for content in contents
        if (name := content["values"].get("name") or content["shown"].get("name"))
    }
