"""The steps of a case, each on a page of its own: who may, what it asks, what carries it out."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from dropout.actions import case_steps as actions
from dropout.actions.uploads import kept
from dropout.enums import Outcome
from dropout.forms import cases as forms
from dropout.models import Case
from dropout.states import CASE_FLOW
from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.workflow.flow import StepRefused

from .cases import crumbs


class Page(NamedTuple):
    """What a step asks and what carries it out; ``verb`` is its line of the table."""

    verb: str
    form: type[Any]
    action: Callable[..., Any]


PAGES = {
    "verify": Page("verify", forms.StepForm, actions.verify),
    "return": Page("return", forms.ReturnForm, actions.return_to_school),
    "monitor": Page("monitor", forms.StepForm, actions.monitor),
    "relapse": Page("relapse", forms.RelapseForm, actions.relapse),
    "propose": Page("propose", forms.ProposeForm, actions.propose),
    "confirm": Page("close", forms.PlainForm, actions.confirm),
    "refuse": Page("refuse_suspected", forms.ReasonedForm, actions.refuse),
    "ask_reopen": Page("ask_reopen", forms.ReopenForm, actions.ask_reopen),
    "reopen": Page("reopen", forms.PlainForm, actions.reopen),
    "keep_closed": Page("keep_closed", forms.ReasonedForm, actions.keep_closed),
}


def page_of(verb: str) -> str:
    """Return the page on which ``verb`` of the table is taken."""
    return next(name for name, page in PAGES.items() if page.verb == verb)


def confirmed_by(outcome: str) -> tuple[str, str]:
    """Return the verb that confirms ``outcome``, and who may."""
    verb = actions.CONFIRMS.get(Outcome(outcome), "close")
    return verb, CASE_FLOW[verb].permission


@needs(P.WORK_CASES, P.VERIFY_CASES, P.CLOSE_CASES, P.ISSUE_ORDERS)
@require_http_methods(["GET", "HEAD", "POST"])
def case_step(request, pk: int, verb: str):
    """Take one step of a case."""
    page = PAGES.get(verb)
    if page is None:
        raise Http404
    rows = Case.objects.select_related("student", "school", "term")
    found = get_object_or_404(rows.visible_to(request.user, P.VIEW_CASES), pk=pk)
    transition = CASE_FLOW[page.verb]
    proposal = found.proposals.filter(answer="").first()
    if verb == "confirm" and proposal and proposal.outcome:
        transition = CASE_FLOW[confirmed_by(proposal.outcome)[0]]
    if not Case.objects.visible_to(request.user, transition.permission).filter(pk=pk).exists():
        raise PermissionDenied
    posted = request.method == "POST"
    form = page.form(request.POST if posted else None, request.FILES if posted else None, case=found)
    if posted and form.is_valid() and _take(request, form, page.action, transition.permission, found):
        messages.success(request, f"{found.student.name}：已办理“{transition.label}”。")
        return redirect("dropout:case", pk)
    context = {
        "crumbs": crumbs((found.student.name, reverse("dropout:case", args=[pk])), (transition.label, None)),
        "title": f"{transition.label}：{found.student.name}",
        "note": f"{found.place_name}　{found.get_kind_display()}　{found.get_state_display()}",
        "form": form,
        "proposal": proposal if verb in ("confirm", "refuse", "reopen", "keep_closed") else None,
        "case": found,
        "button": transition.label,
        "back_url": reverse("dropout:case", args=[pk]),
    }
    return render(request, "dropout/case_step.html", context, status=422 if form.errors else 200)


def _take(request, form, action, permission: str, found: Case) -> bool:
    """Carry out the step with what was typed; a refusal stands on the form, and no file of it is kept."""
    data = {name: value for name, value in form.cleaned_data.items() if value}
    keep = partial(kept, purpose="case", owner=request.user, permission=P.WORK_CASES)
    try:
        with keep(data.pop("evidence", None)) as evidence, keep(data.pop("assessment", None)) as assessment:
            data |= {
                name: value for name, value in (("evidence", evidence), ("assessment", assessment)) if value
            }
            action(by=actor(request, permission), case=found, **data)
    except StepRefused as refusal:
        form.add_error(None, str(refusal))
        return False
    return True
