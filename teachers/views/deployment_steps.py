"""One step of a deployment on a page of its own: the form, the verb, back to the deployment."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import School
from povertyedu.workflow.attempt import attempt
from teachers.actions import deployment as actions
from teachers.actions import deployment_days as days
from teachers.forms import deployment as forms
from teachers.models import Deployment
from teachers.states.deployment import DEPLOYMENT_FLOW

from .deployment import crumbs, deployment_of


@dataclass(frozen=True)
class Step:
    """A verb: who may, at which of the schools ("" at any), what is typed, what carries it out."""

    permission: str
    label: str
    form: type
    carry_out: Callable
    at: str = ""
    note: str = ""


def _step(verb: str, form: type, carry_out: Callable, at: str = "", note: str = "", label: str = "") -> Step:
    transition = DEPLOYMENT_FLOW[verb]
    return Step(transition.permission, label or transition.label, form, carry_out, at, note)


STEPS = {
    "edit": Step(P.ASK_DEPLOYMENT, "修改草稿", forms.DeploymentForm, actions.correct, "sending"),
    "ask": _step("ask", forms.NoteForm, actions.ask, "sending"),
    "approve": _step("approve", forms.ApproveForm, actions.approve),
    "refuse": _step("refuse", forms.WhyForm, actions.refuse),
    "agree": _step("agree", forms.NoteForm, actions.agree, "either", "学校都同意后，到起日确认到岗", "同意"),
    "decline": _step("decline", forms.WhyForm, actions.decline, "either", label="不同意"),
    "start": _step("start", forms.OnForm, days.start, "receiving"),
    "return": _step("return", forms.OnForm, days.come_back, "either", "日期是在接收学校（单位）的最后一天"),
    "end_early": _step("end_early", forms.EndForm, days.end_early, note="其余的日子空出来，可以另行安排"),
    "extension": Step(
        P.ASK_DEPLOYMENT, "申请延期", forms.ExtensionForm, days.ask_extension, "either", "延期是新的申请，要人事股批准、两校同意"
    ),
    "withdraw": _step("withdraw", forms.WhyForm, actions.withdraw),
}  # fmt: skip


def _schools(request, step: Step, found: Deployment) -> list[int]:
    """Return those of the two schools where the reader may take ``step``."""
    own = School.objects.visible_to(request.user, step.permission)
    return list(own.filter(pk__in=[found.sending_id, found.receiving_id]).values_list("pk", flat=True))


def _is_placed(step: Step, found: Deployment, schools: list[int]) -> bool:
    wanted = {
        "sending": found.sending_id in schools,
        "receiving": (found.receiving_id or found.sending_id) in schools,
    }
    return wanted.get(step.at, bool(schools))


def _extra(request, verb: str, found: Deployment) -> dict:
    """Return what the form of ``verb`` needs beside the post."""
    if verb == "edit":
        initial = {
            name: getattr(found, name)
            for name in ("kind", "receiving", "office", "since", "until", "reason", "document")
        }
        return {"user": request.user, "teacher": found.teacher, "initial": initial}
    if verb == "start":
        return {
            "day": max(min(today(), found.until), found.since) if found.extends_id is None else found.since
        }
    if verb == "return":
        return {"day": max(found.until, today()) if found.is_overdue else found.until}
    return {}


@needs(P.ASK_DEPLOYMENT, P.APPROVE_DEPLOYMENT, P.ACCEPT_DEPLOYMENT)
@require_http_methods(["GET", "HEAD", "POST"])
def deployment_step(request, pk, verb):
    """Take one step of a deployment."""
    if verb not in STEPS:
        raise Http404
    step = STEPS[verb]
    held = request.user.can(step.permission)
    found = deployment_of(request, pk, step.permission if held else P.VIEW_TEACHERS)
    schools = _schools(request, step, found) if held else []
    if not held or not _is_placed(step, found, schools):
        raise PermissionDenied
    form = step.form(request.POST if request.method == "POST" else None, **_extra(request, verb, found))
    if form.is_bound and form.is_valid():
        data = dict(form.cleaned_data)
        for name in ("reason", "document", "office"):
            if name in data:
                data[name] = data[name] or ""
        more = {"schools": schools} if verb == "agree" else {}
        done = attempt(
            form, step.carry_out, by=actor(request, step.permission), deployment=found, **data, **more
        )
        if done:
            messages.success(request, f"已办理：{step.label}。")
            return redirect(done)
    context = {
        "crumbs": crumbs((str(found), found.get_absolute_url()), (step.label, None)), "title": f"{step.label}：{found}", "note": step.note,
        "form": form, "button": step.label, "it": found, "back_url": found.get_absolute_url(),
    }  # fmt: skip
    return render(request, "teachers/deployment/form.html", context, status=422 if form.errors else 200)
