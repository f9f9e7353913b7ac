"""待终止认定: who was on a department's list and is not on its newest, complete one."""

from collections.abc import Iterable

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.workflow.flow import StepRefused
from students.actions.ends import confirm_ends, refuse_ends
from students.forms.ends import EndsForm
from students.models import ProposedEnd, Student
from students.queries.pages import PER_PAGE, key_page

TABS = {"waiting": "待确认", "all": "全部"}
TONES = {"waiting": "doing", "confirmed": "ok", "refused": "info", "lapsed": "todo"}


@needs(P.IDENTIFY)
@require_GET
def end_list(request):
    """The people by name, those that wait first asked for; each page is ticked and decided at once."""
    return _page(request)


@require_POST
@needs(P.IDENTIFY)
def ends_decide(request):
    """End the ticked hardships, or leave them for a reason."""
    ticked = [pk for pk in request.POST.getlist("end") if pk.isascii() and pk.isdigit() and len(pk) < 19]
    seen = ProposedEnd.objects.visible_to(request.user, P.IDENTIFY).waiting().select_related("term")
    ends = list(seen.filter(pk__in=ticked[:PER_PAGE]))
    form = EndsForm(request.POST)
    verb, by = request.POST.get("verb", ""), actor(request, P.IDENTIFY)
    if verb not in ("confirm", "refuse"):
        raise Http404
    if not ends:
        form.add_error(None, "没有勾选，或勾选的已由他人办理；请勾选后再办理。")
    elif form.is_valid():
        try:
            if verb == "confirm":
                told = f"已终止 {confirm_ends(by=by, ends=ends)} 人的困难认定；以前的学期不变。"
            else:
                told = f"{refuse_ends(by=by, ends=ends, reason=form.cleaned_data['reason'])} 人不终止。"
        except StepRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, told)
            return redirect("students:ends")
    return _page(request, form, ticked={str(end.pk) for end in ends})


def children_of(ends: Iterable[ProposedEnd], user) -> dict[str, int]:
    """Return ID hash -> the child on file, of those whom ``user`` may open; somebody on a list need not be one."""
    seen = Student.objects.visible_to(user, P.VIEW_STUDENTS).filter(id_hash__in={end.id_hash for end in ends})
    return dict(seen.values_list("id_hash", "pk"))


def _page(request, form=None, ticked=frozenset()):
    tab = request.GET.get("tab") if request.GET.get("tab") in TABS else "waiting"
    rows = ProposedEnd.objects.visible_to(request.user, P.IDENTIFY).select_related("term")
    if tab == "waiting":
        rows = rows.waiting()
    keys = {name: request.GET.get(name, "") for name in ("before", "after")}
    page = key_page(rows, newest_first=True, **keys)
    here = reverse("students:ends")
    children = children_of(page.rows, request.user)
    context = {
        "crumbs": [("首页", reverse("home:todo")), ("待终止认定", None)],
        "rows": [
            {
                "it": row,
                "tone": TONES[row.state],
                "ticked": str(row.pk) in ticked,
                "child": children.get(row.id_hash),
            }
            for row in page.rows
        ],
        "tabs": [
            {"text": text, "url": f"{here}?tab={name}", "active": name == tab} for name, text in TABS.items()
        ],
        "form": (form or EndsForm()) if tab == "waiting" else None,
        "previous_url": f"{here}?tab={tab}&before={page.previous}" if page.previous else "",
        "next_url": f"{here}?tab={tab}&after={page.following}" if page.following else "",
        "total_text": page.total_text,
    }
    status = 422 if form is not None and form.errors else 200
    return render(request, "students/ends.html", context, status=status)
