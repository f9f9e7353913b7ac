"""计划台账、进度台账、资金台账: projects as they stood on a day, with sums that are the fund book's."""

import datetime as dt

from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from povertyedu.accounts.access import needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.calendar import today
from povertyedu.ui.listing import Listing, handed_over
from projects.enums import FundSource
from projects.forms.reports import AsOfFilter
from projects.models import Project
from projects.queries import as_of, lists
from projects.queries.ledgers import LEDGERS, workbook_of

from .projects import crumbs

KEPT = ("tab", "township", "programme", "year", "on")


def asked(request) -> tuple[AsOfFilter, dt.date]:
    """Return the filter and its day; today without one."""
    form = AsOfFilter(request.GET, user=request.user, permission=P.VIEW_PROJECTS)
    return form, form.wanted.get("on") or today()


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
    listing = Listing(request, KEPT)
    tab = listing.tab(LEDGERS, "plan")
    shown = listing.shown(rows, reverse("projects:ledger_export"), newest_first=False)
    sums = as_of.totals_of(rows, on)
    context = {
        "crumbs": crumbs(("项目台账", None)), "form": form, "applied": form.in_force(), "as_of": "，".join(filter(None, (f"截至 {on}", form.in_force()))), "keep": {"tab": tab}, "on": on, "tab": tab,
        "title": LEDGERS[tab], **shown, "rows": as_of.picture(shown["rows"], on),
        "count": shown["page"].total if shown["page"] else rows.count(),
        "sums": [(FundSource(source).label, money) for source, money in sums.items()], "total": sum(sums.values(), as_of.Money()),
        "tabs": [{"text": text, "active": name == tab, "url": f"?{listing.query(tab=name)}"} for name, text in LEDGERS.items()],
    }  # fmt: skip
    return render(request, "projects/ledgers.html", context)


@needs(P.VIEW_PROJECTS)
@require_GET
def ledger_export(request):
    """Hand over a ledger of what the filter shows."""
    form, on = asked(request)
    tab = Listing(request, KEPT).tab(LEDGERS, "plan")
    rows = as_of.picture(planned(request, form, on).order_by("code"), on)
    body = workbook_of(rows, tab, on=on, words=form.in_force() or "全部", by=request.user.name)
    return handed_over(body, f"项目{LEDGERS[tab]}", day=on)
