"""拟聘用名单: its notices, what was objected to, the approval by another person."""

from functools import partial

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from povertyedu.accounts.access import actor, needs, open_step
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.calendar import today
from povertyedu.publicity.models import Notice
from povertyedu.workflow.attempt import attempt
from teachers.actions import hiring as actions
from teachers.forms import recruitment as forms
from teachers.models import HireList
from teachers.states.recruitment import HIRE_LIST_FLOW

from .recruitment import crumbs, page_of

STEPS = {"approve": (forms.OpinionForm, actions.approve), "withdraw": (forms.WhyForm, actions.withdraw_list)}


def _list(request, pk, permission=P.VIEW_TEACHERS) -> HireList:
    rows = HireList.objects.visible_to(request.user, permission).select_related("plan")
    return get_object_or_404(rows, pk=pk)


@needs(P.PLAN_RECRUITMENT, P.APPROVE_RECRUITMENT)
@require_GET
def hire_list(request, pk):
    """Show a list: who is on it, its notices, what stands against it, and the next step."""
    found = _list(request, pk)
    over = today() > found.closes_on
    open_objections = actions.open_objections(found)
    steps = [
        step for step in HIRE_LIST_FLOW.open_to(found.state, request.user.can)
        if step.verb != "approve" or over and not open_objections and found.drawn_by_id != request.user.pk
    ]  # fmt: skip
    context = {
        "crumbs": crumbs((found.plan.name, found.plan.get_absolute_url()), (str(found), None)),
        "it": found,
        "rows": found.candidates.select_related("line__school", "line__target").order_by("line__priority", "rank", "pk"),
        "notices": Notice.objects.visible_to(request.user, P.VIEW_TEACHERS).filter(about=found.about).select_related("school"),
        "open_objections": open_objections,
        "over": over,
        "waits_for_another": over and found.state == "public" and found.drawn_by_id == request.user.pk,
        "steps": [{"text": s.label, "url": reverse("teachers:hire_list_step", args=[pk, s.verb]), "main": s.verb == "approve"} for s in steps],
        "log": [{"at": d.at, "by": d.by_name, "text": d.label, "reason": d.reason} for d in found.decisions.all()],
    }  # fmt: skip
    return render(request, "teachers/recruitment/hire_list.html", context)


@needs(P.PLAN_RECRUITMENT, P.APPROVE_RECRUITMENT)
@require_http_methods(["GET", "HEAD", "POST"])
def hire_list_step(request, pk, verb):
    """Approve a list, or take it back."""
    transition, found = open_step(
        request, HIRE_LIST_FLOW, verb, STEPS, partial(_list, request, pk), reads=P.VIEW_TEACHERS
    )
    form_class, action = STEPS[verb]
    form = form_class(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        by, reason = actor(request, transition.permission), form.cleaned_data["reason"] or ""
        if attempt(form, action, by=by, hire_list=found, reason=reason):
            messages.success(request, f"已办理：{transition.label}。")
            return redirect(found)
    return page_of(
        request, form, crumbs=crumbs((str(found), found.get_absolute_url()), (transition.label, None)), title=f"{transition.label}：{found}",
        button=transition.label, back_url=found.get_absolute_url(),
    )  # fmt: skip
