"""Projects, gaps and lateness by township, for the tile map and the leaders' page."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Avg, Count, Q, QuerySet
from django.db.models.functions import Substr

from povertyedu.orgs.calendar import today
from povertyedu.orgs.enums import AreaLevel
from povertyedu.orgs.models import Area
from projects.enums import BUILT, GapState, MilestoneKind
from projects.models import Gap, Milestone, Project

from .as_of import in_plan, percents_on
from .plan_history import before_changes, days_before

COUNTY_DIGITS = 6
PROGRESS_BANDS, GAP_BANDS, LATE_BANDS = (25, 50, 75), (20, 5, 0), (3, 1, 0)
SHOWN = {"progress": "形象进度", "late": "超期项目", "gaps": "没有销号的缺口"}
LEGENDS = {
    "progress": ("<25%", "25%—50%", "50%—75%", "≥75%"), "late": ("4 个以上", "2—3 个", "1 个", "没有"),
    "gaps": ("21 项以上", "6—20 项", "1—5 项", "没有"),
}  # fmt: skip


@dataclass
class Town:
    """One township, or the county for what crosses townships; ``percent`` is the mean over its projects, None without any."""

    code: str
    name: str
    count: int = 0
    built: int = 0
    late: int = 0
    percent: int | None = None
    gaps: int = 0

    @property
    def is_county(self) -> bool:
        return len(self.code) <= COUNTY_DIGITS

    def band(self, by: str) -> int:
        """Return the colour 1 (worst) to 4 (best); 0 where there is no project to be on time or late."""
        if by != "gaps" and not self.count:
            return 0
        if by == "progress":
            return 1 + sum((self.percent or 0) >= bound for bound in PROGRESS_BANDS)
        value, bounds = (self.gaps, GAP_BANDS) if by == "gaps" else (self.late, LATE_BANDS)
        return 1 + sum(value <= bound for bound in bounds)

    def text(self, by: str) -> str:
        if by == "gaps":
            return f"{self.gaps} 项"
        if not self.count:
            return "没有项目"
        return f"{self.percent}%" if by == "progress" else f"{self.late} 个"


def towns_of(projects: QuerySet[Project], gaps: QuerySet[Gap], on: dt.date, *, every: bool) -> list[Town]:
    """Return the townships with their projects and gaps on a day; with ``every`` also those that have none. Constant queries."""
    names = dict(
        Area.objects.filter(level__in=[AreaLevel.COUNTY, AreaLevel.TOWNSHIP])
        .order_by("code")
        .values_list("code", "name")
    )
    towns: dict[str, Town] = {code: Town(code, name) for code, name in names.items()}
    fill = _now if on >= today() else _then
    fill(towns, in_plan(projects, on), on)
    standing = (
        gaps.filter(found_on__lte=on)
        .filter(Q(closed_on=None) | Q(closed_on__gt=on))
        .exclude(state=GapState.DROPPED)
    )
    counted = standing.order_by().values(at=Substr("school__area_id", 1, 9)).annotate(count=Count("pk"))
    for row in counted:
        towns.setdefault(row["at"], Town(row["at"], row["at"])).gaps = row["count"]
    return [
        town for town in towns.values() if town.count or town.gaps or (every and not town.is_county)
    ]  # fmt: skip


def _now(towns: dict[str, Town], rows: QuerySet[Project], on: dt.date) -> None:
    late = Q(due_on__lt=on) & ~Q(state__in=BUILT)
    counted = rows.order_by().values(at=Substr("area_id", 1, 9)).annotate(
        count=Count("pk"), built=Count("pk", filter=Q(state__in=BUILT)), late=Count("pk", filter=late), mean=Avg("percent"),
    )  # fmt: skip
    for row in counted:
        town = towns.setdefault(row["at"], Town(row["at"], row["at"]))
        town.count, town.built, town.late, town.percent = (
            row["count"],
            row["built"],
            row["late"],
            int(row["mean"]),
        )


def _then(towns: dict[str, Town], rows: QuerySet[Project], on: dt.date) -> None:
    """What :func:`as_of.picture` would say of progress and lateness, without the rest of it."""
    keys = rows.order_by().values("pk")
    finishes = Milestone.objects.filter(project__in=keys, kind=MilestoneKind.FINISH)
    built = set(finishes.filter(actual_on__lte=on).values_list("project", flat=True))
    planned = dict(finishes.exclude(planned_on=None).values_list("project", "planned_on"))
    for (project, kind), day in days_before(before_changes(keys, on)):
        if kind == MilestoneKind.FINISH:
            planned[project] = day
    reported, percents = percents_on(keys, on), defaultdict(list)
    for pk, area, due_on in rows.order_by().values_list("pk", "area_id", "due_on"):
        town = towns.setdefault(area[:9], Town(area[:9], area[:9]))
        due_on = planned.get(pk, due_on)
        town.count += 1
        town.built += pk in built
        town.late += bool(due_on) and pk not in built and due_on < on
        percents[town.code].append(100 if pk in built else reported.get(pk, 0))
    for code, found in percents.items():
        towns[code].percent = sum(found) // len(found)
