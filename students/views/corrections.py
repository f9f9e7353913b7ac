"""更正申请: the list, asking for one, its page with the answer."""

from functools import partial

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.workflow.flow import StepRefused
from students.actions import corrections as actions
from students.actions.registration import correct, standing
from students.enums import CorrectionState, TermFact, category_labels
from students.forms.corrections import CorrectionAnswerForm, CorrectionForm, GrantedForm
from students.models import Correction, Enrolment, Student
from students.queries import enrolment_shown, mask_by_lists

from .record import on_record, record_form

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
    """Ask for leave to correct one child's facts of a closed term; a former school asks for its own terms."""
    enrolment = _own_term(request, pk)
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


@needs(P.EDIT_STUDENTS)
def correction_use(request, pk):
    """Correct what was granted, and nothing else; once."""
    seen = Correction.objects.visible_to(request.user, P.EDIT_STUDENTS).with_child()
    found = get_object_or_404(seen.select_related("enrolment__student__bank_account"), pk=pk)
    if found.state != CorrectionState.APPROVED:
        messages.error(request, f"这件更正申请{found.get_state_display()}，现在不能更正。")
        return redirect("students:correction", pk)
    enrolment = found.enrolment
    form = record_form(
        request, enrolment, data=request.POST or None, initial=on_record(request.user, enrolment),
        form=partial(GrantedForm, facts=found.facts, standing=standing(enrolment)),
    )  # fmt: skip
    if request.method == "POST" and form.is_valid() and _used(request, found, form):
        messages.success(request, f"{enrolment.student.name}：已更正{enrolment.term}。")
        return redirect("students:correction", pk)
    by_lists = category_labels(mask_by_lists(enrolment)) if TermFact.CATEGORIES in found.facts else None
    context = {
        "crumbs": [
            *_crumbs(),
            (enrolment.student.name, reverse("students:correction", args=[pk])),
            ("更正", None),
        ],
        "correction": found,
        "enrolment": enrolment,
        "form": form,
        "by_lists": by_lists,
    }
    return render(request, "students/corrections/use.html", context, status=422 if form.errors else 200)


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


def _own_term(request, pk) -> Enrolment:
    """Return the enrolment to ask about: one of the user's own terms, whoever holds the child now."""
    user = request.user
    student = get_object_or_404(Student.objects.visible_to(user, P.VIEW_STUDENTS), pk=pk, merged_into=None)
    code = request.GET.get("term", "")
    enrolment = enrolment_shown(student, user=user, permission=P.EDIT_STUDENTS, code=code)
    if enrolment is None:
        if enrolment_shown(student, user=user, permission=P.VIEW_STUDENTS, code=code):
            raise PermissionDenied
        raise Http404
    enrolment.student = student
    return enrolment


def _used(request, found: Correction, form: GrantedForm) -> bool:
    """Carry the correction out; where it is refused or changes nothing, say so on the form."""
    data = form.cleaned_data
    try:
        correct(by=actor(request, P.EDIT_STUDENTS), enrolment=found.enrolment, data=data, seen=data["seen"])
    except ValidationError as refusal:
        form.add_error(None, refusal)
        return False
    found.refresh_from_db()
    if found.state == CorrectionState.APPROVED:
        form.add_error(None, "没有任何改动，更正还没有用掉；请改好再保存，不用改的请撤回申请。")
    return found.state == CorrectionState.USED


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
