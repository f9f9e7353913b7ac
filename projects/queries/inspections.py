"""The round of a half-year: which projects each level has looked at, and what is still open."""

from collections import defaultdict
from dataclasses import dataclass, field

from django.db.models import QuerySet

from povertyedu.findings.models import Finding
from projects.enums import InspectionLevel, Verdict
from projects.models import Inspection, Project


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


def round_of(projects: QuerySet[Project], year: int, half: int) -> list[RoundLine]:
    """Return a line per project, newest first; four queries for any number."""
    lines = {row.pk: RoundLine(row) for row in projects.select_related("area__parent").order_by("-pk")}
    made = Inspection.objects.filter(
        project__in=projects.order_by().values("pk"), year=year, half=half
    ).prefetch_related("results")
    subjects: dict[str, int] = {}
    for inspection in made:
        line = lines.get(inspection.project_id)
        if not line:
            continue
        line.of[inspection.level] = inspection
        for result in inspection.results.all():
            if result.verdict == Verdict.PROBLEM:
                line.problems += 1
                subjects[result.subject] = inspection.project_id
    still = defaultdict(int)
    if subjects:
        begun = Finding.objects.open().filter(
            subject__startswith="projects.inspection:", origin__startswith=f"{year}年"
        )
        for subject in begun.values_list("subject", flat=True):
            if subject in subjects:
                still[subjects[subject]] += 1
    for pk, number in still.items():
        lines[pk].open = number
    return list(lines.values())
