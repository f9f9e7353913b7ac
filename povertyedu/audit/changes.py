"""What differs between two states of a row, in words an auditor reads years later."""

import datetime as dt

from django.db import models
from django.utils import timezone

from povertyedu.sealing.fields import SealedCharField

HIDDEN = frozenset(
    {"password", "last_login", "password_changed_at"}
)  # no word for an auditor, or never in a log
MASKED = frozenset({"phone"})  # numbers of people: only their end


def changes_between(before: models.Model | None, after: models.Model) -> dict[str, list[str]]:
    """Return field name -> [old, new] of the columns that differ; ``before`` is None for a new row.

    Values are as people see them (labels, names, 是/否). Sealed columns tell only that they changed,
    telephone numbers only their last four.
    """
    changes = {}
    for field in after._meta.concrete_fields:
        if field.primary_key and field.name == "id" or field.name in HIDDEN:
            continue
        old = None if before is None else getattr(before, field.attname)
        new = getattr(after, field.attname)
        if old == new or (before is None and new in ("", None)):
            continue
        if isinstance(field, SealedCharField):
            changes[field.name] = ["（不显示）", "（已改）"]
        else:
            changes[field.name] = [_shown(before, field), _shown(after, field)]
    return changes


def _shown(row: models.Model | None, field: models.Field) -> str:
    if row is None or getattr(row, field.attname) is None:
        return ""
    if field.is_relation:
        return str(getattr(row, field.name))
    if field.choices:
        return str(getattr(row, f"get_{field.name}_display")())
    value = getattr(row, field.attname)
    if field.name in MASKED:
        return f"****{value[-4:]}" if value else ""
    if isinstance(value, list):
        return "、".join(map(str, value))
    if isinstance(value, dict):
        return "、".join(f"{key} {each}" for key, each in value.items())
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, dt.datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S}"
    return str(value)
