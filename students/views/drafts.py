"""Half-filled forms, saved while they are typed; sealed, seen by their owner only, gone once saved."""

import json

from django.http import HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from povertyedu.accounts.access import needs, working_term
from povertyedu.accounts.permissions import Permission as P

from .record import editable, record_form

LONGEST = 20_000  # characters; a full form has about 1,500


@require_POST
@needs(P.EDIT_STUDENTS)
def save_new(request):
    """Keep what stands in the form of a new child."""
    return _save(request, working_term(request), None)


@require_POST
@needs(P.EDIT_STUDENTS)
def save(request, pk):
    """Keep what stands in the form of a known child."""
    enrolment = editable(request, pk)
    return _save(request, enrolment.term, enrolment)


@require_POST
@needs(P.EDIT_STUDENTS)
def discard_new(request):
    """Throw the draft of a new child away."""
    request.user.student_drafts.filter(term=working_term(request), student=None).delete()
    return redirect("students:create")


@require_POST
@needs(P.EDIT_STUDENTS)
def discard(request, pk):
    """Throw the draft of a known child away."""
    enrolment = editable(request, pk)
    request.user.student_drafts.filter(term=enrolment.term, student=enrolment.student_id).delete()
    return redirect("students:edit", pk)


def _save(request, term, enrolment):
    content = json.dumps(
        {
            name: values if len(values) > 1 else values[0]
            for name, values in request.POST.lists()
            if name != "csrfmiddlewaretoken"
        },
        ensure_ascii=False,
    )
    if term is None or len(content) > LONGEST:
        return HttpResponseBadRequest("内容过长，草稿没有保存；请先保存表单。")
    request.user.student_drafts.update_or_create(
        term=term, student=enrolment and enrolment.student, defaults={"sealed": content}
    )
    form = record_form(request, enrolment, initial=json.loads(content))
    return render(
        request,
        "students/pieces/draft_saved.html",
        {"saved_at": timezone.localtime(), "sections": form.sections()},
    )
