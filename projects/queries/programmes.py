"""Programmes: what was to be done by a day, and what was."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from povertyedu.indicators.enums import TargetBasis
from povertyedu.indicators.plans import Aim, Reading, contradictions, done_by
from povertyedu.indicators.queries import counts_of, county_counts
from projects.enums import BUILT, EntryKind, FundSource, ProjectState
from projects.models import (
    FundEntry,
    FundLine,
    Milestone,
    Programme,
    ProgrammeTarget,
    Project,
    ProjectQuantity,
)

from .plan_history import before_changes, quantities_before

BOOKED = {
    "budget_fen": EntryKind.BUDGET, "arrived_fen": EntryKind.ARRIVAL, "contracted_fen": EntryKind.CONTRACT,
    "paid_fen": EntryKind.PAYMENT,
}  # fmt: skip
BY_PROJECTS = (TargetBasis.ADDED, TargetBasis.TOTAL)  # what projects add up to


@dataclass
class TargetLine:
    """One number of a plan on a day: the target, what its projects plan, what was done and how that is known.

    ``of`` is the target's row, None for what projects do beyond the targets.
    """

    programme: Programme
    year: int
    item: str
    unit: str
    on: dt.date
    of: ProgrammeTarget | None = None
    planned: Decimal | None = None
    done: Decimal | None = None
    counted_on: dt.date | None = None
    origin: str = ""

    @property
    def target(self) -> Decimal | None:
        return self.of.planned if self.of else None

    @property
    def basis(self) -> str:
        return self.of.basis if self.of else TargetBasis.ADDED

    @property
    def shown(self) -> Decimal | None:
        """What was done, to two places: a share of counts has more."""
        return None if self.done is None else round(self.done, 2)

    @property
    def percent(self) -> int | None:
        aim = self.target or self.planned
        return (
            int(self.done * 100 / aim)
            if aim and self.done is not None and self.basis != TargetBasis.SHARE
            else None
        )

    @property
    def is_due(self) -> bool:
        return self.on >= dt.date(self.year, 12, 31)

    @property
    def is_reached(self) -> bool | None:
        """Whether the target is reached; None without a target or a count."""
        return None if self.target is None or self.done is None else self.done >= self.target

    @property
    def words(self) -> tuple[str, str]:
        """Tone and word of how it stands."""
        if self.of is None:
            return "info", "没有目标"
        if self.is_reached:
            return "ok", "达到"
        if self.is_due:
            return ("warn", "没有登记数") if self.done is None else ("bad", "未达到")
        return ("todo", "未到期") if self.on.year < self.year else ("doing", "进行中")


@dataclass
class Work:
    """What the projects of one year plan of an item, and have done by the day."""

    unit: str
    planned: Decimal = Decimal(0)
    done: Decimal = Decimal(0)


def lines_of(programmes: Sequence[Programme], on: dt.date) -> list[TargetLine]:
    """Return the targets of ``programmes`` with what was done by ``on``, by programme and year; six queries at most.

    Done is, in this order: what the target's indicator measured, what the bureau counted, what projects have done.
    """
    by_pk = {row.pk: row for row in programmes}
    targets = list(ProgrammeTarget.objects.filter(programme__in=by_pk).order_by("year", "item", "pk"))
    counts = counts_of([row.plan for row in programmes])
    measured = county_counts({row.indicator for row in targets if row.indicator})
    work = _work_of(by_pk, on)
    lines: dict[int, list[TargetLine]] = {pk: [] for pk in by_pk}
    told = set()
    for target in targets:
        programme = by_pk[target.programme_id]
        line = TargetLine(programme, target.year, target.item, target.unit, on, target)
        _by_projects(line, work[programme.pk])
        for origin, readings in (
            ("指标", measured.get(target.indicator)),
            ("登记", counts.get((programme.plan, target.item))),
        ):
            if readings:
                _by_count(line, readings, origin)
                break
        lines[programme.pk].append(line)
        told.add((programme.pk, target.year, target.item))
    for pk, of in work.items():
        beyond = [key for key in of if (pk, *key) not in told]
        for year, item in beyond:
            each = of[year, item]
            lines[pk].append(
                TargetLine(by_pk[pk], year, item, each.unit, on, None, each.planned, each.done, None, "项目")
            )
    return [line for of in lines.values() for line in sorted(of, key=lambda line: (line.year, line.item))]


def _work_of(programmes, on: dt.date) -> dict[int, dict[tuple[int, str], Work]]:
    """Return programme -> (year, item) -> the work of its projects; three queries at most.

    What a project has done counts whole from the day of its finish; of one that goes on, what was reported done by the day.
    """
    finished = set(
        Milestone.objects.filter(
            project__programme__in=programmes, kind="finish", actual_on__lte=on
        ).values_list("project", flat=True)
    )
    found: dict[int, dict[tuple[int, str], Work]] = defaultdict(dict)
    projects = Project.objects.filter(programme__in=programmes).exclude(state=ProjectState.CANCELLED)
    rows = ProjectQuantity.objects.filter(project__in=projects.order_by()).select_related("project")
    for row in quantities_before(rows, before_changes(projects.order_by().values("pk"), on), finished):
        each = found[row.project.programme_id].setdefault((row.project.year, row.item), Work(row.unit))
        each.planned += row.planned
        each.done += (row.done or row.planned) if row.project_id in finished else row.done
    return found


def _by_projects(line: TargetLine, work: dict[tuple[int, str], Work]) -> None:
    """Let a line stand at what its projects plan and have done: those of the year, or of all years until it."""
    if line.basis not in BY_PROJECTS:
        return
    own = [
        each
        for (year, item), each in work.items()
        if item == line.item and (year == line.year if line.basis == TargetBasis.ADDED else year <= line.year)
    ]
    if own:
        line.planned = sum((each.planned for each in own), Decimal(0))
        line.done, line.origin = sum((each.done for each in own), Decimal(0)), "项目"


def _by_count(line: TargetLine, readings: list[Reading], origin: str) -> None:
    found = done_by(line.basis, line.year, readings, line.on, first_year=line.programme.first_year)
    if found:
        (line.done, line.counted_on), line.origin = found, origin


def contradictions_of(programme: Programme) -> list[str]:
    """Return where the plan says two things, each with both figures: its targets, and its projects' own; two queries."""
    told = [each.text for each in contradictions(aims_of(programme.targets.all()))]
    rows = programme.projects.exclude(plan_differs="").standing().order_by("pk")
    return told + [f"{name}：{text}" for name, text in rows.values_list("name", "plan_differs")[:50]]


def aims_of(targets) -> list[Aim]:
    return [Aim(row.year, row.item, row.basis, row.planned, row.unit, row.clause) for row in targets]


def money_of(programme: Programme, on: dt.date) -> list[dict]:
    """Return per source what was granted, came in and was paid until ``on``, in fen; one query."""
    entries = FundEntry.objects.filter(line__project__programme=programme, on__lte=on).order_by()
    found = entries.values("line__source").annotate(
        **{name: Coalesce(Sum("amount_fen", filter=Q(kind=kind)), 0) for name, kind in BOOKED.items()}
    )
    rows = {row["line__source"]: row for row in found}
    return [rows[source] | {"label": label} for source, label in FundSource.choices if source in rows]


def projects_of(programme: Programme, on: dt.date) -> dict[str, int]:
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
