"""What an import found and what it left: kept at apply time, so that it can be undone.

Of every row that was written there is a digest of how the import left it, and of a changed row the
columns that were different before, as the table held them: sealed columns stay sealed. The images lie
together by the thousand, compressed and sealed, so that 50,000 rows are some hundred.
"""

import datetime as dt
import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from django.apps import apps
from django.db import models

from povertyedu import bulk
from povertyedu.sealing import seal_bytes, unseal_bytes

from .models import ImportBatch, UndoImage

ROWS_TOGETHER = 1000


@dataclass(frozen=True)
class Footprint:
    """Rows of ``model`` that an import may write: those whose ``column`` is one of ``values``.

    ``owner`` is the column that says whose row it is: what belongs to one owner is undone together or not
    at all; "" for rows that owners share. ``derived`` columns follow from others and are not looked at.
    ``is_main``: the row is the owner itself, who goes when an import that made the row is undone.
    """

    model: type[models.Model]
    column: str
    values: Iterable
    owner: str = ""
    derived: Sequence[str] = ()
    where: Mapping[str, Any] = field(default_factory=dict)
    is_main: bool = False

    def read(self) -> dict:
        return bulk.stored(self.model, self.column, self.values, **self.where)


@dataclass(slots=True)
class Image:
    """One written row: ``old`` (attname -> value before) is None when the import made it.

    A row that the import took away has no digest and all its columns in ``old``.
    """

    pk: Any
    owner: Any
    digest: str
    old: dict[str, Any] | None


def digest_of(model: type[models.Model], row: Sequence, derived: Iterable[str]) -> str:
    """Return what tells whether a stored ``row`` was touched."""
    names = [f.attname for f in model._meta.concrete_fields]
    left_out = {names.index(name) for name in derived}
    told = [value for index, value in enumerate(row) if index not in left_out]
    return blake2b(repr(told).encode(), digest_size=12).hexdigest()


class Before:
    """The rows that an import may write, as they are before it; one query for each footprint."""

    def __init__(self, footprints: Sequence[Footprint]):
        self.rows = [footprint.read() for footprint in footprints]

    def keep_for(self, batch: ImportBatch, footprints: Sequence[Footprint]) -> None:
        """Compare with the rows as they are now and keep the images of ``batch``, in one insert."""
        sealed = []
        for before, footprint in zip(self.rows, footprints, strict=True):
            images = list(_differences(before, footprint.read(), footprint))
            for start in range(0, len(images), ROWS_TOGETHER):
                content = {
                    "derived": list(footprint.derived),
                    "is_main": footprint.is_main,
                    "rows": images[start : start + ROWS_TOGETHER],
                }
                packed = zlib.compress(json.dumps(content, default=_packed).encode(), 1)
                sealed.append((batch.pk, footprint.model._meta.label, seal_bytes(packed)))
        bulk.insert(UndoImage, ("batch_id", "table", "sealed"), sealed)


def _differences(before: dict, after: dict, footprint: Footprint) -> Iterator[list]:
    model, derived = footprint.model, footprint.derived
    names = [f.attname for f in model._meta.concrete_fields]
    owner = names.index(footprint.owner) if footprint.owner else None
    for pk, row in after.items():
        old = before.get(pk)
        if old == row:
            continue
        changed = None
        if old is not None:
            changed = {n: a for n, a, b in zip(names, old, row, strict=True) if a != b and n not in derived}
            if not changed:
                continue
        whose = row[owner] if owner is not None else None
        yield [pk, whose, digest_of(model, row, derived), changed]
    for pk, row in before.items():
        if pk not in after:
            yield [pk, row[owner] if owner is not None else None, "", dict(zip(names, row, strict=True))]


@dataclass
class Kept:
    """The images of one table."""

    model: type[models.Model]
    derived: list[str]
    is_main: bool
    images: list[Image] = field(default_factory=list)


def images_of(batch: ImportBatch) -> list[Kept]:
    """Return the images by table, in the order they were kept: referred-to tables first. One query."""
    kept: dict[str, Kept] = {}
    for stored in batch.images.all():
        content = json.loads(zlib.decompress(unseal_bytes(stored.sealed)), object_hook=_unpacked)
        of = kept.setdefault(
            stored.table, Kept(apps.get_model(stored.table), content["derived"], content["is_main"])
        )
        of.images += [Image(*row) for row in content["rows"]]
    return list(kept.values())


def _packed(value):
    if isinstance(value, bytes):
        return {"sealed bytes": b64encode(value).decode()}
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    raise TypeError(value)


def _unpacked(content: dict):
    return b64decode(content["sealed bytes"]) if content.keys() == {"sealed bytes"} else content
