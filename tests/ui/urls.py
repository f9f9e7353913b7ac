"""The project's addresses and the gallery, which they leave out unless in development."""

from django.urls import include, path

from povertyedu.urls import urlpatterns as project

urlpatterns = [*project, path("ui/", include("povertyedu.ui.urls"))]
