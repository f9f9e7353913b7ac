"""Addresses under /teachers/, one list per topic."""

app_name = "teachers"
urlpatterns: list = []
