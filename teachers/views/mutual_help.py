"""校际帮扶: 送课下乡, 同步课堂, 联校办班, 送教送训: the plan of a term, what was held, counts by school and poor village."""

from django.http import Http404, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods

from povertyedu.accounts.access import actor, needs, working_term
from povertyedu.accounts.permissions import Permission as P
from povertyedu.ui.listing import Listing, handed_over
from teachers.actions import mutual_help as actions
from teachers.forms import mutual_help as forms
from teachers.forms.care import WhyForm
from teachers.models import HelpActivity
from teachers.queries import mutual_help as queries
from teachers.queries.help_export import help_workbook

from .care import crumbs, form_page, posted, readable, url

READ = (P.KEEP_MUTUAL_HELP, P.VIEW_TEACHERS)
TRAIL = ("校际帮扶", "/teachers/help/")
KEPT = ("tab", "township", "school", "kind", "term", "q")


def _chosen(request):
    """Return the filter, the rows it leaves in every tab, and the tab."""
    permission = next(p for p in READ if request.user.can(p))
    form = forms.HelpFilter(request.GET, user=request.user, permission=permission)
    every = queries.narrowed(readable(HelpActivity, request.user, READ), form.wanted)
    return form, every, Listing(request, KEPT).tab((*queries.TABS, "overdue"), "all")


def _of_tab(every, tab: str):
    return every.overdue() if tab == "overdue" else every.filter(queries.TABS[tab][1])


@needs(*READ)
@require_GET
def activities(request):
    """List the activities, newest first, with what the filter adds up to."""
    form, every, tab = _chosen(request)
    rows = _of_tab(every, tab).select_related("from_school", "to_school__area")
    listing = Listing(request, KEPT)
    sums = queries.totals(every)
    counts = {
        "all": sums["planned_n"], "planned": sums["planned_n"] - sums["held_n"] - sums["cancelled_n"], "held": sums["held_n"],
        "cancelled": sums["cancelled_n"],
    }  # fmt: skip
    tabs = [
        {"text": text, "count": counts[name], "active": name == tab, "url": f"?{listing.query(tab=name)}"}
        for name, (text, _) in queries.TABS.items()
    ]
    overdue = {
        "text": "逾期未开展",
        "count": sums["overdue_n"],
        "bad": bool(sums["overdue_n"]),
        "active": tab == "overdue",
    }
    context = {
        "crumbs": crumbs(("校际帮扶", None)), "form": form, "applied": form.in_force(), "keep": {"tab": tab}, "sums": sums,
        "tabs": [*tabs, overdue | {"url": f"?{listing.query(tab='overdue')}"}],
        "may_keep": request.user.can(P.KEEP_MUTUAL_HELP),
        "counts_url": f"{url('help_counts')}?{listing.query()}", **listing.shown(rows, url("help_export")),
    }  # fmt: skip
    return render(request, "teachers/help/list.html", context)


@needs(*READ)
@require_GET
def export(request):
    """Hand over what the filter shows as a ledger."""
    form, every, tab = _chosen(request)
    words = form.in_force() or "全部"
    return handed_over(help_workbook(_of_tab(every, tab), words=words, by=request.user.name), "校际帮扶台账")


@needs(*READ)
@require_GET
def counts(request):
    """Count what the filter leaves by giving school, by receiving school, by poor village."""
    form, every, _ = _chosen(request)
    context = {
        "crumbs": crumbs(TRAIL, ("帮扶统计", None)), "form": form, "applied": form.in_force(),
        "tables": [
            ("帮扶学校", queries.by_giver(every)), ("受援学校", queries.by_receiver(every)), ("贫困村", queries.by_poor_village(every)),
        ],
        "sums": queries.totals(every),
    }  # fmt: skip
    return render(request, "teachers/help/counts.html", context)


@needs(P.KEEP_MUTUAL_HELP)
@require_http_methods(["GET", "HEAD", "POST"])
def plan(request):
    """Plan an activity, or a series, of a term."""
    form = forms.PlanForm(posted(request)[0], user=request.user, initial={"term": working_term(request)})
    by = actor(request, P.KEEP_MUTUAL_HELP)
    return form_page(
        request, form, lambda typed: actions.plan(by=by, **typed), title="制定帮扶计划", trail=[TRAIL], back=url("help"), done="已列入计划。",
        to=url("help"), button="列入计划",
    )  # fmt: skip


@needs(*READ)
@require_GET
def activity(request, pk):
    """Show one activity: who for whom, planned and held, its evidence, and the next step."""
    rows = readable(HelpActivity, request.user, READ).select_related(
        "from_school", "to_school__area__parent", "term", "evidence"
    )
    found = get_object_or_404(rows, pk=pk)
    files = (
        [{"url": url("help_evidence", pk), "name": found.evidence.name, "size": found.evidence.size}]
        if found.evidence
        else []
    )
    keeps = HelpActivity.objects.visible_to(request.user, P.KEEP_MUTUAL_HELP).filter(pk=pk).exists()
    context = {
        "crumbs": crumbs(TRAIL, (str(found), None)), "it": found, "files": files, "teachers": found.teachers.select_related("person"),
        "may_keep": keeps and found.state == "planned",
    }  # fmt: skip
    return render(request, "teachers/help/activity.html", context)


@needs(P.KEEP_MUTUAL_HELP)
@require_http_methods(["GET", "HEAD", "POST"])
def step(request, pk, verb):
    """Report an activity held, or cancel it."""
    if verb not in ("hold", "cancel"):
        raise Http404
    rows = HelpActivity.objects.visible_to(request.user, P.KEEP_MUTUAL_HELP)
    found, by = get_object_or_404(rows, pk=pk), actor(request, P.KEEP_MUTUAL_HELP)
    holding = verb == "hold"
    form = forms.HoldForm(*posted(request), activity=found) if holding else WhyForm(posted(request)[0])

    def act(typed):
        if not holding:
            return actions.cancel(by=by, activity=found, reason=typed["reason"])
        upload = typed.pop("scan")
        return actions.hold(by=by, activity=found, upload=upload, account=request.user, **typed)

    title = "登记开展" if holding else "取消活动"
    return form_page(
        request, form, act, title=f"{title}：{found}", trail=[TRAIL, (str(found), found.get_absolute_url())], back=found.get_absolute_url(),
        done=f"已办理：{title}。", button=title, to=found.get_absolute_url(),
    )  # fmt: skip


@needs(*READ)
@require_GET
def evidence(request, pk):
    """Send what proves that an activity was held."""
    rows = readable(HelpActivity, request.user, READ).select_related("evidence").exclude(evidence=None)
    stored = get_object_or_404(rows, pk=pk).evidence
    if not stored.path.exists():
        raise Http404("文件不在了，请联系系统管理员从备份恢复。")
    response = StreamingHttpResponse(stored.chunks(), content_type="application/octet-stream")
    response["Content-Length"] = stored.size
    response["Content-Disposition"] = content_disposition_header(True, stored.name)
    response["Cache-Control"] = "no-store"
    return response
