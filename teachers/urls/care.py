"""Allowances, rooms, health, aid, pay, tilt, insurance: what the county does for its teachers."""

from django.urls import path

from teachers.views import allowances

patterns = [
    path("allowances/", allowances.allowances, name="allowances"),
    path("allowances/new/", allowances.roll_new, name="allowance_new"),
    path("allowances/rates/", allowances.rates, name="allowance_rates"),
    path("allowances/rates/new/", allowances.rate_edit, name="allowance_rate_new"),
    path("allowances/rates/<int:pk>/", allowances.rate_edit, name="allowance_rate_edit"),
    path("allowances/rates/<int:pk>/scan/", allowances.rate_scan, name="allowance_rate_scan"),
    path("allowances/sheets/<int:pk>/", allowances.sheet, name="allowance_sheet"),
    path("allowances/sheets/<int:pk>/anew/", allowances.sheet_anew, name="allowance_sheet_anew"),
    path("allowances/sheets/<int:pk>/<slug:verb>/", allowances.sheet_step, name="allowance_sheet_step"),
    path("allowances/sheets/<int:pk>/teachers/<int:teacher>/<slug:verb>/", allowances.line_step, name="allowance_line_step"),
    path("allowances/<int:pk>/", allowances.roll, name="allowance_roll"),
    path("allowances/<int:pk>/export/", allowances.roll_export, name="allowance_export"),
    path("allowances/<int:pk>/<slug:verb>/", allowances.roll_step, name="allowance_step"),
]  # fmt: skip
