"""到货验收: what schools wait for, counting what came, another person's confirmation."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.findings.models import Finding
from povertyedu.orgs.models import School
from povertyedu.ui.listing import Listing
from povertyedu.workflow.attempt import attempt
from projects.actions import acceptances as actions
from projects.forms import equipment as forms
from projects.models import Acceptance, PurchaseShare
from projects.queries import equipment as queries
from projects.states import ACCEPTANCE_FLOW

from .equipment import purchase_of
from .projects import crumbs

CRUMB = ("到货验收", "/projects/deliveries/")


@needs(P.VIEW_PROJECTS)
@require_GET
def deliveries(request):
    """Show what is still to come to the reader's schools, or the slips of what came."""
    listing = Listing(request, ("tab",))
    tab = listing.tab(queries.ACCEPTANCE_TABS, "due")
    slips = Acceptance.objects.visible_to(request.user, P.VIEW_PROJECTS)
    due = queries.deliveries(PurchaseShare.objects.visible_to(request.user, P.VIEW_PROJECTS))
    rows = (
        due
        if tab == "due"
        else queries.with_counts(slips.filter(queries.ACCEPTANCE_TABS[tab][1])).order_by("-pk")
    )
    context = {
        "crumbs": crumbs(("到货验收", None)),
        "tab": tab,
        "tabs": [
            {
                "text": text, "active": name == tab, "url": f"?{urlencode({'tab': name})}",
                "count": len(due) if name == "due" else slips.filter(condition).count(),
            }
            for name, (text, condition) in queries.ACCEPTANCE_TABS.items()
        ],
        "may_accept": request.user.can(P.ACCEPT_EQUIPMENT),
        **listing.numbered(rows),
    }  # fmt: skip
    return render(request, "projects/deliveries.html", context)


@needs(P.ACCEPT_EQUIPMENT)
@require_http_methods(["GET", "HEAD", "POST"])
def accept(request, pk, school):
    """Count what came to one school of one purchase."""
    at = get_object_or_404(School.objects.visible_to(request.user, P.ACCEPT_EQUIPMENT), pk=school)
    found = purchase_of(request, pk, P.ACCEPT_EQUIPMENT)
    due = PurchaseShare.objects.visible_to(request.user, P.ACCEPT_EQUIPMENT).outstanding()
    shares = list(due.filter(item__purchase=found, school=at).select_related("item").order_by("item"))
    posted = request.method == "POST"
    form = forms.AcceptForm(
        request.POST if posted else None, request.FILES if posted else None, shares=shares
    )
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        made = attempt(
            form, actions.accept, by=actor(request, P.ACCEPT_EQUIPMENT), purchase=found, school=at, on=data["on"], counts=form.counts,
            note=data["note"] or "", upload=data["scan"], account=request.user,
        )  # fmt: skip
        if made:
            messages.success(request, "已登记验收，等另一人复核。")
            return redirect(made)
    context = {
        "crumbs": crumbs(CRUMB, (found.name, found.get_absolute_url()), ("登记验收", None)), "title": f"到货验收：{at}", "form": form,
        "note": f"{found.name}；合格、损坏以外的算短缺" if shares else "这张清单没有等着这所学校验收的", "button": "登记验收",
        "back_url": reverse("projects:deliveries"), "with_file": True,
    }  # fmt: skip
    return render(request, "projects/form.html", context, status=422 if form.errors else 200)


def _acceptance(request, pk, permission=P.VIEW_PROJECTS) -> Acceptance:
    rows = Acceptance.objects.visible_to(request.user, permission)
    return get_object_or_404(rows.select_related("purchase", "school", "proof"), pk=pk)


@needs(P.VIEW_PROJECTS)
@require_GET
def acceptance(request, pk):
    """Show one slip: what was due, taken, damaged, short; its proof, what followed, and the next step."""
    found = _acceptance(request, pk)
    steps = ACCEPTANCE_FLOW.open_to(found.state, request.user.can) if found.by_id != request.user.pk else []
    lines = queries.lines_of(found)
    context = {
        "crumbs": crumbs(CRUMB, (str(found), None)),
        "it": found,
        "lines": lines,
        "sums": {name: sum(getattr(line, name) for line in lines) for name in ("expected", "accepted", "damaged", "short")},
        "steps": [
            {"text": step.label, "url": reverse("projects:acceptance_step", args=[pk, step.verb]), "main": n == 0}
            for n, step in enumerate(steps)
        ],
        "waits_for_another": found.state == "reported" and found.by_id == request.user.pk,
        "files": [{"url": reverse("projects:acceptance_proof", args=[pk]), "name": found.proof.name, "size": found.proof.size}],
        "signers": ["验收人", "复核人", "供应商"],
        "findings": Finding.objects.visible_to(request.user, P.VIEW_FINDINGS).filter(subject=found.subject),
        "log": [{"at": d.at, "by": d.by_name, "text": d.label, "reason": d.reason} for d in found.decisions.all()],
    }  # fmt: skip
    return render(request, "projects/acceptance.html", context)


@needs(P.CONFIRM_EQUIPMENT)
@require_http_methods(["GET", "HEAD", "POST"])
def acceptance_step(request, pk, verb):
    """Confirm a slip, or send it back, as another person than who counted."""
    if verb not in ("confirm", "reject"):
        raise Http404
    found = _acceptance(request, pk, P.CONFIRM_EQUIPMENT)
    if found.by_id == request.user.pk:
        raise PermissionDenied
    confirming, step = verb == "confirm", ACCEPTANCE_FLOW[verb]
    lacking = confirming and any(line.lacking for line in queries.lines_of(found))
    posted = request.POST if request.method == "POST" else None
    form = forms.ConfirmForm(posted, lacking=lacking) if confirming else forms.WhyForm(posted)
    if form.is_bound and form.is_valid():
        more = {"due_on": form.deadline} if confirming else {}
        verb_of, reason = (
            (actions.confirm if confirming else actions.reject),
            form.cleaned_data["reason"] or "",
        )
        if attempt(
            form, verb_of, by=actor(request, P.CONFIRM_EQUIPMENT), acceptance=found, reason=reason, **more
        ):
            messages.success(request, f"已办理：{step.label}。")
            return redirect(found)
    context = {
        "crumbs": crumbs(CRUMB, (str(found), found.get_absolute_url()), (step.label, None)), "title": f"{step.label}：{found.school}",
        "note": f"{found.purchase.name}，{found.by_name} {found.on} 验收", "form": form, "button": step.label, "back_url": found.get_absolute_url(),
    }  # fmt: skip
    return render(request, "projects/form.html", context, status=422 if form.errors else 200)


@needs(P.VIEW_PROJECTS)
@require_GET
def acceptance_proof(request, pk):
    """Send the signed slip or photo of an acceptance."""
    found = _acceptance(request, pk)
    if not found.proof.path.exists():
        raise Http404
    response = StreamingHttpResponse(found.proof.chunks(), content_type="application/octet-stream")
    response["Content-Length"] = found.proof.size
    response["Content-Disposition"] = content_disposition_header(True, found.proof.name)
    response["Cache-Control"] = "no-store"
    return response
