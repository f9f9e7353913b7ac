"""Putting one wrong row right in the preview: its cells, a suggestion for it, a decision between rows."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from povertyedu.accounts.access import actor
from povertyedu.workflow.flow import StepRefused

from . import actions
from .enums import RowOutcome
from .fix_forms import FixForm
from .fixing import MOST_AT_ONCE, RELATED, decide, fix_rows
from .models import ImportBatch, StagedRow
from .preview import may_fix, row_place
from .queries import TABS
from .suggesting import Adviser
from .views import crumbs, keys_of, may_import, own_batch

VERDICTS = {
    "keep": "已保留这一行，其余几行不导入。",
    "drop": "这几行都不导入。",
    "restore": "已恢复，重新核对了这一行。",
}


def wrong_row(batch: ImportBatch, row: int) -> StagedRow:
    return get_object_or_404(batch.staged.rejected(), pk=row)


def back(request, batch: ImportBatch):
    """Go back to the page of rows that the person was on."""
    tab = request.GET.get("tab", "")
    keys = "".join(f"&{name}={key}" for name, key in keys_of(request).items())
    return redirect(
        f"{reverse('imports:rows', args=[batch.pk])}?tab={tab if tab in TABS else 'problems'}{keys}"
    )


@may_import
def fix(request, pk: int, row: int):
    """Show the cells of a row that are wrong or were not taken over as inputs; judge the row again with what is sent."""
    batch = own_batch(request, pk)
    if not may_fix(batch):
        messages.info(request, "这次导入正在办理或已经办完，不能再改；请刷新页面后再看。")
        return redirect("imports:detail", batch.pk)
    staged = get_object_or_404(batch.staged.with_problems(), pk=row)
    resource = actions.resource_of(batch.kind)
    form = FixForm(request.POST or None, content=staged.content, resource=resource)
    if not form.fields:
        raise Http404
    if request.method == "POST" and form.is_valid():
        return fixed(request, batch, resource, {staged.pk: form.edits()})
    context = {
        "crumbs": crumbs((batch.file.name, reverse("imports:detail", args=[batch.pk])), ("改正一行", None)),
        "batch": batch,
        "form": form,
        "where": row_place(staged),
        "here": request.get_full_path(),
        "back_url": f"{reverse('imports:rows', args=[batch.pk])}?{request.GET.urlencode()}",
    }
    name = "imports/_fix.html" if request.htmx else "imports/fix.html"
    return render(request, name, context, status=422 if form.errors else 200)


def fixed(request, batch: ImportBatch, resource, edits: dict[int, dict[str, str]]):
    """Put the rows right and say what became of them."""
    context = actions.context_of(resource, batch.term, batch.by)
    try:
        rows = fix_rows(batch=batch, edits=edits, resource=resource, context=context, by=actor(request))
    except StepRefused as refusal:
        messages.warning(request, str(refusal))
        return back(request, batch)
    wrong = [staged for staged in rows if staged.outcome == RowOutcome.REJECTED]
    good = [staged for staged in rows if staged.outcome != RowOutcome.REJECTED]
    if good:
        told = row_place(good[0]) if len(rows) == 1 else f"{len(good)} 行"
        messages.success(request, f"{told}已改好，和其他行一起等确认导入。")
    if doubtful := [staged for staged in good if staged.has_problem]:
        told = row_place(doubtful[0]) + (f"等 {len(doubtful)} 行" if len(doubtful) > 1 else "")
        messages.warning(request, f"{told}还有提醒：{doubtful[0].content['warnings'][0][2]}")
    if wrong:
        _, _, reason = wrong[0].content["errors"][0]
        told = row_place(wrong[0]) + (f"等 {len(wrong)} 行" if len(wrong) > 1 else "")
        messages.warning(request, f"{told}仍有错误：{reason}")
    return back(request, batch)


@require_POST
@may_import
def accept(request, pk: int, row: int):
    """Take a suggestion for a row (``label``), with ``every`` for all rows whose cells say the same."""
    batch = own_batch(request, pk)
    staged = wrong_row(batch, row)
    resource = actions.resource_of(batch.kind)
    content, label = staged.content, request.POST.get("label", "")
    chosen = next((s for s in Adviser(resource).suggestions(content) if s.label == label), None)
    if chosen is None or not may_fix(batch):
        messages.warning(request, "这个建议已不适用；请刷新页面后再看。")
        return back(request, batch)
    edits = {staged.pk: chosen.cells}
    if request.POST.get("every"):
        edits = dict.fromkeys(same_rows(batch, content, chosen.cells), chosen.cells)
    return fixed(request, batch, resource, edits)


def same_rows(batch: ImportBatch, content: dict, cells: dict[str, str]) -> list[int]:
    """Return the keys of the wrong rows with the same text and the same error in the cells to be replaced."""
    names = {*cells, *(related for name in cells for related in RELATED.get(name, ()))}

    def likeness(content: dict) -> tuple:
        shown = content["shown"]
        errors = frozenset((column, code) for column, code, _ in content["errors"] if column in names)
        return errors, tuple(shown.get(name, "").strip() for name in sorted(names))

    wanted, found = likeness(content), []
    for staged in batch.staged.rejected().order_by("pk").iterator(chunk_size=2000):
        theirs = staged.content
        if not theirs.get("left_out") and likeness(theirs) == wanted:
            found.append(staged.pk)
            if len(found) == MOST_AT_ONCE:
                break
    return found


@require_POST
@may_import
def settle(request, pk: int, row: int):
    """Decide between rows that contradict one another, or take a decision back (``verdict``)."""
    batch = own_batch(request, pk)
    staged = wrong_row(batch, row)
    verdict = request.POST.get("verdict", "")
    if verdict not in VERDICTS:
        raise Http404
    resource = actions.resource_of(batch.kind)
    context = actions.context_of(resource, batch.term, batch.by)
    try:
        decide(
            batch=batch, staged=staged, verdict=verdict, resource=resource, context=context, by=actor(request)
        )
    except StepRefused as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, VERDICTS[verdict])
    return back(request, batch)
