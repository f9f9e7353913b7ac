"""控辍工作历: what is due when for whom in a year, the tasks of a day, and a task done by hand."""

from urllib.parse import urlencode

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dropout.actions import calendar as actions
from dropout.enums import DutyCode, SixSystem, TaskState
from dropout.forms import DoneForm, DutyForm, TaskFilter
from dropout.models import CalendarDuty, DutyTask
from dropout.queries import calendar as queries
from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.calendar import today
from povertyedu.ui.listing import PRINTED_AT_MOST
from povertyedu.ui.paging import key_page
from povertyedu.workflow.attempt import attempt

from .chain import HOME
from .pledges import year_of
from .sending import send_kept

STATUS = {
    TaskState.WAITING: "doing",
    TaskState.LATE: "bad",
    TaskState.DONE: "ok",
    TaskState.DONE_LATE: "warn",
}
# Where a duty that finishes by itself is done, and where each of the six systems is worked.
DONE_AT = {
    DutyCode.MONTHLY_REPORT: "dropout:reports", DutyCode.QUARTERLY_REVIEW: "dropout:reports", DutyCode.TEN_ITEMS: "dropout:ten_items",
    DutyCode.CAMPAIGN: "dropout:campaigns", DutyCode.WINTER_VISITS: "dropout:home_visits", DutyCode.SPRING_VISITS: "dropout:home_visits",
    DutyCode.SUMMER_VISITS: "dropout:home_visits", DutyCode.NOTICES: "dropout:notices", DutyCode.PLEDGES: "dropout:pledges",
}  # fmt: skip
WORKED_AT = {
    SixSystem.NOTICE: ("dropout:notices", "新生名单和通知书", (P.VIEW_CASES,)),
    SixSystem.HANDOVER: ("dropout:handover", "小学送、中学接", (P.VIEW_CASES,)),
    SixSystem.REGISTRY: ("students:moves", "学籍异动", (P.MOVE_STUDENTS,)),
    SixSystem.SCREENING: ("dropout:screenings", "排查", (P.SCREEN, P.VIEW_CASES)),
    SixSystem.PERSUASION: ("dropout:cases", "控辍个案", (P.VIEW_CASES,)),
    SixSystem.DROPOUT_REPORT: ("dropout:reports", "月报和季度会商", (P.VIEW_CASES,)),
}

WORKS = (
    ("dropout:reports", "月报和季度会商"), ("dropout:ten_items", "十个到位"), ("dropout:campaigns", "集中宣传"), ("dropout:home_visits", "假期家访"),
    ("dropout:notices", "入学通知书"), ("dropout:care", "留守关爱"), ("dropout:pledges", "责任状"),
)  # fmt: skip


def crumbs(*more) -> list[tuple]:
    return [HOME, ("控辍保学", None), ("控辍工作历", reverse("dropout:calendar") if more else None), *more]


def page_at(name: str | None) -> str:
    """Return the address of a page that may not be there yet, or ""."""
    try:
        return reverse(name) if name else ""
    except NoReverseMatch:
        return ""


@needs(P.VIEW_CASES)
@require_GET
def calendar(request):
    """Show the year: months, what is due on which day for whom, how many have done it; the six systems above."""
    user, year = request.user, year_of(request)
    duties = list(CalendarDuty.objects.visible_to(user, P.VIEW_CASES))
    tasks = DutyTask.objects.visible_to(user, P.VIEW_CASES)
    months = queries.year_of(year, tasks, duties)
    mine = (
        DutyTask.objects.visible_to(user, P.KEEP_CALENDAR).open()
        if user.can(P.KEEP_CALENDAR)
        else DutyTask.objects.none()
    )
    context = {
        "crumbs": crumbs(), "year": year, "has_duties": bool(duties), "months": [month for month in months if month.entries],
        "years": [{"text": f"{each}年", "url": f"?year={each}", "active": each == year} for each in range(today().year - 1, today().year + 2)],
        "systems": [_system(user, system, entries) for system, entries in queries.systems_of(months)],
        "may_set": user.can(P.MANAGE_CHAINS), "this_month": today().month if year == today().year else 0,
        "works": [(text, page_at(name)) for name, text in WORKS],
        "figures": _figures(mine), "may_keep": user.can(P.KEEP_CALENDAR),
    }  # fmt: skip
    return render(request, "dropout/calendar/year.html", context)


