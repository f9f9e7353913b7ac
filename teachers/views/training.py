"""教师培训: plan against actual, coverage by school, and who was not trained."""

import datetime as dt
from urllib.parse import urlencode

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.options.registry import option
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import School
from povertyedu.ui.listing import Listing
from povertyedu.workbooks.writing import LedgerColumn
from povertyedu.workflow.attempt import attempt
from teachers.actions import training as actions
from teachers.forms import training as forms
from teachers.forms.recruitment import AsOfForm
from teachers.models import Teacher, Trainee, TrainingTarget
from teachers.queries import training as queries

from .handing import table_handed_over
from .recruitment import page_of

COVERAGE = (
    LedgerColumn("学校", width=28), LedgerColumn("乡镇", width=14), LedgerColumn("教师", "int", width=9), LedgerColumn("参加过", "int", width=9),
    LedgerColumn("没有参加", "int", width=9), LedgerColumn("学时合计", "int", width=10),
)  # fmt: skip
PLANS = (
    LedgerColumn("年度", "int", width=8), LedgerColumn("级别和形式", width=18), LedgerColumn("计划人次", "int", width=10), LedgerColumn("完成人次", "int", width=10),
    LedgerColumn("其中乡村学校", "int", width=13), LedgerColumn("学时", "int", width=10), LedgerColumn("说明", width=14),
)  # fmt: skip
UNTRAINED = (
    LedgerColumn("姓名", width=12), LedgerColumn("工号", width=12), LedgerColumn("学校", width=26), LedgerColumn("学段", width=10), LedgerColumn("学科", width=12),
)  # fmt: skip
KEPT = ("township", "school", "years", "on")


def crumbs(*more) -> list[tuple]:
    return [("首页", "/"), ("教师培训", reverse("teachers:training") if more else None), *more]


def _query(request) -> str:
    return urlencode({name: value for name in KEPT if (value := request.GET.get(name))})


def _planned(request):
    form = AsOfForm(request.GET or None, auto_id="filter_%s")
    on: dt.date = (form.is_valid() and form.cleaned_data["on"]) or today()
    targets = TrainingTarget.objects.visible_to(request.user, P.VIEW_TEACHERS)
    return form, on, queries.plan_on(targets, Trainee.objects.visible_to(request.user, P.VIEW_TEACHERS), on)


@needs(P.VIEW_TEACHERS)
@require_GET
def training(request):
    """Show plan against actual by year and level as of a day; a school sees its own people's."""
    form, on, years = _planned(request)
    context = {
        "crumbs": crumbs(),
        "form": form,
        "on": on,
        "years": years,
        "export_url": f"{reverse('teachers:training_export')}?{urlencode({'on': on})}",
        "total": {name: sum(getattr(year, name) for year in years) for name in ("planned", "done", "rural", "second", "hours")},
        "may_plan": request.user.can(P.PLAN_TRAINING),
        "may_report": request.user.can(P.REPORT_TRAINING) or request.user.can(P.PLAN_TRAINING),
    }  # fmt: skip
    return render(request, "teachers/training/training.html", context)


@needs(P.VIEW_TEACHERS)
@require_GET
def training_export(request):
    """Hand over plan against actual as a workbook."""
    _, on, years = _planned(request)
    lines = (
        [
            row.year,
            row.label,
            row.planned,
            row.done,
            row.rural,
            row.hours,
            "年度为推定" if row.is_inferred else "",
        ]
        for year in years
        for row in year.lines
    )
    return table_handed_over(
        request,
        PLANS,
        lines,
        title="教师培训计划与完成情况",
        name="培训计划与完成",
        words=f"截至 {on}",
        day=on,
    )


@needs(P.PLAN_TRAINING)
@require_http_methods(["GET", "HEAD", "POST"])
def target_new(request):
    """Set how many are to be trained in a year."""
    form = forms.TargetForm(request.POST or None, initial={"year": today().year})
    if (
        form.is_bound
        and form.is_valid()
        and attempt(form, _set_target, by=actor(request, P.PLAN_TRAINING), typed=form.cleaned_data)
    ):
        messages.success(request, "已保存培训计划。")
        return redirect("teachers:training")
    return page_of(
        request, form, crumbs=crumbs(("定培训计划", None)), title="定培训计划", note="同一年、同一级别和形式再填一次就是修改",
        back_url=reverse("teachers:training"),
    )  # fmt: skip


