"""缺口清单 and 一校一策: what schools lack, in order of urgency with its reasons, from gap to closed."""

from functools import partial

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from povertyedu.accounts.access import actor, needs, open_step, working_term
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.models import School
from povertyedu.ui.listing import Listing, handed_over
from povertyedu.workflow.attempt import attempt
from projects.actions import gaps as actions
from projects.forms import gaps as forms
from projects.models import Gap
from projects.queries import gaps as queries
from projects.queries.gap_export import workbook_of
from projects.states import GAP_FLOW

from .projects import crumbs

KEPT = ("tab", "township", "school", "item", "hazard")
CRUMB = ("缺口清单", "/projects/gaps/")
STEPS = {
    "plan": (forms.PlanForm, actions.plan), "fill": (forms.FillForm, actions.fill), "confirm": (forms.WhyForm, actions.confirm),
    "send_back": (forms.WhyForm, actions.send_back), "drop": (forms.WhyForm, actions.drop), "reopen": (forms.WhyForm, actions.reopen),
}  # fmt: skip


def _chosen(request):
    form = forms.GapsFilter(request.GET, user=request.user, permission=P.VIEW_PROJECTS)
    rows = queries.narrowed(Gap.objects.visible_to(request.user, P.VIEW_PROJECTS), form.wanted)
    return form, rows, Listing(request, KEPT).tab(queries.TABS, "standing")


@needs(P.VIEW_PROJECTS)
@require_GET
def gaps(request):
    """List the gaps, the most urgent first, each with why it stands there."""
    form, every, tab = _chosen(request)
    rows = every.filter(queries.TABS[tab][1]).select_related("school__area", "project").by_priority()
    listing = Listing(request, KEPT)
    context = {
        "crumbs": crumbs(("缺口清单", None)),
        "form": form,
        "applied": form.in_force(),
        "keep": {"tab": tab},
        "tabs": listing.tabs(every, queries.TABS, tab),
        "may_report": request.user.can(P.REPORT_NEEDS),
        "may_manage": request.user.can(P.MANAGE_PROJECTS),
        **listing.numbered(rows, reverse("projects:gaps_export")),
    }
    return render(request, "projects/gaps.html", context)


@needs(P.VIEW_PROJECTS)
@require_GET
def gaps_export(request):
    """Hand over what the filter shows, in its order, as a workbook."""
    form, every, tab = _chosen(request)
    rows = every.filter(queries.TABS[tab][1]).select_related("school__area", "project").by_priority()
    words = "；".join(filter(None, [queries.TABS[tab][0], form.in_force()]))
    return handed_over(workbook_of(rows, words=words, by=request.user.name), "办学条件缺口清单")


@needs(P.REPORT_NEEDS)
@require_http_methods(["GET", "HEAD", "POST"])
def gap_new(request):
    """Put a gap on the list by hand."""
    form = forms.GapForm(
        request.POST or None, user=request.user, initial={"school": request.GET.get("school")}
    )
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        new = actions.NewGap(**data | {"school": data["school"].pk, "note": data["note"] or ""})
        made = attempt(form, actions.report, by=actor(request, P.REPORT_NEEDS), gaps=[new])
        if made:
            messages.success(request, "已列入缺口清单。")
            return redirect(made[0])
    context = {
        "crumbs": crumbs(CRUMB, ("填报缺口", None)), "title": "填报缺口", "form": form, "button": "填报", "back_url": reverse("projects:gaps"),
    }  # fmt: skip
    return render(request, "projects/form.html", context, status=422 if form.errors else 200)


@needs(P.MANAGE_PROJECTS)
@require_http_methods(["GET", "HEAD", "POST"])
def gaps_reckon(request):
    """Reckon the gaps of every school by the standards and a term's children."""
    form = forms.ReckonForm(request.POST or None)
    if not form.is_bound:
        form.fields["term"].initial = working_term(request)
    if form.is_bound and form.is_valid():
        schools = School.objects.visible_to(request.user, P.MANAGE_PROJECTS).filter(is_open=True)
        counts = attempt(
            form, actions.reckon, by=actor(request, P.MANAGE_PROJECTS), term=form.cleaned_data["term"],
            schools=list(schools.values_list("pk", flat=True)),
        )  # fmt: skip
        if counts is not None:
            told = "新增缺口 {created} 项，更新 {updated} 项，已不缺 {gone} 项。".format(**counts)
            messages.success(request, told)
            return redirect("projects:gaps")
    context = {
        "crumbs": crumbs(CRUMB, ("按标准测算", None)), "title": "按标准测算缺口", "form": form, "button": "测算",
        "note": "标准 × 在校生 − 学校填报的现状；没有填报现状的不算", "back_url": reverse("projects:gaps"),
    }  # fmt: skip
    return render(request, "projects/form.html", context, status=422 if form.errors else 200)


def _gap(request, pk, permission=P.VIEW_PROJECTS) -> Gap:
    rows = Gap.objects.visible_to(request.user, permission).select_related("school__area", "project", "proof")
    return get_object_or_404(rows, pk=pk)


@needs(P.VIEW_PROJECTS)
@require_GET
def gap(request, pk):
    """Show one gap: how much, why it is urgent, its project, its proof, and the next step."""
    found = _gap(request, pk)
    steps = [
        step for step in GAP_FLOW.open_to(found.state, request.user.can)
        if step.verb != "confirm" or found.filled_by_id != request.user.pk
    ]  # fmt: skip
    proof = (
        [
            {
                "url": reverse("projects:gap_proof", args=[pk]),
                "name": found.proof.name,
                "size": found.proof.size,
            }
        ]
        if found.proof
        else []
    )
    context = {
        "crumbs": crumbs(CRUMB, (str(found), None)),
        "it": found,
        "steps": [{"text": step.label, "url": reverse("projects:gap_step", args=[pk, step.verb]), "main": n == 0} for n, step in enumerate(steps)],
        "waits_for_another": found.state == "filled" and found.filled_by_id == request.user.pk,
        "files": proof,
        "log": [{"at": d.at, "by": d.by_name, "text": d.label, "reason": d.reason} for d in found.decisions.all()],
    }  # fmt: skip
    return render(request, "projects/gap.html", context)


@needs(P.REPORT_NEEDS, P.MANAGE_PROJECTS)
@require_http_methods(["GET", "HEAD", "POST"])
def gap_step(request, pk, verb):
    """Take one step of a gap on a page of its own."""
    transition, found = open_step(
        request, GAP_FLOW, verb, STEPS, partial(_gap, request, pk), reads=P.VIEW_PROJECTS
    )
    form_class, action = STEPS[verb]
    posted, more = request.method == "POST", {"gap": found, "user": request.user} if verb == "plan" else {}
    form = form_class(request.POST if posted else None, request.FILES if posted else None, **more)
    if form.is_bound and form.is_valid():
        data = dict(form.cleaned_data)
        if "scan" in data:
            data |= {"upload": data.pop("scan"), "account": request.user}
        if attempt(form, action, by=actor(request, transition.permission), gap=found, **data):
            messages.success(request, f"已办理：{transition.label}。")
            return redirect(found)
    context = {
        "crumbs": crumbs(CRUMB, (str(found), found.get_absolute_url()), (transition.label, None)), "title": f"{transition.label}：{found}",
        "form": form, "button": transition.label, "back_url": found.get_absolute_url(), "with_file": verb == "fill",
    }  # fmt: skip
    return render(request, "projects/form.html", context, status=422 if form.errors else 200)
