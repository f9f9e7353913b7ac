from django.urls import path

from . import appraisal, staffing, views

app_name = "home"
urlpatterns = [
    path("appraisal/", appraisal.appraisal, name="appraisal"),
    path("", views.todo, name="todo"),
    path("term/", views.switch_term, name="switch_term"),
    path("dashboard/", views.dashboard, name="dashboard"),
    path("dashboard/teachers/", staffing.staffing, name="staffing"),
    path("dashboard/area/<str:code>/", views.dashboard_area, name="dashboard_area"),
    path("dashboard/school/<int:pk>/", views.dashboard_school, name="dashboard_school"),
    path("dashboard/class/<int:pk>/", views.dashboard_class, name="dashboard_class"),
    path("help/", views.manual, name="manual"),
    path("help/<slug:page>/", views.manual, name="manual_page"),
]
