"""轮岗率 and 应轮岗名单 of the quality schools in reach, by school year; heads' terms of office."""

from urllib.parse import urlencode

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.indicators.definitions import Period, period_of
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import School
from povertyedu.ui.paging import key_page
from povertyedu.workflow.attempt import attempt
from teachers.actions.head_terms import register_head_term
from teachers.forms.deployment import HeadTermForm, RotationFilter
from teachers.models import HeadTerm
from teachers.queries import rotation as queries
from teachers.queries.rotation_export import due_workbook_of, workbook_of

from .deployment import crumbs, sent

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
    return sent(body, f"轮岗率{period.year}学年.xlsx")


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
    return sent(
        due_workbook_of(rows, period=period, words=words, by=request.user.name),
        f"应轮岗名单{period.year}学年.xlsx",
    )


@needs(P.EDIT_TEACHERS)
@require_GET
def head_terms(request):
    """List heads' terms of office, school by school."""
    rows = HeadTerm.objects.visible_to(request.user, P.EDIT_TEACHERS).select_related(
        "teacher__person", "school"
    )
    page = key_page(
        rows, after=request.GET.get("after", ""), before=request.GET.get("before", ""), newest_first=True
    )
    context = {
        "crumbs": crumbs(CRUMB, ("校长任期", None)), "rows": page.rows, "page": page,
        "previous_url": page.previous and f"?before={page.previous}", "next_url": page.following and f"?after={page.following}",
    }  # fmt: skip
    return render(request, "teachers/deployment/head_terms.html", context)


@needs(P.EDIT_TEACHERS)
@require_http_methods(["GET", "HEAD", "POST"])
def head_term_new(request):
    """Register a term of office at the school where the head holds their post."""
    form = HeadTermForm(request.POST or None, user=request.user)
    if form.is_bound and form.is_valid():
        made = attempt(form, register_head_term, by=actor(request, P.EDIT_TEACHERS), **form.cleaned_data)
        if made:
            messages.success(request, f"已登记：{made}。")
            return redirect("teachers:head_terms")
    context = {
        "crumbs": crumbs(CRUMB, ("校长任期", reverse("teachers:head_terms")), ("登记任期", None)), "title": "登记校长任期", "form": form,
        "button": "登记", "back_url": reverse("teachers:head_terms"), "note": "学校按起日的岗位",
    }  # fmt: skip
    return render(request, "teachers/deployment/form.html", context, status=422 if form.errors else 200)
