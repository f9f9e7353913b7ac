"""招聘岗位: posts per school and subject, remote and village schools first, drawn up from what schools lack."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.calendar import today
from povertyedu.orgs.enums import Stage
from povertyedu.ui.listing import Listing
from povertyedu.workbooks.writing import LedgerColumn
from povertyedu.workflow.attempt import attempt
from teachers.actions import recruitment as actions
from teachers.enums.registry import Subject
from teachers.forms import recruitment as forms
from teachers.models import PostLine
from teachers.queries import recruitment as queries
from teachers.queries.lacks import wanted_for

from .handing import table_handed_over
from .recruitment import crumbs, page_of, plan_of

COLUMNS = (
    LedgerColumn("次序", "int", width=7), LedgerColumn("渠道", width=16), LedgerColumn("学校", width=26), LedgerColumn("学段", width=10),
    LedgerColumn("学科", width=12), LedgerColumn("岗位数", "int", width=9), LedgerColumn("已占用", "int", width=9), LedgerColumn("边远学校", width=10),
    LedgerColumn("优先理由", width=40),
)  # fmt: skip


def _of_plan(request, plan):
    rows = PostLine.objects.visible_to(request.user, P.VIEW_RECRUITMENT).filter(target__plan=plan)
    return rows.select_related("school__area", "target").in_order()


@needs(P.VIEW_RECRUITMENT)
@require_GET
def lines(request, pk):
    """List the posts of a plan in their order, each with why it stands there."""
    plan = plan_of(request, pk)
    context = {
        "crumbs": crumbs((plan.name, plan.get_absolute_url()), ("招聘岗位", None)),
        "it": plan,
        "channels": queries.channels_of(plan.targets.all()),
        "may_change": plan.is_draft and request.user.can(P.PLAN_RECRUITMENT),
        **Listing(request, ()).numbered(
            _of_plan(request, plan), reverse("teachers:plan_lines_export", args=[pk])
        ),
    }
    context["disagreements"] = queries.disagreements(context["channels"])
    return render(request, "teachers/recruitment/lines.html", context)


@needs(P.VIEW_RECRUITMENT)
@require_GET
def lines_export(request, pk):
    """Hand over the posts as a workbook, in their order."""
    plan = plan_of(request, pk)
    rows = (
        [number, str(row.target), row.school.name, row.get_stage_display(), row.get_subject_display(), row.posts, row.taken,
         "是" if row.is_remote else "", row.reasons]
        for number, row in enumerate(_of_plan(request, plan), start=1)
    )  # fmt: skip
    return table_handed_over(
        request, COLUMNS, rows, title=f"{plan.name}招聘岗位表", name="招聘岗位", words=f"{plan.year}年　{plan.document}",
        file=f"招聘岗位表{plan.year}年",
    )  # fmt: skip


@needs(P.PLAN_RECRUITMENT)
@require_http_methods(["GET", "HEAD", "POST"])
def draw(request, pk):
    """Show what schools lack in order, and place the plan's posts on it."""
    plan = plan_of(request, pk, P.PLAN_RECRUITMENT)
    form = forms.OpinionForm(request.POST if request.method == "POST" else None)
    wanted = wanted_for(plan, today())
    if form.is_bound and form.is_valid():
        placed = attempt(
            form, actions.draw_lines, by=actor(request, P.PLAN_RECRUITMENT), plan=plan, needs=[each for each, _ in wanted]
        )  # fmt: skip
        if placed is not None:
            messages.success(request, f"已按缺编次序安排 {placed} 个岗位。")
            return redirect("teachers:plan_lines", pk=pk)
    context = {
        "crumbs": crumbs((plan.name, plan.get_absolute_url()), ("按缺编安排岗位", None)),
        "it": plan,
        "form": form,
        "wanted": [
            {"school": school, "stage": Stage(each.stage).label, "subject": Subject(each.subject).label, "short": each.short, "reasons": each.reasons}
            for each, school in wanted[:200]
        ],
        "more": max(0, len(wanted) - 200),
        "lacking": sum(each.short for each, _ in wanted),
        "planned": sum(target.posts for target in plan.targets.all()),
        "has_lines": PostLine.objects.visible_to(request.user).filter(target__plan=plan).exists(),
    }  # fmt: skip
    return render(request, "teachers/recruitment/draw.html", context, status=422 if form.errors else 200)


def _line(request, plan, pk) -> PostLine:
    rows = PostLine.objects.visible_to(request.user, P.PLAN_RECRUITMENT).select_related("school", "target")
    return get_object_or_404(rows, pk=pk, target__plan=plan)


@needs(P.PLAN_RECRUITMENT)
@require_http_methods(["GET", "HEAD", "POST"])
def line_edit(request, pk, plan=None):
    """Add a post line by hand, or change the number of one."""
    found = plan_of(request, plan or pk, P.PLAN_RECRUITMENT)
    line = _line(request, found, pk) if plan else None
    form = forms.LineForm(request.POST or None, instance=line, plan=found, user=request.user)
    if (
        form.is_bound
        and form.is_valid()
        and attempt(form, actions.keep_line, by=actor(request, P.PLAN_RECRUITMENT), line=form.instance)
    ):
        messages.success(request, "已保存岗位。")
        return redirect("teachers:plan_lines", pk=found.pk)
    title = f"改岗位数：{line}" if line else "加岗位"
    back = reverse("teachers:plan_lines", args=[found.pk])
    return page_of(
        request, form, crumbs=crumbs((found.name, found.get_absolute_url()), (title, None)), title=title, back_url=back,
        drop_url=line and reverse("teachers:post_line_drop", args=[found.pk, line.pk]),
    )  # fmt: skip


@needs(P.PLAN_RECRUITMENT)
@require_http_methods(["GET", "HEAD", "POST"])
def line_drop(request, plan, pk):
    """Take a post line out of a draft."""
    found = plan_of(request, plan, P.PLAN_RECRUITMENT)
    line = _line(request, found, pk)
    form = forms.OpinionForm(request.POST if request.method == "POST" else None)
    back = reverse("teachers:plan_lines", args=[found.pk])
    if (
        form.is_bound
        and form.is_valid()
        and attempt(form, actions.drop_line, by=actor(request, P.PLAN_RECRUITMENT), line=line)
    ):
        messages.success(request, "已删除岗位。")
        return redirect(back)
    return page_of(
        request, form, crumbs=crumbs((found.name, found.get_absolute_url()), ("删除岗位", None)), title=f"删除岗位：{line}", button="删除",
        back_url=back,
    )  # fmt: skip
