"""Pages of staged rows, by key."""

from dataclasses import dataclass

from .enums import RowOutcome
from .models import ImportBatch, StagedRow

PER_PAGE = 50
TABS = {
    "problems": ("有问题的行", lambda rows: rows.with_problems()),
    "errors": ("错误", lambda rows: rows.rejected()),
    "warnings": ("提醒", lambda rows: rows.warned()),
    "updated": ("将更新", lambda rows: rows.of_outcome(RowOutcome.UPDATED)),
    "created": ("将新增", lambda rows: rows.of_outcome(RowOutcome.CREATED)),
    "all": ("全部", lambda rows: rows),
}


@dataclass
class Page:
    rows: list[StagedRow]
    previous: int | None  # key to ask ``before`` with
    next: int | None  # key to ask ``after`` with


def tab_counts(batch: ImportBatch) -> dict[str, int]:
    """Return how many rows each tab holds, from the batch's own counts: no query."""
    counts = batch.counts
    return {
        "problems": counts.get("rejected", 0) + counts.get("warned", 0),
        "errors": counts.get("rejected", 0),
        "warnings": counts.get("warned", 0),
        "updated": counts.get("updated", 0),
        "created": counts.get("created", 0),
        "all": counts.get("rows", 0),
    }


def page_of(batch: ImportBatch, tab: str, *, after: int | None = None, before: int | None = None) -> Page:
    """Return the rows of ``tab`` behind ``after`` (or in front of ``before``), in the order of the file; one query."""
    rows = TABS[tab][1](batch.staged.all())
    if before is not None:
        found = list(rows.filter(pk__lt=before).order_by("-pk")[: PER_PAGE + 1])
        more, found = len(found) > PER_PAGE, found[:PER_PAGE][::-1]
        return Page(found, found[0].pk if more and found else None, found[-1].pk if found else None)
    found = list(rows.filter(pk__gt=after or 0).order_by("pk")[: PER_PAGE + 1])
    more, found = len(found) > PER_PAGE, found[:PER_PAGE]
    return Page(found, found[0].pk if after and found else None, found[-1].pk if more else None)
