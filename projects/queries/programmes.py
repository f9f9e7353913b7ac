"""Programmes: what was to be done by a day, and what was."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from povertyedu.orgs.calendar import today
from projects.enums import BUILT, EntryKind, FundSource, ProjectState
from projects.models import FundEntry, FundLine, Milestone, Programme, Project, ProjectQuantity

BOOKED = {
    "budget_fen": EntryKind.BUDGET, "arrived_fen": EntryKind.ARRIVAL, "contracted_fen": EntryKind.CONTRACT,
    "paid_fen": EntryKind.PAYMENT,
}  # fmt: skip


@dataclass
class TargetLine:
    """One item of one year: the target, what its projects plan, what they have done by the day."""

    year: int
    item: str
    unit: str
    target: Decimal | None
    planned: Decimal
    done: Decimal

    @property
    def percent(self) -> int | None:
        aim = self.target or self.planned
        return int(self.done * 100 / aim) if aim else None


def targets_of(programme: Programme, on: dt.date) -> list[TargetLine]:
    """Return each year's items with plan and result as of ``on``; three queries.

    What a project has done counts whole from the day of its finish; of one that goes on, what is reported done counts
    from today on only, since it is not known when it was.
    """
    finished = set(
        Milestone.objects.filter(project__programme=programme, kind="finish", actual_on__lte=on).values_list(
            "project", flat=True
        )
    )
    lines: dict[tuple, TargetLine] = {
        (row.year, row.item): TargetLine(row.year, row.item, row.unit, row.planned, Decimal(0), Decimal(0))
        for row in programme.targets.all()
    }
    rows = ProjectQuantity.objects.filter(project__programme=programme).exclude(
        project__state=ProjectState.CANCELLED
    )
    for pk, year, item, unit, planned, done in rows.values_list(
        "project", "project__year", "item", "unit", "planned", "done"
    ):
        line = lines.setdefault((year, item), TargetLine(year, item, unit, None, Decimal(0), Decimal(0)))
        line.planned += planned
        if pk in finished:
            line.done += done or planned
        elif on >= today():
            line.done += done
    return sorted(lines.values(), key=_order)


def money_of(programme: Programme, on: dt.date) -> list[dict]:
    """Return per source what was granted, came in and was paid until ``on``, in fen; one query."""
    entries = FundEntry.objects.filter(line__project__programme=programme, on__lte=on).order_by()
    found = entries.values("line__source").annotate(
        **{name: Coalesce(Sum("amount_fen", filter=Q(kind=kind)), 0) for name, kind in BOOKED.items()}
    )
    rows = {row["line__source"]: row for row in found}
    return [rows[source] | {"label": label} for source, label in FundSource.choices if source in rows]


def _order(line: TargetLine) -> tuple:
    return line.year, line.item


def counts_of(programme: Programme, on: dt.date) -> dict[str, int]:
    """Return how many projects a programme has, have begun and are built by ``on``; one query."""
    reached = Milestone.objects.filter(project=OuterRef("pk"), actual_on__lte=on)
    return (
        Project.objects.filter(programme=programme)
        .standing()
        .aggregate(
            total=Count("pk"),
            begun=Count("pk", filter=Exists(reached.filter(kind="start"))),
            built=Count("pk", filter=Exists(reached.filter(kind="finish"))),
        )
    )


def with_counts(rows: QuerySet[Programme]) -> list[Programme]:
    """Return programmes with ``total``, ``built`` and the money of their projects; two queries."""
    money = {
        row["project__programme"]: row
        for row in FundLine.objects.filter(project__in=Project.objects.standing()).order_by().values("project__programme")
        .annotate(budget_fen=Sum("budget_fen"), paid_fen=Sum("paid_fen"))
    }  # fmt: skip
    standing = ~Q(projects__state=ProjectState.CANCELLED) & Q(projects__isnull=False)
    found = list(
        rows.annotate(
            total=Count("projects", filter=standing),
            built=Count("projects", filter=Q(projects__state__in=BUILT)),
        )
    )
    for row in found:
        of = money.get(row.pk, {})
        row.budget_fen, row.paid_fen = of.get("budget_fen", 0), of.get("paid_fen", 0)
    return found
