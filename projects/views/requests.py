"""资金审批: what was asked, and another person's decision."""

from functools import partial

from django.contrib import messages
from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from povertyedu.accounts.access import actor, needs, open_step
from povertyedu.accounts.permissions import Permission as P
from povertyedu.ui.listing import Listing
from povertyedu.workflow.attempt import attempt
from projects.actions import requests as actions
from projects.enums import RequestState
from projects.forms.requests import ApproveForm, RefuseForm
from projects.models import FundRequest
from projects.states import REQUEST_FLOW

from .projects import crumbs

TABS = {
    "asked": ("待审批", Q(state=RequestState.ASKED)),
    "decided": ("已办结", ~Q(state=RequestState.ASKED)),
}
STEPS = {
    "approve": (ApproveForm, actions.approve), "refuse": (RefuseForm, actions.refuse), "withdraw": (ApproveForm, actions.withdraw),
}  # fmt: skip
RELATED = ("project", "line", "to_line__project", "part__contract")


@needs(P.VIEW_PROJECTS)
@require_GET
def requests(request):
    """List the requests, those to decide first."""
    every = FundRequest.objects.visible_to(request.user, P.VIEW_PROJECTS)
    listing = Listing(request, ("tab",))
    tab = listing.tab(TABS, "asked")
    context = {
        "crumbs": crumbs(("资金审批", None)),
        "tab": tab,
        "tabs": listing.tabs(every, TABS, tab),
        **listing.shown(every.filter(TABS[tab][1]).select_related(*RELATED)),
    }
    return render(request, "projects/requests.html", context)


def _found(request, pk, permission=P.VIEW_PROJECTS) -> FundRequest:
    rows = FundRequest.objects.visible_to(request.user, permission).select_related(*RELATED)
    return get_object_or_404(rows, pk=pk)


@needs(P.VIEW_PROJECTS)
@require_GET
def request_detail(request, pk):
    """Show one request: what, how much, why, from where to where, and the steps open to the reader."""
    found = _found(request, pk)
    own = found.asked_by_id == request.user.pk
    steps = [
        step
        for step in REQUEST_FLOW.open_to(found.state, request.user.can)
        if (step.verb == "withdraw") == own
    ]
    context = {
        "crumbs": crumbs(("资金审批", reverse("projects:requests")), (str(found), None)),
        "it": found,
        "steps": [{"text": step.label, "url": reverse("projects:request_step", args=[pk, step.verb]), "main": step.verb == "approve"} for step in steps],
        "waits_for_another": own and found.state == RequestState.ASKED and request.user.can(P.APPROVE_PROJECTS),
        "log": [{"at": d.at, "by": d.by_name, "text": d.label, "reason": d.reason} for d in found.decisions.all()],
    }  # fmt: skip
    return render(request, "projects/request.html", context)


@needs(P.APPROVE_PROJECTS, P.KEEP_PROJECT_FUNDS)
@require_http_methods(["GET", "HEAD", "POST"])
def request_step(request, pk, verb):
    """Take one step of a request on a page of its own."""
    transition, found = open_step(
        request, REQUEST_FLOW, verb, STEPS, partial(_found, request, pk), reads=P.VIEW_PROJECTS
    )
    form_class, action = STEPS[verb]
    form = form_class(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        by = actor(request, transition.permission)
        if attempt(form, action, by=by, request=found, reason=form.cleaned_data["reason"] or ""):
            messages.success(request, f"已办理：{transition.label}。")
            return redirect(found)
    context = {
        "crumbs": crumbs(("资金审批", reverse("projects:requests")), (transition.label, None)),
        "title": f"{transition.label}：{found}", "request_": found, "form": form, "button": transition.label,
        "back_url": found.get_absolute_url(),
    }  # fmt: skip
    return render(request, "projects/form.html", context, status=422 if form.errors else 200)