def _figures(mine) -> list[dict]:
    late = mine.in_state(TaskState.LATE).count()
    return [
        {"label": "待办", "value": mine.in_state(TaskState.WAITING).count(), "unit": "件"},
        {"label": "逾期未办", "value": late, "unit": "件", "s": "bad" if late else "ok"},
    ]


def _system(user, system: SixSystem, entries: list) -> dict:
    name, text, permissions = WORKED_AT[system]
    url = page_at(name) if any(user.can(permission) for permission in permissions) else ""
    if (
        system == SixSystem.REGISTRY and not url and user.can(P.VIEW_STUDENTS)
    ):  # who moves nobody reads the roster
        url, text = reverse("students:list"), "学生管理"
    return {
        "label": system.label, "url": url, "text": text, "total": sum(entry.total for entry in entries),
        "done": sum(entry.done + entry.done_late for entry in entries),
        "late": sum(entry.waiting for entry in entries if entry.s == "bad"),
    }  # fmt: skip


@needs(P.VIEW_CASES)
@require_GET
def tasks(request):
    """List tasks: whose, due when, how they stand; overdue first asked for."""
    user, year = request.user, year_of(request)
    form = TaskFilter(request.GET, user=user, permission=P.VIEW_CASES)
    rows = DutyTask.objects.visible_to(user, P.VIEW_CASES).filter(due_on__year=year)
    if duty := form.wanted.get("duty"):
        rows = rows.filter(duty=duty)
    if month := form.wanted.get("month"):
        rows = rows.filter(due_on__month=month)
    if township := form.wanted.get("township"):
        rows = rows.with_township().filter(township__in=township.scope.areas)
    asked = request.GET.get("state")
    state = asked if asked in TaskState.values else ""
    page, found = None, rows.in_state(state) if state else rows
    if "print" in request.GET:
        found = list(found.with_place().order_by("due_on", "pk")[:PRINTED_AT_MOST])
    else:
        page = key_page(
            found.with_place(), after=request.GET.get("after", ""), before=request.GET.get("before", "")
        )
        found = page.rows
    mine = set(
        DutyTask.objects.visible_to(user, P.KEEP_CALENDAR)
        .filter(pk__in=[row.pk for row in found])
        .values_list("pk", flat=True)
    )
    context = {
        "crumbs": crumbs(("应办事项", None)), "year": year, "form": form, "applied": form.in_force(), "page": page,
        "keep": {"year": year, "state": state}, "printing": page is None,
        "rows": [{"it": row, "s": STATUS[row.state], "url": _where(row) if row.pk in mine else ""} for row in found],
        "tabs": [_tab(request, rows, name, text, state) for name, text in (("", "全部"), *TaskState.choices)],
        "previous_url": page and page.previous and f"?{_query(request, before=page.previous)}",
        "next_url": page and page.following and f"?{_query(request, after=page.following)}",
        "print_url": f"?{_query(request)}&print=1",
    }  # fmt: skip
    return render(request, "dropout/calendar/tasks.html", context)


def _tab(request, rows, name: str, text: str, state: str) -> dict:
    counted = rows.in_state(name) if name else rows
    count = counted.order_by().count()
    return {
        "text": text,
        "count": count,
        "bad": name == TaskState.LATE and count > 0,
        "active": name == state,
        "url": f"?{_query(request, state=name)}",
    }


def _query(request, **changes) -> str:
    names = ("year", "duty", "month", "township", "state")
    kept = {name: value for name in names if (value := request.GET.get(name))} | changes
    return urlencode({name: value for name, value in kept.items() if value})


def _where(task: DutyTask) -> str:
    """Return where an open task is done."""
    if task.done_on:
        return ""
    return (
        page_at(DONE_AT[DutyCode(task.duty.code)])
        if task.duty.code
        else reverse("dropout:task", args=[task.pk])
    )


