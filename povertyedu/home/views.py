"""To-do list, leaders' dashboard, the manual."""

from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from povertyedu.accounts.access import needs, working_term
from povertyedu.accounts.permissions import Permission
from povertyedu.inbox.models import Message
from povertyedu.orgs.models import Area, School, SchoolClass, Term
from povertyedu.orgs.scope import after
from subsidies import engine
from subsidies.actions.unaided import told_apart
from subsidies.engine import yuan
from subsidies.enums import LineState
from subsidies.queries.coverage import standing
from subsidies.queries.coverage_rows import Wanted

from .manual import MANUAL, help_page_of, manual_html
from .queries import (
    BANDS,
    Figures,
    cash_by_stage_and_source,
    figures_by,
    figures_by_class,
    figures_of_class,
    stuck_lines,
)
from .teacher_tiles import teacher_tiles
from .todos import money_alerts, todos_of, waiting_for_facts
from .works import works_of

BAND_TEXTS = (f"<{BANDS[0]}%", f"{BANDS[0]}—{BANDS[1]}%", f"{BANDS[1]}—{BANDS[2]}%", f"≥{BANDS[2]}%")
READINGS = {"school_area": "就读地", "home_area": "户籍地"}


@require_GET
def todo(request):
    """The landing page: what waits for me, what I started, what was told me."""
    context = {
        "crumbs": [("首页", None)],
        "todos": [*todos_of(request.user), *waiting_for_facts(request.user), *money_alerts(request.user)],
        "jobs": request.user.jobs.all()[:5],
        "messages_unread": Message.objects.visible_to(request.user).unread()[:5],
        "grants": request.user.live_grants,
        "coverage_url": reverse("subsidies:coverage_rate")
        if request.user.can(Permission.VIEW_COVERAGE)
        else "",
        "help_page": help_page_of(request.user),
    }
    return render(request, "home/todo.html", context)


@require_POST
def switch_term(request):
    """Remember which term this person works on."""
    request.user.current_term = get_object_or_404(Term, pk=request.POST.get("term"))
    request.user.save(update_fields=["current_term"])
    back = request.POST.get("next", "")
    return redirect(back if url_has_allowed_host_and_scheme(back, {request.get_host()}) else "home:todo")


