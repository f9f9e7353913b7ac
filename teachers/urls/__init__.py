"""Addresses under /teachers/, one list per topic."""

from . import care, deployment, establishment, mutual_help, recruitment, registry, suggested, training

app_name = "teachers"
urlpatterns = [
    *care.patterns,
    *mutual_help.patterns,
    *deployment.patterns,
    *establishment.patterns,
    *recruitment.patterns,
    *registry.patterns,
    *suggested.patterns,
    *training.patterns,
]
