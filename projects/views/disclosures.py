"""项目公开: drawn up, approved by another person, public; the public page itself is publicity's."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.calendar import today
from povertyedu.workflow.attempt import attempt
from projects.actions import disclosures as actions
from projects.forms.projects import WhyForm
from projects.forms.reports import ConfirmForm, DisclosureForm, DrawAgainForm
from projects.models import Disclosure
from projects.states import DISCLOSURE_FLOW

from .projects import crumbs

CRUMB = ("项目公开", "/projects/disclosures/")
VERBS = {
    "submit": (ConfirmForm, actions.submit), "drop": (ConfirmForm, actions.drop), "publish": (ConfirmForm, actions.publish),
    "return": (WhyForm, actions.send_back), "withdraw": (WhyForm, actions.withdraw),
}  # fmt: skip
NOTES = {
    "submit": "提交后内容不再改变，由另一人审批", "publish": "批准后任何人不用登录就能看到；以前的版本由这一版替换",
    "withdraw": "撤下后不再能打开，内容和摘要留存备查", "drop": "放弃后可以重新拟稿",
}  # fmt: skip


def _seen(request, permission=P.VIEW_PROJECTS):
    return Disclosure.objects.visible_to(request.user, permission)


@needs(P.VIEW_PROJECTS)
@require_GET
def disclosures(request):
    """List what was drawn up, newest year first."""
    context = {
        "crumbs": crumbs(("项目公开", None)), "rows": list(_seen(request).defer("content").select_related("publication")[:200]),
        "may_manage": request.user.can(P.MANAGE_PROJECTS),
    }  # fmt: skip
    return render(request, "projects/disclosures.html", context)


@needs(P.MANAGE_PROJECTS)
@require_http_methods(["GET", "HEAD", "POST"])
def disclosure_new(request):
    """Draw up a disclosure of a year."""
    form = DisclosureForm(request.POST or None)
    if form.is_bound and form.is_valid():
        typed = form.cleaned_data | {"note": form.cleaned_data["note"] or ""}
        made = attempt(form, actions.draw_up, by=actor(request, P.MANAGE_PROJECTS), **typed)
        if made:
            messages.success(request, f"已拟稿：{made}。请核对内容后提交审批。")
            return redirect(made)
    context = {
        "crumbs": crumbs(CRUMB, ("拟稿", None)), "title": "拟订公开内容", "note": "数字按项目台账和资金账生成", "form": form, "button": "拟稿",
        "back_url": reverse("projects:disclosures"),
    }  # fmt: skip
    return render(request, "projects/form.html", context, status=422 if form.errors else 200)


@needs(P.VIEW_PROJECTS)
@require_GET
def disclosure(request, pk):
    """Show what is to be public just as it will be, who decides, and where it is public."""
    found = get_object_or_404(_seen(request).select_related("publication"), pk=pk)
    own = request.user.pk == found.drawn_by_id
    steps = [
        step
        for step in DISCLOSURE_FLOW.open_to(found.state, request.user.can)
        if step.verb in VERBS and not (own and step.verb == "publish")
    ]
    context = {
        "crumbs": crumbs(CRUMB, (str(found), None)), "it": found, "steps": steps, "paper": found.publication,
        "waits_for_another": own and found.state == "submitted", "may_draw_again": found.may_be_drawn_again and request.user.can(P.MANAGE_PROJECTS),
        "log": [{"at": d.at, "by": d.by_name, "text": d.label, "reason": d.reason} for d in found.decisions.all()],
    }  # fmt: skip
    return render(request, "projects/disclosure.html", context)


@needs(P.MANAGE_PROJECTS)
@require_http_methods(["GET", "HEAD", "POST"])
def disclosure_edit(request, pk):
    """Work a draft out again."""
    found = get_object_or_404(_seen(request, P.MANAGE_PROJECTS), pk=pk)
    form = DrawAgainForm(
        request.POST if request.method == "POST" else None, initial={"on": today(), "note": found.note}
    )
    if form.is_bound and form.is_valid():
        typed = form.cleaned_data | {"note": form.cleaned_data["note"] or ""}
        if attempt(form, actions.draw_again, by=actor(request, P.MANAGE_PROJECTS), disclosure=found, **typed):
            messages.success(request, "已重新生成，请核对。")
            return redirect(found)
    context = {
        "crumbs": crumbs(CRUMB, (str(found), found.get_absolute_url()), ("重新生成", None)), "title": f"重新生成：{found}", "form": form,
        "button": "重新生成", "back_url": found.get_absolute_url(),
    }  # fmt: skip
    return render(request, "projects/form.html", context, status=422 if form.errors else 200)


@needs(P.MANAGE_PROJECTS, P.APPROVE_PROJECTS)
@require_http_methods(["GET", "HEAD", "POST"])
def disclosure_step(request, pk, verb):
    """Take a step of a disclosure."""
    if verb not in VERBS:
        raise Http404
    step, (form_class, action) = DISCLOSURE_FLOW[verb], VERBS[verb]
    if not request.user.can(step.permission):
        raise PermissionDenied
    found = get_object_or_404(_seen(request, step.permission), pk=pk)
    form = form_class(request.POST if request.method == "POST" else None)
    by = actor(request, step.permission)
    if (
        form.is_bound
        and form.is_valid()
        and attempt(form, action, by=by, disclosure=found, **form.cleaned_data)
    ):
        messages.success(request, f"已办理：{found}，{step.label}。")
        return redirect(found)
    context = {
        "crumbs": crumbs(CRUMB, (str(found), found.get_absolute_url()), (step.label, None)), "title": f"{step.label}：{found}",
        "note": NOTES.get(verb, ""), "form": form, "button": step.label, "back_url": found.get_absolute_url(),
    }  # fmt: skip
    return render(request, "projects/form.html", context, status=422 if form.errors else 200)
