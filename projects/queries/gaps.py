"""Reads of the list of gaps: tabs, filters, one school's plan (一校一策)."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from povertyedu.orgs.models import School, Term
from projects.enums import STANDING_GAPS, GapState
from projects.models import Gap, Project

from .needs import Need, needs_of

TABS = {
    "standing": ("未销号", Q(state__in=STANDING_GAPS)),
    "open": ("未列项目", Q(state=GapState.OPEN)),
    "planned": ("已列项目", Q(state=GapState.PLANNED)),
    "filled": ("待核销", Q(state=GapState.FILLED)),
    "closed": ("已销号", Q(state=GapState.CLOSED)),
    "dropped": ("不成立", Q(state=GapState.DROPPED)),
}


def narrowed(rows: QuerySet[Gap], wanted: dict) -> QuerySet[Gap]:
    if township := wanted.get("township"):
        rows = rows.filter(township.scope.area_q("school__area_id"))
    if school := wanted.get("school"):
        rows = rows.filter(school=school)
    if item := wanted.get("item"):
        rows = rows.filter(item__contains=item)
    if wanted.get("hazard"):
        rows = rows.filter(is_hazard=True)
    return rows


@dataclass
class SchoolPlan:
    """One school's plan: what it needs beside what it has, its gaps by priority, its projects."""

    needs: list[Need]
    gaps: list[Gap]
    projects: list[Project]


def plan_of(school: School, term: Term | None) -> SchoolPlan:
    """Return the plan of a school; a constant number of queries."""
    needs = needs_of(term, [school.pk]).get(school.pk, []) if term else []
    gaps = (
        Gap.objects.filter(school=school)
        .exclude(state=GapState.DROPPED)
        .select_related("school__area", "project")
    )
    projects = Project.objects.filter(sites__school=school).standing().with_sums().order_by("-pk")
    return SchoolPlan(needs, list(gaps.by_priority()), list(projects))
