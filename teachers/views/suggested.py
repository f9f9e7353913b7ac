"""交流建议方案: rules set, solved in the background, compared with plans made by hand, solved again, adopted as drafts."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from povertyedu.accounts.access import actor, needs, working_term
from povertyedu.accounts.permissions import Permission as P
from povertyedu.audit.models import record_access
from povertyedu.jobs.models import Job
from povertyedu.jobs.tasks import start
from povertyedu.ui.listing import Listing, handed_over
from povertyedu.workflow.attempt import attempt
from povertyedu.workflow.flow import StepRefused
from teachers import planning
from teachers.actions import suggested as actions
from teachers.enums.suggested import RunState
from teachers.forms.suggested import AdoptForm, PlanForm, initial_of
from teachers.models import PlannedMove, PlanRun
from teachers.queries import suggested as queries
from teachers.queries.suggested_export import workbook_of

CRUMB = ("交流建议方案", "/teachers/suggested/")
PROBLEMS_SHOWN = 20


def plan_of(request, pk: int) -> PlanRun:
    return get_object_or_404(
        PlanRun.objects.visible_to(request.user, P.PLAN_DEPLOYMENT).select_related("term"), pk=pk
    )


@needs(P.PLAN_DEPLOYMENT)
@require_GET
def plans(request):
    """List the plans, the newest first."""
    rows = queries.with_counts(
        PlanRun.objects.visible_to(request.user, P.PLAN_DEPLOYMENT).select_related("term")
    )
    context = {"crumbs": [(CRUMB[0], None)], **Listing(request, ()).shown(rows)}
    return render(request, "teachers/suggested/list.html", context)


@needs(P.PLAN_DEPLOYMENT)
@require_http_methods(["GET", "HEAD", "POST"])
def plan_new(request):
    """Set days and rules of a new plan, and have it solved."""
    return _rules_page(
        request,
        planning.Rules(),
        initial_of(working_term(request)),
        title="新建方案",
        back=reverse("teachers:suggested_plans"),
    )


@needs(P.PLAN_DEPLOYMENT)
@require_http_methods(["GET", "HEAD", "POST"])
def plan_change(request, pk):
    """Change the rules of a plan and have it solved again; what was said to it goes along."""
    run = plan_of(request, pk)
    days = {"term": run.term_id, "since": run.since, "until": run.until, "seconds": run.seconds}
    rules = planning.Rules.from_dict(run.rules)
    return _rules_page(
        request, rules, days, title="改规则重新求解", back=run.get_absolute_url(), based_on=run
    )


def _rules_page(
    request, rules: planning.Rules, days: dict, *, title: str, back: str, based_on: PlanRun | None = None
):
    posted = request.method == "POST"
    form = PlanForm(request.POST if posted else None, rules=rules, initial=days)
    if posted and form.is_valid():
        data = form.cleaned_data
        run = attempt(
            form, actions.order, by=actor(request, P.PLAN_DEPLOYMENT), term=data["term"], since=data["since"], until=data["until"],
            rules=form.rules, seconds=data["seconds"], based_on=based_on,
        )  # fmt: skip
        if run is not None:
            _start(request, run)
            return redirect(run)
    crumbs = [CRUMB, *([(str(based_on), back)] if based_on else []), (title, None)]
    context = {"crumbs": crumbs, "title": title, "form": form, "back_url": back}
    return render(request, "teachers/suggested/rules.html", context, status=422 if form.errors else 200)


def _start(request, run: PlanRun) -> None:
    start(
        "teachers.solve_plan", label=f"求解{run}", by=request.user, lock=run.lock, url=run.get_absolute_url(), arguments={"run": run.pk}
    )  # fmt: skip
    messages.success(request, f"已开始求解，最多 {run.seconds} 秒，完成后会有消息。")


@needs(P.PLAN_DEPLOYMENT)
@require_POST
def solve_again(request, pk):
    """Solve with the same rules and what has been said since; a plan whose job failed is simply started again."""
    run = plan_of(request, pk)
    if Job.objects.live().filter(lock=run.lock).exists():
        messages.info(request, "正在求解，请等它完成。")
        return redirect(run)
    if run.state != RunState.WAITING:
        try:
            run = actions.order(
                by=actor(request, P.PLAN_DEPLOYMENT), term=run.term, since=run.since, until=run.until,
                rules=planning.Rules.from_dict(run.rules), seconds=run.seconds, based_on=run,
            )  # fmt: skip
        except StepRefused as refusal:
            messages.error(request, str(refusal))
            return redirect(run)
    _start(request, run)
    return redirect(run)


@needs(P.PLAN_DEPLOYMENT)
@require_GET
def plan(request, pk):
    """Show a plan: how good it is, its moves, need by school before and after, what stays open and why."""
    run = plan_of(request, pk)
    listing = Listing(request, ("tab",))
    tab = listing.tab(queries.TABS, "moves")
    moves = PlannedMove.objects.visible_to(request.user, P.PLAN_DEPLOYMENT).filter(run=run)
    count, holds = moves.count(), list(run.holds.select_related("teacher__person", "school"))
    result = run.result
    counts = {
        "moves": count,
        "schools": len(result.get("schools", ())),
        "open": len(result.get("open", ())),
        "holds": len(holds),
    }
    job = Job.objects.order_by("-pk").filter(lock=run.lock).first()
    context = {
        "crumbs": [CRUMB, (str(run), None)], "it": run, "tab": tab, "result": result, "holds": holds,
        "tabs": [{"text": text, "count": counts.get(name, ""), "active": name == tab, "url": f"?tab={name}"} for name, text in queries.TABS.items()],
        "figures": queries.figures_of(run), "told": queries.told_of(run), "newest": queries.newest_of(run),
        "job": job if job and (job.is_live or run.state == RunState.WAITING) else None,
        "is_open": run.state in (RunState.SOLVED, RunState.INFEASIBLE), "pending": holds if run.is_touched else [],
        "printing": listing.is_printed, "print_url": f"?{listing.query(tab=tab)}&print=1",
    }  # fmt: skip
    if tab == "moves":
        rows = moves.select_related("teacher__person", "from_school", "school", "deployment")
        context |= listing.numbered(rows)
    elif tab == "schools":
        context["schools"] = queries.schools_of(run)
    elif tab == "open":
        context["open"] = queries.open_of(run)
    elif tab == "rules":
        context["rules"] = queries.rules_told(run)
    context["export_url"] = reverse("teachers:suggested_export", args=[pk])
    return render(request, "teachers/suggested/plan.html", context)


@needs(P.PLAN_DEPLOYMENT)
@require_GET
def export(request, pk):
    """Hand the moves with their reasons over as a workbook; the download is logged."""
    run = plan_of(request, pk)
    moves = PlannedMove.objects.visible_to(request.user, P.PLAN_DEPLOYMENT).filter(run=run)
    record_access(
        actor(request, P.PLAN_DEPLOYMENT), kind="download", subject=run, fields="教师姓名、工号、去处和理由", reason="导出建议方案"
    )  # fmt: skip
    content = workbook_of(
        run, moves.select_related("teacher__person", "from_school", "school"), by=request.user.name
    )
    return handed_over(content, f"教师交流建议方案{run.pk}_")


@needs(P.PLAN_DEPLOYMENT)
@require_http_methods(["GET", "HEAD", "POST"])
def adopt(request, pk):
    """Say what will become drafts and what has changed since the solve; on POST make the drafts."""
    run = plan_of(request, pk)
    posted = request.method == "POST"
    form = AdoptForm(request.POST if posted else None)
    if posted and form.is_valid():
        drafts = attempt(
            form, actions.adopt, by=actor(request, P.PLAN_DEPLOYMENT), run=run, **form.cleaned_data
        )
        if drafts is not None:
            messages.success(request, f"已采纳，生成 {len(drafts)} 份派出草稿，请到支教轮岗逐份提交审批。")
            return redirect(f"{reverse('teachers:deployments')}?tab=draft")
    moves = actions.standing(run)
    found = actions.review(run, moves) if run.state == RunState.SOLVED else None
    context = {
        "crumbs": [CRUMB, (str(run), run.get_absolute_url()), ("采纳", None)], "it": run, "form": form, "moves": len(moves),
        "closed_to": found is None, "problems": found.problems[:PROBLEMS_SHOWN] if found else [],
        "more": max(0, len(found.problems) - PROBLEMS_SHOWN) if found else 0, "is_changed": bool(found and found.is_changed),
    }  # fmt: skip
    return render(request, "teachers/suggested/adopt.html", context, status=422 if form.errors else 200)


@needs(P.PLAN_DEPLOYMENT)
@require_POST
def drop(request, pk):
    """Give a plan up."""
    run = plan_of(request, pk)
    try:
        actions.drop(by=actor(request, P.PLAN_DEPLOYMENT), run=run)
        messages.success(request, f"已放弃{run}。")
    except StepRefused as refusal:
        messages.error(request, str(refusal))
    return redirect("teachers:suggested_plans")
