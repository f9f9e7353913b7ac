"""学校月报、县季度会商: who has reported, one report as it stands or as it was frozen, and its steps."""

import datetime as dt

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dropout.actions import reports as actions
from dropout.enums import ReportKind, ReportState
from dropout.forms import PlaceFilter, ReturnForm, SubmitForm
from dropout.models import Report
from dropout.queries import report_figures as queries
from dropout.queries.duty_places import COMPULSORY
from dropout.states import REPORT_FLOW
from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.audit.models import record_access
from povertyedu.orgs.calendar import today
from povertyedu.orgs.enums import AreaLevel
from povertyedu.orgs.models import Area, School
from povertyedu.workflow.flow import StepRefused

from .tables import cell, crumbs, heads, paged, query_of, row, table_page

TITLE, NAME = "月报和季度会商", "dropout:reports"
FIRST_YEAR = 2000
STATES = {
    ReportState.DRAFT: "todo",
    ReportState.SUBMITTED: "doing",
    ReportState.REVIEWED: "doing",
    ReportState.ACCEPTED: "ok",
    ReportState.RETURNED: "warn",
}
ALL_IN = {"title": "都已报送", "text": "范围内的学校都报了这个月的月报。"}
NO_SCHOOLS = {
    "title": "没有由您查看月报的学校",
    "text": "月报写着全校学生，由学校、中心学校、乡镇和县查看；本班、本村的学生请看“控辍个案”。",
}
KEPT = ("month", "township", "school", "tab")
TABS = {"missing": "没有报", "in": "已报", "quarters": "县季度会商"}


def _schools(user, permission: str):
    rows = School.objects.read_whole(user, permission).filter(is_open=True)
    return rows.filter(pk__in=rows.filter(stage_set__stage__in=COMPULSORY).values("pk"))


def _day(request) -> dt.date:
    """Return a day of ``?month=`` (2026-09), else today: a month that no calendar of the county has is none."""
    try:
        day = dt.datetime.strptime(request.GET.get("month", ""), "%Y-%m").date()
    except ValueError:
        return today()
    return day if FIRST_YEAR <= day.year <= today().year + 1 else today()


@needs(P.VIEW_CASES)
@require_GET
def reports(request):
    """Show who has reported for a month and who has not, and the county's quarters."""
    user, day = request.user, _day(request)
    period = queries.month_of(day)
    form = PlaceFilter(request.GET, user=user, permission=P.VIEW_CASES)
    schools = _schools(user, P.VIEW_CASES)
    if township := form.wanted.get("township"):
        schools = schools.filter(township.scope.area_q("area_id"))
    if school := form.wanted.get("school"):
        schools = schools.filter(pk=school.pk)
    every = Report.objects.visible_to(user, P.VIEW_CASES)
    month = every.filter(kind=ReportKind.MONTHLY, last=period.last, school__in=schools)
    missing = schools.exclude(pk__in=month.handed_in().values("school"))
    tab = request.GET.get("tab") if request.GET.get("tab") in TABS else "missing"
    counts = {
        "missing": missing.count(),
        "in": month.handed_in().count(),
        "quarters": every.filter(kind=ReportKind.QUARTERLY).count(),
    }
    common = {
        "title": TITLE, "crumbs": crumbs(TITLE, NAME), "note": f"{period.last.year}年{period.last.month}月", "filter_form": form, "applied": form.in_force(),
        "keep": {"month": f"{period.last:%Y-%m}", "tab": tab}, "segments_label": "月份", "segments": _months(request, period),
        "figures": _figures(month, counts),
        "tabs": [{"text": text, "count": counts[name], "bad": name == "missing" and counts[name] > 0, "active": name == tab, "url": f"?{query_of(request, *KEPT, tab=name)}"} for name, text in TABS.items()],
    }  # fmt: skip
    if tab == "missing":
        return _missing(request, missing, month, period, common, schools.exists())
    rows = every.filter(kind=ReportKind.QUARTERLY) if tab == "quarters" else month.handed_in()
    page = paged(request, rows.with_place().order_by("pk"), *KEPT)
    common["posts"] = _quarter_to_open(user, day) if tab == "quarters" else []
    return table_page(
        request, heads=heads("单位", "期间", "状态", "疑似辍学#", "辍学#", "本期劝返复学#", "期末未销号#"), rows=[_line(each) for each in page["found"]],
        empty={"title": "还没有报告", "text": "学校在“没有报”里填报；县季度会商由基教股在这里填报。"}, **common, **page,
    )  # fmt: skip


