"""待复核的导入: what an import would change on file, confirmed or sent back by a second person."""

from django.contrib import messages
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.workflow.flow import StepRefused

from .actions import resource_of
from .models import ImportBatch
from .second import confirm_second, send_back
from .views import start_job

SHOWN = 500


def _waiting(request):
    return ImportBatch.objects.waiting_for(request.user).select_related("file", "term", "by", "school", "job")


@needs(P.CHECK_CHANGES)
@require_GET
def seconds(request):
    """Imports of others that wait for a second person, newest first."""
    rows = [(batch, resource_of(batch.kind).label) for batch in _waiting(request)[:SHOWN]]
    context = {"crumbs": _crumbs(), "rows": rows}
    return render(request, "imports/seconds.html", context)


@needs(P.CHECK_CHANGES)
@require_http_methods(["GET", "HEAD", "POST"])
def second(request, pk: int):
    """Show the changes, masked; confirmed, the whole import is written in the background."""
    batch = get_object_or_404(_waiting(request), pk=pk)
    error = ""
    if request.method == "POST":
        by = actor(request, P.CHECK_CHANGES)
        try:
            if request.POST.get("answer") == "confirm":
                _confirm_and_start(batch, by)
                told = "已复核，正在后台导入。"
            else:
                send_back(batch=batch, by=by, reason=request.POST.get("reason", ""))
                told = "已退回上传人，没有写入任何内容。"
        except StepRefused as refusal:
            error = str(refusal)
        else:
            messages.success(request, told)
            return redirect("imports:seconds")
    context = {
        "crumbs": _crumbs(batch.file.name),
        "batch": batch,
        "label": resource_of(batch.kind).label,
        "changes": batch.overwrites_list[:SHOWN],
        "error": error,
    }
    return render(request, "imports/second.html", context, status=422 if error else 200)


@transaction.atomic
def _confirm_and_start(batch: ImportBatch, by) -> None:
    confirm_second(batch=batch, by=by)
    start_job(batch, "imports.apply", "导入")


def _crumbs(*tail):
    here = ("待复核的导入", reverse("imports:seconds") if tail else None)
    return [("首页", reverse("home:todo")), here, *((text, None) for text in tail)]
