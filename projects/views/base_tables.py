"""双月报: the county's base tables, one of them beside the last, its words, its steps."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.ui.listing import Listing, handed_over
from povertyedu.workbooks import cells
from povertyedu.workflow.attempt import attempt
from povertyedu.workflow.flow import StepRefused
from projects.actions import base_tables as actions
from projects.forms.reports import BaseNoteForm, BaseReturnForm, ConfirmForm
from projects.models import BaseTable
from projects.queries import base_tables as queries
from projects.queries.base_table_export import workbook_of
from projects.states import BASE_TABLE_FLOW

from .projects import crumbs

CRUMB = ("双月报", "/projects/base-tables/")
FORMS = {"submit": BaseNoteForm, "accept": ConfirmForm, "return": BaseReturnForm}


def _seen(request, permission=P.VIEW_PROJECTS):
    return BaseTable.objects.visible_to(request.user, permission)


def _of_county(request, permission) -> bool:
    return request.user.scope(permission).of_county


@needs(P.VIEW_PROJECTS)
@require_GET
def base_tables(request):
    """List the tables, newest first, with what is due now."""
    period = queries.period_begun()
    rows = list(_seen(request)[:60])
    may_manage = _of_county(request, P.MANAGE_PROJECTS)
    context = {
        "crumbs": crumbs(("双月报", None)), "rows": rows, "period": period, "may_manage": may_manage,
        "may_open": may_manage and all(row.last != period.last for row in rows), "of_county": _of_county(request, P.VIEW_PROJECTS),
    }  # fmt: skip
    return render(request, "projects/base_tables.html", context)


@needs(P.MANAGE_PROJECTS)
@require_POST
def base_table_open(request):
    """Open the table that is to be made out now, and lead there."""
    try:
        table = actions.open_table(period=queries.period_begun())
    except StepRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("projects:base_tables")
    return redirect(table)


@needs(P.VIEW_PROJECTS)
@require_GET
def base_table(request, pk):
    """Show a table: figures as they stand or as they were frozen, what changed since the last, words to write."""
    found = get_object_or_404(_seen(request).select_related("area"), pk=pk)
    actions.keep_drawn(table=found)
    listing = Listing(request, ("tab",))
    tab = listing.tab(queries.TABS, "all")
    rows, sums = found.rows.all(), queries.sums(found)
    tabs = listing.tabs(rows, queries.TABS, tab)
    tabs[1]["bad"] = bool(sums["lacking"])
    shown = listing.numbered(
        rows.filter(queries.TABS[tab][1]).order_by("project_id"),
        reverse("projects:base_table_export", args=[pk]),
    )
    may_write = not found.is_frozen and request.user.can(P.MANAGE_PROJECTS)
    context = {
        "crumbs": crumbs(CRUMB, (found.period, None)), "it": found, "tab": tab, "sums": sums, "tabs": tabs,
        "before": queries.table_before(found), "gone": queries.gone_since(found), "may_write": may_write and not listing.is_printed,
        **shown, "rows": queries.compared(found, shown["rows"], of_page=True),
        "steps": _steps(request, found), "waits_for_another": found.state == "submitted" and found.submitted_by_id == request.user.pk,
        "log": [{"at": d.at, "by": d.by_name, "text": d.label, "reason": d.reason} for d in found.decisions.all()],
    }  # fmt: skip
    return render(request, "projects/base_table.html", context)


def _steps(request, found: BaseTable) -> list:
    steps = BASE_TABLE_FLOW.open_to(found.state, request.user.can)
    own = found.submitted_by_id == request.user.pk
    return [step for step in steps if step.verb != "accept" or not own]


@needs(P.MANAGE_PROJECTS)
@require_POST
def base_table_notes(request, pk):
    """Keep the words of one page of the table."""
    found = get_object_or_404(_seen(request, P.MANAGE_PROJECTS), pk=pk)
    notes, wrong = {}, ""
    for name, text in request.POST.items():
        key = name.removeprefix("note-")
        if not name.startswith("note-") or not (key.isascii() and key.isdigit() and len(key) < 19):
            continue
        try:
            notes[int(key)] = cells.clean_text(text).value or ""
        except cells.CellError as error:
            wrong = error.message
        if len(notes.get(int(key), "")) > 300:
            wrong = "说明不超过 300 个字，请写短些。"
    tab, page = request.POST.get("tab", ""), request.POST.get("page", "")
    back = f"{found.get_absolute_url()}?tab={tab if tab in queries.TABS else 'all'}"
    back += f"&page={page}" if page.isascii() and page.isdigit() and len(page) < 7 else ""
    try:
        if wrong:
            messages.error(request, f"{wrong}没有保存。")
        else:
            count = actions.explain(by=actor(request, P.MANAGE_PROJECTS), table=found, notes=notes)
            messages.success(request, f"已保存 {count} 条说明。" if count else "说明没有变化。")
    except StepRefused as refusal:
        messages.error(request, str(refusal))
    return redirect(back)


@needs(P.MANAGE_PROJECTS, P.APPROVE_PROJECTS)
@require_http_methods(["GET", "HEAD", "POST"])
def base_table_step(request, pk, verb):
    """Submit, accept or return a table."""
    if verb not in BASE_TABLE_FLOW.by_verb:
        raise Http404
    step = BASE_TABLE_FLOW[verb]
    if not request.user.can(step.permission):
        raise PermissionDenied
    found = get_object_or_404(_seen(request, step.permission), pk=pk)
    form = FORMS[verb](request.POST if request.method == "POST" else None, initial={"note": found.note})
    if form.is_bound and form.is_valid():
        verbs = {"submit": actions.submit, "accept": actions.accept, "return": actions.send_back}
        typed = {name: value or "" for name, value in form.cleaned_data.items()}
        if attempt(form, verbs[verb], by=actor(request, step.permission), table=found, **typed):
            messages.success(request, f"已办理：{found}，{step.label}。")
            return redirect(found)
    context = {
        "crumbs": crumbs(CRUMB, (found.period, found.get_absolute_url()), (step.label, None)), "title": f"{step.label}：{found}", "form": form,
        "note": "报送后数字定格，不再改变" if verb == "submit" else "", "button": step.label, "back_url": found.get_absolute_url(),
    }  # fmt: skip
    return render(request, "projects/form.html", context, status=422 if form.errors else 200)


@needs(P.VIEW_PROJECTS)
@require_GET
def base_table_export(request, pk):
    """Hand over the whole table as a workbook."""
    found = get_object_or_404(_seen(request), pk=pk)
    rows = queries.compared(found, queries.rows_of(found))
    return handed_over(workbook_of(found, rows, by=request.user.name), "双月报基础表", day=found.last)