def _quarter_to_open(user, day: dt.date) -> list[tuple[str, str]]:
    """Return the button that opens the quarter's review, for who keeps the county's calendar."""
    scope = user.scope(P.KEEP_CALENDAR).areas
    county = Area.objects.filter(level=AreaLevel.COUNTY, pk__in=scope).first()  # everyone: one's own grant's
    if county is None:
        return []
    quarter = queries.quarter_of(day)
    address = f"{reverse('dropout:report_open')}?area={county.pk}&month={quarter.last:%Y-%m}"
    return [("填报本季度会商", address)]


def _months(request, period) -> list[dict]:
    months, day = [], today().replace(day=1)
    for _ in range(3):
        months.insert(0, day)
        day = (day - dt.timedelta(days=1)).replace(day=1)
    return [
        {
            "text": f"{each.month}月",
            "url": f"?{query_of(request, *KEPT, month=f'{each:%Y-%m}')}",
            "active": each == period.first,
        }
        for each in months
    ]


def _figures(month, counts) -> list[dict]:
    accepted = month.filter(state=ReportState.ACCEPTED).count()
    return [
        {"label": "应报", "value": counts["missing"] + counts["in"], "unit": "所"}, {"label": "已报", "value": counts["in"], "unit": "所"},
        {"label": "县已审定", "value": accepted, "unit": "所"}, {"label": "没有报", "value": counts["missing"], "unit": "所", "s": "bad" if counts["missing"] else "ok"},
    ]  # fmt: skip


def _missing(request, missing, month, period, common, has_schools: bool):
    page = paged(request, missing.order_by("pk"), *KEPT)
    begun = {each.school_id: each for each in month}
    own = (
        set(_schools(request.user, P.KEEP_CALENDAR).values_list("pk", flat=True))
        if request.user.can(P.KEEP_CALENDAR)
        else set()
    )
    rows = []
    for school in page["found"]:
        report = begun.get(school.pk)
        state = (
            cell(report.get_state_display(), s=STATES[ReportState(report.state)])
            if report
            else cell("没有填", s="todo")
        )
        address = (
            reverse("dropout:report", args=[report.pk])
            if report
            else f"{reverse('dropout:report_open')}?school={school.pk}&month={period.last:%Y-%m}"
        )
        rows.append(
            row(
                school.name,
                state,
                cell("填报", url=address, label=f"填报{school}的月报", screen=True)
                if school.pk in own
                else cell(screen=True),
                problem=True,
            )
        )
    return table_page(
        request, heads=heads("学校", "状态", "办理~"), rows=rows, empty=ALL_IN if has_schools else NO_SCHOOLS, **common, **page
    )  # fmt: skip


def _line(report: Report) -> dict:
    sums = {
        name: sum(report.figures.get(name, {}).values())
        for name in ("suspected", "dropout", "returned", "open")
    }
    return row(
        cell(report.place, url=reverse("dropout:report", args=[report.pk])),
        report.period,
        cell(report.get_state_display(), s=STATES[ReportState(report.state)]),
        *sums.values(),
    )


