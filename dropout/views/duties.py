"""个案任务: what is to be done in the cases, by whom and by when; one's own, the late ones, and those that lie with the bureau."""

from urllib.parse import urlencode

from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from dropout.enums import CaseState, Line
from dropout.models import Duty
from dropout.queries.answering import without_account
from povertyedu.accounts.access import needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.calendar import today
from povertyedu.ui.listing import PRINTED_AT_MOST
from povertyedu.ui.paging import key_page

from .chain import HOME

VISITED = (
    CaseState.SUSPECTED, CaseState.PERSUADING, CaseState.RETURNED, CaseState.MONITORED, CaseState.HOME_TAUGHT, CaseState.DELAYED,
)  # fmt: skip
TABS = {"mine": "我的任务", "late": "逾期", "bureau": "县教育局直接督办", "open": "全部未办"}


@needs(P.VIEW_CASES)
@require_GET
def case_duties(request):
    """List the open duties of the cases in scope; first one's own where there are some."""
    seen = Duty.objects.visible_to(request.user, P.VIEW_CASES).open()
    rows_of = {
        "mine": seen.filter(person=request.user.person_id or 0),
        "late": seen.late(today()),
        "bureau": seen.at_bureau(),
        "open": seen,
    }
    counts = {name: rows.count() for name, rows in rows_of.items()}
    asked = request.GET.get("tab")
    tab = asked if asked in TABS else next((name for name in TABS if counts[name]), "mine")
    rows = rows_of[tab].select_related(
        "case__student", "case__school", "case__school_class", "link", "person"
    )
    printing = "print" in request.GET
    page = (
        None
        if printing
        else key_page(rows, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    )
    found = page.rows if page else list(rows.order_by("pk")[:PRINTED_AT_MOST])
    query, may_work = urlencode({"tab": tab}), request.user.can(P.WORK_CASES)
    context = {
        "crumbs": [HOME, ("控辍保学", None), ("个案任务", None)],
        "tabs": [
            {"text": text, "count": counts[name], "bad": name in ("late", "bureau") and counts[name] > 0, "active": name == tab,
             "url": f"?{urlencode({'tab': name})}"}
            for name, text in TABS.items()
        ],
        "tab": tab,
        "tab_word": TABS[tab],
        "silent": without_account(duty.person_id for duty in found),
        "rows": [{"it": duty, "step": _next_step(duty) if may_work else None} for duty in found],
        "page": page,
        "printing": printing,
        "today": today(),
        "previous_url": page and page.previous and f"?{query}&before={page.previous}",
        "next_url": page and page.following and f"?{query}&after={page.following}",
        "print_url": f"?{query}&print=1",
    }  # fmt: skip
    return render(request, "dropout/case_duties.html", context)


def _next_step(duty: Duty) -> dict | None:
    """Return where a duty is worked on, if not on the page of its case."""
    case = duty.case
    if case.state == CaseState.VERIFIED:
        name, text = "plan", "制定方案"
    elif case.state == CaseState.HOME_TAUGHT and duty.line == Line.EDUCATION:
        name, text = "lessons", "登记课时"
    elif case.state in VISITED:
        name, text = "visit", "登记走访"
    else:
        return None
    return {
        "text": text,
        "url": reverse(f"dropout:{name}", args=[case.pk]),
        "label": f"{case.student.name}：{text}",
    }
