"""资金管理: what came in, by document; booked here, taken back by reversal."""

from django.contrib import messages
from django.http import Http404, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods

from povertyedu.accounts.access import actor, needs, working_term
from povertyedu.accounts.permissions import Permission as P
from povertyedu.ui.numerals import yuan
from povertyedu.workflow.flow import StepRefused
from subsidies.actions import funds as actions
from subsidies.actions.positions import lying_money, positions
from subsidies.actions.ratios import unearmarked_in
from subsidies.forms.batches import ReasonForm
from subsidies.forms.funds import ReceiptFilterForm, ReceiptForm, ScanForm
from subsidies.models import FundReceipt, ReceiptScan
from subsidies.queries import funds as queries

CRUMBS = [("首页", "/"), ("资助发放", None)]
CRUMB = ("资金管理", "/subsidies/funds/")


def tabs_of(active: str) -> list[dict]:
    """Return the pages of 资金管理 as tabs."""
    pages = (
        ("subsidies:funds", "到账登记"),
        ("subsidies:allocations", "资金分配"),
        ("subsidies:funds_balance", "缺口与结余"),
        ("subsidies:reconciliation", "对账"),
    )
    return [{"text": text, "url": reverse(name), "active": name == active} for name, text in pages]


@needs(P.VIEW_FUNDS)
@require_GET
def funds(request):
    """List the receipts, newest first, with what the filter adds up to."""
    form = ReceiptFilterForm(request.GET, auto_id="filter_%s")
    receipts = form.narrow(FundReceipt.objects.visible_to(request.user, P.VIEW_FUNDS))
    page, next_key = queries.receipt_page(receipts, after=request.GET.get("after", ""))
    figures = queries.figures_of(receipts)
    lying = lying_money()
    for receipt in page:
        receipt.lying = lying.get(receipt.pk)
    of_filter = [lying[pk] for pk in receipts.standing().values_list("pk", flat=True)]
    idle = sum(each.lying_fen for each in of_filter if each.is_idle)
    context = {
        "crumbs": [*CRUMBS, ("资金管理", None)],
        "tabs": tabs_of("subsidies:funds"),
        "form": form,
        "receipts": page,
        "next_url": f"?{_with(request, after=next_key)}" if next_key else "",
        "figures": [
            {"label": "到账", "value": yuan(figures["fen"]), "unit": "元"},
            {"label": "笔数", "value": f"{figures['count']:,}", "unit": "笔"},
            {"label": "文号", "value": f"{figures['documents']:,}", "unit": "件"},
            {"label": "来源", "value": f"{figures['sources']:,}", "unit": "类"},
            {"label": "未用完", "value": yuan(sum(each.lying_fen for each in of_filter)), "unit": "元"},
            {"label": "滞留", "value": yuan(idle), "unit": "元", "s": "bad" if idle else ""},
        ],
        "may_manage": request.user.can(P.MANAGE_FUNDS),
    }
    return render(request, "subsidies/funds/receipts.html", context)


def unearmarked_of(request, terms) -> dict:
    """Return what of the entitlements of ``terms`` no source bears yet, and where the reader may change that."""
    found = unearmarked_in(terms)
    may = found.labels and request.user.can(P.LOAD_POLICY)
    return {
        "unearmarked": found,
        "fill_url": f"{reverse('subsidies:policy_versions')}?policy={found.policy}" if may else "",
    }


def _with(request, **more) -> str:
    """Return the query string of this address with ``more`` set."""
    query = request.GET.copy()
    for name, value in more.items():
        query[name] = value
    return query.urlencode()


@needs(P.MANAGE_FUNDS)
@require_http_methods(["GET", "POST"])
def receipt_new(request):
    """Book a receipt, with or without the scan of its document."""
    form = ReceiptForm(request.POST or None, request.FILES or None)
    if form.is_bound and form.is_valid():
        by = actor(request, P.MANAGE_FUNDS)
        try:
            made = actions.book_receipt(by=by, receipt=form.receipt)
        except StepRefused as refused:
            form.add_error(None, str(refused))
        else:
            if form.cleaned_data["scan"]:
                actions.keep_scan(by=by, receipt=made, upload=form.cleaned_data["scan"])
            messages.success(request, f"已登记：{made.number}，{yuan(made.amount_fen)} 元。")
            return redirect("subsidies:receipt", pk=made.pk)
    context = {"crumbs": [*CRUMBS, CRUMB, ("登记到账", None)], "form": form}
    return render(request, "subsidies/funds/receipt_new.html", context, status=422 if form.errors else 200)


def _receipt(request, pk, permission=P.VIEW_FUNDS) -> FundReceipt:
    seen = FundReceipt.objects.visible_to(request.user, permission)
    return get_object_or_404(seen.select_related("term", "reverses", "reversal"), pk=pk)


