"""Addresses under /teachers/, one list per topic."""

from . import care, deployment

app_name = "teachers"
urlpatterns: list = [*care.patterns, *deployment.patterns]
