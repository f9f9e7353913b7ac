"""服务期: which terms end soon or are over, and what follows them."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.ui.listing import Listing
from povertyedu.workbooks.writing import LedgerColumn
from povertyedu.workflow.attempt import attempt
from teachers.actions import service_terms as actions
from teachers.forms.recruitment import TermEndForm
from teachers.models import ServiceTerm
from teachers.queries.service_terms import conditions, situation

from .handing import table_handed_over
from .recruitment import crumbs, page_of

COLUMNS = (
    LedgerColumn("姓名", width=12), LedgerColumn("工号", width=12), LedgerColumn("学校", width=26), LedgerColumn("种类", width=16),
    LedgerColumn("起", "date", width=12), LedgerColumn("止", "date", width=12), LedgerColumn("情况", width=22), LedgerColumn("说明", width=30),
)  # fmt: skip


def _chosen(request):
    every = ServiceTerm.objects.visible_to(request.user, P.VIEW_TEACHERS)
    known, listing = conditions(), Listing(request, ("tab",))
    tab = listing.tab(known, "soon")
    rows = (
        every.filter(known[tab][1]).select_related("teacher__person__school", "end").order_by("until", "pk")
    )
    tabs = listing.tabs(every, known, tab)
    return (
        listing,
        known[tab][0],
        rows,
        [
            {**each, "bad": name == "over" and bool(each["count"])}
            for name, each in zip(known, tabs, strict=True)
        ],
    )


@needs(P.VIEW_TEACHERS)
@require_GET
def terms(request):
    """List the terms, those that end first on top."""
    listing, word, rows, tabs = _chosen(request)
    context = {
        "crumbs": crumbs(("服务期", None)),
        "tab": word,
        "tabs": tabs,
        "may_end": request.user.can(P.PLAN_RECRUITMENT),
        **listing.numbered(rows, reverse("teachers:service_terms_export")),
    }
    return render(request, "teachers/recruitment/terms.html", context)


@needs(P.VIEW_TEACHERS)
@require_GET
def terms_export(request):
    """Hand over the terms of the tab as a workbook."""
    _, word, rows, _ = _chosen(request)
    lines = (
        [row.teacher.name, row.teacher.code, str(row.teacher.person.school or ""), row.get_kind_display(), row.since, row.until,
         situation(row), row.note]
        for row in rows
    )  # fmt: skip
    return table_handed_over(
        request, COLUMNS, lines, title="教师服务期（合同）台账", name="服务期", words=f"筛选条件：{word}"
    )


@needs(P.PLAN_RECRUITMENT)
@require_http_methods(["GET", "HEAD", "POST"])
def term_end(request, pk):
    """Write down what follows a term."""
    rows = ServiceTerm.objects.visible_to(request.user, P.PLAN_RECRUITMENT).select_related("teacher__person")
    term = get_object_or_404(rows, pk=pk)
    form = TermEndForm(request.POST if request.method == "POST" else None)
    if (
        form.is_bound
        and form.is_valid()
        and attempt(form, actions.end, by=actor(request, P.PLAN_RECRUITMENT), term=term, **form.cleaned_data)
    ):
        messages.success(request, f"已办理：{term}。")
        return redirect("teachers:service_terms")
    return page_of(
        request, form, crumbs=crumbs(("服务期", reverse("teachers:service_terms")), (str(term), None)), title=f"办理去向：{term}",
        note=f"{term.since} 至 {term.until}", text="留任入编的，学校要有空编；离开的，岗位同时结束。", button="办理去向",
        back_url=reverse("teachers:service_terms"),
    )  # fmt: skip