@needs(P.VIEW_FUNDS)
@require_GET
def receipt(request, pk):
    """Show a receipt as it was booked, its scans, and its reversal."""
    found = _receipt(request, pk)
    may_manage = request.user.can(P.MANAGE_FUNDS)
    found.lying = lying_money().get(found.pk)
    context = {
        "crumbs": [*CRUMBS, CRUMB, (found.number, None)],
        "receipt": found,
        "programmes": found.programmes.all(),
        "scans": [
            {"url": reverse("subsidies:scan", args=[s.pk]), "name": s.file.name, "size": s.file.size, "by": s.added_by, "at": s.added_at}
            for s in found.scans.select_related("file")
        ],
        "may_manage": may_manage,
        "allocations": found.allocations.all(),
        "may_reverse": may_manage and not found.reverses_id and not found.is_reversed,
    }  # fmt: skip
    return render(request, "subsidies/funds/receipt.html", context)


@needs(P.MANAGE_FUNDS)
@require_http_methods(["GET", "POST"])
def receipt_reverse(request, pk):
    """Ask why, then take a receipt back by a reversal."""
    found = _receipt(request, pk, P.MANAGE_FUNDS)
    form = ReasonForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            actions.reverse_receipt(
                by=actor(request, P.MANAGE_FUNDS), receipt=found, reason=form.cleaned_data["reason"]
            )
        except StepRefused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, f"已冲销：{found.number}，{yuan(found.amount_fen)} 元。")
        return redirect("subsidies:receipt", pk=found.pk)
    context = {
        "crumbs": [*CRUMBS, CRUMB, (found.number, reverse("subsidies:receipt", args=[pk])), ("冲销", None)],
        "receipt": found,
        "form": form,
        "reasons": ["文号登记错误，另行登记", "金额登记错误，另行登记", "重复登记", "资金被上级收回"],
    }
    return render(request, "subsidies/funds/receipt_reverse.html", context, status=422 if form.errors else 200)  # fmt: skip


@needs(P.MANAGE_FUNDS)
@require_http_methods(["GET", "POST"])
def scan_add(request, pk):
    """Add a scan to a receipt."""
    found = _receipt(request, pk, P.MANAGE_FUNDS)
    form = ScanForm(request.POST or None, request.FILES or None)
    if form.is_bound and form.is_valid():
        actions.keep_scan(by=actor(request, P.MANAGE_FUNDS), receipt=found, upload=form.cleaned_data["scan"])
        messages.success(request, "扫描件已保存。")
        return redirect("subsidies:receipt", pk=found.pk)
    context = {
        "crumbs": [*CRUMBS, CRUMB, (found.number, reverse("subsidies:receipt", args=[pk])), ("上传扫描件", None)],
        "receipt": found,
        "form": form,
    }  # fmt: skip
    return render(request, "subsidies/funds/scan_add.html", context, status=422 if form.errors else 200)


@needs(P.VIEW_FUNDS)
@require_GET
def scan(request, pk):
    """Send a scan of a receipt's document."""
    receipts = FundReceipt.objects.visible_to(request.user, P.VIEW_FUNDS)
    of_county = ReceiptScan.objects.select_related("file").filter(
        receipt__in=receipts
    )  # everyone: scoped by receipt
    found = get_object_or_404(of_county, pk=pk)
    if not found.file.path.exists():
        raise Http404("扫描件的文件不在了，请联系系统管理员从备份恢复。")
    response = StreamingHttpResponse(found.file.chunks(), content_type="application/octet-stream")
    response.headers["Content-Length"] = found.file.size
    response.headers["Content-Disposition"] = content_disposition_header(True, found.file.name)
    response.headers["Cache-Control"] = "no-store"
    return response


@needs(P.VIEW_FUNDS)
@require_GET
def funds_balance(request):
    """Show per source and programme what the term asks for, what batches hold, what lacks and what would be left."""
    term = working_term(request)
    found = positions(term) if term else []
    checked = [position for position in found if position.is_checked]
    context = {
        "crumbs": [*CRUMBS, CRUMB, ("缺口与结余", None)],
        "tabs": tabs_of("subsidies:funds_balance"),
        "term": term,
        "positions": found,
        **unearmarked_of(request, [term.pk] if term else []),
        "figures": [
            {"label": "应享", "value": yuan(sum(p.entitled_fen for p in found)), "unit": "元"},
            {"label": "到账（累计）", "value": yuan(sum(p.received_fen for p in found)), "unit": "元"},
            {"label": "缺口", "value": yuan(sum(p.lacking_fen for p in checked)), "unit": "元", "s": "bad" if any(p.lacking_fen for p in checked) else "ok"},
            {"label": "结余", "value": yuan(sum(p.left_fen for p in found)), "unit": "元"},
        ],
    }  # fmt: skip
    return render(request, "subsidies/funds/balance.html", context)
