"""计划台账、进度台账、资金台账: projects as they stood on a day, with sums that are the fund book's."""

import datetime as dt
from urllib.parse import urlencode

from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from povertyedu.accounts.access import needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.calendar import today
from povertyedu.ui.listing import handed_over
from povertyedu.ui.paging import key_page
from projects.enums import FundSource
from projects.forms.reports import AsOfFilter
from projects.models import Project
from projects.queries import as_of, lists
from projects.queries.ledgers import LEDGERS, workbook_of

from .projects import crumbs

PRINTED_AT_MOST = 2000
KEPT = ("tab", "township", "programme", "year", "on")


def asked(request) -> tuple[AsOfFilter, dt.date]:
    """Return the filter and its day; today without one."""
    form = AsOfFilter(request.GET, user=request.user, permission=P.VIEW_PROJECTS)
    return form, form.wanted.get("on") or today()


def query_of(request, **changes) -> str:
    kept = {name: value for name in KEPT if (value := request.GET.get(name))} | changes
    return urlencode({name: value for name, value in kept.items() if value})


def planned(request, form: AsOfFilter, on: dt.date):
    """Return the projects the filter leaves, that were planned by the day."""
    rows = lists.narrowed(Project.objects.visible_to(request.user, P.VIEW_PROJECTS), form.wanted)
    return as_of.in_plan(rows, on)


@needs(P.VIEW_PROJECTS)
@require_GET
def ledgers(request):
    """Show one of the three ledgers of the reader's places on a day."""
    form, on = asked(request)
    rows = planned(request, form, on)
    tab = request.GET.get("tab") if request.GET.get("tab") in LEDGERS else "plan"
    printing, page = "print" in request.GET, None
    if printing:
        found = list(rows.order_by("pk")[:PRINTED_AT_MOST])
    else:
        page = key_page(rows, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
        found = page.rows
    sums = as_of.totals_of(rows, on)
    context = {
        "crumbs": crumbs(("项目台账", None)), "form": form, "applied": form.in_force(), "keep": {"tab": tab}, "on": on, "tab": tab,
        "title": LEDGERS[tab], "rows": as_of.picture(found, on), "page": page, "printing": printing,
        "count": page.total if page else len(found),
        "sums": [(FundSource(source).label, money) for source, money in sums.items()], "total": sum(sums.values(), as_of.Money()),
        "tabs": [{"text": text, "active": name == tab, "url": f"?{query_of(request, tab=name)}"} for name, text in LEDGERS.items()],
        "previous_url": page and page.previous and f"?{query_of(request, before=page.previous)}",
        "next_url": page and page.following and f"?{query_of(request, after=page.following)}",
        "print_url": f"?{query_of(request)}&print=1",
        "export_url": f"{reverse('projects:ledger_export')}?{query_of(request)}",
    }  # fmt: skip
    return render(request, "projects/ledgers.html", context)


@needs(P.VIEW_PROJECTS)
@require_GET
def ledger_export(request):
    """Hand over a ledger of what the filter shows."""
    form, on = asked(request)
    tab = request.GET.get("tab") if request.GET.get("tab") in LEDGERS else "plan"
    rows = as_of.picture(planned(request, form, on).order_by("code"), on)
    body = workbook_of(rows, tab, on=on, words=form.in_force() or "全部", by=request.user.name)
    return handed_over(body, f"项目{LEDGERS[tab]}", day=on)
