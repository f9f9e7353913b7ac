"""Everything of one project, in a constant number of queries."""

from collections.abc import Sequence

from django.db.models import Sum
from django.db.models.functions import Coalesce

from projects.enums import MilestoneKind, PlanField
from projects.models import FundEntry, Milestone, Project

CHANGES = 100  # shown of each kind, the latest
SUMS = ("budget_fen", "arrived_fen", "contracted_fen", "paid_fen")


def all_of(project: Project) -> dict:
    """Return lines with their sums, contracts with parts, entries, milestones in order, reports, requests, alerts, changes of plan, inspections."""
    planned = {row.kind: row for row in project.milestones.all()}
    milestones = [planned.get(kind) or Milestone(kind=kind) for kind in MilestoneKind]
    behind, ahead = _split(milestones)
    return {
        "sites": [site.school for site in project.sites.select_related("school")],
        "quantities": list(project.quantities.all()),
        "lines": list(project.fund_lines.all()),
        "sums": project.fund_lines.aggregate(**{name: Coalesce(Sum(name), 0) for name in SUMS}),
        "contracts": list(project.contracts.prefetch_related("parts__line")),
        "entries": list(
            FundEntry.objects.filter(line__project=project).select_related("line", "part__contract", "reversal").order_by("-on", "-pk")
        ),
        "milestones": milestones,
        "skipped": [each.get_kind_display() for each in behind if not each.actual_on],
        "next_milestone": ahead[0] if ahead else None,
        "reports": list(project.reports.select_related("photo__file")),
        "requests": list(project.requests.all()),
        "alerts": list(project.alerts.filter(ended_on=None)),
        "plan_changes": list(project.plan_changes.exclude(field=PlanField.DONE).order_by("-pk")[:CHANGES]),
        "done_changes": list(project.plan_changes.filter(field=PlanField.DONE).order_by("-pk")[:CHANGES]),
        "inspections": list(project.inspections.select_related("area").prefetch_related("results__findings__area", "results__findings__school")),
    }  # fmt: skip


def _split(milestones: Sequence[Milestone]) -> tuple[Sequence[Milestone], Sequence[Milestone]]:
    """Return those up to the last one that was reached, and those after it."""
    ahead = next(
        (place for place, each in enumerate(reversed(milestones)) if each.actual_on), len(milestones)
    )
    return milestones[: len(milestones) - ahead], milestones[len(milestones) - ahead :]
