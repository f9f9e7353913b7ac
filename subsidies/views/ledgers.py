"""台账: asked for here, written in the background, taken from here."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from povertyedu.accounts.access import actor, needs, working_term
from povertyedu.accounts.permissions import Permission as P
from povertyedu.audit.models import record_access
from povertyedu.files.models import StoredFile
from povertyedu.jobs.models import Job, JobState
from povertyedu.jobs.tasks import start
from subsidies.actions.ledger_places import places_by
from subsidies.forms.batches import LedgerForm
from subsidies.models import TermLedger

from .payouts import send_file

KIND = "subsidies.ledger"


@needs(P.EXPORT_LEDGER)
@require_http_methods(["GET", "POST"])
def ledgers(request):
    """Ask for a ledger of the term, and list those that were written for this reader."""
    term = working_term(request)
    form = LedgerForm(request.POST or None)
    if not request.user.can(P.REVEAL_NUMBERS):
        del form.fields["full_numbers"]
    if form.is_bound and term and form.is_valid():
        start(
            KIND, label=f"{term} 学生资助台账{places_by(form.cleaned_data['reading']).told}", by=request.user, url=reverse("subsidies:ledgers"),
            arguments={"term": term.pk, **form.cleaned_data},
        )  # fmt: skip
        messages.success(request, "已开始生成台账，完成后会有消息，也可在本页下载。")
        return redirect("subsidies:ledgers")
    jobs = list(Job.objects.visible_to(request.user).filter(kind=KIND)[:20])
    context = {
        "crumbs": [("首页", "/"), ("资助发放", None), ("台账", None)],
        "term": term,
        "form": form,
        "jobs": jobs,
        "live": [job for job in jobs if job.is_live],
        "closed": TermLedger.objects.select_related("term", "file")[:20],
    }
    return render(request, "subsidies/ledgers.html", context, status=422 if form.errors else 200)


@needs(P.EXPORT_LEDGER)
@require_POST
def ledger_download(request, pk):
    """Send the ledger a job wrote to who asked for it, and note that it was taken."""
    job = get_object_or_404(Job.objects.visible_to(request.user), pk=pk, kind=KIND, state=JobState.DONE)
    stored = StoredFile.objects.visible_to(request.user).filter(pk=job.result.get("file")).first()
    if stored is None:
        raise Http404("台账文件已到期清除，请重新生成。")
    if not stored.may_be_taken_by(request.user):
        raise PermissionDenied
    record_access(
        actor(request, P.EXPORT_LEDGER), kind="download", subject=stored, fields="台账", reason=job.arguments.get("reason") or "台账"
    )  # fmt: skip
    return send_file(stored)


@needs(P.EXPORT_LEDGER)
@require_POST
def closed_ledger(request, pk):
    """Send the ledger of a term as it stood when it was closed, and note that it was taken."""
    kept = get_object_or_404(TermLedger.objects.select_related("file"), pk=pk)
    record_access(
        actor(request, P.EXPORT_LEDGER), kind="download", subject=kept.file, fields="台账：姓名、金额", reason="关账台账"
    )  # fmt: skip
    return send_file(kept.file)
