"""建设规划: programmes with targets by year, plan against actual at any date."""

from django import forms
from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.indicators.queries import counts_of
from povertyedu.ui.listing import handed_over
from povertyedu.workflow.attempt import attempt
from projects.actions import programmes as actions
from projects.forms.programmes import AsOfForm, CountForm, ProgrammeForm, TargetForm, TargetsFilter
from projects.models import Programme, ProgrammeTarget
from projects.queries import programmes as queries
from projects.queries.target_export import workbook_of

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
    form = AsOfForm(request.GET, auto_id="filter_%s")
    on = form.day
    money = queries.money_of(found, on)
    context = {
        "crumbs": crumbs(CRUMB, (found.name, None)),
        "it": found,
        "form": form,
        "on": on,
        "counts": queries.projects_of(found, on),
        "targets": queries.lines_of([found], on),
        "contradictions": queries.contradictions_of(found),
        "counted": counts_of([found.plan]),
        "money": money,
        "sums": {name: sum(row[name] for row in money) for name in queries.BOOKED},
        "may_manage": request.user.can(P.MANAGE_PROJECTS),
    }
    return render(request, "projects/programme.html", context)


def _programme(request, pk) -> Programme:
    return get_object_or_404(Programme.objects.visible_to(request.user, P.MANAGE_PROJECTS), pk=pk)


def _form_page(request, form, found: Programme, title: str, **more):
    context = {
        "crumbs": crumbs(CRUMB, (found.name, found.get_absolute_url()), (title, None)), "title": f"{title}：{found.name}", "form": form,
        "back_url": found.get_absolute_url(), **more,
    }  # fmt: skip
    return render(request, "projects/form.html", context, status=422 if form.errors else 200)


@needs(P.MANAGE_PROJECTS)
@require_http_methods(["GET", "HEAD", "POST"])
def target_new(request, pk):
    """Set a target of a programme's year; the same item again changes its number."""
    found = _programme(request, pk)
    form = TargetForm(request.POST or None, programme=found)
    if form.is_bound and form.is_valid():
        by = actor(request, P.MANAGE_PROJECTS)
        if attempt(form, actions.set_target, by=by, programme=found, **form.cleaned_data):
            messages.success(request, "已保存目标。")
            return redirect(found)
    return _form_page(request, form, found, "定目标")


@needs(P.MANAGE_PROJECTS)
@require_http_methods(["GET", "HEAD", "POST"])
def target_drop(request, pk):
    """Take a target off that was written wrong."""
    rows = ProgrammeTarget.objects.visible_to(request.user, P.MANAGE_PROJECTS).select_related("programme")
    target = get_object_or_404(rows, pk=pk)
    form = forms.Form(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        actions.drop_target(by=actor(request, P.MANAGE_PROJECTS), target=target)
        messages.success(request, "已去掉这项目标；登记的完成数还在。")
        return redirect(target.programme)
    note = f"{target.year} 年 {target.item} {target.get_basis_display()} {target.planned.normalize():f}{target.unit}"
    return _form_page(request, form, target.programme, "去掉目标", note=note, button="去掉")


@needs(P.MANAGE_PROJECTS)
@require_http_methods(["GET", "HEAD", "POST"])
def count_new(request, pk):
    """Write down how much of each item there is on a day; the same day again corrects it."""
    found = _programme(request, pk)
    form = CountForm(request.POST or None, programme=found, last=counts_of([found.plan]))
    if form.is_bound and form.is_valid():
        by, data = actor(request, P.MANAGE_PROJECTS), form.cleaned_data
        changed = attempt(
            form,
            actions.count_done,
            by=by,
            programme=found,
            on=data["on"],
            done=form.done,
            note=data["note"] or "",
        )
        if changed is not None:
            messages.success(request, f"已登记 {data['on']} 的完成数，{changed} 项有变动。")
            return redirect(found)
    note = "填截至当日的总数；当年完成多少，由前后两次相减得出。没有数的不填"
    return _form_page(request, form, found, "登记完成数", note=note, button="登记", nothing=not form.items)


def _chosen(request):
    """Return the filter and the lines it leaves."""
    form = TargetsFilter(request.GET, user=request.user)
    wanted = form.wanted
    rows = Programme.objects.visible_to(request.user, P.VIEW_PROJECTS)
    if kind := wanted.get("kind"):
        rows = rows.filter(kind=kind)
    if programme := wanted.get("programme"):
        rows = rows.filter(pk=programme.pk)
    lines = [line for line in queries.lines_of(list(rows), form.day) if line.of]
    if year := wanted.get("year"):
        lines = [line for line in lines if line.year == year]
    state = {
        "due": lambda line: line.is_due,
        "missed": lambda line: line.is_due and line.is_reached is False,
        "uncounted": lambda line: line.done is None,
    }.get(wanted.get("state", ""))
    return form, list(filter(state, lines)) if state else lines


@needs(P.VIEW_PROJECTS)
@require_GET
def targets(request):
    """Show every target of every plan against what was done by a day."""
    form, lines = _chosen(request)
    context = {
        "crumbs": crumbs(CRUMB, ("目标对照", None)),
        "form": form,
        "on": form.day,
        "applied": form.in_force(),
        "rows": lines,
        "due": sum(1 for line in lines if line.is_due),
        "reached": sum(1 for line in lines if line.is_reached),
        "missed": sum(1 for line in lines if line.is_due and line.is_reached is False),
        "uncounted": sum(1 for line in lines if line.done is None),
        "export_url": f"{reverse('projects:targets_export')}?{request.GET.urlencode()}",
        "may_manage": request.user.can(P.MANAGE_PROJECTS),
    }
    return render(request, "projects/targets.html", context)


@needs(P.VIEW_PROJECTS)
@require_GET
def targets_export(request):
    """Hand over the same lines as a workbook."""
    form, lines = _chosen(request)
    body = workbook_of(lines, words=form.in_force(), by=request.user.name)
    return handed_over(body, "建设规划目标对照", day=form.day)
