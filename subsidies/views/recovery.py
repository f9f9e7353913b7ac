"""多发追回: what was paid beyond what is due, the decision to take it back, and what came back."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.workflow.flow import StepRefused
from subsidies.actions import recovery as actions
from subsidies.forms.batches import ReasonForm
from subsidies.forms.recovery import RecoveryFilterForm, RecoveryForm, ReturnedForm
from subsidies.models import Recovery
from subsidies.queries import recovery as queries
from subsidies.states import RECOVERY_FLOW

CRUMBS = [("首页", "/"), ("资助发放", None), ("多发追回", "/subsidies/recoveries/")]
READERS = (P.OPEN_BATCH, P.APPROVE_FINAL, P.PAY)
STEPS = {
    "approve": "批准后，“扣回”的立即与该生尚未列入批次的待发金额相抵，余下的在以后开立批次时继续抵扣；“退回”的由计财登记退款。",
    "refuse": "不同意后，这笔多发仍在账上，可以重新提出。",
    "withdraw": "撤回后，这笔多发仍在账上，可以重新提出。",
    "end": "终止后不再抵扣、不再登记退款，已经追回的不变，余下的仍记为多发。",
}


def _reading(user) -> str:
    """Return the permission this reader comes with."""
    return next(permission for permission in READERS if user.can(permission))


def _recovery(request, pk) -> Recovery:
    seen = Recovery.objects.visible_to(request.user, _reading(request.user)).with_taken()
    return get_object_or_404(seen.select_related("term", "student", "programme", "school"), pk=pk)


@needs(*READERS)
@require_GET
def recoveries(request):
    """What is overpaid and undecided, and the recoveries under way and done."""
    form = RecoveryFilterForm(request.GET)
    reading = _reading(request.user)
    over = list(queries.overpaid(request.user, reading)[: queries.LONGEST])
    found = queries.recoveries(request.user, reading, state=form.state_wanted)
    context = {
        "crumbs": CRUMBS[:2] + [("多发追回", None)],
        "over": over,
        "over_fen": -sum(balance.outstanding_fen for balance in over),
        "recoveries": found.select_related("term", "programme", "school")[: queries.LONGEST],
        "filter_form": form,
        "may_propose": request.user.can(P.OPEN_BATCH),
    }
    return render(request, "subsidies/recoveries.html", context)


@needs(P.OPEN_BATCH)
@require_http_methods(["GET", "POST"])
def recovery_new(request, student: int, term: str, programme: str):
    """Propose that one overpaid money comes back."""
    money = {"student_id": student, "term_id": term, "programme_id": programme}
    balance = get_object_or_404(queries.overpaid(request.user, P.OPEN_BATCH), **money)
    form = RecoveryForm(request.POST or None, initial={"method": "offset"})
    if form.is_bound and form.is_valid():
        try:
            made = actions.propose_recovery(
                by=actor(request, P.OPEN_BATCH), balance=balance, **form.cleaned_data
            )
        except StepRefused as refused:
            messages.error(request, str(refused))
            return redirect("subsidies:recoveries")
        messages.success(request, f"已提出追回 {made.student_name} 的多发，待审批领导批准。")
        return redirect("subsidies:recovery", pk=made.pk)
    context = {
        "crumbs": [*CRUMBS, ("提出追回", None)],
        "balance": balance,
        "over_fen": -balance.outstanding_fen,
        "form": form,
    }
    return render(request, "subsidies/recovery_new.html", context, status=422 if form.errors else 200)


@needs(*READERS)
@require_GET
def recovery(request, pk):
    """One recovery: the decision, what has come back and how, what may be done next."""
    found = _recovery(request, pk)
    return _show(request, found, ReturnedForm() if _may_return(request.user, found) else None)


def _show(request, found: Recovery, form: ReturnedForm | None):
    context = {
        "crumbs": [*CRUMBS, (found.student_name, None)],
        "recovery": found,
        "left_fen": found.amount_fen - found.taken_fen,
        "adjustments": found.adjustments.select_related("term", "programme"),
        "decisions": found.decisions.all(),
        "steps": [t for t in RECOVERY_FLOW.open_to(found.state, request.user.can) if t.verb in STEPS],
        "form": form,
    }
    return render(request, "subsidies/recovery.html", context, status=422 if form and form.errors else 200)


def _may_return(user, found: Recovery) -> bool:
    return user.can(P.PAY) and found.state == "approved" and found.method == "returned"


@needs(P.OPEN_BATCH, P.APPROVE_FINAL)
@require_http_methods(["GET", "POST"])
def recovery_step(request, pk, verb):
    """Ask before a step of a recovery; a POST takes it."""
    if verb not in STEPS:
        raise Http404
    transition = RECOVERY_FLOW[verb]
    found = _recovery(request, pk)
    if not request.user.can(transition.permission):
        raise PermissionDenied
    form = ReasonForm(request.POST or None) if transition.needs_reason else None
    if request.method == "POST" and (form is None or form.is_valid()):
        by = actor(request, transition.permission)
        try:
            if verb == "approve":
                actions.approve_recovery(by=by, recovery=found)
            else:
                actions.answer_recovery(by=by, recovery=found, verb=verb, reason=form.cleaned_data["reason"])
        except StepRefused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, f"{found.student_name}：“{transition.label}”已办理。")
        return redirect("subsidies:recovery", pk=found.pk)
    context = {
        "crumbs": [*CRUMBS, (found.student_name, reverse("subsidies:recovery", args=[pk])), (transition.label, None)],
        "recovery": found,
        "title": transition.label,
        "text": STEPS[verb],
        "danger": transition.needs_reason,
        "form": form,
    }  # fmt: skip
    return render(
        request, "subsidies/recovery_step.html", context, status=422 if form and form.errors else 200
    )


@needs(P.PAY)
@require_POST
def recovery_return(request, pk):
    """Enter money that was returned; what is wrong with it stands at the form, which keeps what was typed."""
    found = _recovery(request, pk)
    form = ReturnedForm(request.POST)
    if form.is_valid():
        try:
            actions.record_return(
                by=actor(request, P.PAY), recovery=found, amount_fen=form.amount_fen, note=form.cleaned_data["note"]
            )  # fmt: skip
        except StepRefused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, f"已登记退款 {form.cleaned_data['amount']} 元。")
            return redirect("subsidies:recovery", pk=pk)
    if not _may_return(request.user, found):
        messages.error(request, "；".join(form.non_field_errors()) or "这笔追回现在不能登记退款。")
        return redirect("subsidies:recovery", pk=pk)
    return _show(request, found, form)
