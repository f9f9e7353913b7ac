"""The panel on a child's page: absences, the clock, and why it is warned of."""

from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from dropout.models import AbsenceRun, WarningScore
from dropout.queries import attendance as queries
from povertyedu.accounts.access import needs, working_term
from povertyedu.accounts.permissions import Permission as P
from students.models import Enrolment


@needs(P.VIEW_WARNINGS)
@require_GET
def attendance_panel(request, student_pk: int):
    """Show them to whoever reads the child's enrolment; a fragment for the child's page, a page without script."""
    seen = Enrolment.objects.visible_to(request.user, P.VIEW_WARNINGS).select_related("student", "term")
    enrolment = get_object_or_404(seen, student=student_pk, term=working_term(request))
    scores = WarningScore.objects.visible_to(request.user, P.VIEW_WARNINGS).filter(student=student_pk)
    scores = list(scores.filter(term=enrolment.term_id).order_by("-since")[:10])
    runs = AbsenceRun.objects.visible_to(request.user, P.VIEW_WARNINGS).filter(student=student_pk)
    context = {
        "enrolment": enrolment, "crumbs": [("考勤与预警", None)],
        "absences": queries.absences_of(enrolment)[:10], "run": runs.filter(ended_on=None).first(),
        "score": next((one for one in scores if one.until is None), None),
        "earlier": [one for one in scores if one.until], "may_follow": request.user.can(P.WORK_CASES),
    }  # fmt: skip
    return render(
        request, "dropout/_attendance.html" if request.htmx else "dropout/attendance_panel.html", context
    )