def _set_target(*, by, typed):
    return actions.set_target(by=by, **typed)


def _covered(request):
    form = forms.CoverageFilter(request.GET, user=request.user, permission=P.VIEW_TEACHERS)
    wanted = form.wanted
    schools = School.objects.visible_to(request.user, P.VIEW_TEACHERS).filter(is_open=True)
    if township := wanted.get("township"):
        schools = schools.filter(township.scope.area_q("area_id"))
    on, years = wanted.get("on") or today(), wanted.get("years") or option("training_years")
    return form, on, years, queries.coverage(schools, on, years)


@needs(P.VIEW_TEACHERS)
@require_GET
def coverage(request):
    """List the schools by how many of their teachers had no training in so many years."""
    form, on, years, rows = _covered(request)
    context = {
        "crumbs": crumbs(("培训覆盖", None)),
        "form": form,
        "applied": form.in_force(),
        "on": on,
        "within": years,
        "rows": rows,
        "total": {name: sum(getattr(row, name) for row in rows) for name in ("teachers", "trained", "none", "hours")},
        "query": _query(request),
        "export_url": f"{reverse('teachers:training_coverage_export')}?{_query(request)}",
    }  # fmt: skip
    return render(request, "teachers/training/coverage.html", context)


@needs(P.VIEW_TEACHERS)
@require_GET
def coverage_export(request):
    """Hand over the coverage as a workbook."""
    form, on, years, rows = _covered(request)
    lines = (
        [row.school.name, row.school.area.path, row.teachers, row.trained, row.none, row.hours]
        for row in rows
    )
    return table_handed_over(
        request, COVERAGE, lines, title=f"教师培训覆盖情况（{years} 年内）", name="培训覆盖", words=f"截至 {on}　{form.in_force()}", file="教师培训覆盖",
        day=on,
    )  # fmt: skip


def _untrained(request):
    form = forms.UntrainedFilter(request.GET, user=request.user, permission=P.VIEW_TEACHERS)
    wanted = form.wanted
    teachers = Teacher.objects.visible_to(request.user, P.VIEW_TEACHERS).with_post()
    if school := wanted.get("school"):
        teachers = teachers.filter(appointments__in=school.appointments.in_force())
    if township := wanted.get("township"):
        teachers = teachers.filter(township.scope.area_q("person__school__area_id"))
    on, years = wanted.get("on") or today(), wanted.get("years") or option("training_years")
    return form, on, years, queries.without_training(teachers, on, years).order_by("code")


@needs(P.VIEW_TEACHERS)
@require_GET
def untrained(request):
    """List who completed no training in so many years."""
    form, _, years, rows = _untrained(request)
    context = {
        "crumbs": crumbs(("培训覆盖", reverse("teachers:training_coverage")), ("没有参加培训的教师", None)),
        "form": form, "applied": form.in_force(), "within": years, "query": _query(request),
        **Listing(request, KEPT).numbered(rows, reverse("teachers:training_untrained_export")),
    }  # fmt: skip
    return render(request, "teachers/training/untrained.html", context)


@needs(P.VIEW_TEACHERS)
@require_GET
def untrained_export(request):
    """Hand over who completed no training as a workbook."""
    form, on, years, rows = _untrained(request)
    lines = (
        [row.name, row.code, row.post.school.name if row.post else "", row.get_stage_display(), row.get_subject_display()]
        for row in rows.iterator(chunk_size=2000)
    )  # fmt: skip
    return table_handed_over(
        request, UNTRAINED, lines, title=f"没有参加培训的教师（{years} 年内）", name="没有参加培训的教师", words=f"截至 {on}　{form.in_force()}", day=on
    )  # fmt: skip
