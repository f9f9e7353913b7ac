"""建设规划: programmes with targets by year, plan against actual at any date."""

import datetime as dt

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.calendar import today
from projects.actions import programmes as actions
from projects.forms.programmes import AsOfForm
from projects.forms.projects import ProgrammeForm, TargetForm
from projects.models import Programme
from projects.queries import programmes as queries

from .attempts import attempt
from .projects import crumbs

CRUMB = ("建设规划", "/projects/programmes/")


@needs(P.VIEW_PROJECTS)
@require_GET
def programmes(request):
    """List the programmes with how many projects each has, and their money."""
    rows = queries.with_counts(Programme.objects.visible_to(request.user, P.VIEW_PROJECTS))
    context = {
        "crumbs": crumbs(("建设规划", None)),
        "rows": rows,
        "may_manage": request.user.can(P.MANAGE_PROJECTS),
    }
    return render(request, "projects/programmes.html", context)


@needs(P.MANAGE_PROJECTS)
@require_http_methods(["GET", "HEAD", "POST"])
def programme_edit(request, pk=None):
    """Add a programme, or correct one."""
    found = (
        get_object_or_404(Programme.objects.visible_to(request.user, P.MANAGE_PROJECTS), pk=pk)
        if pk
        else None
    )
    form = ProgrammeForm(request.POST or None, instance=found)
    if form.is_bound and form.is_valid():
        made = attempt(form, actions.keep, by=actor(request, P.MANAGE_PROJECTS), programme=form.instance)
        if made:
            messages.success(request, f"已保存：{made}。")
            return redirect(made)
    title = "更正规划" if found else "新建规划"
    context = {
        "crumbs": crumbs(CRUMB, (title, None)), "title": title, "form": form, "back_url": reverse("projects:programmes"),
    }  # fmt: skip
    return render(request, "projects/form.html", context, status=422 if form.errors else 200)


@needs(P.VIEW_PROJECTS)
@require_GET
def programme(request, pk):
    """Show a programme's targets against what its projects plan and have done by a day."""
    found = get_object_or_404(Programme.objects.visible_to(request.user, P.VIEW_PROJECTS), pk=pk)
    form = AsOfForm(request.GET or None, auto_id="filter_%s")
    on: dt.date = (form.is_valid() and form.cleaned_data["on"]) or today()
    money = queries.money_of(found, on)
    context = {
        "crumbs": crumbs(CRUMB, (found.name, None)),
        "it": found,
        "form": form,
        "on": on,
        "counts": queries.counts_of(found, on),
        "targets": queries.targets_of(found, on),
        "money": money,
        "sums": {name: sum(row[name] for row in money) for name in queries.BOOKED},
        "may_manage": request.user.can(P.MANAGE_PROJECTS),
    }
    return render(request, "projects/programme.html", context)


@needs(P.MANAGE_PROJECTS)
@require_http_methods(["GET", "HEAD", "POST"])
def target_new(request, pk):
    """Set a target of a programme's year; the same item again changes its number."""
    found = get_object_or_404(Programme.objects.visible_to(request.user, P.MANAGE_PROJECTS), pk=pk)
    form = TargetForm(request.POST or None, programme=found)
    if form.is_bound and form.is_valid():
        by = actor(request, P.MANAGE_PROJECTS)
        if attempt(form, actions.set_target, by=by, programme=found, **form.cleaned_data):
            messages.success(request, "已保存目标。")
            return redirect(found)
    context = {
        "crumbs": crumbs(CRUMB, (found.name, found.get_absolute_url()), ("定目标", None)), "title": f"定目标：{found.name}", "form": form,
        "back_url": found.get_absolute_url(),
    }  # fmt: skip
    return render(request, "projects/form.html", context, status=422 if form.errors else 200)
