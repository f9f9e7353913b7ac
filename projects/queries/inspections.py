"""The round of a half-year: which projects each level has looked at, what is still open; and who answers for a project."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Count, DateField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Substr

from povertyedu.findings.enums import FindingState
from povertyedu.findings.models import Finding
from povertyedu.orgs.calendar import today
from povertyedu.orgs.enums import AreaLevel
from povertyedu.orgs.models import Area, School
from povertyedu.orgs.scope import Scope
from projects.enums import InspectionLevel, ProjectState, Verdict
from projects.models import Inspection, InspectionResult, Project, ProjectSite

COUNTY_DIGITS, TOWNSHIP_DIGITS = 6, 9
OVER = (ProjectState.CANCELLED, ProjectState.HANDED_OVER)
REMINDED_MONTHS = 2  # of a half-year: its last


def half_of(day: dt.date) -> tuple[int, int]:
    """Return the year and the half (1, 2) that ``day`` lies in."""
    return day.year, 1 if day.month <= 6 else 2


def last_day(year: int, half: int) -> dt.date:
    return dt.date(year, 6, 30) if half == 1 else dt.date(year, 12, 31)


def to_inspect(rows: QuerySet[Project], year: int, half: int) -> QuerySet[Project]:
    """Narrow to what a half-year's round looks at: registered by its end, neither given up nor handed over."""
    return rows.exclude(state__in=OVER).filter(registered_on__lte=last_day(year, half))


def used_in(rows: QuerySet[Project], township: Area) -> QuerySet[Project]:
    """Narrow to what stands in ``township`` or is for a school there."""
    sites = ProjectSite.objects.filter(township.scope.area_q("school__area_id"), project=OuterRef("pk"))
    return rows.filter(township.scope.area_q("area_id") | Exists(sites))


def _made(scope: Scope, year: int, half: int) -> QuerySet[Inspection]:
    """Return the inspections that were made from the places of ``scope``: the county's own, or those of its townships."""
    level = InspectionLevel.COUNTY if scope.of_county else InspectionLevel.TOWNSHIP
    return Inspection.objects.filter(scope.area_q("area_id"), year=year, half=half, level=level)


def tabs_of(scope: Scope, year: int, half: int) -> dict[str, tuple[str, Q]]:
    """Return name -> (word, condition on projects): all, what ``scope`` has still to look at, what has problems that are open."""
    problems = InspectionResult.objects.filter(
        inspection__project=OuterRef("pk"), inspection__year=year, inspection__half=half, findings__in=Finding.objects.open().values("pk"),
    )  # fmt: skip
    tabs = {"all": ("全部", Q())}
    if scope:
        mine = _made(scope, year, half).filter(project=OuterRef("pk"))
        tabs["todo"] = ("本单位没有检查", ~Q(Exists(mine)))
    return tabs | {"open": ("有没有销号的问题", Q(Exists(problems)))}


def waiting_of(rows: Sequence[Project], scope: Scope, year: int, half: int) -> set[int]:
    """Return the keys of ``rows`` that ``scope`` has still to look at; one query."""
    done = _made(scope, year, half).filter(project__in=[row.pk for row in rows])
    return {row.pk for row in rows} - set(done.values_list("project", flat=True))


def not_inspected(rows: QuerySet[Project], scope: Scope) -> QuerySet[Project]:
    """Narrow to what nobody of ``scope`` has looked at yet, in the last months of a half-year; nothing before. ``begun``: since when."""
    year, half = half_of(today())
    begun = dt.date(year, 6 * half - REMINDED_MONTHS + 1, 1)
    rows = to_inspect(rows, year, half).annotate(begun=Value(begun, output_field=DateField()))
    if today() < begun:
        return rows.none()
    return rows.filter(~Exists(_made(scope, year, half).filter(project=OuterRef("pk"))))


