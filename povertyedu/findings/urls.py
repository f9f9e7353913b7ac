from django.urls import path

from . import views

app_name = "findings"
urlpatterns = [
    path("", views.findings, name="list"),
    path("new/", views.finding_new, name="new"),
    path("export/", views.export, name="export"),
    path("<int:pk>/", views.finding, name="detail"),
    path("<int:pk>/<slug:verb>/", views.step, name="step"),
    path("evidence/<int:pk>/", views.evidence, name="evidence"),
]