@needs(P.KEEP_CALENDAR)
@require_http_methods(["GET", "HEAD", "POST"])
def report_open(request):
    """Open the report of ``?school=`` for a month, or of the county (``?area=``) for a quarter, and lead there."""
    user, asked, day = request.user, request.GET.get("school", ""), _day(request)
    if asked.isascii() and asked.isdigit() and len(asked) < 19:
        place, period = get_object_or_404(_schools(user, P.KEEP_CALENDAR), pk=asked), queries.month_of(day)
    elif request.GET.get("area"):
        areas = Area.objects.visible_to(user, P.KEEP_CALENDAR).filter(level=AreaLevel.COUNTY)
        place, period = get_object_or_404(areas, pk=request.GET["area"]), queries.quarter_of(day)
    else:
        messages.info(request, "请先在名单里选择学校，再填报。")
        return redirect(NAME)
    if period.first > today():
        messages.error(request, "这一期还没有开始，不能填报。")
        return redirect(NAME)
    return redirect("dropout:report", actions.open_report(place=place, period=period).pk)


@needs(P.VIEW_CASES)
@require_GET
def report(request, pk):
    """One report: figures and names as they stand, or as they were when it was submitted."""
    found = get_object_or_404(Report.objects.visible_to(request.user, P.VIEW_CASES).with_place(), pk=pk)
    figures = found.figures if found.is_frozen else queries.figures_of(found)
    lines = list(found.lines.all()) if found.is_frozen else queries.lines_of(found)
    days = (found.first, found.counted_to or found.last) if found.is_frozen else queries.days_of(found)
    full = (
        request.user.can(P.WORK_CASES)
        and Report.objects.visible_to(request.user, P.WORK_CASES).filter(pk=pk).exists()
    )
    if full and lines:
        by = actor(request, P.WORK_CASES)
        record_access(
            by, kind="reveal", subject=found, fields="辍学原因、联系电话、家庭住址", reason="查看控辍报告名单"
        )
    context = {
        "crumbs": crumbs(TITLE, NAME, (found.period, None)), "it": found, "s": STATES[ReportState(found.state)], "lines": lines, "full": full, "days": days,
        "figures": [(label, [figures.get(name, {}).get(stage, 0) for stage in (*queries.STAGES, queries.OTHER)], sum(figures.get(name, {}).values())) for name, label in queries.COLUMNS.items()],
        "stages": [*queries.STAGES.values(), "其他"], "decisions": found.decisions.all(), "steps": _steps(request, found),
        "submit_form": SubmitForm(initial={"conclusion": found.conclusion}), "return_form": ReturnForm(), "back_url": reverse(NAME),
    }  # fmt: skip
    return render(request, "dropout/records/report.html", context)


def _steps(request, found: Report) -> list:
    """Return the steps open to the user on this report: acceptance is the county's."""
    may = {
        permission
        for permission in (P.KEEP_CALENDAR, P.REVIEW_REPORTS)
        if request.user.can(permission)
        and Report.objects.visible_to(request.user, permission).filter(pk=found.pk).exists()
    }
    steps = REPORT_FLOW.open_to(found.state, may.__contains__)
    county = _is_county(request.user)
    return [
        step
        for step in steps
        if step.verb == "submit" or step.verb == "return" or (step.verb == "accept") == county
    ]


def _is_county(user) -> bool:
    return user.scope(P.REVIEW_REPORTS).of_county


@needs(P.KEEP_CALENDAR, P.REVIEW_REPORTS)
@require_POST
def report_step(request, pk, verb):
    """Take a step of a report."""
    if verb not in REPORT_FLOW.by_verb:
        raise Http404
    step = REPORT_FLOW[verb]
    found = get_object_or_404(Report.objects.visible_to(request.user, step.permission).with_place(), pk=pk)
    if verb == "accept" and not _is_county(request.user):
        raise Http404
    by = actor(request, step.permission)
    try:
        if verb == "submit":
            form = SubmitForm(request.POST)
            actions.submit(
                by=by, report=found, conclusion=form.cleaned_data["conclusion"] if form.is_valid() else ""
            )
        elif verb == "return":
            actions.send_back(by=by, report=found, reason=request.POST.get("reason", "")[:200])
        else:
            (actions.review if verb == "review" else actions.accept)(by=by, report=found)
    except (StepRefused, ValidationError) as refusal:
        messages.error(
            request, str(refusal) if isinstance(refusal, StepRefused) else "".join(refusal.messages)
        )
    else:
        messages.success(request, f"{found}：{step.label}。")
    return redirect("dropout:report", pk)
