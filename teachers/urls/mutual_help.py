"""Help between schools."""

from django.urls import path

from teachers.views import mutual_help

patterns = [
    path("help/", mutual_help.activities, name="help"),
    path("help/export/", mutual_help.export, name="help_export"),
    path("help/counts/", mutual_help.counts, name="help_counts"),
    path("help/new/", mutual_help.plan, name="help_new"),
    path("help/<int:pk>/", mutual_help.activity, name="help_activity"),
    path("help/<int:pk>/evidence/", mutual_help.evidence, name="help_evidence"),
    path("help/<int:pk>/<slug:verb>/", mutual_help.step, name="help_step"),
]
