"""列组合: which columns an export takes, in which order and form; the county's offices keep them, all may use them."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.workflow.flow import StepRefused
from students.actions.column_sets import change_set, copy_set, delete_set, make_set, moved
from students.forms.column_sets import ColumnSetForm, ColumnSetNameForm, EntryForm
from students.models import ColumnSet
from students.models.column_sets import Entry
from students.resources.column_presets import PRESETS
from students.resources.export_sources import FIXED, FIXED_SOURCE, FORMS, KINDS, known, offered

WAYS = {"up": -1, "down": 1}


@needs(P.KEEP_COLUMN_SETS)
def column_sets(request):
    """List the sets and those that come with the system, and save another one."""
    form = ColumnSetForm(request.POST or None, groups=offered())
    if request.method == "POST" and form.is_valid():
        try:
            made = make_set(
                by=_by(request), name=form.cleaned_data["name"], columns=form.cleaned_data["columns"]
            )
        except StepRefused as refusal:
            form.add_error("name", str(refusal))
        else:
            messages.success(request, f"已保存列组合“{made}”，可以接着排次序、改列名。")
            return redirect("students:column_set", made.pk)
    context = {
        "form": form,
        "sets": ColumnSet.objects.all(),  # everyone: names of columns, nobody's data
        "presets": PRESETS.values(),
        "crumbs": _crumbs(),
    }
    return render(request, "students/column_sets.html", context, status=422 if form.errors else 200)


@needs(P.KEEP_COLUMN_SETS)
def column_set(request, pk):
    """Show one set column by column; rename it. ``?edit=3`` opens its third column."""
    found = get_object_or_404(ColumnSet, pk=pk)
    if request.method != "POST":
        return _page(request, found)
    form = ColumnSetNameForm(request.POST, instance=get_object_or_404(ColumnSet, pk=pk))
    if not form.is_valid():
        return _page(request, found, name_form=form)
    data = form.cleaned_data
    return _changed(
        request, found, f"已保存“{data['name']}”。", name=data["name"], has_title=data["has_title"]
    )


@require_POST
@needs(P.KEEP_COLUMN_SETS)
def column_set_entry(request, pk, position):
    """Write the column at ``position`` anew; 0 adds one."""
    found = get_object_or_404(ColumnSet, pk=pk)
    _entry_at(found, position, or_new=True)
    form = _entry_form(found, position, request.POST)
    if not form.is_valid():
        return _page(request, found, entry_form=form, editing=position)
    columns, to = list(found.columns), form.cleaned_data["position"]
    if position:
        columns[position - 1] = form.entry
        columns = moved(columns, position, to)
    else:
        columns.insert(to - 1, form.entry)
    return _changed(request, found, f"已保存“{form.entry.heading}”列。", columns=columns, focus=to)


@require_POST
@needs(P.KEEP_COLUMN_SETS)
def column_set_move(request, pk, position, way):
    """Move a column one place up or down; the same button has the focus afterwards."""
    if way not in WAYS:
        raise Http404
    found = get_object_or_404(ColumnSet, pk=pk)
    _entry_at(found, position)
    to = min(max(position + WAYS[way], 1), len(found.columns))
    return _changed(request, found, "", columns=moved(found.columns, position, to), focus=to, way=way)


@require_POST
@needs(P.KEEP_COLUMN_SETS)
def column_set_remove(request, pk, position):
    """Take a column out; the last one stays, a set has at least one."""
    found = get_object_or_404(ColumnSet, pk=pk)
    entry = _entry_at(found, position)
    if len(found.columns) == 1:
        messages.error(request, "列组合至少要有一列；不用的请删除整个列组合。")
        return redirect("students:column_set", pk)
    left = [each for place, each in enumerate(found.columns, 1) if place != position]
    return _changed(
        request, found, f"已去掉“{entry.heading}”列。", columns=left, focus=min(position, len(left))
    )


@require_POST
@needs(P.KEEP_COLUMN_SETS)
def column_set_copy(request, key):
    """Save a copy of a set or of a preset; it is the bureau's own from then on."""
    if key in PRESETS:
        of = PRESETS[key]
    elif key.isascii() and key.isdigit() and len(key) < 19:
        of = get_object_or_404(ColumnSet, pk=key)
    else:
        raise Http404
    try:
        made = copy_set(by=_by(request), of=of)
    except StepRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("students:column_sets")
    messages.success(request, f"已复制为“{made}”，可以改名、调整。")
    return redirect("students:column_set", made.pk)


