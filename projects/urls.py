from django.urls import path

from .views import acts, funds, gaps, inspections, programmes, projects, requests, school_plan

app_name = "projects"
urlpatterns = [
    path("", projects.projects, name="list"),
    path("export/", projects.export, name="export"),
    path("new/", projects.project_new, name="new"),
    path("funds/", funds.funds, name="funds"),
    path("files/<int:pk>/", projects.file, name="file"),
    path("entries/<int:pk>/reverse/", acts.entry_reverse, name="entry_reverse"),
    path("requests/", requests.requests, name="requests"),
    path("requests/<int:pk>/", requests.request_detail, name="request"),
    path("requests/<int:pk>/<slug:verb>/", requests.request_step, name="request_step"),
    path("programmes/", programmes.programmes, name="programmes"),
    path("programmes/new/", programmes.programme_edit, name="programme_new"),
    path("programmes/<int:pk>/", programmes.programme, name="programme"),
    path("programmes/<int:pk>/edit/", programmes.programme_edit, name="programme_edit"),
    path("programmes/<int:pk>/target/", programmes.target_new, name="target_new"),
    path("gaps/", gaps.gaps, name="gaps"),
    path("gaps/export/", gaps.gaps_export, name="gaps_export"),
    path("gaps/new/", gaps.gap_new, name="gap_new"),
    path("gaps/reckon/", gaps.gaps_reckon, name="gaps_reckon"),
    path("gaps/<int:pk>/", gaps.gap, name="gap"),
    path("gaps/<int:pk>/proof/", school_plan.gap_proof, name="gap_proof"),
    path("gaps/<int:pk>/<slug:verb>/", gaps.gap_step, name="gap_step"),
    path("schools/<int:pk>/", school_plan.school_plan, name="school_plan"),
    path("schools/<int:pk>/conditions/", school_plan.conditions, name="conditions"),
    path("standards/", school_plan.standards, name="standards"),
    path("standards/new/", school_plan.standard_edit, name="standard_new"),
    path("standards/take/", school_plan.standards_take, name="standards_take"),
    path("standards/<int:pk>/", school_plan.standard_edit, name="standard_edit"),
    path("inspections/", inspections.inspections, name="inspections"),
    path("<int:pk>/inspect/", inspections.inspect, name="inspect"),
    path("<int:pk>/", projects.project, name="detail"),
    path("<int:pk>/edit/", projects.project_edit, name="edit"),
    path("<int:pk>/act/<slug:verb>/", acts.act, name="act"),
]
