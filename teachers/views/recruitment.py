"""教师招聘: plans by year and channel, drawn up, approved by another, plan against actual at any day."""

import datetime as dt
from functools import partial
from urllib.parse import urlencode

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from povertyedu.accounts.access import actor, needs, open_step
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.calendar import today
from povertyedu.workbooks.writing import LedgerColumn
from povertyedu.workflow.attempt import attempt
from teachers.actions import recruitment as actions
from teachers.forms import recruitment as forms
from teachers.models import RecruitmentPlan, StaffGoal
from teachers.queries import recruitment as queries
from teachers.queries.staff_goals import goals_on
from teachers.states.recruitment import PLAN_FLOW

from .handing import table_handed_over

YEARS = (
    LedgerColumn("年度", "int", width=8), LedgerColumn("渠道", width=18), LedgerColumn("计划", "int", width=9), LedgerColumn("其中边远学校", "int", width=13),
    LedgerColumn("已安排岗位", "int", width=11), LedgerColumn("体检考察以后", "int", width=13), LedgerColumn("已到岗", "int", width=9),
)  # fmt: skip
STEPS = {
    "submit": (forms.OpinionForm, actions.submit), "approve": (forms.OpinionForm, actions.approve), "return": (forms.WhyForm, actions.send_back),
    "close": (forms.WhyForm, actions.close), "cancel": (forms.WhyForm, actions.cancel),
}  # fmt: skip


def crumbs(*more) -> list[tuple]:
    return [("首页", "/"), ("教师招聘", reverse("teachers:plans") if more else None), *more]


def plan_of(request, pk, permission=P.VIEW_RECRUITMENT) -> RecruitmentPlan:
    return get_object_or_404(RecruitmentPlan.objects.visible_to(request.user, permission), pk=pk)


def page_of(request, form, **context):
    """The page of one form; ``title`` and ``back_url`` are in ``context``."""
    return render(
        request,
        "teachers/recruitment/form.html",
        {"form": form} | context,
        status=422 if form.errors else 200,
    )


@needs(P.VIEW_RECRUITMENT)
@require_GET
def plans(request):
    """List the plans of the county."""
    every = RecruitmentPlan.objects.visible_to(request.user, P.VIEW_RECRUITMENT)
    tab = request.GET.get("tab", "")
    tab = tab if tab in queries.PLAN_TABS else "all"
    context = {
        "crumbs": crumbs(),
        "rows": queries.with_counts(every.filter(queries.PLAN_TABS[tab][1])),
        "tabs": [
            {"text": text, "count": every.filter(condition).count(), "active": name == tab, "url": f"?tab={name}"}
            for name, (text, condition) in queries.PLAN_TABS.items()
        ],
        "may_plan": request.user.can(P.PLAN_RECRUITMENT),
    }  # fmt: skip
    return render(request, "teachers/recruitment/plans.html", context)


def _by_year(request):
    form = forms.AsOfForm(request.GET or None, auto_id="filter_%s")
    on: dt.date = (form.is_valid() and form.cleaned_data["on"]) or today()
    return form, on, queries.by_year(RecruitmentPlan.objects.visible_to(request.user, P.VIEW_RECRUITMENT), on)


@needs(P.VIEW_RECRUITMENT)
@require_GET
def years(request):
    """Show plan against actual by year and channel, and the goals of how many teachers there are to be, as of a day."""
    form, on, tables = _by_year(request)
    goals = StaffGoal.objects.visible_to(request.user, P.VIEW_RECRUITMENT)
    context = {
        "crumbs": crumbs(("计划与完成", None)),
        "form": form,
        "on": on,
        "tables": tables,
        "export_url": f"{reverse('teachers:recruitment_years_export')}?{urlencode({'on': on})}",
        "goals": goals_on(goals, on),
        "may_plan": request.user.can(P.PLAN_RECRUITMENT),
    }
    return render(request, "teachers/recruitment/years.html", context)


@needs(P.VIEW_RECRUITMENT)
@require_GET
def years_export(request):
    """Hand over plan against actual by year and channel as a workbook."""
    _, on, tables = _by_year(request)
    lines = (
        [row.year, row.label, row.posts, row.remote_posts, row.placed, row.holding, row.posted]
        for table in tables
        for row in table.lines
    )
    return table_handed_over(
        request,
        YEARS,
        lines,
        title="教师补充计划与完成情况",
        name="招聘计划与完成",
        words=f"截至 {on}　单位：人",
        day=on,
    )


@needs(P.PLAN_RECRUITMENT)
@require_http_methods(["GET", "HEAD", "POST"])
def plan_edit(request, pk=None):
    """Draw up a plan, or correct a draft."""
    found = plan_of(request, pk, P.PLAN_RECRUITMENT) if pk else None
    form = forms.PlanForm(request.POST or None, instance=found, initial={"year": today().year})
    if form.is_bound and form.is_valid():
        verb = actions.correct if found else actions.draw_up
        if made := attempt(form, verb, by=actor(request, P.PLAN_RECRUITMENT), plan=form.instance):
            messages.success(request, f"已保存：{made}。")
            return redirect(made)
    title = "更正计划" if found else "拟订招聘计划"
    back = found.get_absolute_url() if found else reverse("teachers:plans")
    return page_of(request, form, crumbs=crumbs((title, None)), title=title, back_url=back)