@dataclass(frozen=True)
class Users:
    """Who uses a project and answers for it (谁使用谁负责), as far as the inspector's place goes.

    ``are_known`` is false for a project of the whole county that names no school: ``townships`` are all there are then,
    and the inspector has to say which.
    """

    schools: list[School]
    townships: list[Area]
    are_known: bool = True

    @property
    def usual(self) -> list[Area | School]:
        """The one school; of several their townships, and those that lie in none; nobody where they are not known."""
        if not self.are_known or len(self.schools) == 1:
            return [*self.schools]
        return [*self.townships, *(each for each in self.schools if len(each.area_id) <= COUNTY_DIGITS)]

    @property
    def choices(self) -> list[tuple[str, str]]:
        """What an inspector may name, key and words; empty where there is only one."""
        found = [(self.key_of(each), str(each)) for each in (*self.townships, *self.schools)]
        return found if len(self.schools) > 1 or not self.are_known else []

    def named(self, keys: Iterable[str]) -> list[Area | School]:
        """Return the places of ``keys`` among the choices."""
        return [each for each in (*self.townships, *self.schools) if self.key_of(each) in keys]

    @staticmethod
    def key_of(place: Area | School) -> str:
        return place.code if isinstance(place, Area) else f"s{place.pk}"


def users_of(project: Project, at: Area) -> Users:
    """Return who uses ``project`` within ``at``; three queries at most."""
    sites = ProjectSite.objects.filter(at.scope.area_q("school__area_id"), project=project)
    schools = list(School.objects.filter(pk__in=sites.values("school")).order_by("area_id", "name"))
    townships = Area.objects.filter(level=AreaLevel.TOWNSHIP)
    if schools:
        codes = {school.area_id[:TOWNSHIP_DIGITS] for school in schools}
        return Users(schools, list(townships.filter(code__in=codes)))
    if len(project.area_id) > COUNTY_DIGITS:
        return Users([], list(townships.filter(code=project.area_id[:TOWNSHIP_DIGITS])))
    return Users([], list(townships.standing().filter(at.scope.area_q("code"))), are_known=False)


def place_of(areas: QuerySet[Area], project: Project) -> Area:
    """Return whence ``project`` is inspected by who has ``areas``: the county, or that one of their townships that uses it."""
    own = list(areas.standing().exclude(level=AreaLevel.VILLAGE).order_by("code"))
    if own[0].level == AreaLevel.COUNTY or len(own) == 1:
        return own[0]
    return next((each for each in own if users_of(project, each).schools), own[0])


@dataclass
class RoundLine:
    """One project in a half-year. ``due``: how many townships use it, and check themselves."""

    project: Project
    own: list[Inspection] = field(default_factory=list)
    county: Inspection | None = None
    due: int = 0
    problems: int = 0
    open: int = 0

    @property
    def towns(self) -> str:
        return "、".join(each.area.name for each in self.own)

    @property
    def problem_words(self) -> str:
        if not self.problems:
            return "没有问题" if self.own or self.county else "—"
        return f"{self.problems} 个，" + (f"{self.open} 个没有销号" if self.open else "都已销号")


def round_of(projects: Sequence[Project], year: int, half: int) -> list[RoundLine]:
    """Return a line per project, in their order; four queries for any number."""
    lines = {row.pk: RoundLine(row) for row in projects}
    sites = ProjectSite.objects.filter(project__in=lines).values_list(
        "project", Substr("school__area_id", 1, TOWNSHIP_DIGITS)
    )
    for project, township in sites.order_by().distinct():
        lines[project].due += len(township) > COUNTY_DIGITS
    for line in lines.values():
        line.due = line.due or int(len(line.project.area_id) > COUNTY_DIGITS)
    made = Inspection.objects.filter(project__in=lines, year=year, half=half).select_related("area")
    for inspection in made.order_by("pk").prefetch_related("results__findings"):
        line = lines[inspection.project_id]
        if inspection.level == InspectionLevel.COUNTY:
            line.county = inspection
        else:
            line.own.append(inspection)
        for result in inspection.results.all():
            if result.verdict == Verdict.PROBLEM:
                line.problems += 1
                line.open += any(each.state != FindingState.CLOSED for each in result.findings.all())
    return list(lines.values())


def sums_of(projects: QuerySet[Project], year: int, half: int) -> dict[str, int]:
    """Return how many of ``projects`` each level has looked at and how many problems are open; two queries."""
    made = Inspection.objects.filter(project__in=projects.order_by().values("pk"), year=year, half=half)
    levels = made.order_by().aggregate(
        own=Count("project", distinct=True, filter=Q(level=InspectionLevel.TOWNSHIP)),
        county=Count("project", distinct=True, filter=Q(level=InspectionLevel.COUNTY)),
    )
    open_ones = InspectionResult.objects.filter(
        inspection__in=made.order_by().values("pk"), findings__in=Finding.objects.open().values("pk")
    )
    return levels | {"open": open_ones.order_by().values("pk").distinct().count()}
