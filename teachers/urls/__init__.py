"""Addresses under /teachers/, one list per topic."""

from . import care, deployment, establishment, registry

app_name = "teachers"
urlpatterns: list = [
    *registry.patterns,
    *establishment.patterns,
    *care.patterns,
    *deployment.patterns,
]
