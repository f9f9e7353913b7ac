"""The import kinds by name: what ``settings.IMPORT_RESOURCES`` lists."""

from django.conf import settings
from django.utils.module_loading import import_string


def resource_of(kind: str):
    """Return a fresh resource of ``kind``; raise LookupError for a kind that settings do not name."""
    if kind not in settings.IMPORT_RESOURCES:
        raise LookupError(kind)
    return import_string(settings.IMPORT_RESOURCES[kind])()


def every_kind() -> list:
    """Return a fresh resource of every kind, in the order of settings."""
    return [resource_of(kind) for kind in settings.IMPORT_RESOURCES]