@require_POST
@needs(P.KEEP_COLUMN_SETS)
def column_set_delete(request, pk):
    found = get_object_or_404(ColumnSet, pk=pk)
    delete_set(by=_by(request), found=found)
    messages.success(request, f"已删除列组合“{found}”。")
    return redirect("students:column_sets")


def _by(request):
    return actor(request, P.KEEP_COLUMN_SETS)


def _changed(request, found: ColumnSet, done: str, *, focus: int = 0, way: str = "", **wanted):
    """Write what is wanted over the version that the page showed, and go back to the page."""
    sent = request.POST.get("version", "")
    version = int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 10 else 0
    try:
        change_set(by=_by(request), found=found, version=version, **wanted)
    except StepRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("students:column_set", found.pk)
    if done:
        messages.success(request, done)
    # No fragment: a browser that has one to go to leaves autofocus alone.
    at = f"?at={focus}&way={way}" if focus else ""
    return redirect(reverse("students:column_set", args=[found.pk]) + at)


def _entry_at(found: ColumnSet, position: int, *, or_new: bool = False) -> Entry | None:
    if not position and or_new:
        return None
    if not 1 <= position <= len(found.columns):
        raise Http404
    return found.columns[position - 1]


def _entry_form(found: ColumnSet, position: int, data=None) -> EntryForm:
    """Return the form of the column at ``position``, of a new one at the end for 0."""
    sources, columns = known(), found.columns
    most = len(columns) if position else len(columns) + 1
    initial: dict = {"position": position or most}
    if position:
        entry = columns[position - 1]
        kind = sources[entry.source].kind if entry.source in sources else "text"
        initial |= EntryForm.initial_of(entry, kind)
    return EntryForm(
        data,
        groups={**offered(), "不取资料": (FIXED_SOURCE,)},
        forms_of=FORMS,
        kinds=KINDS,
        most=most,
        initial=initial,
        auto_id="entry_%s",
    )


def _page(request, found: ColumnSet, *, name_form=None, entry_form=None, editing: int | None = None):
    refused = name_form is not None or entry_form is not None
    if editing is None:
        asked = request.GET.get("edit", "")
        editing = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 5 else 0
        editing = editing if editing <= len(found.columns) else 0
    at = request.GET.get("at", "")
    context = {
        "set": found,
        "rows": _rows(found),
        "name_form": name_form or ColumnSetNameForm(instance=found),
        "entry_form": entry_form or _entry_form(found, editing),
        "editing": editing,
        "at": int(at) if at.isascii() and at.isdigit() and len(at) < 5 else 0,
        "way": request.GET.get("way", ""),
        "crumbs": _crumbs((found.name, None)),
    }
    return render(request, "students/column_set.html", context, status=422 if refused else 200)


def _rows(found: ColumnSet) -> list[dict]:
    """Return each column as the page tells it: where it comes from and in which form."""
    sources = known()
    rows = []
    for position, entry in enumerate(found.columns, 1):
        source = sources.get(entry.source)
        from_ = source.heading if source else "资料项已删除，导出为空列"
        if entry.source == FIXED:
            from_ = f"固定内容：{entry.text}" if entry.text else "空列"
        form = FORMS[source.kind].get(entry.form, "") if source and entry.form else ""
        rows.append({"position": position, "heading": entry.heading, "source": from_, "form": form})
    return rows


def _crumbs(*more):
    own = reverse("students:column_sets") if more else None
    return [("首页", reverse("home:todo")), ("学生管理", reverse("students:list")), ("列组合", own), *more]