@needs(P.VIEW_CASES)
@require_http_methods(["GET", "HEAD", "POST"])
def task(request, pk):
    """One task: what is asked, how it stands; whoever keeps the calendar there marks it as done."""
    seen = DutyTask.objects.visible_to(request.user, P.VIEW_CASES).with_place()
    found = get_object_or_404(seen, pk=pk)
    own = (
        DutyTask.objects.visible_to(request.user, P.KEEP_CALENDAR).filter(pk=pk).exists()
        if request.user.can(P.KEEP_CALENDAR)
        else False
    )
    if request.method == "POST":
        get_object_or_404(DutyTask.objects.visible_to(request.user, P.KEEP_CALENDAR), pk=pk)
    by_hand = own and not found.done_on and not found.duty.code
    form = (
        DoneForm(request.POST or None, request.FILES or None) if by_hand or request.method == "POST" else None
    )
    if form is not None and form.is_bound and form.is_valid():
        data = form.cleaned_data
        if attempt(
            form, actions.do_task, by=actor(request, P.KEEP_CALENDAR), task=found, note=data["note"], upload=data["scan"], owner=request.user,
        ):  # fmt: skip
            messages.success(request, f"“{found.duty}”已登记办结。")
            return redirect("dropout:task", pk)
    context = {
        "crumbs": crumbs((found.duty.name, None)), "it": found, "s": STATUS[found.state], "form": form,
        "done_at": _where(found) if own and found.duty.code else "", "back_url": reverse("dropout:tasks"),
    }  # fmt: skip
    return render(request, "dropout/calendar/task.html", context, status=422 if form and form.errors else 200)


@needs(P.VIEW_CASES)
@require_GET
def task_file(request, pk):
    """Send the evidence of a task."""
    seen = DutyTask.objects.visible_to(request.user, P.VIEW_CASES).naming_children(request.user, P.VIEW_CASES)
    found = get_object_or_404(seen.with_place(), pk=pk)
    return send_kept(request, found.file, permission=P.VIEW_CASES, subject=found, what="应办事项的佐证")


@needs(P.VIEW_CASES)
@require_GET
def duties(request):
    """List the county's dated duties."""
    rows = CalendarDuty.objects.visible_to(request.user, P.VIEW_CASES)
    context = {
        "crumbs": crumbs(("工作历事项", None)),
        "rows": rows,
        "may_set": request.user.can(P.MANAGE_CHAINS),
    }
    return render(request, "dropout/calendar/duties.html", context)


@needs(P.MANAGE_CHAINS)
@require_POST
def duties_take(request):
    """Take the usual duties."""
    made = actions.take_usual_duties(by=actor(request, P.MANAGE_CHAINS))
    messages.success(
        request, f"已设 {len(made)} 项，到日子自动提醒各单位。" if made else "这些事项都已经有了。"
    )
    return redirect("dropout:calendar")


@needs(P.MANAGE_CHAINS)
@require_http_methods(["GET", "HEAD", "POST"])
def duty_edit(request, pk=None):
    """Change a dated duty, or add one."""
    duty = (
        get_object_or_404(CalendarDuty.objects.visible_to(request.user, P.MANAGE_CHAINS), pk=pk)
        if pk
        else None
    )
    initial = (
        {name: getattr(duty, name) for name in DutyForm.base_fields}
        if duty
        else {"is_active": True, "lead": 15}
    )
    form = DutyForm(request.POST or None, initial=initial)
    if form.is_bound and form.is_valid():
        by = actor(request, P.MANAGE_CHAINS)
        if attempt(form, actions.set_duty, by=by, duty=duty or CalendarDuty(), **form.cleaned_data):
            messages.success(request, "事项已保存；还没有办的，按新的日期重新安排。")
            return redirect("dropout:duties")
    title = f"修改事项：{duty.name}" if duty else "添加事项"
    context = {
        "crumbs": crumbs(("工作历事项", reverse("dropout:duties")), (title, None)), "title": title, "form": form,
        "back_url": reverse("dropout:duties"),
    }  # fmt: skip
    return render(request, "dropout/form.html", context, status=422 if form.errors else 200)
