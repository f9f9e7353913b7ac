"""批量导入: choose, upload, look, confirm, done. An import is its uploader's own; to others it does not exist."""

import tempfile
from contextlib import suppress
from functools import partial
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from povertyedu.accounts.access import actor, needs, working_term
from povertyedu.accounts.permissions import Permission
from povertyedu.audit.models import record_access
from povertyedu.files.disk import DISK_FULL, is_disk_full
from povertyedu.jobs import actions as jobs
from povertyedu.jobs.tasks import start
from povertyedu.workbooks.writing import write_table, write_template
from povertyedu.workflow.flow import StepRefused

from . import actions
from .errors import write_staged_errors
from .forms import UploadForm
from .guard import same_file_before
from .models import ImportBatch
from .preview import (
    confirm_text,
    figures,
    flow_steps,
    may_confirm,
    may_fix,
    may_map,
    note,
    preview_rows,
    unread,
)
from .queries import TABS, page_of, tab_counts
from .states import ImportState
from .undoing import plan_of

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
may_import = needs(
    Permission.IMPORT_ROSTER, Permission.IMPORT_LISTS, Permission.MANAGE_ORGS, Permission.MANAGE_FUNDS,
    Permission.MANAGE_CHAINS,
    Permission.ENTER_ATTENDANCE,
    Permission.MANAGE_PROJECTS, Permission.REPORT_NEEDS,
    Permission.IMPORT_TEACHERS, Permission.MANAGE_ESTABLISHMENT, Permission.ASK_DEPLOYMENT,
)  # fmt: skip
LISTED = 50
LEFT_OUT_SHOWN = 500


def crumbs(*more) -> list[tuple]:
    return [("首页", reverse("home:todo")), ("批量导入", reverse("imports:list") if more else None), *more]


def own_batch(request, pk: int) -> ImportBatch:
    """Return the user's own import, or 404; 403 when the right to import its kind was taken back."""
    batches = ImportBatch.objects.visible_to(request.user).select_related("file", "term", "job", "by")
    batch = get_object_or_404(batches, pk=pk)
    if not request.user.can(actions.resource_of(batch.kind).permission):
        raise PermissionDenied
    return batch


@may_import
@require_GET
def import_list(request):
    """List the user's own imports, newest first, by key."""
    batches = ImportBatch.objects.visible_to(request.user).select_related("file", "term")
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 19:
        batches = batches.filter(pk__lt=int(before))
    found = list(batches[: LISTED + 1])
    labels = {resource.kind: resource.label for resource in actions.kinds_open_to(request.user)}
    context = {
        "crumbs": crumbs(),
        "batches": [(batch, labels.get(batch.kind, batch.kind)) for batch in found[:LISTED]],
        "next_url": f"?before={found[LISTED - 1].pk}" if len(found) > LISTED else None,
        "earlier": bool(before),
    }
    return render(request, "imports/list.html", context)


