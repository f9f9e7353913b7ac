"""Addresses under /teachers/, one list per topic."""

from . import care

app_name = "teachers"
urlpatterns: list = [*care.patterns]
