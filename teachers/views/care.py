"""What the pages of care have in common: who reads them, crumbs, a form with one action."""

from collections.abc import Callable

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse

from povertyedu.accounts.access import actor
from povertyedu.accounts.permissions import Permission as P
from povertyedu.audit.models import record_access
from povertyedu.workflow.attempt import attempt

CARE = (P.KEEP_CARE, P.REVIEW_CARE, P.APPROVE_CARE, P.PAY_CARE)


def readable(model, user, permissions=CARE):
    """Return the rows of ``model`` that ``user`` may read by any of ``permissions``."""
    rows = model.objects.none()
    for permission in permissions:
        if user.can(permission):
            rows |= model.objects.visible_to(user, permission)
    return rows


def log_amounts(request, subject, reason: str) -> None:
    """What teachers are paid is for who handles it, and who looked is written down."""
    permission = next(permission for permission in CARE if request.user.can(permission))
    record_access(
        actor(request, permission), kind="reveal", subject=subject, fields="教师姓名、补助金额", reason=reason
    )


def crumbs(*more) -> list[tuple]:
    return [("首页", "/"), ("教师队伍", None), *more]


def form_page(
    request,
    form,
    action: Callable,
    *,
    title: str,
    back: str,
    trail,
    done: str,
    to=None,
    button="保存",
    **context,
):
    """Show ``form``; when it is good, call ``action(typed)``, say ``done`` and go ``to`` (where what it returns lives)."""
    if form.is_bound and form.is_valid():
        made = attempt(form, action, typed=form.cleaned_data)
        if made is not None:
            messages.success(request, done)
            return redirect(to or made)
    context |= {
        "crumbs": crumbs(*trail, (title, None)), "title": title, "form": form, "button": button, "back_url": back,
        "with_file": form.is_multipart(),
    }  # fmt: skip
    return render(request, "teachers/care/form.html", context, status=422 if form.errors else 200)


def posted(request):
    """Return the data and files a form is bound to, None for both when nothing was sent."""
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)


def log_of(row) -> list[dict]:
    """Return the decisions of ``row`` for the log component."""
    return [{"at": d.at, "by": d.by_name, "text": d.label, "reason": d.reason} for d in row.decisions.all()]


def url(name: str, *arguments) -> str:
    return reverse(f"teachers:{name}", args=arguments)
