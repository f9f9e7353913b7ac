"""服务期: which terms end soon or are over, and what follows them."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.ui.listing import Listing
from povertyedu.workflow.attempt import attempt
from teachers.actions import service_terms as actions
from teachers.forms.recruitment import TermEndForm
from teachers.models import ServiceTerm
from teachers.queries.service_terms import conditions

from .recruitment import crumbs, page_of


@needs(P.VIEW_TEACHERS)
@require_GET
def terms(request):
    """List the terms, those that end first on top."""
    every = ServiceTerm.objects.visible_to(request.user, P.VIEW_TEACHERS)
    known, listing = conditions(), Listing(request, ("tab",))
    tab = listing.tab(known, "soon")
    rows = every.filter(known[tab][1]).select_related("teacher__person__school", "end")
    tabs = listing.tabs(every, known, tab)
    context = {
        "crumbs": crumbs(("服务期", None)),
        "tab": known[tab][0],
        "tabs": [each | {"bad": each["text"] == known["over"][0] and bool(each["count"])} for each in tabs],
        "may_end": request.user.can(P.PLAN_RECRUITMENT),
        **listing.numbered(rows.order_by("until", "pk")),
    }
    return render(request, "teachers/recruitment/terms.html", context)


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
