"""轮岗率 and 应轮岗名单 of the quality schools in reach, by school year."""

from urllib.parse import urlencode

from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from povertyedu.accounts.access import needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.indicators.definitions import Period, period_of
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import School
from povertyedu.ui.listing import handed_over
from teachers.forms.deployment import RotationFilter
from teachers.queries import rotation as queries
from teachers.queries.rotation_export import due_workbook_of, workbook_of

from .deployment import crumbs

LISTED_AT_MOST = 500
CRUMB = ("轮岗率", "/teachers/rotation/")


def _asked(request) -> tuple[RotationFilter, Period, list[School]]:
    """Return the filter, the school year, and the quality schools in reach that it leaves."""
    form = RotationFilter(request.GET, user=request.user, permission=P.VIEW_TEACHERS)
    now = period_of(today())
    year = int(form.wanted.get("year") or now.year)
    period = Period(year, min(today(), Period(year, today()).ends_on))
    schools = (
        School.objects.visible_to(request.user, P.VIEW_TEACHERS)
        .filter(place__is_quality=True)
        .order_by("area_id", "code")
    )
    if township := form.wanted.get("township"):
        schools = schools.filter(township.scope.area_q("area_id"))
    return form, period, list(schools)


def _link(name: str, period: Period, request, **more) -> str:
    kept = {"year": period.year, "township": request.GET.get("township")} | more
    return f"{reverse(name)}?{urlencode({key: value for key, value in kept.items() if value})}"


@needs(P.VIEW_TEACHERS)
@require_GET
def rotation(request):
    """Show the rates of each quality school by both denominators, numerators and denominators beside them."""
    form, period, schools = _asked(request)
    rows, total = queries.by_school(period, schools)
    context = {
        "crumbs": crumbs(("轮岗率", None)), "form": form, "applied": form.in_force(), "applied_place": form.wanted.get("township"),
        "period": period, "as_of": f"数据截至 {period.on}", "rows": rows, "total": total, "tiles": queries.tiles_of(total, period),
        "may_edit": request.user.can(P.EDIT_TEACHERS), "due_url": _link("teachers:rotation_due", period, request),
        "export_url": _link("teachers:rotation_export", period, request),
    }  # fmt: skip
    return render(request, "teachers/deployment/rotation.html", context)


@needs(P.VIEW_TEACHERS)
@require_GET
def rotation_export(request):
    """Hand over the table of rates as a workbook."""
    form, period, schools = _asked(request)
    rows, total = queries.by_school(period, schools)
    body = workbook_of(rows, total, period=period, words=form.in_force() or "全部", by=request.user.name)
    return handed_over(body, f"轮岗率{period.year}学年")


def _due(request):
    form, period, schools = _asked(request)
    asked = request.GET.get("school", "")
    chosen = [school for school in schools if str(school.pk) == asked]
    return form, period, chosen[0] if chosen else None, queries.due(period, chosen or schools)


@needs(P.VIEW_TEACHERS)
@require_GET
def rotation_due(request):
    """List who is due for rotation, with why, longest in the school first."""
    form, period, school, rows = _due(request)
    keep = {"school": school.pk} if school else {}
    context = {
        "crumbs": crumbs(CRUMB, ("应轮岗名单", None)), "form": form, "applied": form.in_force(), "period": period, "school": school,
        "rows": rows[:LISTED_AT_MOST], "more": max(0, len(rows) - LISTED_AT_MOST), "may_ask": request.user.can(P.ASK_DEPLOYMENT),
        "rotation_url": _link("teachers:rotation", period, request),
        "export_url": _link("teachers:rotation_due_export", period, request, **keep),
    }  # fmt: skip
    return render(request, "teachers/deployment/due.html", context)


@needs(P.VIEW_TEACHERS)
@require_GET
def rotation_due_export(request):
    """Hand over who is due as a workbook."""
    form, period, school, rows = _due(request)
    words = "；".join(filter(None, [form.in_force(), school and school.name])) or "全部"
    body = due_workbook_of(rows, period=period, words=words, by=request.user.name)
    return handed_over(body, f"应轮岗名单{period.year}学年")
