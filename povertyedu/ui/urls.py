"""The gallery of components; the project includes it only in development."""

from django.urls import path

from . import views

app_name = "ui"
urlpatterns = [path("gallery/", views.gallery, name="gallery")]
