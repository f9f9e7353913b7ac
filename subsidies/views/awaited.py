"""待定档: the children whose aid waits until the school has said something of them, for those who may say it."""

from django.contrib import messages
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from povertyedu.accounts.access import needs, working_term
from povertyedu.accounts.permissions import Permission as P
from students.models import Enrolment
from subsidies.actions import awaited as waits
from subsidies.forms.selections import NameSearchForm
from subsidies.queries import FactUnread
from subsidies.queries.pages import page_by_key


@needs(P.EDIT_STUDENTS)
@require_GET
def awaited(request):
    """List who waits in the term, what for, and for which benefits; each leads to the form where it is filled in."""
    term, found = working_term(request), {}
    seen = Enrolment.objects.visible_to(request.user, P.EDIT_STUDENTS).of(term)
    try:
        found = waits.awaited(term, seen) if term else {}
    except FactUnread as unread:
        messages.error(request, str(unread))
    form = NameSearchForm(request.GET)
    rows = form.narrow(seen.filter(student__in=found)).select_related("student", "school", "school_class")
    page, following = page_by_key(rows, ("school_id", "id"), after=request.GET.get("after", ""))
    kept = request.GET.copy()
    kept["after"] = following
    context = {
        "crumbs": [("首页", reverse("home:todo")), ("资助发放", None), ("待定档学生", None)],
        "term": term,
        "form": form,
        "count": len(found),
        "rows": [{"it": row, "waits": found[row.student_id]} for row in page],
        "next_url": f"?{kept.urlencode()}" if following else "",
    }
    return render(request, "subsidies/awaited.html", context)
