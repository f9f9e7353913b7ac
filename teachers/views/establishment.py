"""学校编制: every school's authorised, filled, vacant and over posts; one school's, with its staff; 超编申请."""

from functools import partial

from django.contrib import messages
from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from povertyedu.accounts.access import actor, needs, open_step
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import School
from povertyedu.ui.listing import Listing, handed_over
from povertyedu.workflow.attempt import attempt
from teachers.actions import establishment as actions
from teachers.enums.establishment import ExcessState
from teachers.forms import establishment as forms
from teachers.models import Appointment, ExcessRequest
from teachers.models.registry import fullest
from teachers.queries import establishment as queries
from teachers.states.establishment import EXCESS_FLOW

KEPT = ("tab", "township", "kind", "q")
CRUMB = ("学校编制", "/teachers/establishment/")
EXCESS_CRUMB = ("超编申请", "/teachers/excess/")
TABS = {
    "asked": ("待审批", Q(state=ExcessState.ASKED)), "approved": ("已批准", Q(state=ExcessState.APPROVED)),
    "over": ("已办结", Q(state__in=[ExcessState.REFUSED, ExcessState.WITHDRAWN, ExcessState.ENDED])),
}  # fmt: skip
STEPS = {
    "approve": (forms.MaybeWhyForm, actions.approve_excess), "refuse": (forms.WhyForm, actions.refuse_excess),
    "withdraw": (forms.MaybeWhyForm, actions.withdraw_excess), "end": (forms.WhyForm, actions.end_excess),
}  # fmt: skip


def crumbs(*more) -> list[tuple]:
    return [("首页", "/"), *more]


def _chosen(request):
    form = forms.EstablishmentFilter(request.GET, user=request.user, permission=P.VIEW_TEACHERS)
    rows = queries.narrowed(School.objects.visible_to(request.user, P.VIEW_TEACHERS), form.wanted)
    return form, rows, Listing(request, KEPT).tab(queries.TABS, "all")


@needs(P.VIEW_TEACHERS)
@require_GET
def establishment(request):
    """List the schools of the reader's places with their posts, and what they add up to."""
    form, every, tab = _chosen(request)
    rows = every.filter(queries.TABS[tab][1])
    listed = queries.with_contracts(rows).order_by("area_id", "code")
    listing, user = Listing(request, KEPT), request.user
    context = {
        "crumbs": crumbs(("学校编制", None)), "form": form, "applied": form.in_force(), "keep": {"tab": tab}, "tabs": listing.tabs(every, queries.TABS, tab),
        "sums": queries.totals(rows), "townships": queries.by_township(rows), "may_manage": user.can(P.MANAGE_ESTABLISHMENT),
        **listing.numbered(listed, reverse("teachers:establishment_export")),
    }  # fmt: skip
    return render(request, "teachers/establishment.html", context)


@needs(P.VIEW_TEACHERS)
@require_GET
def establishment_export(request):
    """Hand over what the filter shows as a ledger that the import reads back."""
    form, every, tab = _chosen(request)
    words = "；".join(filter(None, [queries.TABS[tab][0], form.in_force()]))
    return handed_over(
        queries.workbook_of(every.filter(queries.TABS[tab][1]), words=words, by=request.user.name), "学校编制"
    )


def school_of(request, pk, permission=P.VIEW_TEACHERS) -> School:
    rows = School.objects.visible_to(request.user, permission).select_related(
        "establishment", "area__parent", "place"
    )
    return get_object_or_404(rows, pk=pk)


@needs(P.VIEW_TEACHERS)
@require_GET
def school_establishment(request, pk):
    """Show a school's posts: how many, who holds them, what changed, what was asked beyond."""
    school = school_of(request, pk)
    staff = Appointment.objects.visible_to(request.user, P.VIEW_TEACHERS).filter(school=school).not_over()
    held = getattr(school, "establishment", None)
    context = {
        "crumbs": crumbs(CRUMB, (school.name, None)), "school": school, "held": held, "place": getattr(school, "place", None), "today": today(),
        "free": held and max(0, held.places - fullest(Appointment.objects.holding_places(school)[school.pk], today())),
        "former_tiers": school.former_tiers.order_by("-before"),
        "staff": staff.select_related("teacher__person").order_by("kind", "subject", "pk"),
        "changes": held.changes.all() if held else [],
        "requests": ExcessRequest.objects.visible_to(request.user, P.VIEW_TEACHERS).filter(school=school),
        "may_manage": request.user.can(P.MANAGE_ESTABLISHMENT),
    }  # fmt: skip
    return render(request, "teachers/school_establishment.html", context)