@may_import
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request):
    """Offer kinds, templates and limits; keep the workbook and send its check to the background."""
    resources = actions.kinds_open_to(request.user)
    form = UploadForm(
        request.POST or None, request.FILES or None, resources=resources, term=working_term(request),
        may_open_terms=request.user.can(Permission.MANAGE_ORGS), initial={"kind": request.GET.get("kind")},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid() and (batch := receive(form, by=request.user)):
        start_job(batch, "imports.check", "核对")
        return redirect("imports:detail", batch.pk)
    context = {
        "crumbs": crumbs(("上传文件", None)),
        "form": form,
        "resources": resources,
        "steps": flow_steps(None),
        "may_set_aliases": request.user.can(Permission.IMPORT_LISTS)
        or request.user.can(Permission.MANAGE_ORGS),
    }
    return render(request, "imports/upload.html", context, status=422 if form.errors else 200)


def receive(form: UploadForm, *, by) -> ImportBatch | None:
    """Keep the file of a valid form; None, with the reason on the form, where the disk has no room for it."""
    file = form.cleaned_data["file"]
    try:
        return actions.receive(
            chunks=file.chunks(), name=file.name, kind=form.cleaned_data["kind"], term=form.chosen_term(), by=by,
            is_complete=form.cleaned_data["is_complete"],
        )  # fmt: skip
    except (OSError, DatabaseError) as error:
        if not is_disk_full(error):
            raise
        form.add_error("file", DISK_FULL)
        return None


def start_job(batch: ImportBatch, kind: str, verb: str) -> None:
    """Send a job for the batch; the same kind and term wait for one another."""
    job = start(
        kind, label=f"{verb} {batch.file.name}"[:120], arguments={"batch": batch.pk}, by=batch.by,
        url=reverse("imports:detail", args=[batch.pk]), lock=f"import:{batch.kind}:{batch.term_id or ''}",
    )  # fmt: skip
    batch.job = job
    batch.save(update_fields=["job"])


@may_import
@require_GET
def template(request, kind: str):
    """Send an empty workbook of ``kind`` to fill in."""
    resource = next((r for r in actions.kinds_open_to(request.user) if r.kind == kind), None)
    if resource is None:
        raise PermissionDenied
    return workbook(f"{resource.label}模板.xlsx", lambda out: write_template(out, resource, resource.label))


@may_import
@require_GET
def detail(request, pk: int):
    """Show one import where it stands: working, preview, result or refusal."""
    batch = own_batch(request, pk)
    return render(request, "imports/detail.html", page_context(request, batch))


@may_import
@require_GET
def rows(request, pk: int):
    """Show a page of rows of one tab: the table alone for htmx, else the whole page."""
    batch = own_batch(request, pk)
    name = "imports/_rows.html" if request.htmx else "imports/detail.html"
    return render(request, name, page_context(request, batch))


def page_context(request, batch: ImportBatch) -> dict:
    resource = actions.resource_of(batch.kind)
    counts = tab_counts(batch)
    tab = request.GET.get("tab") or ("problems" if counts["problems"] else "all")
    if tab not in TABS:
        raise Http404
    page = page_of(batch, tab, **keys_of(request))
    here = reverse("imports:rows", args=[batch.pk])
    return {
        "crumbs": crumbs((batch.file.name, None)),
        "batch": batch,
        "resource": resource,
        "steps": flow_steps(batch),
        "figures": figures(batch),
        "note": note(batch, resource),
        "confirm_text": confirm_text(batch),
        "may_confirm": may_confirm(batch, resource),
        "tabs": [
            {"text": text, "url": f"{here}?tab={name}", "active": name == tab, "count": f"{counts[name]:,}", "bad": name in ("problems", "errors") and counts[name] > 0}
            for name, (text, _) in TABS.items()
        ],
        "headings": [resource.fields[name].heading for name in resource.preview],
        "rows": preview_rows(page.rows, resource, may_fix=may_fix(batch)),
        "here_query": "?" + urlencode({"tab": tab, **keys_of(request)}),
        "several_sheets": len({row.sheet for row in page.rows}) > 1,
        "previous_url": f"{here}?tab={tab}&before={page.previous}" if page.previous else None,
        "next_url": f"{here}?tab={tab}&after={page.next}" if page.next else None,
        "total_text": f"共 {counts[tab]:,} 行",
        "has_file": batch.file.purged_at is None,
        "absent_count": len(batch.absent_list),
        "may_map": may_map(batch),
        "unread": unread(batch),
        "may_undo": batch.state == ImportState.APPLIED and batch.images.exists(),
        "overwrites": batch.overwrites_list[:LEFT_OUT_SHOWN],
        "left_out": batch.left_out_list[:LEFT_OUT_SHOWN],
        "same_file": same_file_before(batch) if batch.state == ImportState.CHECKED else None,
    }  # fmt: skip


def keys_of(request) -> dict[str, int]:
    """Return ``after`` or ``before`` from the query string; 404 for what is no key."""
    for name in ("before", "after"):
        if text := request.GET.get(name):
            if not (text.isascii() and text.isdigit() and len(text) < 19):
                raise Http404
            return {name: int(text)}
    return {}


@may_import
@require_POST
def recheck(request, pk: int):
    """Check the file again, after a stop or when the registry has changed."""
    batch = own_batch(request, pk)
    if batch.is_working or batch.state not in (
        ImportState.UPLOADED,
        ImportState.CHECKING,
        ImportState.CHECKED,
    ):
        messages.info(request, "这次导入正在办理或已经办完，不需要重新核对。")
    else:
        start_job(batch, "imports.check", "核对")
    return redirect("imports:detail", batch.pk)


@may_import
@require_POST
def apply(request, pk: int):
    """Confirm the preview: claim the import, then write it in the background."""
    batch = own_batch(request, pk)
    return step(request, batch, partial(confirm_and_start, batch, request.POST.get("reason", "")))


@transaction.atomic
def confirm_and_start(batch: ImportBatch, reason: str) -> None:
    actions.confirm(batch=batch, reason=reason)
    start_job(batch, "imports.apply", "导入")


@may_import
@require_GET
def absent(request, pk: int):
    """List the children of the file's schools whom the complete roster does not name."""
    batch = own_batch(request, pk)
    found = batch.absent_list
    context = {
        "crumbs": crumbs(
            (batch.file.name, reverse("imports:detail", args=[batch.pk])), ("名册里没有的学生", None)
        ),
        "batch": batch,
        "absent": found[:LEFT_OUT_SHOWN],
        "count": len(found),
    }
    return render(request, "imports/absent.html", context)


@may_import
@require_GET
def absent_download(request, pk: int):
    """Send that list as a workbook."""
    batch = own_batch(request, pk)
    reason = "下载本人完整名册的核对结果"
    record_access(actor(request), kind="download", subject=batch, fields="姓名、班级", reason=reason)
    headings = ("学校", "班级", "姓名")
    return workbook("名册里没有的学生.xlsx", lambda out: write_table(out, headings, batch.absent_list))


@may_import
@require_http_methods(["GET", "HEAD", "POST"])
def undo(request, pk: int):
    """Say exactly what an undo would put back and what it leaves; confirmed, do it in the background."""
    batch = own_batch(request, pk)
    if request.method == "POST":
        return step(request, batch, partial(claim_and_undo, batch))
    if batch.state != ImportState.APPLIED or not batch.images.exists():
        messages.info(request, "这次导入不能撤销：还没有导入、已经撤销，或保留期已过。")
        return redirect("imports:detail", batch.pk)
    resource = actions.resource_of(batch.kind)
    plan = plan_of(batch, resource)
    left_out = plan.left_out_list()
    context = {
        "crumbs": crumbs((batch.file.name, reverse("imports:detail", args=[batch.pk])), ("撤销导入", None)),
        "batch": batch,
        "counts": plan.counts,
        "will": resource.undo_will,
        "left_out": left_out[:LEFT_OUT_SHOWN],
    }
    return render(request, "imports/undo.html", context)


@transaction.atomic
def claim_and_undo(batch: ImportBatch) -> None:
    actions.ask_to_undo(batch=batch)
    start_job(batch, "imports.undo", "撤销")


@may_import
@require_POST
def cancel(request, pk: int):
    """Drop the import; one that is being written is asked to stop."""
    batch = own_batch(request, pk)
    if batch.is_working:
        jobs.cancel(batch.job, by=actor(request))
        batch.job.refresh_from_db()
    if batch.state in (ImportState.APPLYING, ImportState.UNDOING) and batch.is_working:
        messages.info(request, "已要求停止；停下后不会写入或撤销任何内容。")
        return redirect("imports:detail", batch.pk)
    return step(request, batch, partial(actions.cancel, batch=batch), "已取消这次导入，没有写入任何内容。")


def step(request, batch: ImportBatch, verb, done: str = "") -> HttpResponse:
    """Take a step; a second click is told why it did nothing."""
    try:
        verb()
    except StepRefused as refusal:
        messages.warning(request, str(refusal))
    else:
        if done:
            messages.success(request, done)
    return redirect("imports:detail", batch.pk)


@may_import
@require_GET
def errors(request, pk: int):
    """Send the rows that were not taken in, marked, to correct and import again."""
    batch = own_batch(request, pk)
    if batch.file.purged_at or not batch.counts.get("rejected"):
        raise Http404
    record_access(
        actor(request), kind="download", subject=batch, fields="错误行（含证件号）", reason="下载本人上传文件中的错误行"
    )  # fmt: skip
    resource = actions.resource_of(batch.kind)
    name = f"错误行-{batch.file.name.rsplit('.', 1)[0]}.xlsx"
    try:
        return workbook(name, lambda out: write_staged_errors(out, batch, resource))
    except OSError as error:
        if not is_disk_full(error):
            raise
        messages.error(request, f"错误行没有下载成。{DISK_FULL}")
        return redirect("imports:detail", batch.pk)


def workbook(filename: str, write) -> FileResponse:
    """Return what ``write(out)`` puts into a file as a download."""
    out = tempfile.TemporaryFile()  # noqa: SIM115  the response closes it, and with it the file is gone
    try:
        write(out)
        out.seek(0)
    except BaseException:
        with suppress(OSError):  # what did not fit is not written on closing either
            out.close()
        raise
    return FileResponse(out, as_attachment=True, filename=filename, content_type=XLSX)
