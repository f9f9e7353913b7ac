"""四查三比对: the list of comparisons, a new one, the unmatched of one with their disposals."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods

from povertyedu.accounts.access import actor, needs, working_term
from povertyedu.accounts.permissions import Permission as P
from povertyedu.jobs.tasks import start
from students.actions import comparison as actions
from students.actions.disposal import dispose as dispose_rows
from students.actions.feedback import write_comparison
from students.enums import ComparisonKind, ComparisonState, DisposalCode
from students.forms import ExportForm
from students.forms.comparison import USUAL, ComparisonForm, RowFilterForm
from students.forms.identification import DisposalForm
from students.models import Comparison, ComparisonRow
from students.queries import comparison as queries
from students.queries.pages import key_page

HOME = ("首页", "/")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_AT_ONCE = 500


def crumbs(*more) -> list[tuple]:
    return [HOME, ("名单比对", reverse("students:comparisons") if more else None), *more]


@needs(P.COMPARE_LISTS)
@require_GET
def comparisons(request):
    """List the comparisons, newest first."""
    rows = (
        Comparison.objects.visible_to(request.user, P.COMPARE_LISTS)
        .select_related("term")
        .prefetch_related("sides")
    )
    page = key_page(
        rows, after=request.GET.get("after", ""), before=request.GET.get("before", ""), newest_first=True
    )
    context = {
        "crumbs": crumbs(),
        "page": page,
        "rows": [(one, queries.findings_of(one)) for one in page.rows],
        "previous_url": page.previous and f"?before={page.previous}",
        "next_url": page.following and f"?after={page.following}",
    }
    return render(request, "students/comparison/list.html", context)


@needs(P.COMPARE_LISTS)
@require_http_methods(["GET", "HEAD", "POST"])
def compare(request):
    """Take two lists and send their comparison to the background."""
    kind = (
        request.GET.get("kind")
        if request.GET.get("kind") in ComparisonKind.values
        else ComparisonKind.REGISTER_ENROLMENT
    )
    left, right = USUAL[ComparisonKind(kind)]
    initial = {"kind": kind, "left": left, "right": right, "term": working_term(request)}
    form = ComparisonForm(
        request.POST or None,
        request.FILES or None,
        initial=initial,
        user=request.user,
        permission=P.COMPARE_LISTS,
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        comparison = actions.begin(
            by=actor(request, P.COMPARE_LISTS), owner=request.user, kind=data["kind"], term=data["term"], youngest=data["youngest"],
            oldest=data["oldest"], left=_source(data, "left"), right=_source(data, "right"),
        )  # fmt: skip
        comparison.job = start(
            "students.compare", label=f"比对 {comparison}"[:120], arguments={"comparison": comparison.pk}, by=request.user,
            url=reverse("students:comparison", args=[comparison.pk]),
        )  # fmt: skip
        comparison.save(update_fields=["job"])
        return redirect("students:comparison", comparison.pk)
    kinds = [
        {"text": label, "url": f"?kind={value}", "active": value == kind}
        for value, label in ComparisonKind.choices
    ]
    context = {"crumbs": crumbs(("新的比对", None)), "form": form, "kinds": kinds}
    return render(request, "students/comparison/new.html", context, status=422 if form.errors else 200)


def _source(data: dict, side: str) -> actions.Source:
    kind = data[side]
    return actions.Source(
        kind,
        upload=data[f"{side}_file"] if kind == "file" else None,
        earlier=data[f"{side}_earlier"] if kind == "found_before" else None,
    )


def _comparison(request, pk) -> Comparison:
    seen = Comparison.objects.visible_to(request.user, P.COMPARE_LISTS)
    return get_object_or_404(seen.select_related("term", "job").prefetch_related("sides"), pk=pk)


@needs(P.COMPARE_LISTS)
@require_GET
def comparison(request, pk):
    """Show one comparison: its two sides, what was found, and the children of one finding."""
    found = _comparison(request, pk)
    context = {"crumbs": crumbs((str(found), None)), "comparison": found, "sides": found.sides.all()}
    if found.state != ComparisonState.FROZEN:
        return render(request, "students/comparison/detail.html", context)
    findings = queries.findings_of(found)
    tab = request.GET.get("tab") or findings[0]["tab"]
    if tab not in [one["tab"] for one in findings]:
        raise Http404
    form = RowFilterForm(request.GET, auto_id="filter_%s")
    rows = queries.rows_in(found, tab, form.cleaned_data if form.is_valid() else {}, user=request.user)
    page = key_page(rows, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    by_code = queries.disposed(rows)
    context |= {
        "findings": findings,
        "tab": tab,
        "tabs": [
            {"text": one["text"], "count": f"{one['count']:,}", "url": f"?tab={one['tab']}", "active": one["tab"] == tab}
            for one in findings
        ],
        "form": form,
        "applied": "；".join(form.in_force()) if form.is_valid() else "",
        "page": page,
        "figures": [
            {"label": dict(DisposalCode.choices).get(code, "尚未登记处置"), "value": n, "unit": "人", "s": "" if code else "warn"}
            for code, n in sorted(by_code.items())
        ],
        "previous_url": page.previous and _address(request, before=page.previous),
        "next_url": page.following and _address(request, after=page.following),
        "may_export": request.user.can(P.EXPORT_STUDENTS),
    }  # fmt: skip
    return render(request, "students/comparison/detail.html", context)


def _address(request, **changes) -> str:
    kept = {k: v for k, v in request.GET.items() if k not in ("after", "before") and v}
    return f"?{urlencode(kept | changes)}"


@needs(P.COMPARE_LISTS)
@require_http_methods(["GET", "HEAD", "POST"])
def dispose(request, pk):
    """Record what became of the chosen children of a comparison: ?pk=..&pk=.. names them."""
    comparison = _comparison(request, pk)
    chosen = [one for one in request.GET.getlist("pk") if one.isascii() and one.isdigit() and len(one) < 19]
    seen = ComparisonRow.objects.visible_to(request.user, P.COMPARE_LISTS).filter(comparison=comparison)
    rows = seen.filter(pk__in=chosen[:MOST_AT_ONCE])
    found = list(rows.select_related("disposal").order_by("pk"))
    if not chosen:
        messages.warning(request, "请先勾选要登记处置的学生。")
        return redirect("students:comparison", pk)
    if not found:
        raise Http404
    one = found[0].disposal if len(found) == 1 and hasattr(found[0], "disposal") else None
    initial = {"code": one.code, "owner": one.owner_id, "note": one.note} if one else None
    form = DisposalForm(request.POST or None, initial=initial, user=request.user, permission=P.COMPARE_LISTS)
    back = f"{reverse('students:comparison', args=[pk])}?tab={found[0].found_in}"
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        count = dispose_rows(
            by=actor(request, P.COMPARE_LISTS), rows=rows, code=data["code"], owner=data["owner"], note=data["note"], on=data["decided_on"]
        )  # fmt: skip
        messages.success(request, f"已登记 {count} 人的处置：{DisposalCode(data['code']).label}。")
        return redirect(back)
    context = {
        "crumbs": crumbs((str(comparison), reverse("students:comparison", args=[pk])), ("登记处置", None)), "form": form, "rows": found,
        "back": back, "many": len(chosen) > len(found),
    }  # fmt: skip
    return render(
        request, "students/identification/dispose.html", context, status=422 if form.errors else 200
    )


@needs(P.COMPARE_LISTS)
@require_http_methods(["GET", "HEAD", "POST"])
def export(request, pk):
    """Ask what the result is for, then hand over the workbook."""
    found = _comparison(request, pk)
    if not request.user.can(P.EXPORT_STUDENTS):
        raise PermissionDenied
    if found.state != ComparisonState.FROZEN:
        messages.warning(request, "比对还没有完成，不能导出。")
        return redirect("students:comparison", pk)
    form = ExportForm(request.POST or None, may_reveal=request.user.can(P.REVEAL_NUMBERS))
    if request.method == "POST" and form.is_valid():
        name, content = write_comparison(
            by=actor(request, P.COMPARE_LISTS), user=request.user, comparison=found, full=form.cleaned_data["numbers"] == "full",
            reason=form.cleaned_data["reason"],
        )  # fmt: skip
        response = HttpResponse(content, content_type=XLSX)
        response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
        response["Cache-Control"] = "no-store"
        return response
    context = {
        "crumbs": crumbs((str(found), reverse("students:comparison", args=[pk])), ("导出", None)), "form": form, "comparison": found,
        "findings": queries.findings_of(found),
    }  # fmt: skip
    return render(request, "students/comparison/export.html", context, status=422 if form.errors else 200)
