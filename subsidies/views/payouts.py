"""支付回盘: files for the bank, and the bank's answers."""

from pathlib import Path
from tempfile import TemporaryDirectory

from django.contrib import messages
from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.audit.models import record_access
from povertyedu.files.models import StoredFile
from povertyedu.workbooks.reading import WorkbookError
from povertyedu.workflow.flow import StepRefused
from subsidies.actions import payouts as actions
from subsidies.actions.bank_return import ReturnRefused
from subsidies.forms.batches import ReasonForm, ReturnForm
from subsidies.models import BankFile, Batch
from subsidies.queries.batches import approval_preview, payable_batches

HOME = ("首页", "/")
CRUMB = ("支付回盘", "/subsidies/payouts/")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def send_file(stored: StoredFile):
    """Answer with the plain bytes of a stored file, a MiB at a time, to be saved under its name."""
    response = StreamingHttpResponse(stored.chunks(), content_type=XLSX)
    response.headers["Content-Disposition"] = content_disposition_header(True, stored.name)
    response.headers["Cache-Control"] = "no-store"
    return response


@needs(P.PAY)
@require_GET
def payouts(request):
    """List the batches to be paid and paid, their files and the bank's answers."""
    context = {
        "crumbs": [HOME, ("资助发放", None), ("支付回盘", None)],
        "batches": payable_batches(request.user, P.PAY),
    }
    return render(request, "subsidies/payouts.html", context)


@needs(P.PAY)
@require_http_methods(["GET", "POST"])
def payout_export(request, pk):
    """Ask for the purpose, then send the cleared lines of a batch to the bank."""
    batch = get_object_or_404(Batch.objects.visible_to(request.user, P.PAY), pk=pk)
    form = ReasonForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            made = actions.export_bank_file(
                by=actor(request, P.PAY), batch=batch, reason=form.cleaned_data["reason"]
            )
        except StepRefused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, f"银行文件 {made} 已生成：{made.lines_count} 笔。请下载后送银行。")
        return redirect("subsidies:payouts")
    context = {
        "crumbs": [HOME, CRUMB, ("导出银行文件", None)],
        "batch": batch,
        "preview": approval_preview(batch),
        "form": form,
        "reasons": ["送农村信用社代发", "送代发银行"],
    }
    return render(request, "subsidies/payout_export.html", context, status=422 if form.errors else 200)


def _bank_file(request, pk) -> BankFile:
    seen = BankFile.objects.visible_to(request.user, P.PAY)
    return get_object_or_404(seen.select_related("batch", "file"), pk=pk)


@needs(P.PAY)
@require_http_methods(["GET", "POST"])
def payout_download(request, pk):
    """Ask for the purpose, note who took the file, and send it."""
    bank_file = _bank_file(request, pk)
    form = ReasonForm(request.POST or None)
    if form.is_bound and form.is_valid():
        bank_file = actions.write_bank_file(bank_file)
        record_access(
            actor(request, P.PAY), kind="download", subject=bank_file, fields="姓名、银行账号、金额", reason=form.cleaned_data["reason"]
        )  # fmt: skip
        return send_file(bank_file.file)
    context = {
        "crumbs": [HOME, CRUMB, ("下载银行文件", None)],
        "bank_file": bank_file,
        "form": form,
        "reasons": ["送银行", "核对"],
    }
    return render(request, "subsidies/payout_download.html", context, status=422 if form.errors else 200)


@needs(P.PAY)
@require_http_methods(["GET", "POST"])
def payout_return(request, pk):
    """Take the bank's answer: all rows are right and applied, or the errors are shown and nothing is."""
    bank_file = _bank_file(request, pk)
    form = ReturnForm(request.POST or None, request.FILES or None)
    errors = []
    if form.is_bound and form.is_valid():
        try:
            answer = _apply(request, bank_file, form.cleaned_data["workbook"])
        except ReturnRefused as refused:
            errors = refused.errors
        except (WorkbookError, StepRefused) as refused:
            errors = [str(refused)]
        else:
            messages.success(request, f"回盘已读入：成功 {answer.paid} 笔，失败 {answer.failed} 笔。")
            return redirect("subsidies:payouts")
    context = {
        "crumbs": [HOME, CRUMB, ("读入回盘", None)],
        "bank_file": bank_file,
        "form": form,
        "errors": errors,
    }
    return render(
        request, "subsidies/payout_return.html", context, status=422 if errors or form.errors else 200
    )


def _apply(request, bank_file: BankFile, upload):
    """Put the upload where the parser can read it, and apply it."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"return{Path(upload.name).suffix.lower()[:5]}"
        with path.open("wb") as out:
            for piece in upload.chunks():
                out.write(piece)
        return actions.apply_return(
            by=actor(request, P.PAY), bank_file=bank_file, path=path, name=Path(upload.name).name
        )
