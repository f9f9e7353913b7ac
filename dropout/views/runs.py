"""缺勤跟踪: children who stay away, by how far the clock has come."""

from urllib.parse import urlencode

from django.shortcuts import render
from django.views.decorators.http import require_GET

from dropout.actions.clock import Clock
from dropout.enums import ClockStep
from dropout.forms import SchoolFilter
from dropout.queries import runs as queries
from povertyedu.accounts.access import needs, working_term
from povertyedu.accounts.permissions import Permission as P
from povertyedu.ui.listing import PRINTED_AT_MOST
from povertyedu.ui.paging import key_page

from .chain import HOME

CRUMBS = [HOME, ("控辍保学", None), ("缺勤跟踪", None)]


@needs(P.VIEW_ATTENDANCE)
@require_GET
def runs(request):
    """List the open runs of one step or of all, with names, days and what comes next."""
    user, term = request.user, working_term(request)
    if term is None:
        return render(request, "students/no_term.html", {"crumbs": CRUMBS})
    form = SchoolFilter(request.GET, user=user, permission=P.VIEW_ATTENDANCE)
    rows = queries.open_runs(term, user=user, permission=P.VIEW_ATTENDANCE, wanted=form.wanted)
    counts = queries.counts_by_step(rows)
    step = next((each for each in queries.TABS if str(each.value) == request.GET.get("step")), None)
    if step:
        rows = rows.filter(step=step)
    printing = "print" in request.GET
    page = (
        None
        if printing
        else key_page(rows, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    )
    found = list(rows.order_by("-step", "pk")[:PRINTED_AT_MOST]) if page is None else page.rows
    context = {
        "crumbs": CRUMBS, "term": term, "form": form, "applied": form.in_force(), "step": step,
        "rows": queries.shown(found, Clock.read()), "page": page, "printing": printing,
        "tabs": _tabs(request, counts, step), "keep": {"step": step.value} if step else {},
        "previous_url": page and page.previous and f"?{_query(request, before=page.previous)}",
        "next_url": page and page.following and f"?{_query(request, after=page.following)}",
        "print_url": f"?{_query(request)}&print=1", "may_follow": user.can(P.WORK_CASES), "here": request.get_full_path(),
    }  # fmt: skip
    return render(request, "dropout/runs.html", context)


def _tabs(request, counts: dict[int, int], step: ClockStep | None) -> list[dict]:
    every = {
        "text": "全部",
        "count": sum(counts.values()),
        "active": step is None,
        "url": f"?{_query(request, step='')}",
    }
    return [every] + [
        {
            "text": each.label, "count": counts.get(each.value, 0), "bad": each >= ClockStep.SUSPECTED and each.value in counts,
            "active": each == step, "url": f"?{_query(request, step=each.value)}",
        }
        for each in queries.TABS
    ]  # fmt: skip


def _query(request, **changes) -> str:
    names = ("term", "township", "school", "step")
    kept = {name: value for name in names if (value := request.GET.get(name))} | changes
    return urlencode({name: value for name, value in kept.items() if value})