@needs(Permission.VIEW_DASHBOARD)
@require_GET
def dashboard(request):
    """The county: the four numbers, stage by source, township by township."""
    term = working_term(request)
    if term is None:
        return render(request, "home/dashboard.html", {"crumbs": _crumbs(("领导驾驶舱", None))})
    reading = _reading(request)
    by_place = figures_by(request.user, term, reading)
    townships = Area.objects.filter(level="township")  # everyone: names of places
    areas = {area.code: area for area in townships}
    rows = [
        {
            "name": areas[code].name if code in areas else "其他", "figures": by_place[code],
            "url": _place_url("home:dashboard_area", code, reading) if code in areas else "",  # away, or of another county
        }
        for code in sorted(by_place, key=lambda code: (code not in areas, code))
    ]  # fmt: skip
    tiles = [
        (i % 3, i // 3, row["name"], *_coloured(row["figures"], row["url"])) for i, row in enumerate(rows)
    ]
    more = {
        "as_of": f"数据截至 {timezone.localtime():%Y-%m-%d %H:%M}",
        "tiles": tiles,
        "bands": [{"css": f"band-{i}", "text": text} for i, text in enumerate(BAND_TEXTS, start=1)],
        "attention": _attention(request.user, term, rows),
        "level": "乡镇",
        "teacher_tiles": teacher_tiles(request.user),
        "shows_staffing": request.user.can(Permission.VIEW_TEACHERS),
        "coverage": standing(told_apart(Wanted(term, request.user, reading)))
        if request.user.can(Permission.VIEW_COVERAGE)
        else None,
        "works": works_of(request.user) if request.user.can(Permission.VIEW_PROJECTS) else None,
    }
    context = _page(request, term, reading, rows, [("领导驾驶舱", None)]) | _cash(request.user, term) | more
    return render(request, "home/dashboard.html", context)


@needs(Permission.VIEW_DASHBOARD)
@require_GET
def dashboard_area(request, code: str):
    """A township: its schools (by where children study) or the schools its children go to (by household)."""
    area = get_object_or_404(Area, pk=code)
    term, reading = _term(request), _reading(request)
    within = {f"{reading}__gte": code, f"{reading}__lt": after(code)}
    by_school = figures_by(request.user, term, "school_id", **within)
    if not by_school:
        raise Http404
    keys = [key for key in by_school if key]
    schools = School.objects.in_bulk(keys)  # everyone: names of figures already scoped
    rows = [
        {
            "name": school.name,
            "url": _place_url("home:dashboard_school", pk, reading),
            "figures": by_school[pk],
        }
        for pk, school in sorted(schools.items(), key=lambda item: item[1].code)
    ]
    if None in by_school:
        rows.append({"name": "县外就读", "url": "", "figures": by_school[None]})
    crumbs = [("领导驾驶舱", reverse("home:dashboard")), (area.name, None)]
    return render(
        request,
        "home/dashboard_place.html",
        _page(request, term, reading, rows, crumbs) | {"title": area.name, "level": "学校"},
    )


@needs(Permission.VIEW_DASHBOARD)
@require_GET
def dashboard_school(request, pk: int):
    """A school: its classes; of a school elsewhere, those where children of the reader's own households are."""
    # everyone: shown with figures of the reader's own scope, or not at all
    school = get_object_or_404(School.objects.select_related("area"), pk=pk)
    term, reading = _term(request), _reading(request)
    by_class = figures_by_class(request.user, term, school)
    own = School.objects.visible_to(request.user, Permission.VIEW_DASHBOARD)
    if not by_class and not own.filter(pk=pk).exists():
        raise Http404
    names_seen = request.user.can(Permission.VIEW_STUDENTS)
    keys = [key for key in by_class if key]
    classes = SchoolClass.objects.in_bulk(keys)  # everyone: names of figures already scoped
    rows = [
        {
            "name": str(classes[key]),
            "url": reverse("home:dashboard_class", args=[key]) if names_seen else "",
            "figures": by_class[key],
        }
        for key in sorted(
            classes, key=lambda key: (classes[key].stage, classes[key].grade, classes[key].name)
        )
    ]
    if None in by_class:
        rows.append({"name": "未分班", "url": "", "figures": by_class[None]})
    crumbs = [
        ("领导驾驶舱", reverse("home:dashboard")),
        (school.area.name, _place_url("home:dashboard_area", school.area_id[:9], reading)),
        (school.name, None),
    ]
    return render(
        request,
        "home/dashboard_place.html",
        _page(request, term, reading, rows, crumbs) | {"title": school.name, "level": "班级"},
    )


@needs(Permission.VIEW_STUDENTS)
@require_GET
def dashboard_class(request, pk: int):
    """A class: its children, by name; the child's own page asks for more permission."""
    # everyone: shown with the children the reader sees, or not at all
    school_class = get_object_or_404(SchoolClass.objects.select_related("school__area"), pk=pk)
    term = _term(request)
    children = figures_of_class(request.user, term, school_class)
    own = SchoolClass.objects.visible_to(request.user, Permission.VIEW_STUDENTS)
    if not children and not own.filter(pk=pk).exists():
        raise Http404
    rows = [
        {"name": row["enrolment"].student.name, "url": reverse("students:detail", args=[row["enrolment"].student_id]), "figures": row["figures"]}
        for row in children
    ]  # fmt: skip
    school = school_class.school
    crumbs = [
        ("领导驾驶舱", reverse("home:dashboard")),
        (school.area.name, reverse("home:dashboard_area", args=[school.area_id[:9]])),
        (school.name, reverse("home:dashboard_school", args=[school.pk])),
        (str(school_class), None),
    ]
    context = _page(request, term, "school_area", rows, crumbs) | {
        "title": f"{school} {school_class}",
        "level": "学生",
        "of_children": True,
    }
    return render(request, "home/dashboard_place.html", context)


@require_GET
def manual(request, page: str = "index"):
    """The 操作手册 as in-page help."""
    if page not in MANUAL:
        raise Http404
    context = {
        "crumbs": _crumbs(("操作手册", None)),
        "page": page,
        "pages": MANUAL,
        "body": manual_html(page),
    }
    return render(request, "home/manual.html", context)


def _term(request) -> Term:
    term = working_term(request)
    if term is None:
        raise Http404
    return term


def _reading(request) -> str:
    """Return by which place children are counted: ``?by=home_area``, else where they study."""
    return request.GET["by"] if request.GET.get("by") in READINGS else "school_area"


def _place_url(name: str, key, reading: str) -> str:
    return reverse(name, args=[key]) + (f"?by={reading}" if reading != "school_area" else "")


def _crumbs(*tail) -> list:
    return [("首页", reverse("home:todo")), *tail]


def _page(request, term, reading, rows, crumbs) -> dict:
    if request.GET.get("sort") == "progress":
        rows = sorted(rows, key=lambda row: row["figures"].progress)
    return {
        "crumbs": _crumbs(*crumbs), "term": term, "rows": rows, "reading": reading, "readings": READINGS,
        "sort": request.GET.get("sort", ""), "total": sum((row["figures"] for row in rows), Figures()),
    }  # fmt: skip


def _cash(user, term: Term) -> dict:
    """Return the chart of entitled cash by stage and source, and the four numbers of each stage and each source."""
    cash = cash_by_stage_and_source(user, term)
    sources = [engine.SOURCES[source] for source in cash.sources]
    return {
        "sources": sources,
        "legend": [{"css": f"series-{i}", "text": source} for i, source in enumerate(sources, start=1)],
        "stages": [(engine.STAGES[stage], cash.by_source(stage), "") for stage in cash.stages],
        "by_stage": [(engine.STAGES[stage], figures) for stage, figures in cash.stages.items()],
        "by_source": [(engine.SOURCES[source], figures) for source, figures in cash.sources.items()],
    }


def _coloured(figures, url: str) -> tuple:
    """Return progress, colour, link and words of a place's tile; it is judged only where cash is owed."""
    if not figures.entitled_fen:
        return 0, 0, url, "没有应发"
    return figures.progress, 1 + sum(figures.progress >= bound for bound in BANDS), url, ""


def _attention(user, term, rows: list[dict]) -> list[dict]:
    """Return what a leader should look at first: more paid than owed, money stuck, townships with most outstanding."""
    found = [
        {"s": "bad", "t": "多发", "text": f"{row['name']}已发超过应享", "note": f"{yuan(-row['figures'].outstanding_fen)} 元", "url": row["url"]}
        for row in rows
        if row["figures"].outstanding_fen < 0
    ]  # fmt: skip
    stuck = stuck_lines(user, term)
    batches = reverse("subsidies:batches") if user.can(Permission.VIEW_SUBSIDIES) else ""
    for state, tone, text in ((LineState.FAILED, "bad", "银行退回"), (LineState.HELD, "warn", "暂缓")):
        if state in stuck:
            note = f"{stuck[state]['lines']} 笔，{yuan(stuck[state]['fen'])} 元"
            found.append(
                {
                    "s": tone,
                    "t": text,
                    "text": f"{text}待处理",
                    "note": note,
                    "url": f"{batches}?line={state}" if batches else "",
                }
            )
    waiting = sorted(
        (row for row in rows if row["figures"].outstanding_fen > 0),
        key=lambda row: -row["figures"].outstanding_fen,
    )
    for row in waiting[:3]:
        figures = row["figures"]
        note = f"待发 {yuan(figures.outstanding_fen)} 元，已发 {figures.progress}%"
        found.append({"s": "warn", "t": "待发", "text": row["name"], "note": note, "url": row["url"]})
    return found[:6]
