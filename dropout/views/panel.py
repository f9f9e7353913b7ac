"""The panel on a child's page: both chains, and the one responsible person."""

from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from dropout.queries.chains import chains_of
from dropout.queries.people import people_seen_by
from povertyedu.accounts.access import needs, working_term
from povertyedu.accounts.permissions import Permission as P
from students.models import Enrolment, Student


@needs(P.VIEW_CHAINS)
@require_GET
def student_panel(request, student_pk: int):
    """Show who answers for a child, link by link; a fragment for the child's page, a page without script."""
    seen = Enrolment.objects.visible_to(request.user, P.VIEW_CHAINS)
    enrolment = get_object_or_404(
        seen.select_related("student__guardian", "term", "school__centre", "school_class"),
        student__in=Student.objects.filter(pk=student_pk),  # everyone: within the enrolments seen
        term=working_term(request),
    )
    chains = chains_of(enrolment)
    known = people_seen_by(request.user).filter(pk__in=chains.people)
    context = {
        "enrolment": enrolment,
        "chains": chains,
        "linked": set(known.values_list("pk", flat=True)),
        "guardian": getattr(enrolment.student, "guardian", None),
        "crumbs": [("责任人", None)],
    }
    return render(request, "dropout/_panel.html" if request.htmx else "dropout/panel.html", context)
