"""控辍个案: the list by state, place and line, the workbook of it, a child's panel, and a case opened on a report."""

from django.contrib import messages
from django.db.models import Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from dropout.actions.cases import open_case, report_child
from dropout.enums import CaseOrigin, Line
from dropout.forms.cases import CaseForm, UnenrolledForm
from dropout.forms.lists import asked_cases
from dropout.models import Case
from dropout.queries import cases as queries
from dropout.queries.reach import children_in_reach
from povertyedu.accounts.access import actor, needs, working_term
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.calendar import today
from povertyedu.ui.listing import Listing
from povertyedu.workflow.attempt import attempt
from students.models import Enrolment, Student
from students.queries import READINGS, area_names

from .chain import HOME
from .exporting import taken_out

KEPT = ("tab", "by", "township", "school", "state", "kind", "late", "q")


def crumbs(*more) -> list[tuple]:
    return [HOME, ("控辍保学", None), ("控辍个案", reverse("dropout:cases") if more else None), *more]


@needs(P.VIEW_CASES)
@require_GET
def cases(request):
    """List the cases of the reader's places, newest first: who, where, how far, by when; not why."""
    asked, listing = asked_cases(request.GET, user=request.user), Listing(request, KEPT)
    form, tab, reading = asked.form, asked.tab, asked.reading
    shown = listing.shown(asked.rows.with_child(), reverse("dropout:cases_export"))
    context = {
        "crumbs": crumbs(),
        "form": form,
        "may_report": bool(request.user.scope(P.WORK_CASES).areas),
        "applied": form.in_force(),
        "keep": {"tab": tab, "by": reading},
        "lines": Line.labels,
        "today": today(),
        "tab_word": queries.TABS[tab][0],
        "tabs": listing.tabs(asked.every, queries.TABS, tab),
        "readings": [
            {"text": text, "url": f"?{listing.query(by=name)}", "active": name == reading}
            for name, text in READINGS.items()
        ],
        **shown,
        "rows": _lines(shown["rows"]),
    }
    return render(request, "dropout/cases.html", context)


def _lines(found: list[Case]) -> list[dict]:
    """Return the rows of a page: the case, its tone, its household's place and the duty of each line."""
    homes = area_names(case.home_area for case in found)
    duties = queries.duties_of(found)
    return [
        {
            "it": case,
            "s": queries.TONES[case.state],
            "home": homes.get(case.home_area, ""),
            "duties": [(line.label, duties.get(case.pk, {}).get(line)) for line in Line],
        }
        for case in found
    ]


@needs(P.VIEW_CASES)
@require_GET
def cases_export(request):
    """Hand over what the filter shows as a ledger, by line and place."""
    return taken_out(request, "cases", asked_cases(request.GET, user=request.user))


@needs(P.VIEW_CASES)
@require_GET
def case_panel(request, student_pk: int):
    """The cases of one child, for its page; a page of its own without script."""
    children = Enrolment.objects.visible_to(request.user, P.VIEW_CASES).filter(student=student_pk)
    of_child = Q(student=student_pk) | Q(student__merged_into=student_pk)
    found = Case.objects.visible_to(request.user, P.VIEW_CASES).filter(of_child).order_by("-pk")
    if not found and not children.exists():
        raise Http404
    student = get_object_or_404(Student.objects.all(), pk=student_pk)  # everyone: within what was just seen
    working = Enrolment.objects.visible_to(request.user, P.WORK_CASES).filter(student=student_pk)
    context = {
        "student": student,
        "cases": [{"it": case, "s": queries.TONES[case.state]} for case in found],
        "may_open": working.exists() and not any(case.is_open for case in found),
        "crumbs": [HOME, (student.name, None)],
    }
    return render(request, "dropout/_case_panel.html" if request.htmx else "dropout/case_panel.html", context)


@needs(P.WORK_CASES)
@require_http_methods(["GET", "HEAD", "POST"])
def case_new(request, student_pk: int):
    """Open a case on a report; of a child that has one, what is new is entered there."""
    student = get_object_or_404(children_in_reach(request.user, P.WORK_CASES), pk=student_pk)
    if led := _led_to_the_one(request, student):
        return led
    term = working_term(request)
    if term is None:
        raise Http404
    form = CaseForm(request.POST or None)
    if form.is_bound and form.is_valid():
        by = actor(request, P.WORK_CASES)
        case = open_case(by=by, student=student, term=term, origin=CaseOrigin.REPORT, **form.cleaned_data)
        return _opened(request, case)
    back = (
        reverse("students:detail", args=[student_pk])
        if has_page(request, student_pk)
        else reverse("dropout:cases")
    )
    return _form(request, form, f"建立个案：{student.name}", back)


@needs(P.WORK_CASES)
@require_http_methods(["GET", "HEAD", "POST"])
def case_unenrolled(request):
    """Open the case of a child that is on no roster: for who answers for villages."""
    if not request.user.scope(P.WORK_CASES).areas:
        messages.info(request, "没有学籍的儿童由县、乡镇、村登记；请把知道的情况告诉户籍所在的乡镇。")
        return redirect("dropout:cases")
    term = working_term(request)
    if term is None:
        return render(request, "students/no_term.html", {"crumbs": crumbs()})
    form = UnenrolledForm(request.POST or None, user=request.user)
    if form.is_bound and form.is_valid():
        if form.student and (led := _led_to_the_one(request, form.student)):
            return led
        asked = dict(form.cleaned_data)
        of_case = {name: asked.pop(name) for name in ("village", "kind", "since", "note")}
        by = actor(request, P.WORK_CASES)
        if case := attempt(form, report_child, by=by, student=form.student, term=term, data=asked, **of_case):
            return _opened(request, case)
    return _form(request, form, "登记没有学籍的儿童", reverse("dropout:cases"))


def has_page(request, student_pk: int) -> bool:
    """Return whether the user reads the child's own page, which a child on no roster has not."""
    seen = request.user.can(P.VIEW_STUDENTS) and Student.objects.visible_to(request.user, P.VIEW_STUDENTS)
    return bool(seen) and seen.filter(pk=student_pk).exists()


def _led_to_the_one(request, student: Student):
    """Lead to the open case that ``student`` has, None without one: nothing typed is thrown away in silence."""
    standing = Case.objects.open().filter(student=student)  # everyone: that there is one, not what it says
    if not standing.exists():
        return None
    lost = "刚才填写的没有保存，" if request.method == "POST" else ""
    case = Case.objects.visible_to(request.user, P.VIEW_CASES).open().filter(student=student).first()
    if case is None:
        messages.info(request, f"这名学生已有个案，没有另建；{lost}请联系学生现在的学校、乡镇。")
        return redirect("dropout:cases")
    messages.info(request, f"这名学生已有个案，没有另建；{lost}新的情况请在这件个案里登记。")
    return redirect("dropout:case", case.pk)


def _opened(request, case: Case):
    messages.success(request, f"{case.student.name}的个案已建立，两条线的责任人都有任务和期限。")
    return redirect("dropout:case", case.pk)


def _form(request, form, title: str, back_url: str):
    context = {
        "crumbs": crumbs((title, None)), "title": title, "note": "一名学生只有一件没有销号的个案", "form": form,
        "button": "建立个案", "back_url": back_url,
    }  # fmt: skip
    return render(request, "dropout/form.html", context, status=422 if form.errors else 200)
