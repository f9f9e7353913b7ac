"""校长任期: list, register, correct, remove, hand over."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.ui.listing import Listing, handed_over
from povertyedu.workflow.attempt import attempt
from teachers.actions.head_terms import correct_head_term, register_head_term, remove_head_term
from teachers.forms.head_terms import HeadTermCorrection, HeadTermFilter, HeadTermForm, WhyForm
from teachers.models import HeadTerm
from teachers.queries.rotation_export import head_terms_workbook

from .deployment import crumbs
from .rotation import CRUMB

LIST = ("校长任期", "/teachers/head-terms/")


def _chosen(request):
    form = HeadTermFilter(request.GET, user=request.user, permission=P.EDIT_TEACHERS)
    rows = HeadTerm.objects.visible_to(request.user, P.EDIT_TEACHERS)
    if township := form.wanted.get("township"):
        rows = rows.filter(township.scope.area_q("school__area_id"))
    if text := form.wanted.get("q"):
        rows = rows.named(text)
    return form, rows.select_related("teacher__person", "school")


@needs(P.EDIT_TEACHERS)
@require_GET
def head_terms(request):
    """List heads' terms of office, newest first."""
    form, rows = _chosen(request)
    listing = Listing(request, ("township", "q"))
    context = {
        "crumbs": crumbs(CRUMB, (LIST[0], None)), "form": form, "applied": form.in_force(),
        **listing.shown(rows, reverse("teachers:head_terms_export")),
    }  # fmt: skip
    return render(request, "teachers/deployment/head_terms.html", context)


@needs(P.EDIT_TEACHERS)
@require_GET
def head_terms_export(request):
    """Hand over the list as a workbook, in the columns it is imported by."""
    form, rows = _chosen(request)
    body = head_terms_workbook(
        rows.order_by("school__code", "teacher__code", "number"), words=form.in_force() or "全部", by=request.user.name
    )  # fmt: skip
    return handed_over(body, "校长任期")


@needs(P.EDIT_TEACHERS)
@require_http_methods(["GET", "HEAD", "POST"])
def head_term_new(request):
    """Register a term of office at the school where the head holds their post."""
    form = HeadTermForm(request.POST or None, user=request.user)
    if form.is_bound and form.is_valid():
        made = attempt(form, register_head_term, by=actor(request, P.EDIT_TEACHERS), **form.cleaned_data)
        if made:
            messages.success(request, f"已登记：{made}。")
            return redirect("teachers:head_terms")
    return _page(request, form, "登记校长任期", "登记", "学校按起日的岗位")


def _term(request, pk: int) -> HeadTerm:
    rows = HeadTerm.objects.visible_to(request.user, P.EDIT_TEACHERS).select_related(
        "teacher__person", "school"
    )
    return get_object_or_404(rows, pk=pk)


@needs(P.EDIT_TEACHERS)
@require_http_methods(["GET", "HEAD", "POST"])
def head_term_edit(request, pk):
    """Correct number and days of a term, with the reason."""
    term = _term(request, pk)
    form = HeadTermCorrection(request.POST if request.method == "POST" else None, term=term)
    by = actor(request, P.EDIT_TEACHERS)
    if (
        form.is_bound
        and form.is_valid()
        and attempt(form, correct_head_term, by=by, term=term, **form.cleaned_data)
    ):
        messages.success(request, f"已更正：{term.teacher}的任期。")
        return redirect("teachers:head_terms")
    remove = {"url": reverse("teachers:head_term_remove", args=[pk]), "text": "没有这一届，删去"}
    return _page(request, form, f"更正任期：{term}", "更正", term.school.name, other=remove)


@needs(P.EDIT_TEACHERS)
@require_http_methods(["GET", "HEAD", "POST"])
def head_term_remove(request, pk):
    """Remove a term there never was, with the reason."""
    term = _term(request, pk)
    form = WhyForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        remove_head_term(by=actor(request, P.EDIT_TEACHERS), term=term, **form.cleaned_data)
        messages.success(request, f"已删去：{term}。")
        return redirect("teachers:head_terms")
    return _page(
        request, form, f"删去任期：{term}", "删去", f"{term.school.name}，{term.since} 至 {term.until}"
    )


def _page(request, form, title: str, button: str, note: str, **more):
    context = {
        "crumbs": crumbs(CRUMB, LIST, (title, None)), "title": title, "form": form, "button": button, "note": note,
        "back_url": reverse("teachers:head_terms"), **more,
    }  # fmt: skip
    return render(request, "teachers/deployment/form.html", context, status=422 if form.errors else 200)
