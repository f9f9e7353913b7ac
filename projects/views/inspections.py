"""半年检查: the round of a half-year, 乡镇自查 and 县级复查, three items each."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.calendar import today
from povertyedu.orgs.enums import AreaLevel
from povertyedu.orgs.models import Area
from povertyedu.ui.listing import Listing
from povertyedu.workflow.attempt import attempt
from projects.actions import inspections as actions
from projects.enums import InspectionLevel
from projects.forms.inspections import InspectionForm, RoundFilter
from projects.models import Project
from projects.queries import inspections as queries

from .projects import crumbs, project_of

KEPT = ("tab", "township", "year", "half")


@needs(P.VIEW_PROJECTS)
@require_GET
def inspections(request):
    """Show the round: which projects were looked at by whom, and what is open."""
    year, half = queries.half_of(today())
    form = RoundFilter(request.GET, user=request.user, permission=P.VIEW_PROJECTS)
    year, half = form.wanted.get("year") or year, int(form.wanted.get("half") or half)
    every = Project.objects.visible_to(request.user, P.VIEW_PROJECTS)
    if township := form.wanted.get("township"):
        every = queries.used_in(every, township)
    every = queries.to_inspect(every, year, half)
    scope = request.user.scope(P.INSPECT_PROJECTS)
    conditions = queries.tabs_of(scope, year, half)
    listing = Listing(request, KEPT)
    tab = listing.tab(conditions, "all")
    shown = listing.shown(every.filter(conditions[tab][1]).select_related("area__parent"))
    context = {
        "crumbs": crumbs(("半年检查", None)),
        "form": form,
        "applied": form.in_force(),
        "keep": {"tab": tab},
        "tabs": listing.tabs(every, conditions, tab),
        "total": every.count(),
        "words": f"{year}年{'上' if half == 1 else '下'}半年",
        "sums": queries.sums_of(every, year, half),
        "may_inspect": bool(scope),
        "waiting": queries.waiting_of(shown["rows"], scope, year, half) if scope else (),
        **shown,
        "rows": queries.round_of(shown["rows"], year, half),
    }
    return render(request, "projects/inspections.html", context)


@needs(P.INSPECT_PROJECTS)
@require_http_methods(["GET", "HEAD", "POST"])
def inspect(request, pk):
    """Record an inspection, from the inspector's place: the county, or a township that uses the project."""
    project = project_of(request, pk, P.INSPECT_PROJECTS)
    area = queries.place_of(Area.objects.visible_to(request.user, P.INSPECT_PROJECTS), project)
    level = InspectionLevel.COUNTY if area.level == AreaLevel.COUNTY else InspectionLevel.TOWNSHIP
    form = InspectionForm(
        request.POST or None,
        users=queries.users_of(project, area),
        of_county=level == InspectionLevel.COUNTY,
    )
    if form.is_bound and form.is_valid():
        made = attempt(
            form, actions.inspect, by=actor(request, P.INSPECT_PROJECTS), project=project, area=area, on=form.cleaned_data["on"],
            verdicts=form.verdicts, due_on=form.cleaned_data["due_on"], places=form.places, partners=form.cleaned_data.get("partners") or "",
        )  # fmt: skip
        if made:
            messages.success(request, f"已登记{made}；有问题的已列入整改销号。")
            return redirect("projects:inspections")
    context = {
        "crumbs": crumbs(("半年检查", reverse("projects:inspections")), (project.name, None)),
        "title": f"{level.label}：{project.name}", "note": "有问题的自动列入整改销号，谁使用谁负责", "form": form, "button": "登记检查",
        "back_url": reverse("projects:inspections"),
    }  # fmt: skip
    return render(request, "projects/form.html", context, status=422 if form.errors else 200)
