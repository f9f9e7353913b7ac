"""对账: receipt, allocation, entitlement and payment per source, on the page, on A4 and as a workbook."""

from io import BytesIO

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from povertyedu.accounts.access import needs, working_term
from povertyedu.accounts.permissions import Permission as P
from povertyedu.options.registry import option
from povertyedu.ui.numerals import yuan
from povertyedu.workbooks.ledger import LedgerColumn, LedgerSheet, Row, TotalRow, write_ledger
from subsidies.actions.positions import lying_money
from subsidies.actions.reconciling import Span, Statement, reconcile, years
from subsidies.forms.funds import SpanForm
from subsidies.models import FundReceipt

from .funds import CRUMB, CRUMBS, tabs_of, unearmarked_of
from .payouts import XLSX

MONEY = (
    ("应享", "entitled_fen"), ("已发", "paid_fen"), ("在途", "in_hand_fen"), ("待发", "outstanding_fen"),
)  # fmt: skip
WHOLE = (("到账", "received_fen"), ("分配到校", "allocated_fen"), *MONEY, ("到账余额", "left_fen"))


def _span(request) -> tuple[Span | None, SpanForm]:
    """Return what is asked for in the address, by default the working term; 404 for what there is not."""
    term = working_term(request)
    form = SpanForm(
        request.GET or None, years=years(), initial={"span": term and term.pk}, auto_id="filter_%s"
    )
    if form.is_bound and not form.is_valid():
        raise Http404("没有这个学期或年度。")
    chosen = form.cleaned_data["span"] if form.is_bound else ""
    if chosen == "all":
        return Span.everything(), form
    if chosen.isdigit():
        return Span.of_year(int(chosen)), form
    term = form.terms.get(chosen, term)
    return (Span.of_term(term) if term else None), form


@needs(P.VIEW_FUNDS)
@require_GET
def reconciliation(request):
    """Show the money of a term, a year or all by source, and whether the sums are the whole."""
    span, form = _span(request)
    statement = reconcile(span) if span else None
    context = {
        "crumbs": [*CRUMBS, CRUMB, ("对账", None)],
        "tabs": tabs_of("subsidies:reconciliation"),
        "form": form,
        "statement": statement,
        **unearmarked_of(request, span.terms if span else ()),
        "bureau": option("bureau_name"),
        "query": request.GET.urlencode(),
        "figures": _figures(statement) if statement else [],
    }
    return render(request, "subsidies/funds/reconciliation.html", context)


def _figures(statement: Statement) -> list[dict]:
    total = statement.total
    return [
        *({"label": label, "value": yuan(getattr(total, name)), "unit": "元"} for label, name in WHOLE),
        {"label": "勾稽", "value": "相符" if statement.agrees else "不符", "s": "ok" if statement.agrees else "bad"},
    ]  # fmt: skip


@needs(P.VIEW_FUNDS)
@require_GET
def reconciliation_export(request):
    """Send the reconciliation as a workbook: by source, by programme, the receipts, the checks."""
    span, _ = _span(request)
    if span is None:
        raise Http404("还没有学期，没有可对的账。")
    statement, out = reconcile(span), BytesIO()
    frame = {
        "unit_line": f"填报单位：{option('bureau_name')}　　范围：{span.label}",
        "right_line": "单位：元",
    }
    receipts = FundReceipt.objects.visible_to(request.user, P.VIEW_FUNDS).filter(**span.receipts)
    write_ledger(
        out,
        LedgerSheet(name="分来源", title="资助资金对账表（分来源）", columns=_columns("资金来源", WHOLE), rows=_by_source(statement), **frame),
        LedgerSheet(
            name="分项目", title="资助资金对账表（分来源、分项目）", rows=_by_programme(statement),
            columns=[LedgerColumn("资金来源", width=22), *_columns("项目", MONEY)], **frame,
        ),
        LedgerSheet(name="到账明细", title="资助资金到账明细", columns=_RECEIPTS, rows=_receipt_rows(receipts), **frame),
        LedgerSheet(
            name="勾稽", title="勾稽关系", grand_total="", rows=[Row([c.label, c.by_source_fen, c.whole_fen, c.difference_fen]) for c in statement.checks],
            columns=[LedgerColumn("项目", width=36), *(LedgerColumn(h, "money", width=18, summed=False) for h in ("各来源相加", "总数", "差额"))], **frame,
        ),
    )  # fmt: skip
    response = HttpResponse(out.getvalue(), content_type=XLSX)
    name = f"资金对账-{span.label}.xlsx"
    response.headers["Content-Disposition"] = content_disposition_header(True, name)
    return response


_RECEIPTS = (
    LedgerColumn("指标文号", width=26), LedgerColumn("资金来源", width=18), LedgerColumn("可用项目", width=34),
    LedgerColumn("到账日期", "date", width=13), LedgerColumn("金额", "money", width=16), LedgerColumn("已支出", "money", width=16),
    LedgerColumn("未用", "money", width=16), LedgerColumn("已放天数", "int", width=10), LedgerColumn("备注", width=20),
)  # fmt: skip


def _columns(first: str, money) -> list[LedgerColumn]:
    return [
        LedgerColumn(first, width=24),
        *(LedgerColumn(heading, "money", width=17) for heading, _ in money),
    ]


def _by_source(statement: Statement):
    for entry in statement.sources:
        yield Row([entry.label, *(getattr(entry, name) for _, name in WHOLE)])


def _by_programme(statement: Statement):
    for source in statement.sources:
        for programme, entry in source.programmes:
            yield Row([source.label, programme.name, *(getattr(entry, name) for _, name in MONEY)])
        if source.programmes:
            yield TotalRow(f"{source.label} 小计", 1)


def _receipt_rows(receipts):
    lying = lying_money()
    for receipt in receipts.prefetch_related("programmes").order_by("source", "received_on", "pk"):
        how = lying.get(receipt.pk)
        note = f"冲销：{receipt.reason}" if receipt.reverses_id else receipt.note
        yield Row(
            [
                receipt.number, receipt.get_source_display(), "、".join(p.name for p in receipt.programmes.all()),
                receipt.received_on, receipt.amount_fen, how and how.used_fen, how and how.lying_fen, how and how.days, note,
            ]
        )  # fmt: skip
