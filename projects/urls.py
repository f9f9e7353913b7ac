from django.urls import path

from .views import acts, funds, programmes, projects, requests

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
    path("<int:pk>/", projects.project, name="detail"),
    path("<int:pk>/edit/", projects.project_edit, name="edit"),
    path("<int:pk>/act/<slug:verb>/", acts.act, name="act"),
]
