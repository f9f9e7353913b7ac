"""Registering projects, one or a whole list, with their quantities and the budget of each source."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils import timezone

from povertyedu.audit.models import record, record_many
from povertyedu.orgs.calendar import today
from povertyedu.workflow.flow import Actor, StepRefused
from projects.enums import EntryKind, MilestoneKind, PlanField, ProjectState
from projects.models import (
    FundEntry,
    FundLine,
    Milestone,
    PlanChange,
    Project,
    ProjectDecision,
    ProjectQuantity,
    ProjectSite,
)
from projects.states import PROJECT_FLOW

from .base_tables import forget_drawn

STALE = "您打开这一页之后，这个项目已被他人更正。请重新打开，核对后再改，以免盖掉对方的修改。"


@dataclass(frozen=True)
class Quantity:
    item: str
    unit: str
    planned: Decimal


@dataclass(frozen=True)
class NewProject:
    """What a plan or a form says of a project. Keys stand for rows; ``budget`` is source -> fen."""

    name: str
    kind: str
    programme: int
    year: int
    area: str
    schools: tuple[int, ...] = ()
    budget: dict[str, int] = field(default_factory=dict)
    quantities: tuple[Quantity, ...] = ()
    starts_on: dt.date | None = None
    due_on: dt.date | None = None
    document: str = ""
    note: str = ""
    differs: str = ""  # what the plan itself says twice, with both figures

    @property
    def total_fen(self) -> int:
        return sum(self.budget.values())


@transaction.atomic
def register(*, by: Actor, projects: Sequence[NewProject]) -> list[Project]:
    """Register projects in a number of statements that does not grow; return the rows."""
    codes = _codes([new.year for new in projects])
    made = [
        Project(
            code=code, name=new.name, kind=new.kind, programme_id=new.programme, year=new.year, area_id=new.area,
            due_on=new.due_on, note=new.note, plan_differs=new.differs, registered_on=today(),
        )
        for new, code in zip(projects, codes, strict=True)
    ]  # fmt: skip
    try:
        with transaction.atomic():
            rows = Project.objects.bulk_create(made)
    except IntegrityError as clash:
        raise StepRefused(
            "这个规划、这一年度已有同名项目，或刚有人同时登记；没有重复登记，请刷新后再看。"
        ) from clash
    pairs = list(zip(rows, projects, strict=True))
    ProjectSite.objects.bulk_create(
        ProjectSite(project=row, school_id=school)
        for row, new in pairs
        for school in dict.fromkeys(new.schools)
    )
    ProjectQuantity.objects.bulk_create(
        ProjectQuantity(project=row, item=each.item, unit=each.unit, planned=each.planned)
        for row, new in pairs for each in new.quantities
    )  # fmt: skip
    Milestone.objects.bulk_create(
        Milestone(project=row, kind=kind, planned_on=day)
        for row, new in pairs
        for kind, day in ((MilestoneKind.START, new.starts_on), (MilestoneKind.FINISH, new.due_on))
        if day
    )
    _grant_all(pairs, by)
    ProjectDecision.append_many(rows, step=PROJECT_FLOW["register"], by=by, at=timezone.now())
    record_many(
        by,
        action="project.register",
        rows=[(row, {"budget_fen": [None, new.total_fen]}) for row, new in pairs],
    )
    return rows


def _codes(years: Sequence[int]) -> list[str]:
    """Return the next codes of each year: 2026-00001."""
    last = {}
    for year in sorted(set(years)):
        found = (
            Project.objects.filter(code__startswith=f"{year}-")
            .order_by("-code")
            .values_list("code", flat=True)
            .first()
        )
        last[year] = int(found.rpartition("-")[2]) if found else 0
    codes = []
    for year in years:
        last[year] += 1
        codes.append(f"{year}-{last[year]:05d}")
    return codes


def _grant_all(pairs, by: Actor) -> None:
    wanted = [(row, source, fen, new) for row, new in pairs for source, fen in new.budget.items() if fen]
    lines = FundLine.objects.bulk_create(FundLine(project=row, source=source) for row, source, _, _ in wanted)
    FundEntry.objects.bulk_create(
        FundEntry(
            line=line,
            kind=EntryKind.BUDGET,
            amount_fen=fen,
            on=today(),
            document=new.document,
            by_id=by.id,
            by_name=by.name,
        )
        for line, (_, _, fen, new) in zip(lines, wanted, strict=True)
    )


@transaction.atomic
def amend(*, by: Actor, project: Project, seen: str, schools: Sequence[int], **fields) -> Project:
    """Correct what a project is called, where it stands and for whom; money and milestones have verbs of their own.

    ``seen`` is the project's fingerprint when the form was opened: a later correction, by whomever, refuses this one.
    """
    project = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    if project.fingerprint != seen:
        raise StepRefused(STALE)
    old = {name: getattr(project, name) for name in fields}
    for name, value in fields.items():
        setattr(project, name, value)
    project.validate_constraints()
    project.save(update_fields=list(fields))
    ProjectSite.objects.filter(project=project).exclude(school__in=schools).delete()
    known = set(project.sites.values_list("school_id", flat=True))
    ProjectSite.objects.bulk_create(
        ProjectSite(project=project, school_id=pk) for pk in schools if pk not in known
    )
    changes = {name: [str(old[name]), str(value)] for name, value in fields.items() if old[name] != value}
    record(by, action="project.amend", subject=project, changes=changes)
    forget_drawn()
    return project


@transaction.atomic
def set_quantity(
    *, by: Actor, project: Project, item: str, unit: str, planned: Decimal, done: Decimal, reason: str = ""
) -> ProjectQuantity:
    """Say how much of an item is planned and how much stands; what was said before is kept."""
    if Project.objects.select_for_update(no_key=True).get(pk=project.pk).state == ProjectState.CANCELLED:
        raise StepRefused("项目已取消，不能再改建设内容。")
    old = ProjectQuantity.objects.filter(project=project, item=item).first()
    row, _ = ProjectQuantity.objects.update_or_create(
        project=project, item=item, defaults={"unit": unit, "planned": planned, "done": done}
    )
    for about, before, now in (
        (PlanField.PLANNED, old and old.planned, planned), (PlanField.DONE, old.done if old else Decimal(0), done),
    ):  # fmt: skip
        PlanChange.note(project.pk, about, item, before, now, by=by, reason=reason)
    said = f"{old.done.normalize():f}/{old.planned.normalize():f}{old.unit}" if old else None
    record(by, action="project.quantity", subject=project, changes={item: [said, f"{done}/{planned}{unit}"]})
    forget_drawn()
    return row
