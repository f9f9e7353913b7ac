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
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.apps import apps
from django.db import models

from povertyedu import bulk
from povertyedu.bulk.snapshots import Snapshot
from povertyedu.sealing import seal_bytes, unseal_bytes

from .models import ImportBatch, UndoImage

ROWS_TOGETHER = 1000


@dataclass(frozen=True)
class Footprint:
    """Rows of ``model`` that an import may write: those whose ``column`` is one of ``values``.

    ``owner`` is the column that says whose row it is (or several, see :meth:`.Snapshot.owner`): what belongs to one
    owner is undone together or not at all; "" for rows that owners share. ``derived`` columns follow from others and are not looked at.
    ``is_main``: the row is the owner itself, who goes when an import that made the row is undone.
    """

    model: type[models.Model]
    column: str
    values: Iterable
    owner: str | tuple[str, ...] = ""
    derived: Sequence[str] = ()
    where: Mapping[str, Any] = field(default_factory=dict)
    is_main: bool = False

    def rows(self, keys: str) -> tuple[str, list]:
        """Return the condition of these rows and its parameters; ``keys`` is SQL that selects the values."""
        also = "".join(f" AND {bulk.column_of(self.model, name)} = %s" for name in self.where)
        return f"{bulk.column_of(self.model, self.column)} IN ({keys}){also}", list(self.where.values())


@dataclass(slots=True)
class Image:
    """One written row: ``old`` (attname -> value before) is None when the import made it.

    A row that the import took away has no digest and all its columns in ``old``.
    """

    pk: Any
    owner: Any
    digest: str
    old: dict[str, Any] | None


class Before:
    """The rows that an import may write, as they are before it: kept in the database, not here."""

    def __init__(self, footprints: Sequence[Footprint]):
        self.snapshots = [
            Snapshot(number, f.model, owner=f.owner, ignored=f.derived) for number, f in enumerate(footprints)
        ]
        with _keys_of(footprints) as keys:
            for snapshot, footprint, values in zip(self.snapshots, footprints, keys, strict=True):
                snapshot.take(*footprint.rows(values))

    def keep_for(self, batch: ImportBatch, footprints: Sequence[Footprint], progress) -> None:
        """Compare with the rows as they are now and keep the images of ``batch``, in one insert."""
        sealed = []
        progress.expect(len(footprints))
        with _keys_of(footprints) as keys:
            for done, (snapshot, footprint, values) in enumerate(
                zip(self.snapshots, footprints, keys, strict=True)
            ):
                for images in _by_thousand(_differences(snapshot, footprint, values)):
                    sealed.append((batch.pk, footprint.model._meta.label, _seal(footprint, images)))
                    progress.reach(done, "正在记下导入前的内容")
                snapshot.drop()
        bulk.insert(UndoImage, ("batch_id", "table", "sealed"), sealed)


@contextmanager
def _keys_of(footprints: Sequence[Footprint]) -> Iterator[list[str]]:
    """Hold the values of each footprint in a table; footprints that share a list of values share the table."""
    held: dict[int, str] = {}
    with ExitStack() as stack:
        for footprint in footprints:
            if id(footprint.values) not in held:
                keys = bulk.keys(footprint.model, footprint.column, footprint.values)
                held[id(footprint.values)] = stack.enter_context(keys).sql
        yield [held[id(footprint.values)] for footprint in footprints]


def _differences(snapshot: Snapshot, footprint: Footprint, keys: str) -> Iterator[list]:
    for pk, owner, digest in snapshot.added(*footprint.rows(keys)):
        yield [pk, owner, digest, None]
    for pk, owner, digest, old in snapshot.changed():
        yield [pk, owner, digest, old]
    for pk, owner, old in snapshot.removed():
        yield [pk, owner, "", old]


def _by_thousand(images: Iterator[list]) -> Iterator[list]:
    while some := list(islice(images, ROWS_TOGETHER)):
        yield some


def _seal(footprint: Footprint, images: list) -> bytes:
    content = {"derived": list(footprint.derived), "is_main": footprint.is_main, "rows": images}
    return seal_bytes(zlib.compress(json.dumps(content, default=_packed).encode(), 1))


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
