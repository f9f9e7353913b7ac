"""Pictures of projects: Gantt chart and S-curve of a project and of a programme, the tile map of townships."""

import datetime as dt

from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from povertyedu.accounts.access import needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.calendar import today
from povertyedu.ui.listing import Listing
from projects.forms.reports import AsOfFilter, DayForm
from projects.models import Gap, Programme, Project
from projects.queries import as_of
from projects.queries.curves import curve_of, phases_of, project_span
from projects.queries.townships import LEGENDS, SHOWN, towns_of

from .ledgers import KEPT, planned
from .projects import crumbs, project_of

ROWS = 40
COLUMNS = 5
CHART_LEGEND = (
    {"css": "key-plan", "text": "计划"}, {"css": "key-real", "text": "实际"}, {"css": "key-late", "text": "超期"},
)  # fmt: skip


def _day(request) -> tuple[DayForm, dt.date]:
    form = DayForm(request.GET or None, auto_id="filter_%s")
    return form, (form.is_valid() and form.cleaned_data["on"]) or today()


@needs(P.VIEW_PROJECTS)
@require_GET
def project_charts(request, pk):
    """Show a project's milestones as a Gantt chart and its money as a curve, as of a day."""
    found = project_of(request, pk)
    form, on = _day(request)
    own = Project.objects.visible_to(request.user, P.VIEW_PROJECTS).filter(pk=pk)
    [row] = as_of.picture(own, on)
    context = {
        "crumbs": crumbs((found.name, found.get_absolute_url()), ("横道图和曲线", None)), "title": found.name, "form": form, "on": on,
        "rows": phases_of(row), "head": "节点", "curve": curve_of(own, on), "legend": CHART_LEGEND, "back_url": found.get_absolute_url(),
        "next_text": "在项目页的“节点”里定计划日期、登记完成，横道图就画出来。",
    }  # fmt: skip
    return render(request, "projects/charts.html", context)


@needs(P.VIEW_PROJECTS)
@require_GET
def programme_charts(request, pk):
    """Show a programme's projects as a Gantt chart and their money as one curve, as of a day."""
    found = get_object_or_404(Programme.objects.visible_to(request.user, P.VIEW_PROJECTS), pk=pk)
    form, on = _day(request)
    rows = as_of.in_plan(Project.objects.visible_to(request.user, P.VIEW_PROJECTS), on).filter(
        programme=found
    )
    shown = Listing(request, ("on",)).numbered(rows.order_by("pk"), per_page=ROWS)
    spans = [
        project_span(row, reverse("projects:charts", args=[row.project.pk]))
        for row in as_of.picture(list(shown["rows"]), on)
    ]
    context = {
        "crumbs": crumbs(("建设规划", reverse("projects:programmes")), (found.name, found.get_absolute_url()), ("横道图和曲线", None)),
        "title": found.name, "form": form, "on": on, **shown, "rows": spans, "head": "项目", "curve": curve_of(rows, on) if spans else None,
        "legend": CHART_LEGEND, "back_url": found.get_absolute_url(),
        "next_text": "在规划下登记项目，定开工、竣工日期，横道图就画出来。",
    }  # fmt: skip
    return render(request, "projects/charts.html", context)


@needs(P.VIEW_PROJECTS)
@require_GET
def township_map(request):
    """Show townships as tiles, coloured by progress, lateness or gaps, beside the same in a table."""
    form = AsOfFilter(request.GET, user=request.user, permission=P.VIEW_PROJECTS)
    on = form.wanted.get("on") or today()
    listing = Listing(request, KEPT)
    by = request.GET.get("by") if request.GET.get("by") in SHOWN else "progress"
    gaps = Gap.objects.visible_to(request.user, P.VIEW_PROJECTS)
    if township := form.wanted.get("township"):
        gaps = gaps.filter(township.scope.area_q("school__area_id"))
    narrowed = any(form.wanted.get(name) for name in ("township", "programme", "year"))
    of_county = request.user.scope(P.VIEW_PROJECTS).of_county
    towns = towns_of(planned(request, form, on), gaps, on, every=of_county and not narrowed)
    context = {
        "crumbs": crumbs(("乡镇分布", None)), "form": form, "applied": form.in_force(), "keep": {"by": by}, "on": on, "by": by,
        "title": SHOWN[by], "towns": [{"it": town, "url": _address(by, town)} for town in towns], "tiles": tiles_of(towns, by),
        "bands": [{"css": f"band-{number}", "text": text} for number, text in enumerate(LEGENDS[by], start=1)],
        "tabs": [{"text": text, "active": name == by, "url": f"?{listing.query(by=name)}"} for name, text in SHOWN.items()],
        "total": {name: sum(getattr(town, name) for town in towns) for name in ("count", "built", "late", "gaps")},
    }  # fmt: skip
    return render(request, "projects/map.html", context)


def _address(by: str, town) -> str:
    """Return the list a township leads to; the county as a whole has none."""
    if town.is_county:
        return ""
    if by == "gaps":
        return f"{reverse('projects:gaps')}?township={town.code}"
    return f"{reverse('projects:ledgers')}?tab=progress&township={town.code}"


def tiles_of(towns, by: str, columns: int = COLUMNS) -> list[tuple]:
    """Return the tiles of :func:`povertyedu.ui.charts.tilemap`."""
    return [
        (
            number % columns, number // columns, "全县性" if town.is_county else town.name, float(town.percent or 0), town.band(by),
            _address(by, town) or None, town.text(by),
        )
        for number, town in enumerate(towns)
    ]  # fmt: skip
