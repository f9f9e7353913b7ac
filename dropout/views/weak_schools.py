"""薄弱学校: which have no contact person or no measures of their own."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from dropout.actions.weak_schools import keep_weak_school
from dropout.forms.weak_schools import WeakSchoolForm
from dropout.models import WeakSchool
from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.workflow.attempt import attempt

from .tables import cell, crumbs, heads, paged, row, table_page

TITLE, NAME = "薄弱学校", "dropout:weak_schools"
FIELDS = ("school", "reason", "contact", "phone", "measures", "listed_on", "closed_on")


@needs(P.VIEW_CHAINS)
@require_GET
def weak_schools(request):
    """List the weak schools with contact and measures; who lacks one stands out."""
    rows = WeakSchool.objects.visible_to(request.user, P.VIEW_CHAINS).standing()
    page, may = (
        paged(request, rows.select_related("school__area").order_by("pk")),
        request.user.can(P.MANAGE_CHAINS),
    )
    bare = {"联系人": rows.filter(contact="").count(), "对策": rows.filter(measures="").count()}
    return table_page(
        request, title=TITLE, crumbs=crumbs(TITLE, NAME), note="每校一名联系人，一校一对策", buttons=[("列入薄弱学校", reverse("dropout:weak_school_new"))] if may else [],
        figures=[
            {"label": "薄弱学校", "value": rows.count(), "unit": "所"},
            *({"label": f"没有{word}", "value": count, "unit": "所", "s": "bad" if count else "ok"} for word, count in bare.items()),
        ],
        heads=heads("学校", "联系人", "对策", "薄弱在哪里", "乡镇", "列入"), rows=[_line(each, may) for each in page["found"]],
        empty={"title": "没有薄弱学校", "text": "县教育局基教股把薄弱学校列进来，定联系人，写对策。"}, **page,
    )  # fmt: skip


def _line(weak: WeakSchool, may: bool) -> dict:
    url = reverse("dropout:weak_school", args=[weak.pk]) if may else ""
    contact = cell(f"{weak.contact} {weak.phone}".strip()) if weak.contact else cell("没有联系人", s="bad")
    measures = cell(weak.measures, wordy=True) if weak.measures else cell("没有对策", s="bad")
    area = weak.school.area
    return row(
        cell(str(weak.school), url=url), contact, measures, cell(weak.reason, wordy=True), area.path, str(weak.listed_on),
        problem=bool(weak.lacks),
    )  # fmt: skip


@needs(P.MANAGE_CHAINS)
@require_http_methods(["GET", "HEAD", "POST"])
def weak_school(request, pk=None):
    """Put a school on the list, or change what is said of it."""
    seen = WeakSchool.objects.visible_to(request.user, P.MANAGE_CHAINS)
    weak = get_object_or_404(seen, pk=pk) if pk else None
    initial = {name: getattr(weak, name) for name in FIELDS} if weak else {}
    form = WeakSchoolForm(
        request.POST or None, initial=initial, user=request.user, permission=P.MANAGE_CHAINS
    )
    if form.is_bound and form.is_valid():
        by = actor(request, P.MANAGE_CHAINS)
        if attempt(form, keep_weak_school, by=by, weak=weak or WeakSchool(), **form.cleaned_data):
            messages.success(request, "已保存。")
            return redirect(NAME)
    title = str(weak.school) if weak else "列入薄弱学校"
    context = {
        "crumbs": crumbs(TITLE, NAME, (title, None)),
        "title": title,
        "form": form,
        "back_url": reverse(NAME),
    }
    return render(request, "dropout/form.html", context, status=422 if form.errors else 200)
