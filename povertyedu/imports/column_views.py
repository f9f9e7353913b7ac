"""核对列的对应关系: which heading of the file goes to which column, put right before the rows are checked."""

from django.contrib import messages
from django.db import transaction
from django.shortcuts import redirect, render
from django.urls import reverse

from povertyedu.accounts.access import actor
from povertyedu.accounts.permissions import Permission
from povertyedu.workflow.flow import StepRefused

from . import actions
from .column_forms import ColumnsForm
from .mapping import choose_columns
from .models import ImportBatch
from .preview import flow_steps, may_map, note
from .views import crumbs, may_import, own_batch, start_job


@may_import
def columns(request, pk: int):
    """Show each sheet's headings with the columns they go to; check the file by what was chosen."""
    batch = own_batch(request, pk)
    if not may_map(batch):
        messages.info(request, "这次导入正在办理或已经办完，不能再改列的对应关系。")
        return redirect("imports:detail", batch.pk)
    resource, user = actions.resource_of(batch.kind), request.user
    may_remember = user.can(Permission.IMPORT_LISTS) or user.can(Permission.MANAGE_ORGS)
    form = ColumnsForm(request.POST or None, batch=batch, resource=resource, may_remember=may_remember)
    if request.method == "POST" and form.is_valid():
        return _check_so(request, batch, resource, form)
    context = {
        "crumbs": crumbs((batch.file.name, reverse("imports:detail", args=[batch.pk])), ("核对列", None)),
        "batch": batch,
        "form": form,
        "sheets": form.shown_sheets(),
        "steps": flow_steps(batch),
        "note": note(batch, resource),
    }
    return render(request, "imports/columns.html", context, status=422 if form.errors else 200)


def _check_so(request, batch: ImportBatch, resource, form: ColumnsForm):
    try:
        with transaction.atomic():
            remember = form.cleaned_data.get("remember", False)
            choose_columns(
                batch=batch, choices=form.choices(), by=actor(request), resource=resource, remember=remember
            )
            start_job(batch, "imports.check", "核对")
    except StepRefused as refusal:
        messages.warning(request, str(refusal))
    return redirect("imports:detail", batch.pk)
