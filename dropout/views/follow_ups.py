"""缺勤未跟进: absent children whose family nobody registered a contact with; and the contact itself."""

from urllib.parse import urlencode

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods

from dropout.actions.follow_ups import follow_up
from dropout.forms import FollowUpForm, SchoolFilter
from dropout.models import FollowUp
from dropout.queries import attendance as queries
from povertyedu.accounts.access import actor, needs, working_term
from povertyedu.accounts.permissions import Permission as P
from povertyedu.audit.models import record_access
from povertyedu.ui.listing import PRINTED_AT_MOST
from povertyedu.workflow.attempt import attempt
from students.models import Enrolment

from .attendance import crumbs


@needs(P.VIEW_ATTENDANCE)
@require_GET
def follow_ups(request):
    """Count and name them by school."""
    user, term = request.user, working_term(request)
    if term is None:
        return render(request, "students/no_term.html", {"crumbs": crumbs(("缺勤未跟进", None))})
    form = SchoolFilter(request.GET, user=user, permission=P.VIEW_ATTENDANCE)
    rows = queries.unasked(term, user=user, permission=P.VIEW_ATTENDANCE, wanted=form.wanted)
    after, printing = request.GET.get("after", ""), "print" in request.GET
    key = int(after) if after.isascii() and after.isdigit() and len(after) < 19 else 0
    most = PRINTED_AT_MOST if printing else queries.PER_PAGE
    page, has_more = queries.unasked_page(rows, term, after=key, most=most)
    children, days = queries.counts_of(rows)
    schools = queries.unasked_by_school(rows) if queries.by_reading(user) != "class" else []
    context = {
        "crumbs": crumbs(("缺勤未跟进", None)), "term": term, "form": form, "applied": form.in_force(), "rows": page,
        "schools": [(row, f"?{_query(request, school=row['school'])}") for row in schools],
        "figures": [
            {"label": "缺勤未跟进", "value": f"{children:,}", "unit": "人", "s": "bad" if children else "ok"},
            {"label": "缺勤", "value": f"{days:,}", "unit": "人次"},
        ],
        "total_text": f"共 {children:,} 人", "printing": printing, "print_url": f"?{_query(request)}&print=1",
        "first_url": f"?{_query(request)}" if key else "",
        "next_url": f"?{_query(request)}&after={page[-1].enrolment.student_id}" if has_more and page else "",
        "may_follow": user.can(P.WORK_CASES), "here": request.get_full_path(),
    }  # fmt: skip
    return render(request, "dropout/follow_ups.html", context)


def _query(request, **changes) -> str:
    names = ("term", "township", "school")
    kept = {name: value for name in names if (value := request.GET.get(name))} | changes
    return urlencode({name: value for name, value in kept.items() if value})


@needs(P.WORK_CASES)
@require_http_methods(["GET", "HEAD", "POST"])
def follow_up_new(request, student_pk: int):
    """Register a contact with the family; earlier ones stand below, and opening them is on record."""
    seen = Enrolment.objects.visible_to(request.user, P.WORK_CASES)
    enrolment = get_object_or_404(
        seen.select_related("student__guardian", "term", "school", "school_class"),
        student=student_pk, term=working_term(request),
    )  # fmt: skip
    by, back = actor(request, P.WORK_CASES), _back(request)
    form = FollowUpForm(request.POST if request.method == "POST" else None, by_name=request.user.name)
    if form.is_bound and form.is_valid():
        arguments = {"student": enrolment.student, "term": enrolment.term, "contact": form.contact}
        if made := attempt(form, follow_up, by=by, **arguments):
            messages.success(request, f"已登记与{enrolment.student}家长的联系：{made.told}。")
            return redirect(back)
    earlier = list(FollowUp.objects.visible_to(request.user, P.WORK_CASES).filter(student=student_pk))
    if any(one.note or one.thoughts for one in earlier):
        record_access(
            by,
            kind="reveal",
            subject=enrolment.student,
            fields="缺勤跟进情况说明、思想状态",
            reason="登记缺勤跟进",
        )
    context = {
        "crumbs": crumbs(("缺勤未跟进", reverse("dropout:follow_ups")), (enrolment.student.name, None)),
        "enrolment": enrolment, "form": form, "back_url": back, "earlier": earlier,
        "absences": queries.absences_of(enrolment)[:30], "guardian": getattr(enrolment.student, "guardian", None),
    }  # fmt: skip
    return render(request, "dropout/follow_up.html", context, status=422 if form.errors else 200)


def _back(request) -> str:
    """Return the page that led here, of this system only."""
    asked = request.GET.get("back", "")
    local = url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
    return asked if asked.startswith("/") and local else reverse("dropout:follow_ups")