@needs(P.PLAN_RECRUITMENT)
@require_http_methods(["GET", "HEAD", "POST"])
def goal_new(request):
    """Set how many teachers a stage is to have by a year."""
    form = forms.GoalForm(request.POST or None, initial={"year": today().year})
    if (
        form.is_bound
        and form.is_valid()
        and attempt(form, actions.set_goal, by=actor(request, P.PLAN_RECRUITMENT), **form.cleaned_data)
    ):
        messages.success(request, "已保存目标。")
        return redirect("teachers:recruitment_years")
    return page_of(
        request, form, crumbs=crumbs(("定教师总数目标", None)), title="定教师总数目标", note="同一年、同一学段再填一次就是修改",
        back_url=reverse("teachers:recruitment_years"),
    )  # fmt: skip


@needs(P.VIEW_RECRUITMENT)
@require_GET
def plan(request, pk):
    """Show one plan: its channels with what does not add up, how far its people are, and the next step."""
    found = plan_of(request, pk)
    channels = queries.channels_of(found.targets.all())
    steps = [
        step for step in PLAN_FLOW.open_to(found.state, request.user.can)
        if step.verb != "approve" or found.drawn_by_id != request.user.pk
    ]  # fmt: skip
    hire_lists, may_plan = list(found.hire_lists.all()), request.user.can(P.PLAN_RECRUITMENT)
    to_people = may_plan and found.state == "approved"
    context = {
        "crumbs": crumbs((found.name, None)),
        "it": found,
        "year_words": f"{found.year}年",
        "flow": queries.flow_of(found, hire_lists),
        "next_step": {"text": "应聘人员", "url": reverse("teachers:candidates", args=[pk])} if to_people else None,
        "channels": channels,
        "total": {name: sum(getattr(line, name) for line in channels) for name in ("placed", "placed_remote", "applied", "holding", "posted")}
        | {"posts": sum(line.target.posts for line in channels), "remote": sum(line.target.remote_posts for line in channels)},
        "disagreements": queries.disagreements(channels),
        "steps": [{"text": step.label, "url": reverse("teachers:plan_step", args=[pk, step.verb]), "main": n == 0 and not to_people} for n, step in enumerate(steps)],
        "waits_for_another": found.state == "submitted" and found.drawn_by_id == request.user.pk,
        "may_plan": may_plan,
        "hire_lists": hire_lists,
        "log": [{"at": d.at, "by": d.by_name, "text": d.label, "reason": d.reason} for d in found.decisions.all()],
    }  # fmt: skip
    return render(request, "teachers/recruitment/plan.html", context)


@needs(P.PLAN_RECRUITMENT)
@require_http_methods(["GET", "HEAD", "POST"])
def target_new(request, pk):
    """Set how many come by a channel; the same channel and stage again changes the number."""
    found = plan_of(request, pk, P.PLAN_RECRUITMENT)
    form = forms.TargetForm(request.POST or None)
    if form.is_bound and form.is_valid():
        data = form.cleaned_data | {"remote_posts": form.cleaned_data["remote_posts"] or 0}
        if attempt(form, actions.set_target, by=actor(request, P.PLAN_RECRUITMENT), plan=found, **data):
            messages.success(request, "已保存渠道计划人数。")
            return redirect(found)
    return page_of(
        request, form, crumbs=crumbs((found.name, found.get_absolute_url()), ("定渠道人数", None)), title=f"定渠道人数：{found.name}",
        note="同一渠道、同一学段再填一次就是修改", back_url=found.get_absolute_url(),
    )  # fmt: skip


@needs(P.PLAN_RECRUITMENT, P.APPROVE_RECRUITMENT)
@require_http_methods(["GET", "HEAD", "POST"])
def plan_step(request, pk, verb):
    """Take one step of a plan on a page of its own."""
    transition, found = open_step(
        request, PLAN_FLOW, verb, STEPS, partial(plan_of, request, pk), reads=P.VIEW_RECRUITMENT
    )
    form_class, action = STEPS[verb]
    form = form_class(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        by, reason = actor(request, transition.permission), form.cleaned_data["reason"] or ""
        if attempt(form, action, by=by, plan=found, reason=reason):
            messages.success(request, f"已办理：{transition.label}。")
            return redirect(found)
    channels = queries.channels_of(found.targets.all()) if verb in ("submit", "approve") else []
    return page_of(
        request, form, crumbs=crumbs((found.name, found.get_absolute_url()), (transition.label, None)), title=f"{transition.label}：{found.name}",
        button=transition.label, warnings=queries.disagreements(channels), back_url=found.get_absolute_url(),
    )  # fmt: skip
