from django.urls import path

from .views import batches, calculation, funds, ledgers, payouts, policy, sheets, why

app_name = "subsidies"
urlpatterns = [
    path("calculation/", calculation.calculation, name="calculation"),
    path("calculation/start/", calculation.start_recalculation, name="recalculate"),
    path("batches/", batches.batches, name="batches"),
    path("batches/open/", batches.batch_open, name="batch_open"),
    path("batches/open/confirm/", batches.batch_open_confirm, name="batch_open_confirm"),
    path("batches/<int:pk>/", batches.batch, name="batch"),
    path("batches/<int:pk>/lines/", sheets.batch_lines, name="batch_lines"),
    path("batches/<int:pk>/lines/hold/", sheets.lines_hold, name="lines_hold"),
    path("batches/<int:pk>/<slug:verb>/", batches.batch_step, name="batch_step"),
    path("sheets/<int:pk>/", sheets.sheet, name="sheet"),
    path("sheets/<int:pk>/republish/", sheets.republish, name="republish"),
    path("sheets/<int:pk>/<slug:verb>/", sheets.sheet_step, name="sheet_step"),
    path("lines/<int:pk>/", sheets.line, name="line"),
    path("lines/<int:pk>/decide/", sheets.line_decide, name="line_decide"),
    path("payouts/", payouts.payouts, name="payouts"),
    path("payouts/<int:pk>/export/", payouts.payout_export, name="payout_export"),
    path("payouts/files/<int:pk>/download/", payouts.payout_download, name="payout_download"),
    path("payouts/files/<int:pk>/return/", payouts.payout_return, name="payout_return"),
    path("funds/", funds.funds, name="funds"),
    path("funds/new/", funds.receipt_new, name="receipt_new"),
    path("funds/<int:pk>/", funds.receipt, name="receipt"),
    path("funds/<int:pk>/reverse/", funds.receipt_reverse, name="receipt_reverse"),
    path("funds/<int:pk>/scan/", funds.scan_add, name="scan_add"),
    path("funds/scans/<int:pk>/", funds.scan, name="scan"),
    path("ledgers/", ledgers.ledgers, name="ledgers"),
    path("ledgers/<int:pk>/download/", ledgers.ledger_download, name="ledger_download"),
    path("policy/", policy.policy, name="policy"),
    path("policy/load/", policy.load, name="policy_load"),
    path("why/<int:student_pk>/", why.why, name="why"),
    path("panel/<int:student_pk>/", why.student_panel, name="student_panel"),
]
