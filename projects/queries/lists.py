"""Lists of projects: tabs, filters, and what they add up to by source, programme and township."""

from dataclasses import dataclass

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, Substr

from povertyedu.orgs.models import Area
from projects.enums import BUILT, FundSource, ProjectState
from projects.models import FundLine, Programme, Project

TABS = {
    "all": ("全部", Q()),
    "preliminary": ("前期", Q(state=ProjectState.PRELIMINARY)),
    "under_way": ("在建", Q(state__in=[ProjectState.UNDER_WAY, ProjectState.HALTED])),
    "built": ("已竣工", Q(state__in=BUILT)),
    "cancelled": ("已取消", Q(state=ProjectState.CANCELLED)),
}
SUMS = ("budget_fen", "arrived_fen", "contracted_fen", "paid_fen")


def narrowed(rows: QuerySet[Project], wanted: dict) -> QuerySet[Project]:
    """Narrow by township, programme, year, source of money and words."""
    if township := wanted.get("township"):
        rows = rows.filter(township.scope.area_q("area_id"))
    if programme := wanted.get("programme"):
        rows = rows.filter(programme=programme)
    if year := wanted.get("year"):
        rows = rows.filter(year=year)
    if source := wanted.get("source"):
        rows = rows.filter(Exists(FundLine.objects.filter(project=OuterRef("pk"), source=source)))
    if text := wanted.get("q"):
        rows = rows.filter(Q(name__contains=text) | Q(code__contains=text))
    return rows


def totals(rows: QuerySet[Project]) -> dict[str, int]:
    """Return how many projects and their money, over all sources; two queries."""
    lines = FundLine.objects.filter(project__in=rows.order_by().values("pk"))
    return {"count": rows.count()} | lines.aggregate(**{name: Coalesce(Sum(name), 0) for name in SUMS})


@dataclass
class Sums:
    """One line of a table of sums, in fen; ``key`` is what it is filtered by."""

    label: str
    count: int
    budget_fen: int
    arrived_fen: int
    contracted_fen: int
    paid_fen: int
    key: str = ""


def by_source(rows: QuerySet[Project]) -> list[Sums]:
    return _grouped(rows, "source", FundSource.choices)


def by_programme(rows: QuerySet[Project]) -> list[Sums]:
    names = [(pk, name) for pk, name in Programme.objects.values_list("pk", "name")]
    return _grouped(rows, "project__programme", names)


def by_township(rows: QuerySet[Project]) -> list[Sums]:
    """Return sums by the nine digits of the township; what stands in the county as a whole comes first."""
    names = [
        (area.code, area.name)
        for area in Area.objects.filter(level__in=["county", "township"]).order_by("code")
    ]
    return _grouped(rows, Substr("project__area_id", 1, 9), names)


def _grouped(rows: QuerySet[Project], by, names) -> list[Sums]:
    lines = FundLine.objects.filter(project__in=rows.order_by().values("pk")).order_by()
    values = lines.annotate(group=F(by) if isinstance(by, str) else by).values("group")
    found = {
        row["group"]: row
        for row in values.annotate(
            count=Count("project", distinct=True), **{name: Sum(name) for name in SUMS}
        )
    }
    known = [key for key, _ in names]
    names = [*names, *((key, str(key)) for key in found if key not in known)]
    return [
        Sums(str(label), found[key]["count"], *(found[key][name] for name in SUMS), key=str(key))
        for key, label in names if key in found
    ]  # fmt: skip
