"""Addresses under /teachers/, one list per topic."""

from . import care, deployment, establishment, mutual_help, registry

app_name = "teachers"
urlpatterns: list = [
    *registry.patterns,
    *establishment.patterns,
    *care.patterns,
    *mutual_help.patterns,
    *deployment.patterns,
]
