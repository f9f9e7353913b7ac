"""更正申请: the list, asking for one, its page with the answer."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.workflow.flow import StepRefused
from students.actions import corrections as actions
from students.enums import CorrectionState
from students.forms.corrections import CorrectionAnswerForm, CorrectionForm
from students.models import Correction

from .record import editable

PER_PAGE = 50
TABS = {"open": "待审批", "granted": "已批准，待更正", "all": "全部"}
TONES = {"requested": "doing", "approved": "warn", "refused": "bad", "withdrawn": "todo", "used": "ok"}


@needs(P.EDIT_STUDENTS, P.APPROVE_CORRECTION)
def correction_list(request):
    """Requests of one's schools, newest first."""
    tab = request.GET.get("tab") if request.GET.get("tab") in TABS else "open"
    seen = _seen(request)
    rows = {"open": seen.to_answer(), "granted": seen.granted(), "all": seen}[tab]
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 19:
        rows = rows.filter(pk__lt=before)
    found = list(rows.with_child()[: PER_PAGE + 1])
    context = {
        "crumbs": [("首页", reverse("home:todo")), ("更正申请", None)],
        "rows": [{"it": row, "tone": TONES[row.state]} for row in found[:PER_PAGE]],
        "tabs": [{"text": text, "url": f"?tab={name}", "active": name == tab} for name, text in TABS.items()],
        "next_url": f"?tab={tab}&before={found[PER_PAGE - 1].pk}" if len(found) > PER_PAGE else "",
        "first_url": f"?tab={tab}" if before else "",
    }
    return render(request, "students/corrections/list.html", context)


@needs(P.EDIT_STUDENTS)
def correction_new(request, pk):
    """Ask for leave to correct one child's facts of a closed term."""
    enrolment = editable(request, pk)
    form = CorrectionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            found = actions.request_correction(
                by=actor(request, P.EDIT_STUDENTS), enrolment=enrolment, **form.cleaned_data
            )
        except StepRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "已申请，等县资助中心或数据管理员审批。")
            return redirect("students:correction", found.pk)
    student = enrolment.student
    context = {
        "crumbs": [*_crumbs(), (student.name, reverse("students:detail", args=[pk])), ("申请更正", None)],
        "student": student,
        "enrolment": enrolment,
        "form": form,
    }
    return render(request, "students/corrections/form.html", context, status=422 if form.errors else 200)


@needs(P.EDIT_STUDENTS, P.APPROVE_CORRECTION)
def correction(request, pk):
    """One request and what became of it."""
    return _page(request, get_object_or_404(_seen(request).with_child(), pk=pk))


@require_POST
@needs(P.APPROVE_CORRECTION)
def correction_answer(request, pk):
    """Grant or refuse."""
    rows = Correction.objects.visible_to(request.user, P.APPROVE_CORRECTION).with_child()
    found = get_object_or_404(rows, pk=pk)
    form = CorrectionAnswerForm(request.POST)
    by = actor(request, P.APPROVE_CORRECTION)
    if form.is_valid():
        try:
            if request.POST.get("answer") == "approve":
                actions.approve(by=by, correction=found)
            else:
                actions.refuse(by=by, correction=found, reason=form.cleaned_data["reason"])
        except StepRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"已审批：{found.get_state_display()}。")
            return redirect("students:correction", pk)
    return _page(request, found, form)


@require_POST
@needs(P.EDIT_STUDENTS)
def correction_withdraw(request, pk):
    """Take a request back, or give up a leave that was not used."""
    found = get_object_or_404(Correction.objects.visible_to(request.user, P.EDIT_STUDENTS), pk=pk)
    try:
        actions.withdraw(by=actor(request, P.EDIT_STUDENTS), correction=found)
        messages.success(request, "已撤回。")
    except StepRefused as refusal:
        messages.error(request, str(refusal))
    return redirect("students:correction", pk)


def _seen(request):
    permission = P.EDIT_STUDENTS if request.user.can(P.EDIT_STUDENTS) else P.APPROVE_CORRECTION
    return Correction.objects.visible_to(request.user, permission)


def _page(request, found: Correction, form=None):
    mine = found.requested_by_id == request.user.pk
    asked = found.state == CorrectionState.REQUESTED
    may_answer = asked and not mine and request.user.can(P.APPROVE_CORRECTION)
    open_states = (CorrectionState.REQUESTED, CorrectionState.APPROVED)
    context = {
        "crumbs": [*_crumbs(), (found.enrolment.student.name, None)],
        "correction": found,
        "tone": TONES[found.state],
        "form": (form or CorrectionAnswerForm()) if may_answer else None,
        "may_withdraw": found.state in open_states and request.user.can(P.EDIT_STUDENTS),
        "may_use": found.state == CorrectionState.APPROVED and request.user.can(P.EDIT_STUDENTS),
        "entries": [
            {"at": step.at, "by": f"{step.by_role} {step.by_name}", "text": step.label, "reason": step.reason}
            for step in found.decisions.all()
        ],
    }
    status = 422 if form is not None and form.errors else 200
    return render(request, "students/corrections/detail.html", context, status=status)


def _crumbs():
    return [("首页", reverse("home:todo")), ("更正申请", reverse("students:corrections"))]
