"""The round of a half-year: which projects each level has looked at, and what is still open."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Count, Q, QuerySet

from povertyedu.findings.models import Finding
from projects.enums import InspectionLevel, Verdict
from projects.models import Inspection, InspectionResult, Project


@dataclass
class RoundLine:
    project: Project
    of: dict[str, Inspection] = field(default_factory=dict)
    problems: int = 0
    open: int = 0

    @property
    def own(self) -> Inspection | None:
        return self.of.get(InspectionLevel.TOWNSHIP)

    @property
    def county(self) -> Inspection | None:
        return self.of.get(InspectionLevel.COUNTY)


def round_of(projects: Sequence[Project], year: int, half: int) -> list[RoundLine]:
    """Return a line per project, in their order; three queries for any number."""
    lines = {row.pk: RoundLine(row) for row in projects}
    made = Inspection.objects.filter(project__in=lines, year=year, half=half).prefetch_related("results")
    subjects: dict[str, RoundLine] = {}
    for inspection in made:
        line = lines[inspection.project_id]
        line.of[inspection.level] = inspection
        for result in inspection.results.all():
            if result.verdict == Verdict.PROBLEM:
                line.problems += 1
                subjects[result.subject] = line
    still = Finding.objects.open().filter(subject__in=subjects)
    for subject in still.values_list("subject", flat=True):
        subjects[subject].open += 1
    return list(lines.values())


def sums_of(projects: QuerySet[Project], year: int, half: int) -> dict[str, int]:
    """Return how many of ``projects`` each level has looked at and how many problems are open; three queries."""
    made = Inspection.objects.filter(project__in=projects.order_by().values("pk"), year=year, half=half)
    levels = made.order_by().aggregate(
        own=Count("pk", filter=Q(level=InspectionLevel.TOWNSHIP)),
        county=Count("pk", filter=Q(level=InspectionLevel.COUNTY)),
    )
    results = InspectionResult.objects.filter(
        inspection__in=made.order_by().values("pk"), verdict=Verdict.PROBLEM
    )
    subjects = {row.subject for row in results}
    open_ones = Finding.objects.open().filter(
        subject__startswith="projects.inspection:", origin__startswith=f"{year}年"
    )
    still = open_ones.values_list("subject", flat=True) if subjects else []
    return levels | {"open": sum(1 for subject in still if subject in subjects)}
