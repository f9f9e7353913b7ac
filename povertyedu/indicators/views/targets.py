"""目标和历史数据变动: what is to be reached, and whose past was changed."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.indicators import forms, queries
from povertyedu.indicators.actions import targets as actions
from povertyedu.indicators.definitions import definitions
from povertyedu.indicators.models import IndicatorTarget, Snapshot
from povertyedu.ui.listing import PRINTED_AT_MOST
from povertyedu.ui.paging import key_page

from .rates import crumbs


@needs(P.VIEW_INDICATORS)
@require_GET
def targets(request):
    """List the targets by indicator and year, and the plans to take them from."""
    rows = list(IndicatorTarget.objects.visible_to(request.user, P.VIEW_INDICATORS))
    known = definitions()
    context = {
        "crumbs": crumbs(("目标", None)),
        "rows": [{"it": row, "label": known[row.code].label} for row in rows if row.code in known],
        "presets": [
            {
                "code": code,
                "name": preset.name,
                "lines": [
                    f"{known[line.code].label} {line.year} 年 {line.value}%{'（年度为推定）' if line.is_inferred else ''}"
                    for line in preset.targets
                ],
            }
            for code, preset in actions.presets().items()
        ],
        "may_manage": request.user.can(P.MANAGE_INDICATORS),
    }
    return render(request, "indicators/targets.html", context)


@needs(P.MANAGE_INDICATORS)
@require_http_methods(["GET", "HEAD", "POST"])
def target_set(request):
    """Set one target, or change it."""
    form = forms.TargetForm(request.POST or None)
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        saved = actions.set_target(by=actor(request, P.MANAGE_INDICATORS), **data)
        messages.success(
            request, f"已保存：{definitions()[saved.code].label} {saved.year} 年 {saved.value}%。"
        )
        return redirect("indicators:targets")
    context = {
        "crumbs": crumbs(("目标", reverse("indicators:targets")), ("设定目标", None)), "title": "设定目标", "form": form,
        "back_url": reverse("indicators:targets"),
    }  # fmt: skip
    return render(request, "indicators/form.html", context, status=422 if form.errors else 200)


@needs(P.MANAGE_INDICATORS)
@require_POST
def preset_pick(request):
    """Take over a plan's targets."""
    code = request.POST.get("code", "")
    if code not in actions.presets():
        raise Http404
    count = actions.pick_preset(by=actor(request, P.MANAGE_INDICATORS), preset=code)
    messages.success(request, f"已采用“{actions.presets()[code].name}”的 {count} 项目标；其他目标不变。")
    return redirect("indicators:targets")


@needs(P.VIEW_INDICATORS)
@require_GET
def changes(request):
    """List the children of the reader's places who count otherwise now than when their year was closed."""
    rows = queries.changes_in(user=request.user, permission=P.VIEW_INDICATORS)
    printing = "print" in request.GET
    page = (
        None
        if printing
        else key_page(
            rows, after=request.GET.get("after", ""), before=request.GET.get("before", ""), newest_first=True
        )
    )
    found = list(rows.order_by("-pk")[:PRINTED_AT_MOST]) if printing else page.rows
    context = {
        "crumbs": crumbs(("历史数据变动", None)), "rows": _told(found), "page": page, "printing": printing,
        "finals": Snapshot.objects.visible_to(request.user, P.VIEW_INDICATORS).filter(is_final=True).count(),
        "previous_url": page and page.previous and f"?before={page.previous}",
        "next_url": page and page.following and f"?after={page.following}",
    }  # fmt: skip
    return render(request, "indicators/changes.html", context)


def _told(found) -> list[dict]:
    """Return the rows with names, and what the registry's history says was changed since the snapshot."""
    told = []
    for snapshot in {row.snapshot_id: row.snapshot for row in found}.values():
        own = [row for row in found if row.snapshot_id == snapshot.pk]
        subjects = [row.subject for row in own]
        names, traces = (
            snapshot.definition.names(subjects),
            snapshot.definition.traces(subjects, snapshot.taken_at),
        )
        told += [
            {"it": row, "named": names[row.subject], "traces": traces.get(row.subject, [])} for row in own
        ]
    return sorted(told, key=lambda row: -row["it"].pk)
