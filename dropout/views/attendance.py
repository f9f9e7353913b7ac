"""考勤: which classes entered the day, and a class's day: everybody was there but those marked, in one save."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from dropout.actions.attendance import Why, refuse_day, save_day
from dropout.forms import AttendanceFilter, ChosenDayForm, EntryForm
from dropout.models import ClassDay
from dropout.queries import attendance as queries
from dropout.queries.school_days import day_words, is_school_day, usual_day
from povertyedu.accounts.access import actor, needs, working_term
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import SchoolClass
from povertyedu.workflow.attempt import CLASH

from .chain import HOME

CLASSES_AT_MOST = 400


def crumbs(*more) -> list[tuple]:
    return [HOME, ("控辍保学", None), ("考勤", reverse("dropout:attendance") if more else None), *more]


@needs(P.VIEW_ATTENDANCE)
@require_GET
def attendance(request):
    """Count the classes that entered the day by place; a teacher of one class goes to its page."""
    user, term = request.user, working_term(request)
    if term is None:
        return render(request, "students/no_term.html", {"crumbs": crumbs()})
    form = AttendanceFilter(request.GET, user=user, permission=P.VIEW_ATTENDANCE)
    wanted = form.wanted
    day = wanted.get("date") or usual_day(term)
    classes = queries.classes_due(term, user=user, permission=P.VIEW_ATTENDANCE)
    own = user.scope(P.VIEW_ATTENDANCE)
    if len(own.classes) == 1 and not (own.areas or own.schools) and not request.GET:
        return redirect("dropout:attendance_day", own.classes[0])
    classes = queries.at_place(classes, "school", wanted)
    by = "class" if wanted.get("school") else "school" if wanted.get("township") else queries.by_reading(user)
    context = {
        "crumbs": crumbs(), "term": term, "form": form, "day": day, "day_words": day_words(day), "by": by,
        "applied": form.in_force(), "printing": "print" in request.GET, "is_school_day": is_school_day(term, day),
        "may_enter": user.can(P.ENTER_ATTENDANCE), "print_url": f"?{_query(request)}&print=1",
    }  # fmt: skip
    context |= _classes(classes, day) if by == "class" else _places(request, classes, day, by)
    return render(request, "dropout/attendance.html", context)


def _query(request, **changes) -> str:
    names = ("term", "date", "township", "school")
    kept = {name: value for name in names if (value := request.GET.get(name))} | changes
    return urlencode({name: value for name, value in kept.items() if value})


def _classes(classes, day) -> dict:
    rows = queries.days_of(classes, day, most=CLASSES_AT_MOST)
    entered = [found for _, found in rows if found]
    figures = _figures(
        len(rows),
        len(entered),
        sum(found.enrolled for found in entered),
        sum(found.absent for found in entered),
    )
    return {"classes": rows, "figures": figures}


def _places(request, classes, day, by) -> dict:
    rows = queries.tallies(classes, day, by=by)
    places = [(row, f"?{_query(request, **{by: row.key})}" if row.name != "县直" else "") for row in rows]
    sums = [sum(getattr(row, name) for row in rows) for name in ("classes", "entered", "enrolled", "absent")]
    return {"places": places, "figures": _figures(*sums)}


def _figures(classes: int, entered: int, enrolled: int, absent: int) -> list[dict]:
    missing = classes - entered
    return [
        {"label": "班级", "value": f"{classes:,}", "unit": "个"},
        {"label": "已登记", "value": f"{entered:,}", "unit": "个"},
        {"label": "未登记", "value": f"{missing:,}", "unit": "个", "s": "bad" if missing else "ok"},
        {"label": "应到", "value": f"{enrolled:,}", "unit": "人"},
        {"label": "缺勤", "value": f"{absent:,}", "unit": "人", "s": "warn" if absent else "ok"},
    ]


@needs(P.ENTER_ATTENDANCE, P.VIEW_ATTENDANCE)
@require_http_methods(["GET", "HEAD", "POST"])
def attendance_day(request, pk: int):
    """Show a class's day; who may enter it marks the absent and saves once."""
    permission = P.ENTER_ATTENDANCE if request.method == "POST" else P.VIEW_ATTENDANCE
    seen = SchoolClass.objects.visible_to(request.user, permission).select_related(
        "school", "homeroom_teacher"
    )
    school_class, term = get_object_or_404(seen, pk=pk), working_term(request)
    if term is None:
        return render(request, "students/no_term.html", {"crumbs": crumbs()})
    chosen = ChosenDayForm(request.GET)
    if not chosen.is_valid():
        raise Http404
    date = chosen.cleaned_data["date"] or usual_day(term)
    days = ClassDay.objects.visible_to(request.user, permission).filter(school_class=school_class)
    day = days.filter(date=date).first()
    form = _form(request, school_class, term, day)
    if form.is_bound and form.is_valid() and _saved(request, form, school_class, term, date):
        return redirect(
            f"{reverse('dropout:attendance_day', args=[pk])}?{urlencode({'term': term.pk, 'date': date})}"
        )
    if form.is_bound:
        form.data = form.data.copy()
        form.data["seen"] = str(_version(days.filter(date=date).first()))
    return render(
        request, "dropout/attendance_day.html", _context(request, school_class, term, date, day, form),
        status=422 if form.errors else 200,
    )  # fmt: skip


