"""假期家访: whom to visit first, class by class; a visit recorded on the phone; the share done."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from dropout.actions import care as actions
from dropout.enums import Holiday, VisitOutcome
from dropout.forms import HomeVisitForm, PlaceFilter
from dropout.models import HomeVisit
from dropout.queries import visiting as queries
from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.audit.models import record_access
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import SchoolClass
from povertyedu.workflow.attempt import attempt
from students.models import Enrolment
from students.queries import area_names

from .pledges import year_of
from .sending import send_kept
from .tables import cell, crumbs, heads, query_of, row, table_page

TITLE, NAME = "假期家访", "dropout:home_visits"
STATES = {
    VisitOutcome.WELL: "ok",
    VisitOutcome.HARDSHIP: "warn",
    VisitOutcome.AT_RISK: "bad",
    VisitOutcome.ABSENT: "todo",
}
MOST = 300  # children of one class


def _holiday(request) -> Holiday:
    asked = request.GET.get("holiday")
    return Holiday(asked) if asked in Holiday.values else queries.holiday_of(today())


def _class(request) -> SchoolClass | None:
    """Return the class of the address, else the one class that the user teaches."""
    asked, own = request.GET.get("class", ""), request.user.scope(P.VIEW_CASES)
    known = asked.isascii() and asked.isdigit() and len(asked) < 19
    if not known and not (len(own.classes) == 1 and not own.areas and not own.schools):
        return None
    seen = SchoolClass.objects.visible_to(request.user, P.VIEW_CASES).select_related("school")
    return get_object_or_404(seen, pk=asked if known else own.classes[0])


@needs(P.VIEW_CASES)
@require_GET
def home_visits(request):
    """Show the share visited by school, then by class, then the children of a class in the order to visit them."""
    year, holiday = year_of(request), _holiday(request)
    term = queries.term_of(year, holiday)
    if term is None:
        return render(request, "students/no_term.html", {"crumbs": crumbs(TITLE, NAME)})
    rows = Enrolment.objects.visible_to(request.user, P.VIEW_CASES).of(term).here()
    rows = queries.to_visit(rows.filter(school__isnull=False), year, holiday)
    form = PlaceFilter(request.GET, user=request.user, permission=P.VIEW_CASES)
    if township := form.wanted.get("township"):
        rows = rows.filter(township.scope.area_q("school_area"))
    school, of_class = form.wanted.get("school"), _class(request)
    rows = rows.filter(school=school) if school else rows
    rows = rows.filter(school_class=of_class) if of_class else rows
    common = {
        "title": TITLE, "crumbs": crumbs(TITLE, NAME), "note": f"{year}年{holiday.label} {of_class.school if of_class else ''} {of_class or ''}",
        "segments_label": "假期", "filter_form": None if of_class else form, "applied": form.in_force(), "keep": {"year": year, "holiday": holiday},
        "segments": [
            {"text": f"{year}年{each.label}", "active": each == holiday, "url": f"?{query_of(request, 'class', 'school', 'township', year=year, holiday=each)}"}
            for each in Holiday
        ],
        "buttons": [("返回各班", f"?{query_of(request, year=year, holiday=holiday, school=of_class.school_id)}")] if of_class else [],
    }  # fmt: skip
    if of_class:
        return _of_class(request, rows, year, holiday, common)
    names = ("school_class", "school_class__name") if school else ("school", "school__name")
    shares = queries.shares_by(rows, names[0], names[1])
    labels = _class_names(request, shares) if school else {}
    return table_page(
        request, heads=heads("班级" if school else "学校", "应访#", "已访#", "优先家访#", "其中已访#", "完成率#"), figures=_figures(shares),
        rows=[_share(each, labels, "class" if school else "school", year, holiday) for each in shares],
        empty={"title": "没有要家访的学生", "text": "范围内这一学期没有小学、初中学生。"}, **common,
    )  # fmt: skip


def _class_names(request, shares: list[queries.Visited]) -> dict:
    seen = SchoolClass.objects.visible_to(request.user, P.VIEW_CASES).filter(
        pk__in=[each.key for each in shares if each.key]
    )
    return {
        each.pk: f"{each}　{each.homeroom_teacher or '没有班主任'}"
        for each in seen.select_related("homeroom_teacher")
    }


def _figures(shares: list[queries.Visited]) -> list[dict]:
    total, done = sum(each.total for each in shares), sum(each.visited for each in shares)
    first, first_done = sum(each.first for each in shares), sum(each.first_visited for each in shares)
    return [
        {"label": "应访", "value": f"{total:,}", "unit": "户"}, {"label": "已访", "value": f"{done:,}", "unit": "户"},
        {"label": "优先的还没访", "value": f"{first - first_done:,}", "unit": "户", "s": "bad" if first > first_done else "ok"},
        {"label": "完成率", "value": f"{done * 100 / total:.1f}%" if total else "—"},
    ]  # fmt: skip


def _share(each: queries.Visited, labels: dict, field: str, year: int, holiday: str) -> dict:
    name = labels.get(each.key, each.name)
    url = f"?year={year}&holiday={holiday}&{field}={each.key}" if each.key else ""
    share = cell(f"{each.visited * 100 / each.total:.1f}%", num=True)
    return row(
        cell(name, url=url),
        each.total,
        each.visited,
        each.first,
        each.first_visited,
        share,
        problem=each.visited < each.total,
    )


def _of_class(request, rows, year: int, holiday: Holiday, common: dict):
    """Show the children of a class in the order to visit them."""
    found = list(
        rows.select_related("student__guardian").order_by("visited", "-points", "student__name", "pk")[:MOST]
    )
    homes = area_names(each.home_area for each in found)
    seen = HomeVisit.objects.visible_to(request.user, P.VIEW_CASES).filter(year=year, holiday=holiday)
    visits = {each.student_id: each for each in seen.filter(student__in=[each.student_id for each in found])}
    query = f"year={year}&holiday={holiday}" if request.user.can(P.WORK_CASES) else ""
    done, first = (
        sum(each.visited for each in found),
        sum(1 for each in found if each.points and not each.visited),
    )
    return table_page(
        request, heads=heads("姓名", "家访", "办理~", "优先原因", "监护人", "户籍地"),
        rows=[_child(each, visits.get(each.student_id), homes.get(each.home_area, ""), query) for each in found],
        figures=[
            {"label": "应访", "value": len(found), "unit": "户"}, {"label": "已访", "value": done, "unit": "户"},
            {"label": "优先的还没访", "value": first, "unit": "户", "s": "bad" if first else "ok"},
        ],
        empty={"title": "这个班没有学生", "text": "本学期这个班没有学生；请换一个班。"}, **common,
    )  # fmt: skip


def _child(each: Enrolment, visit: HomeVisit | None, home: str, query: str) -> dict:
    student = each.student
    guardian = student.guardian.name if hasattr(student, "guardian") else ""
    state, link = cell("没有访", s="todo"), cell(screen=True)
    if visit:
        told = f"{visit.visited_on} {visit.visitor}"
        state = cell(visit.get_result_display(), s=STATES[VisitOutcome(visit.result)], sub=told)
    if query:
        word = "看" if visit else "登记"
        address = f"{reverse('dropout:home_visit', args=[each.pk])}?{query}"
        link = cell(word, url=address, label=f"{word}{student.name}的家访", screen=True)
    first = bool(each.points and not visit)
    return row(student.name, state, link, queries.grounds_of(each.points), guardian, home, problem=first)


@needs(P.WORK_CASES)
@require_http_methods(["GET", "HEAD", "POST"])
def home_visit(request, pk):
    """Record the visit of ``?year=`` and ``?holiday=`` to the family of an enrolment; recorded once, then shown."""
    seen = Enrolment.objects.visible_to(request.user, P.WORK_CASES).select_related(
        "student__guardian", "school", "school_class", "term"
    )
    enrolment = get_object_or_404(seen, pk=pk)
    year, holiday = year_of(request), _holiday(request)
    query = query_of(request, year=year, holiday=holiday, **{"class": enrolment.school_class_id})
    back = f"{reverse(NAME)}?{query}"
    seen_visits = HomeVisit.objects.visible_to(request.user, P.WORK_CASES)
    visit = (
        seen_visits.filter(student=enrolment.student_id, year=year, holiday=holiday)
        .select_related("photo")
        .first()
    )
    if request.method != "POST" and visit:
        return _shown(request, visit, enrolment, back)
    form = HomeVisitForm(
        request.POST or None,
        request.FILES or None,
        initial={"visited_on": today(), "visitor": request.user.name},
    )
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        told = attempt(
            form, actions.visit_family, by=actor(request, P.WORK_CASES), enrolment=enrolment, year=year, holiday=holiday, visited_on=data["visited_on"],
            visitor=data["visitor"], result=data["result"], thoughts=data["thoughts"], text=data["text"], upload=data["scan"], owner=request.user,
        )  # fmt: skip
        if told:
            messages.success(
                request, "家访已登记。" if told[1] else "这名学生这个假期的家访已经登记过，没有再记一遍。"
            )
            return redirect(back)
    context = {
        "crumbs": crumbs(TITLE, NAME, (enrolment.student.name, None)), "title": f"家访：{enrolment.student.name}", "form": form, "button": "登记家访",
        "note": f"{year}年{holiday.label} {enrolment.school or ''} {enrolment.school_class or ''}", "back_url": back,
        "hint": "信号不好时可以再点一次，不会重复登记。",
    }  # fmt: skip
    return render(request, "dropout/upload_form.html", context, status=422 if form.errors else 200)


def _shown(request, visit: HomeVisit, enrolment: Enrolment, back: str):
    """Show a visit; what the family told leaves an AccessEvent."""
    by = actor(request, P.WORK_CASES)
    record_access(
        by, kind="reveal", subject=enrolment.student, fields="家访情况、思想状态", reason="查看家访记录"
    )
    context = {
        "crumbs": crumbs(TITLE, NAME, (enrolment.student.name, None)), "it": visit, "enrolment": enrolment, "back_url": back,
        "s": STATES[VisitOutcome(visit.result)],
    }  # fmt: skip
    return render(request, "dropout/records/home_visit.html", context)


@needs(P.WORK_CASES)
@require_GET
def home_visit_photo(request, pk):
    """Send the photo of a visit."""
    visit = get_object_or_404(
        HomeVisit.objects.visible_to(request.user, P.WORK_CASES).select_related("photo", "student"), pk=pk
    )
    return send_kept(request, visit.photo, permission=P.WORK_CASES, subject=visit.student, what="家访照片")
