"""The list of the children one may see in a term, and its export."""

import io
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST

from povertyedu.accounts.access import actor, needs, working_term
from povertyedu.accounts.permissions import Permission as P
from povertyedu.jobs.tasks import start
from povertyedu.options.registry import option
from students.forms import ExportForm, FilterForm, SearchForm
from students.forms.filters import chosen, find_by
from students.models import ColumnSet
from students.queries import READINGS, STATUS_TABS, lacks_of, page_of
from students.resources.column_presets import PRESETS
from students.resources.list_export import export_list

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@needs(P.VIEW_STUDENTS)
def student_list(request):
    """The list itself; filters, reading and page key stand in the address."""
    term = working_term(request)
    if term is None:
        return render(request, "students/no_term.html", {"crumbs": _crumbs()})
    form, reading, rows = _chosen(request, term, P.VIEW_STUDENTS)
    page = page_of(
        rows, reading=reading, after=request.GET.get("after", ""), before=request.GET.get("before", "")
    )
    context = {
        "crumbs": _crumbs(),
        "term": term,
        "form": form,
        "search_form": SearchForm(initial={"q": request.GET.get("name", "")}, auto_id="filter_%s"),
        "page": page,
        "rows": [
            {"it": row, "lacks": lacks_of(row), "home": page.area_names.get(row.home_area, "")}
            for row in page.rows
        ],
        "applied": "；".join(form.in_force()) if form.is_valid() else "",
        "tabs": _tabs(request),
        "readings": _readings(request, reading),
        "previous_url": page.previous and _address(request, before=page.previous),
        "following_url": page.following and _address(request, after=page.following),
        "export_url": f"{reverse('students:export')}?{request.GET.urlencode()}",
        "may_edit": request.user.can(P.EDIT_STUDENTS),
        "drafts": request.user.student_drafts.filter(term=term).select_related("student"),
        "may_export": request.user.can(P.EXPORT_STUDENTS),
        "term_query": f"?term={term.pk}" if request.GET.get("term") else "",
    }
    return render(request, "students/list.html", context)


@require_POST
@needs(P.VIEW_STUDENTS)
def search(request):
    """Turn what was typed into an address without numbers: a number becomes its keyed hash."""
    kept = {name: value for name, value in request.POST.items() if name in FilterForm.base_fields and value}
    for name in ("name", *FilterForm.FOUND_BY):
        kept.pop(name, None)
    wanted = kept | find_by(request.POST.get("q", "")[:60])
    return redirect(f"{reverse('students:list')}?{urlencode(wanted)}")


@needs(P.EXPORT_STUDENTS)
def export(request):
    """Ask what the list is for, then hand over all rows of the filter as a workbook."""
    term = working_term(request)
    if term is None:
        raise Http404
    filter_form, reading, rows = _chosen(request, term, P.EXPORT_STUDENTS)
    most = option("large_export_rows")
    count = rows.order_by().values("pk")[: most + 1].count()
    form = ExportForm(
        request.POST or None,
        may_reveal=request.user.can(P.REVEAL_NUMBERS),
        sets=[
            *((each.key, each.name) for each in PRESETS.values()),
            *ColumnSet.objects.values_list("pk", "name"),
        ],
    )
    if request.method == "POST" and count and form.is_valid():
        if count > most:
            return _in_the_background(request, term, form.cleaned_data)
        return _workbook(request, term, rows, filter_form, form.cleaned_data)
    context = {
        "crumbs": [*_crumbs(link=True), ("导出Excel", None)],
        "form": form,
        "term": term,
        "count": count,
        "may_set_columns": request.user.can(P.KEEP_COLUMN_SETS),
        "most": most,
        "applied": "；".join(filter_form.in_force()) if filter_form.is_valid() else "",
        "list_url": f"{reverse('students:list')}?{request.GET.urlencode()}",
    }
    return render(request, "students/export.html", context)


def _workbook(request, term, rows, filter_form, asked) -> HttpResponse:
    out = io.BytesIO()
    try:
        name = export_list(
            out, user=request.user, by=actor(request, P.EXPORT_STUDENTS), term=term, rows=rows, words=filter_form.in_force(),
            layout=asked["layout"], full=asked["numbers"] == "full", reason=asked["reason"],
        )  # fmt: skip
    except ColumnSet.DoesNotExist:
        raise Http404 from None
    return _download(name, out.getvalue())


def _in_the_background(request, term, asked) -> HttpResponse:
    """Have a long list written by a job; the filter goes along as it stands in the address, without numbers."""
    job = start(
        "students.export", label=f"导出{term}学生名单", by=request.user, url=reverse("inbox:list"),
        arguments={
            "term": term.pk, "query": request.GET.urlencode(), "layout": asked["layout"],
            "full": asked["numbers"] == "full", "reason": asked["reason"],
        },
    )  # fmt: skip
    messages.success(request, "人数较多，已转入后台生成，可以离开本页；完成后到“消息”里下载。")
    return redirect("jobs:detail", job.pk)


def _download(name: str, content: bytes) -> HttpResponse:
    response = HttpResponse(content, content_type=XLSX)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    response["Cache-Control"] = "no-store"
    return response


def _chosen(request, term, permission):
    return chosen(request.GET, user=request.user, term=term, permission=permission)


def _crumbs(*, link: bool = False):
    return [("首页", reverse("home:todo")), ("学生管理", reverse("students:list") if link else None)]


def _address(request, **changes) -> str:
    """Return this list's address with ``changes``; a changed view starts at its first page."""
    kept = {k: v for k, v in request.GET.items() if k not in ("after", "before") and v}
    return f"?{urlencode(kept | changes)}"


def _tabs(request):
    active = request.GET.get("status") or "studying"
    return [
        {"text": text, "url": _address(request, status=name), "active": name == active}
        for name, (text, _) in STATUS_TABS.items()
    ]


def _readings(request, active):
    return [
        {"text": text, "url": _address(request, by=name), "active": name == active}
        for name, text in READINGS.items()
    ]
