"""待复核变更: the list, one change with its answer, the new number opened to check it."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_GET, require_POST

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.audit.models import record_access
from povertyedu.workflow.flow import StepRefused
from students.actions import pending as actions
from students.enums import ChangeKind, ChangeState
from students.forms import RevealForm
from students.forms.pending import ChangeAnswerForm
from students.models import PendingChange
from students.queries import in_charge
from students.queries.pages import key_page

TABS = {"waiting": "待复核", "all": "全部"}
TONES = {"waiting": "doing", "confirmed": "ok", "refused": "bad", "withdrawn": "todo", "superseded": "todo"}


@needs(P.EDIT_STUDENTS, P.CHECK_CHANGES)
@require_GET
def change_list(request):
    """Changes of the children of one's schools, newest first."""
    tab = request.GET.get("tab") if request.GET.get("tab") in TABS else "waiting"
    rows = _seen(request).with_child()
    if tab == "waiting":
        rows = rows.waiting()
    keys = {name: request.GET.get(name, "") for name in ("before", "after")}
    page = key_page(rows, newest_first=True, **keys)
    context = {
        "crumbs": _crumbs(),
        "rows": [{"it": row, "tone": TONES[row.state]} for row in page.rows],
        "tabs": [{"text": text, "url": f"?tab={name}", "active": name == tab} for name, text in TABS.items()],
        "previous_url": f"?tab={tab}&before={page.previous}" if page.previous else "",
        "next_url": f"?tab={tab}&after={page.following}" if page.following else "",
        "total_text": page.total_text,
    }
    return render(request, "students/changes/list.html", context)


@needs(P.EDIT_STUDENTS, P.CHECK_CHANGES)
@require_GET
def change(request, pk):
    """One change and what became of it."""
    return _page(request, get_object_or_404(_seen(request).with_child(), pk=pk))


@require_POST
@needs(P.CHECK_CHANGES)
def change_answer(request, pk):
    """Confirm, and it holds from now on, or refuse."""
    found = _to_check(request, pk)
    form = ChangeAnswerForm(request.POST)
    by = actor(request, P.CHECK_CHANGES)
    if form.is_valid():
        try:
            if request.POST.get("answer") == "confirm":
                actions.confirm_change(by=by, change=found)
            else:
                actions.refuse_change(by=by, change=found, reason=form.cleaned_data["reason"])
        except StepRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"已复核：{found.get_state_display()}。")
            return redirect("students:change", pk)
    return _page(request, found, form)


@require_POST
@needs(P.EDIT_STUDENTS)
def change_withdraw(request, pk):
    """Take a change back before anybody answered."""
    found = get_object_or_404(PendingChange.objects.visible_to(request.user, P.EDIT_STUDENTS), pk=pk)
    try:
        actions.withdraw_change(by=actor(request, P.EDIT_STUDENTS), change=found)
        messages.success(request, "已撤回。")
    except StepRefused as refusal:
        messages.error(request, str(refusal))
    return redirect("students:change", pk)


@require_POST
@needs(P.CHECK_CHANGES)
def change_reveal(request, pk):
    """Show the new number in clear to who checks it, after a reason was given and kept."""
    found = _to_check(request, pk)
    form = RevealForm(request.POST)
    context = _new_number(found, url=request.path) | {"student": found.student, "crumbs": _crumbs(str(found))}
    if form.is_valid():
        label = f"{found.get_kind_display()}（待复核）"
        by, reason = actor(request, P.CHECK_CHANGES), form.cleaned_data["reason"]
        record_access(by, kind="reveal", subject=found.student, fields=label, reason=reason)
        value = found.value
        named = {
            ChangeKind.ID_NUMBER: ("id_number",),
            ChangeKind.ACCOUNT: ("account_holder", "account_number"),
        }
        context["masked"] = " ".join(value[name] for name in named[ChangeKind(found.kind)] if value[name])
        del context["reveal_url"]
    else:
        context["error"] = form.errors["reason"][0]
    template = "components/masked_id.html" if request.htmx else "students/reveal.html"
    response = render(request, template, context, status=200 if form.is_valid() else 422)
    add_never_cache_headers(response)
    return response


def _seen(request):
    permission = P.EDIT_STUDENTS if request.user.can(P.EDIT_STUDENTS) else P.CHECK_CHANGES
    return PendingChange.objects.visible_to(request.user, permission)


def _to_check(request, pk) -> PendingChange:
    """Return a change to answer; 403 where the child is another school's by now."""
    seen = PendingChange.objects.visible_to(request.user, P.CHECK_CHANGES).with_child()
    found = get_object_or_404(seen, pk=pk)
    if not in_charge(found.student, user=request.user, permission=P.CHECK_CHANGES):
        raise PermissionDenied
    return found


def _new_number(found: PendingChange, *, url: str) -> dict:
    return {"name": f"change-{found.pk}", "masked": found.new_words, "label": "新值", "reveal_url": url}


def _page(request, found: PendingChange, form=None):
    user, waiting = request.user, found.state == ChangeState.WAITING
    may_check = waiting and user.can(P.CHECK_CHANGES) and found.proposed_by_id != user.pk
    may_check = may_check and in_charge(found.student, user=user, permission=P.CHECK_CHANGES)
    url = reverse("students:change_reveal", args=[found.pk]) if may_check else ""
    context = {
        "crumbs": _crumbs(found.student.name),
        "change": found,
        "tone": TONES[found.state],
        "number": _new_number(found, url=url),
        "form": (form or ChangeAnswerForm()) if may_check or form else None,
        "may_withdraw": waiting and user.can(P.EDIT_STUDENTS),
        "own": waiting and found.proposed_by_id == user.pk,
        "entries": [
            {"at": step.at, "by": f"{step.by_role} {step.by_name}", "text": step.label, "reason": step.reason}
            for step in found.decisions.all()
        ],
    }
    status = 422 if form is not None and form.errors else 200
    return render(request, "students/changes/detail.html", context, status=status)


def _crumbs(*tail):
    here = ("待复核变更", reverse("students:changes") if tail else None)
    return [("首页", reverse("home:todo")), here, *((text, None) for text in tail)]
