from django.urls import path

from . import views

app_name = "publicity"
urlpatterns = [
    path("", views.notices, name="notices"),
    path("<int:pk>/", views.notice, name="notice"),
    path("<int:pk>/objections/", views.object_to, name="object"),
    path("objections/<int:pk>/answer/", views.answer, name="answer"),
    path("p/<str:token>/", views.public, name="public"),
    path("open/", views.publications, name="publications"),
    path("open/<str:token>/", views.publication, name="publication"),
]
