"""Counting what a plan has come to by a day."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from povertyedu.audit.models import record
from povertyedu.indicators.models import CountReading
from povertyedu.workflow.flow import Actor


class Count(NamedTuple):
    """All there is of an item on a day; ``whole`` is what it is a part of."""

    plan: str
    item: str
    on: dt.date
    value: Decimal
    whole: Decimal | None = None
    note: str = ""


@transaction.atomic
def count(*, by: Actor, subject, counts: Sequence[Count]) -> int:
    """Write counts down, those of a day again instead of the earlier; return how many are new or changed.

    ``subject`` is the row that the log names. A number of statements that does not grow.
    """
    rows = [
        CountReading(
            plan=each.plan, item=each.item, on=each.on, value=each.value, whole=each.whole, note=each.note, counted_by=by.name,
            counted_at=timezone.now(),
        )
        for each in counts
    ]  # fmt: skip
    known = {
        (row.plan, row.item, row.on): row
        for row in CountReading.objects.select_for_update().filter(
            plan__in={row.plan for row in rows}, on__in={row.on for row in rows}
        )
    }
    changed = [row for row in rows if _differs(row, known.get((row.plan, row.item, row.on)))]
    for row in changed:
        row.clean_fields()
        row.validate_constraints(exclude={"plan"})  # a day's count again takes the place of the earlier
    CountReading.objects.bulk_create(
        changed, update_conflicts=True, unique_fields=["plan", "item", "on"],
        update_fields=["value", "whole", "note", "counted_by", "counted_at"],
    )  # fmt: skip
    if changed:
        record(
            by, action="indicator.count", subject=subject,
            changes={f"{row.item} {row.on}": [_old(known.get((row.plan, row.item, row.on))), str(row.value)] for row in changed},
        )  # fmt: skip
    return len(changed)


def _differs(row: CountReading, old: CountReading | None) -> bool:
    return old is None or (old.value, old.whole, old.note) != (row.value, row.whole, row.note)


def _old(row: CountReading | None) -> str | None:
    return None if row is None else str(row.value)
