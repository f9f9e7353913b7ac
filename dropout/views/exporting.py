"""A list taken out as a workbook: at once, or by a job where it is long."""

from io import BytesIO

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from dropout.forms.lists import Asked
from dropout.resources.list_export import write_list
from povertyedu.accounts.access import actor
from povertyedu.audit.models import record_access
from povertyedu.jobs.tasks import start
from povertyedu.options.registry import option
from povertyedu.orgs.models import Term

from .sending import send_made

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def taken_out(request, which: str, asked: Asked, *, term: Term | None = None) -> HttpResponse:
    """Hand over a list of :data:`~dropout.forms.lists.LISTS`; who took it is on record, when they have it."""
    most = option("large_export_rows")
    if asked.rows.order_by().values("pk")[: most + 1].count() > most:
        job = start(
            "dropout.export", label=f"导出{asked.name}", by=request.user, url=reverse("inbox:list"),
            arguments={"which": which, "query": request.GET.urlencode(), "term": term.pk if term else None},
        )  # fmt: skip
        messages.success(request, "人数较多，已转入后台生成，可以离开本页；完成后到“消息”里下载。")
        return redirect("jobs:detail", job.pk)
    out = BytesIO()
    made = write_list(
        out, which, asked.rows, name=asked.name, words=asked.words, subject=asked.subject, reading=asked.reading, by=request.user.name,
    )  # fmt: skip
    by = actor(request, asked.permission)
    record_access(by, kind="download", subject=asked.subject, fields=made.told, reason=asked.reason[:500])
    return send_made(made.name, out.getvalue(), XLSX)
