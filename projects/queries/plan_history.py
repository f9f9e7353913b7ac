"""What a plan said at the end of an earlier day, by taking back the changes written down since.

What was said first holds for the days before it too: a plan is often typed in after it was made.
"""

import datetime as dt
from collections.abc import Container, Iterable, Iterator
from decimal import Decimal

from povertyedu.orgs.calendar import today
from projects.enums import PlanField
from projects.models import PlanChange, ProjectQuantity

# (project, field, milestone's kind or item) -> what it was
Before = dict[tuple[int, str, str], str]


def before_changes(projects, on: dt.date) -> Before:
    """Return what was changed after ``on`` as it stood then; nothing from today on. ``projects``: keys or their query; one query."""
    if on >= today():
        return {}
    rows = PlanChange.objects.filter(project__in=projects, on__gt=on).order_by("-pk")
    # the earliest change after the day is read last, and what it changed is what stood on the day
    columns = ("project", "field", "about", "old", "new")
    return {(pk, field, about): old or new for pk, field, about, old, new in rows.values_list(*columns)}


def days_before(before: Before) -> Iterator[tuple[tuple[int, str], dt.date]]:
    """Yield (project, milestone's kind), the day it was planned for."""
    for (project, field, kind), day in before.items():
        if field == PlanField.DAY:
            yield (project, kind), dt.date.fromisoformat(day)


def quantities_before(
    rows: Iterable[ProjectQuantity], before: Before, finished: Container[int]
) -> list[ProjectQuantity]:
    """Return ``rows`` with the numbers they had; of ``finished`` projects all that was done. The rows are not to be saved."""
    found = []
    for row in rows:
        if planned := before.get((row.project_id, PlanField.PLANNED, row.item)):
            row.planned = Decimal(planned)
        done = before.get((row.project_id, PlanField.DONE, row.item))
        if done and row.project_id not in finished:
            row.done = Decimal(done)
        found.append(row)
    return found