def _version(day: ClassDay | None) -> int:
    return day.version if day else 0


def _form(request, school_class, term, day: ClassDay | None) -> EntryForm:
    known = {each.student_id: Why(each.reason, each.excused) for each in day.absences.all()} if day else {}
    children = queries.children_on(school_class, term, day)
    return EntryForm(
        request.POST if request.method == "POST" else None,
        children=children,
        known=known,
        version=_version(day),
    )


def _saved(request, form: EntryForm, school_class, term, date) -> bool:
    """Save and say what was done; a refusal becomes the form's error."""
    data = form.cleaned_data
    try:
        saved = save_day(
            by=actor(request, P.ENTER_ATTENDANCE), school_class=school_class, term=term, date=date,
            absences=form.absences, seen=data["seen"], confirmed=data["confirmed"],
        )  # fmt: skip
    except ValidationError as refusal:
        form.add_error(None, refusal)
        return False
    except IntegrityError:
        form.add_error(None, CLASH)
        return False
    day = saved.day
    told = f"缺勤 {day.absent} 人" if day.absent else "全勤"
    if saved.is_new:
        messages.success(request, f"已登记 {day_words(date)}：应到 {day.enrolled} 人，{told}。")
    elif saved.changed:
        messages.success(request, f"已更正 {day_words(date)} {saved.changed} 名学生的考勤：{told}。")
    else:
        messages.success(request, f"{day_words(date)}已经是这样登记的，没有改动：{told}。")
    return True


def _context(request, school_class, term, date, day, form) -> dict:
    mine = SchoolClass.objects.visible_to(request.user, P.ENTER_ATTENDANCE)
    may_enter = mine.filter(pk=school_class.pk).exists()
    refusal = _refusal(term, date)
    others = queries.classes_due(term, user=request.user, permission=P.ENTER_ATTENDANCE)
    left = queries.not_entered(others, date).exclude(pk=school_class.pk).select_related("school")
    return {
        "crumbs": crumbs((f"{school_class.school} {school_class}", None)),
        "term": term, "school_class": school_class, "date": date, "day_words": day_words(date), "day": day, "form": form,
        "may_enter": may_enter and not (refusal and refusal.code != "free_day"),
        "refusal": "".join(refusal.messages) if refusal and refusal.code != "free_day" else "",
        "is_free_day": bool(refusal and refusal.code == "free_day" and day is None),
        "is_today": date == today(), "today": today(),
        "unasked": queries.absent_without_contact(day) if day else [],
        "changes": day.changes.select_related("student").order_by("-pk")[:50] if day else [],
        "next_class": left.first() if day and may_enter else None,
    }  # fmt: skip


def _refusal(term, date) -> ValidationError | None:
    try:
        refuse_day(term, date)
    except ValidationError as refusal:
        return refusal
    return None
