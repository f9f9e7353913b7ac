"""整改销号: the list, one finding with its steps, and what proves them."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.audit.models import record_access
from povertyedu.orgs.calendar import today
from povertyedu.ui.listing import Listing, handed_over
from povertyedu.workflow.flow import StepRefused

from . import actions, forms, queries
from .export import workbook_of
from .models import Evidence, Finding
from .states import FINDING_FLOW

KEPT = ("tab", "township", "school", "source", "late", "q")
# Step -> its form, and what carries it out from the form's data.
STEPS = {
    "plan": (forms.PlanForm, actions.plan),
    "finish": (forms.FinishForm, actions.finish),
    "recheck": (forms.RecheckForm, actions.recheck),
    "send_back": (forms.SendBackForm, actions.send_back),
    "close": (forms.CloseForm, actions.close),
    "reopen": (forms.ReopenForm, actions.reopen),
}


def crumbs(*more) -> list[tuple]:
    return [
        ("首页", "/"),
        ("控辍保学", None),
        ("整改销号", reverse("findings:list") if more else None),
        *more,
    ]


def _chosen(request):
    """Return the filter, the rows it leaves in every tab, and the tab."""
    form = forms.FindingsFilter(request.GET, user=request.user, permission=P.VIEW_FINDINGS)
    rows = queries.narrowed(Finding.objects.visible_to(request.user, P.VIEW_FINDINGS), form.wanted)
    return form, rows, Listing(request, KEPT).tab(queries.TABS, "todo")


@needs(P.VIEW_FINDINGS)
@require_GET
def findings(request):
    """List the findings of the reader's places, newest first."""
    form, every, tab = _chosen(request)
    listing = Listing(request, KEPT)
    context = {
        "crumbs": crumbs(),
        "form": form,
        "applied": form.in_force(),
        "keep": {"tab": tab},
        "today": today(),
        "tab_word": queries.TABS[tab][0],
        "overdue": every.overdue().count(),
        "late_url": f"?{listing.query(tab='todo', late='late')}",
        "tabs": listing.tabs(every, queries.TABS, tab),
        "may_manage": request.user.can(P.MANAGE_FINDINGS),
        **listing.shown(every.filter(queries.TABS[tab][1]).with_place(), reverse("findings:export")),
    }
    return render(request, "findings/list.html", context)


@needs(P.VIEW_FINDINGS)
@require_GET
def export(request):
    """Hand over what the filter shows as a workbook."""
    form, every, tab = _chosen(request)
    rows = every.filter(queries.TABS[tab][1]).with_place().order_by("-pk")
    words = "；".join(filter(None, [queries.TABS[tab][0], form.in_force()]))
    return handed_over(workbook_of(rows, words=words, by=request.user.name), "整改台账")


