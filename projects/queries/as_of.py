"""Projects as they stood at the end of a day: state, milestones, progress and money, in a constant number of queries.

From today on it is the register and the fund book as they stand; of an earlier day what was booked, reached and
reported until then. Planned days and quantities are those of the plan as it stood then, by the changes written down since.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum
from django.utils import timezone

from povertyedu.orgs.calendar import today
from projects.enums import EntryKind, FundSource, MilestoneKind, ProjectState
from projects.models import (
    Contract,
    FundEntry,
    FundLine,
    Milestone,
    ProgressReport,
    Project,
    ProjectDecision,
    ProjectQuantity,
)

from .plan_history import Before, before_changes, days_before, quantities_before

BOOKED = {
    "budget_fen": EntryKind.BUDGET, "arrived_fen": EntryKind.ARRIVAL, "contracted_fen": EntryKind.CONTRACT,
    "paid_fen": EntryKind.PAYMENT,
}  # fmt: skip
REACHED_STATES = (
    (MilestoneKind.HANDOVER, ProjectState.HANDED_OVER), (MilestoneKind.ACCEPTANCE, ProjectState.ACCEPTED),
    (MilestoneKind.FINISH, ProjectState.FINISHED), (MilestoneKind.START, ProjectState.UNDER_WAY),
)  # fmt: skip


@dataclass
class Money:
    """What the book says until a day, in fen."""

    budget_fen: int = 0
    arrived_fen: int = 0
    contracted_fen: int = 0
    paid_fen: int = 0

    def __add__(self, other: "Money") -> "Money":
        return Money(*(getattr(self, name) + getattr(other, name) for name in BOOKED))

    def as_dict(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in BOOKED}


@dataclass
class AsOf:
    """One project at the end of ``on``; ``money`` is by source in the order of ledgers."""

    project: Project
    on: dt.date
    state: str
    percent: int
    planned: dict[str, dt.date] = field(default_factory=dict)
    actual: dict[str, dt.date] = field(default_factory=dict)
    money: dict[str, Money] = field(default_factory=dict)
    contractors: list[str] = field(default_factory=list)
    quantities: list[ProjectQuantity] = field(default_factory=list)

    @cached_property
    def total(self) -> Money:
        return sum(self.money.values(), Money())

    @property
    def sources(self) -> list[tuple[str, Money]]:
        return [(FundSource(source).label, money) for source, money in self.money.items()]

    @property
    def schools(self) -> list[str]:
        return [site.school.name for site in self.project.sites.all()]

    @property
    def starts_on(self) -> dt.date | None:
        return self.planned.get(MilestoneKind.START)

    @property
    def due_on(self) -> dt.date | None:
        return self.planned.get(MilestoneKind.FINISH)

    @property
    def started_on(self) -> dt.date | None:
        return self.actual.get(MilestoneKind.START)

    @property
    def finished_on(self) -> dt.date | None:
        return self.actual.get(MilestoneKind.FINISH)

    @property
    def last_milestone(self) -> str:
        reached = [kind for kind in MilestoneKind if kind in self.actual]
        return reached[-1].label if reached else ""

    @property
    def planned_percent(self) -> int | None:
        """How far the work would be by an even pace from planned start to planned finish; None without both days."""
        return pace(self.starts_on, self.due_on, self.on)

    @property
    def behind(self) -> int:
        """Percentage points behind the even pace."""
        planned = self.planned_percent
        return max(0, planned - self.percent) if planned is not None else 0

    @property
    def days_late(self) -> int:
        """Whole days past the planned finish, until it was finished or until the day."""
        if not self.due_on or self.state == ProjectState.CANCELLED:
            return 0
        return max(0, ((self.finished_on or self.on) - self.due_on).days)

    @property
    def is_late(self) -> bool:
        return bool(self.days_late) and not self.finished_on

    @property
    def state_words(self) -> str:
        label = ProjectState(self.state).label
        return f"{label}，超期" if self.is_late else label

    @property
    def tone(self) -> str:
        if self.is_late or self.state == ProjectState.HALTED:
            return "bad"
        return {"preliminary": "todo", "under_way": "doing", "cancelled": "todo"}.get(self.state, "ok")

    def done(self, quantity) -> Decimal:
        """What stands of a quantity: of a finished project all that was planned, where nothing else was reported."""
        if self.finished_on:
            return quantity.done or quantity.planned
        return quantity.done

    @property
    def content(self) -> str:
        return "；".join(f"{each.item} {amount(each.planned)}{each.unit}" for each in self.quantities)

    @property
    def content_done(self) -> str:
        return "；".join(
            f"{each.item} {amount(self.done(each))}/{amount(each.planned)}{each.unit}" for each in self.quantities
        )  # fmt: skip


def amount(number: Decimal) -> str:
    return f"{number.normalize():,f}"


def pace(first: dt.date | None, last: dt.date | None, on: dt.date) -> int | None:
    """Return the whole percent of an even pace from ``first`` to ``last`` at the end of ``on``."""
    if not first or not last or last < first:
        return None
    if on >= last:
        return 100
    return max(0, (on - first).days * 100 // ((last - first).days or 1))


def in_plan(rows: QuerySet[Project], on: dt.date) -> QuerySet[Project]:
    """Narrow to what was planned by ``on``: of its year or before, or registered by then, and not cancelled by then."""
    rows = rows.filter(Q(year__lte=on.year) | Q(registered_on__lte=on))
    if on >= today():
        return rows.standing()
    given_up = ProjectDecision.objects.filter(subject=OuterRef("pk"), verb="cancel", at__lt=_end_of(on))
    return rows.exclude(Exists(given_up))


def totals_of(rows: QuerySet[Project], on: dt.date) -> dict[str, Money]:
    """Return {source: money} of ``rows`` in the order of ledgers; one query."""
    found: dict[str, Money] = {}
    for source, name, fen in _booked(rows.order_by().values("pk"), on, by_project=False):
        setattr(found.setdefault(source, Money()), name, fen)
    return {source: found[source] for source in FundSource.values if source in found}


def picture(rows: QuerySet[Project] | Iterable[Project], on: dt.date) -> list[AsOf]:
    """Return ``rows`` as they stood on ``on``, in their order; eight to ten queries for any number."""
    keys = rows.order_by().values("pk") if isinstance(rows, QuerySet) else [row.pk for row in rows]
    projects = _with_parts(rows)
    before = before_changes(keys, on)
    planned, actual = _milestones(projects, keys, before, on)
    percents, halts, money, contractors = (
        percents_on(keys, on),
        _halts(keys, on),
        _money(keys, on),
        _contractors(keys, on),
    )
    finished = {pk for pk, reached in actual.items() if MilestoneKind.FINISH in reached}
    made = []
    for row in projects:
        reached = actual[row.pk]
        made.append(
            AsOf(
                row, on, _state(row, reached, halts.get(row.pk, ""), on), _percent(row, reached, percents, on),
                planned[row.pk], reached, money[row.pk], contractors[row.pk], quantities_before(row.quantities.all(), before, finished),
            )
        )  # fmt: skip
    return made


def _with_parts(rows) -> list[Project]:
    if isinstance(rows, QuerySet):
        return list(rows.select_related("programme", "area").prefetch_related("quantities", "sites__school"))
    keys = [row.pk for row in rows]
    found = Project.objects.filter(pk__in=keys).select_related("programme", "area")
    by_key = {row.pk: row for row in found.prefetch_related("quantities", "sites__school")}
    return [by_key[key] for key in keys]


def _milestones(projects: list[Project], keys, before: Before, on: dt.date):
    planned: dict[int, dict[str, dt.date]] = defaultdict(dict)
    actual: dict[int, dict[str, dt.date]] = defaultdict(dict)
    for project in projects:
        if project.due_on:
            planned[project.pk][MilestoneKind.FINISH] = project.due_on
    rows = Milestone.objects.filter(project__in=keys).values_list(
        "project", "kind", "planned_on", "actual_on"
    )
    for pk, kind, plan, real in rows.order_by():
        if plan:
            planned[pk][kind] = plan
        if real and real <= on:
            actual[pk][kind] = real
    for (pk, kind), day in days_before(before):
        planned[pk][kind] = day
    return planned, actual


def percents_on(keys, on: dt.date) -> dict[int, int]:
    """Return the last percent reported until ``on``."""
    if on >= today():
        return {}
    rows = ProgressReport.objects.filter(project__in=keys, on__lte=on).order_by("on", "pk")
    return dict(rows.values_list("project", "percent"))


def _percent(row: Project, reached: dict, percents: dict[int, int], on: dt.date) -> int:
    if on >= today():
        return row.percent
    return 100 if MilestoneKind.FINISH in reached else percents.get(row.pk, 0)


def _halts(keys, on: dt.date) -> dict[int, str]:
    """Return the last of halt, resume and cancel that was decided until ``on``."""
    if on >= today():
        return {}
    rows = ProjectDecision.objects.filter(
        subject__in=keys, verb__in=["halt", "resume", "cancel"], at__lt=_end_of(on)
    )
    return dict(rows.order_by("pk").values_list("subject", "verb"))


def _state(row: Project, reached: dict, last: str, on: dt.date) -> str:
    if on >= today():
        return row.state
    if last == "cancel":
        return ProjectState.CANCELLED
    state = next((state for kind, state in REACHED_STATES if kind in reached), ProjectState.PRELIMINARY)
    return ProjectState.HALTED if last == "halt" and state == ProjectState.UNDER_WAY else state


def _contractors(keys, on: dt.date) -> dict[int, list[str]]:
    found = defaultdict(list)
    rows = Contract.objects.filter(project__in=keys, signed_on__lte=on).order_by("pk")
    for pk, name in rows.values_list("project", "contractor"):
        if name not in found[pk]:
            found[pk].append(name)
    return found


def _money(keys, on: dt.date) -> dict[int, dict[str, Money]]:
    found: dict[int, dict[str, Money]] = defaultdict(dict)
    for pk, source, name, fen in _booked(keys, on, by_project=True):
        setattr(found[pk].setdefault(source, Money()), name, fen)
    order = list(FundSource.values)
    ordered: dict[int, dict[str, Money]] = defaultdict(dict)
    for pk, sources in found.items():
        ordered[pk] = {source: sources[source] for source in order if source in sources}
    return ordered


def _booked(keys, on: dt.date, *, by_project: bool):
    """Yield (project,) source, name of the sum, fen: of the whole book, or of its entries dated until an earlier day."""
    if on >= today():
        lines = FundLine.objects.filter(project__in=keys).order_by()
        names = ("project", "source") if by_project else ("source",)
        for row in lines.values(*names).annotate(**{name: Sum(name) for name in BOOKED}):
            for name in BOOKED:
                yield *(row[each] for each in names), name, row[name]
        return
    kinds = {kind: name for name, kind in BOOKED.items()}
    # what was granted when a project was registered is its plan, on whatever earlier day it is looked at
    first_plan = Q(kind=EntryKind.BUDGET, on__lte=F("line__project__registered_on"))
    entries = FundEntry.objects.filter(
        Q(on__lte=on) | first_plan, line__project__in=keys, kind__in=kinds
    ).order_by()
    paths = ("line__project", "line__source") if by_project else ("line__source",)
    for *where, kind, fen in entries.values_list(*paths, "kind").annotate(fen=Sum("amount_fen")):
        yield *where, kinds[kind], fen


def _end_of(on: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(on + dt.timedelta(days=1), dt.time()))