@needs(P.MANAGE_ESTABLISHMENT)
@require_http_methods(["GET", "HEAD", "POST"])
def authorise(request, pk):
    """Set a school's established posts by a document."""
    school = school_of(request, pk, P.MANAGE_ESTABLISHMENT)
    form = forms.AuthoriseForm(
        request.POST if request.method == "POST" else None, held=getattr(school, "establishment", None)
    )
    back = reverse("teachers:school_establishment", args=[pk])
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        row = actions.Authorised(school.pk, data["authorised"], data["since"], data["document"])
        if attempt(form, actions.authorise, by=actor(request, P.MANAGE_ESTABLISHMENT), rows=[row]):
            messages.success(request, "已核定编制。")
            return redirect(back)
    return _form(request, form, f"核定编制：{school.name}", "保存", back, CRUMB)


def _form(request, form, title: str, button: str, back: str, crumb: tuple):
    context = {
        "crumbs": crumbs(crumb, (title, None)),
        "title": title,
        "form": form,
        "button": button,
        "back_url": back,
    }
    return render(request, "teachers/form.html", context, status=422 if form.errors else 200)


@needs(P.VIEW_TEACHERS)
@require_GET
def excesses(request):
    """List the requests to go over the establishment."""
    every = ExcessRequest.objects.visible_to(request.user, P.VIEW_TEACHERS)
    listing = Listing(request, ("tab",))
    tab = listing.tab(TABS, "asked")
    context = {
        "crumbs": crumbs(CRUMB, ("超编申请", None)), "may_ask": request.user.can(P.MANAGE_ESTABLISHMENT), "tabs": listing.tabs(every, TABS, tab),
        **listing.shown(every.filter(TABS[tab][1]).select_related("school")),
    }  # fmt: skip
    return render(request, "teachers/excesses.html", context)


@needs(P.MANAGE_ESTABLISHMENT)
@require_http_methods(["GET", "HEAD", "POST"])
def excess_new(request):
    """Ask to go over a school's establishment."""
    asked = request.GET.get("school", "")
    form = forms.ExcessForm(
        request.POST or None,
        user=request.user,
        initial={"school": asked if asked.isdecimal() and len(asked) < 19 else None},
    )
    if form.is_bound and form.is_valid():
        made = attempt(
            form, actions.ask_excess, by=actor(request, P.MANAGE_ESTABLISHMENT), **form.cleaned_data
        )
        if made:
            messages.success(request, "已提出申请，由审批领导审批。")
            return redirect(made)
    return _form(request, form, "申请超编", "提出申请", reverse("teachers:excesses"), EXCESS_CRUMB)


def _excess(request, pk, permission=P.VIEW_TEACHERS) -> ExcessRequest:
    return get_object_or_404(
        ExcessRequest.objects.visible_to(request.user, permission).select_related("school"), pk=pk
    )


@needs(P.VIEW_TEACHERS)
@require_GET
def excess(request, pk):
    """Show a request with the figures it is decided on, and what may be done to it."""
    found = _excess(request, pk)
    own = found.asked_by_id == request.user.pk
    steps = [
        step for step in EXCESS_FLOW.open_to(found.state, request.user.can)
        if step.verb == "end" or (step.verb == "withdraw") == own
    ]  # fmt: skip
    context = {
        "crumbs": crumbs(CRUMB, EXCESS_CRUMB, (str(found), None)), "it": found, "held": found.school.establishment,
        "steps": [{"text": step.label, "url": reverse("teachers:excess_step", args=[pk, step.verb]), "main": step.verb == "approve"} for step in steps],
        "waits_for_another": own and found.state == ExcessState.ASKED,
        "log": [{"at": d.at, "by": d.by_name, "text": d.label, "reason": d.reason} for d in found.decisions.all()],
    }  # fmt: skip
    return render(request, "teachers/excess.html", context)


@needs(P.APPROVE_EXCESS, P.MANAGE_ESTABLISHMENT)
@require_http_methods(["GET", "HEAD", "POST"])
def excess_step(request, pk, verb):
    """Take one step of a request on a page of its own."""
    transition, found = open_step(
        request, EXCESS_FLOW, verb, STEPS, partial(_excess, request, pk), reads=P.VIEW_TEACHERS
    )
    form_class, action = STEPS[verb]
    form = form_class(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        by = actor(request, transition.permission)
        if attempt(form, action, by=by, request=found, reason=form.cleaned_data["reason"] or ""):
            messages.success(request, f"已办理：{transition.label}。")
            return redirect(found)
    return _form(
        request,
        form,
        f"{transition.label}：{found}",
        transition.label,
        found.get_absolute_url(),
        EXCESS_CRUMB,
    )