@needs(P.MANAGE_FINDINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def finding_new(request):
    """Register a problem at a township or a school."""
    form = forms.FindingForm(request.POST or None, user=request.user, permission=P.MANAGE_FINDINGS)
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        found = _attempt(
            form, actions.find, by=actor(request, P.MANAGE_FINDINGS), source=data["source"], origin=data["origin"] or "", title=data["title"],
            text=data["text"] or "", area=data["township"], school=data["school"], due_on=data["due_on"],
        )  # fmt: skip
        if found:
            messages.success(request, f"已登记，并通知{found.place_name}在 {found.due_on} 前整改。")
            return redirect(found)
    context = {
        "crumbs": crumbs(("登记问题", None)),
        "title": "登记问题",
        "form": form,
        "back_url": reverse("findings:list"),
    }
    return render(request, "findings/form.html", context, status=422 if form.errors else 200)


def _attempt(form, action, **arguments):
    """Return what ``action`` returns; where it refuses, put its sentence on ``form`` and return None."""
    try:
        return action(**arguments)
    except StepRefused as refusal:
        form.add_error(None, str(refusal))
    except ValidationError as refusal:
        form.add_error(None, refusal.messages)
    return None


def _finding(request, pk, permission=P.VIEW_FINDINGS) -> Finding:
    return get_object_or_404(Finding.objects.visible_to(request.user, permission).with_place(), pk=pk)


@needs(P.VIEW_FINDINGS)
@require_GET
def finding(request, pk):
    """Show one finding: what, whose, until when, what was done, what proves it, and the next step."""
    found = _finding(request, pk)
    steps = FINDING_FLOW.open_to(found.state, lambda permission: _may(request, found, permission))
    evidence = (
        Evidence.objects.visible_to(request.user, P.VIEW_FINDINGS)
        .filter(finding=found)
        .select_related("file")
    )
    context = {
        "crumbs": crumbs((found.title, None)),
        "it": found,
        "today": today(),
        "steps": [
            {"text": step.label, "url": reverse("findings:step", args=[pk, step.verb]), "main": number == 0}
            for number, step in enumerate(step for step in steps if _is_offered(request, found, step.verb))
        ],
        "waits_for_another": found.state == "done" and found.done_by_id == request.user.pk,
        "files": [
            {"url": reverse("findings:evidence", args=[each.pk]), "name": each.file.name, "size": each.file.size, "by": each.by_name, "at": each.at}
            for each in evidence
        ],
        "entries": [
            {"at": each.at, "by": each.by_name, "text": each.label, "reason": each.reason} for each in found.decisions.all()
        ],
    }  # fmt: skip
    return render(request, "findings/detail.html", context)


def _may(request, found: Finding, permission: str) -> bool:
    return (
        request.user.can(permission)
        and Finding.objects.visible_to(request.user, permission).filter(pk=found.pk).exists()
    )


def _is_offered(request, found: Finding, verb: str) -> bool:
    return verb != "recheck" or found.done_by_id != request.user.pk


@needs(P.ANSWER_FINDINGS, P.MANAGE_FINDINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def step(request, pk, verb):
    """Take one step of a finding on a page of its own."""
    if verb not in STEPS:
        raise Http404
    transition, (form_class, action) = FINDING_FLOW[verb], STEPS[verb]
    held = next(p for p in (P.ANSWER_FINDINGS, P.MANAGE_FINDINGS) if request.user.can(p))
    found = _finding(request, pk, transition.permission if request.user.can(transition.permission) else held)
    if not request.user.can(transition.permission):
        raise PermissionDenied
    more = {"finding": found} if verb == "plan" else {}
    posted = request.method == "POST"  # closing may say nothing: an empty form is one all the same
    form = form_class(request.POST if posted else None, request.FILES if posted else None, **more)
    if form.is_bound and form.is_valid() and _take(request, form, action, transition, found):
        messages.success(request, f"已办理：{transition.label}。")
        return redirect(found)
    context = {
        "crumbs": crumbs((found.title, found.get_absolute_url()), (transition.label, None)),
        "title": f"{transition.label}：{found.title}",
        "note": found.place_name,
        "form": form,
        "button": transition.label,
        "back_url": found.get_absolute_url(),
        "with_file": verb == "finish",
    }
    return render(request, "findings/form.html", context, status=422 if form.errors else 200)


def _take(request, form, action, transition, found: Finding):
    data = {name: value for name, value in form.cleaned_data.items() if value}
    if "scan" in data:
        data = data | {"upload": data.pop("scan"), "account": request.user}
    return _attempt(form, action, by=actor(request, transition.permission), finding=found, **data)


@needs(P.VIEW_FINDINGS)
@require_GET
def evidence(request, pk):
    """Send what proves a rectification; it leaves an AccessEvent."""
    seen = Evidence.objects.visible_to(request.user, P.VIEW_FINDINGS).select_related("file", "finding")
    found = get_object_or_404(seen, pk=pk)
    if not found.file.path.exists():
        raise Http404
    record_access(
        actor(request, P.VIEW_FINDINGS), kind="download", subject=found.finding, fields=f"佐证材料 {found.file.name}"[:200], reason="查看整改佐证材料",
    )  # fmt: skip
    response = StreamingHttpResponse(found.file.chunks(), content_type="application/octet-stream")
    response["Content-Length"] = found.file.size
    response["Content-Disposition"] = content_disposition_header(True, found.file.name)
    response["Cache-Control"] = "no-store"
    return response
