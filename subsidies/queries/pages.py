"""Deep lists page by key: the last row of a page tells where the next one begins, however deep it lies."""

import json

from django.db import models
from django.db.models import Q, QuerySet

LONGEST = 1_000  # characters of a key; deeper nesting than that is no key


def page_by_key(
    rows: QuerySet, order: tuple[str, ...], *, after: str = "", size: int = 50
) -> tuple[list, str]:
    """Return ``size`` rows in ``order`` (fields, ascending, the last one unique) after the key, and the next key or "".

    A key that is none (an address typed by hand) begins at the first row.
    """
    key = _read(after, [rows.model._meta.get_field(name.removesuffix("_id")) for name in order])
    if key is not None:
        beyond, equal = Q(pk__in=()), Q()
        for field, value in zip(order, key, strict=True):
            beyond |= equal & Q(**{f"{field}__gt": value})
            equal &= Q(**{field: value})
        rows = rows.filter(beyond)
    found = list(rows.order_by(*order)[: size + 1])
    if len(found) <= size:
        return found, ""
    last = found[size - 1]
    return found[:size], json.dumps([getattr(last, field) for field in order], ensure_ascii=False)


def whole(text: str) -> int | None:
    """Return the key written in an address or a form, or None when it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _read(text: str, fields: list) -> list | None:
    """Return the key of an address: whole numbers for numbers, text for text; None when it is anything else."""
    try:
        key = json.loads(text) if 0 < len(text) <= LONGEST else None
    except ValueError:
        return None
    good = isinstance(key, list) and len(key) == len(fields)
    return key if good and all(map(_fits, fields, key)) else None


def _fits(field, value) -> bool:
    target = field.target_field if field.is_relation else field
    if isinstance(target, models.IntegerField):
        return type(value) is int and abs(value) < 2**63
    # a NUL is no text of PostgreSQL's, half a surrogate pair nobody's
    return isinstance(value, str) and not any(sign == "\0" or "\ud800" <= sign <= "\udfff" for sign in value)
