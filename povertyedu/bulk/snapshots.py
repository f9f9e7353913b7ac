"""Rows as they were beside rows as they are, compared in the database: memory does not grow with the rows.

A snapshot is a temporary table; what came of its rows is streamed. A digest tells later whether a row was
touched. PostgreSQL works it out itself, by its hash of a record; SQLite has none, and its rows are in this
process anyway. Digests of the two databases, and perhaps of two versions of one, differ: a row then counts as touched.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from typing import Any

from django.db import connection, models

from . import _field, _quote, keys

ROWS_AT_ONCE = 2000


class Snapshot:
    """The rows of ``model`` in a temporary table of its own, to be compared with the rows of a later moment."""

    def __init__(
        self,
        number: int,
        model: type[models.Model],
        *,
        owner: str | tuple[str, ...] = "",
        ignored: Collection[str] = (),
    ):
        self.name = f"snapshot_{number}_{model._meta.db_table}"
        self.model = model
        self._owner = owner
        self.table = _quote(model._meta.db_table)
        self.key = _quote(model._meta.pk.column)
        self.fields = list(model._meta.concrete_fields)
        self.compared = [f for f in self.fields if f.attname not in ignored]
        self.names = [f.attname for f in self.fields]

    def owner(self, alias: str) -> str:
        """Return the SQL of a row's owner: a column, or the values of several joined by colons, "" for none."""
        if isinstance(self._owner, str):
            return f"{alias}.{_quote(_field(self.model, self._owner).column)}" if self._owner else "NULL"
        columns = (f"{alias}.{_quote(_field(self.model, name).column)}" for name in self._owner)
        return " || ':' || ".join(f"COALESCE(CAST({column} AS varchar(60)), '')" for column in columns)

    def take(self, where: str, parameters: Sequence) -> None:
        """Keep the rows of ``where``, locked until the transaction ends where the database can do that."""
        lock = "FOR UPDATE" if connection.features.has_select_for_update else ""
        columns = ", ".join(_quote(f.column) for f in self.fields)
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {self.name}")
            cursor.execute(
                f"CREATE TEMP TABLE {self.name} AS SELECT {columns} FROM {self.table} WHERE {where} {lock}",
                parameters,
            )
            if connection.vendor == "postgresql":
                cursor.execute(f"ANALYZE {self.name}")

    def drop(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE {self.name}")

    def added(self, where: str, parameters: Sequence) -> Iterator[tuple[Any, Any, str]]:
        """Yield key, owner and digest of each row of ``where`` that was not there."""
        new = f"{where} AND NOT EXISTS (SELECT 1 FROM {self.name} b WHERE b.{self.key} = t.{self.key})"
        sql = f"SELECT t.{self.key}, {self.owner('t')}, {{digest}} FROM {self.table} t WHERE {new}"
        return self._digested(sql, parameters, 2)

    def changed(self) -> Iterator[tuple[Any, Any, str, dict[str, Any]]]:
        """Yield key, owner, digest and the old values of the columns that differ now."""
        differs = " OR ".join(
            f"t.{_quote(f.column)} IS DISTINCT FROM b.{_quote(f.column)}" for f in self.compared
        )
        both = ", ".join(f"{side}.{_quote(f.column)}" for side in "bt" for f in self.compared)
        sql = (
            f"SELECT t.{self.key}, {self.owner('t')}, {both}, {{digest}} FROM {self.table} t "
            f"JOIN {self.name} b ON b.{self.key} = t.{self.key} WHERE {differs}"
        )
        names, width = [f.attname for f in self.compared], len(self.compared)
        for pk, owner, *values, digest in self._digested(sql, [], 2 + 2 * width):
            pairs = zip(names, values[:width], values[width:], strict=True)
            yield (
                pk,
                owner,
                digest,
                {name: _plain(old) for name, old, new in pairs if _plain(old) != _plain(new)},
            )

    def removed(self) -> Iterator[tuple[Any, Any, dict[str, Any]]]:
        """Yield key, owner and all values of each row that is gone."""
        columns = ", ".join(f"b.{_quote(f.column)}" for f in self.fields)
        sql = (
            f"SELECT b.{self.key}, {self.owner('b')}, {columns} FROM {self.name} b "
            f"WHERE NOT EXISTS (SELECT 1 FROM {self.table} t WHERE t.{self.key} = b.{self.key})"
        )
        for pk, owner, *values in _streamed(sql, []):
            yield pk, owner, dict(zip(self.names, map(_plain, values), strict=True))

    def _digested(self, sql: str, parameters: Sequence, width: int) -> Iterator[tuple]:
        """Yield the first ``width`` columns of ``sql`` and the row's digest, whoever works it out."""
        if connection.vendor == "postgresql":
            yield from _streamed(sql.format(digest=_digest_in_database(self.compared)), parameters)
            return
        columns = ", ".join(f"t.{_quote(f.column)}" for f in self.compared)
        for row in _streamed(sql.format(digest=columns), parameters):
            yield (*row[:width], _digest(row[width:]))


@contextmanager
def _cursor():
    """A cursor whose rows stay in the database until they are fetched."""
    with connection.chunked_cursor() as cursor:
        cursor.itersize = cursor.arraysize = ROWS_AT_ONCE
        yield cursor


def _streamed(sql: str, parameters: Sequence) -> Iterator[tuple]:
    with _cursor() as cursor:
        cursor.execute(sql, parameters)
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            yield from rows


def digests(model: type[models.Model], pks: Collection, *, ignored: Collection[str]) -> dict[Any, str]:
    """Return primary key -> digest of the rows that are there, locked where the database can do that."""
    there = Snapshot(0, model, ignored=ignored)
    lock = " FOR UPDATE" if connection.features.has_select_for_update else ""
    with keys(model, model._meta.pk.attname, pks) as chosen:
        sql = f"SELECT t.{there.key}, {{digest}} FROM {there.table} t WHERE t.{there.key} IN ({chosen.sql}){lock}"
        return dict(there._digested(sql, [], 1))


def _digest_in_database(fields: Sequence[models.Field]) -> str:
    """The SQL of a digest of ``t``'s columns: PostgreSQL's own of a record, four times as fast as one of text."""
    columns = ", ".join(f"t.{_quote(f.column)}" for f in fields)
    return f"to_hex(hash_record_extended(ROW({columns}), 0)) || to_hex(hash_record_extended(ROW({columns}), 529901))"


def _digest(row: Sequence) -> str:
    return blake2b(repr([_plain(value) for value in row]).encode(), digest_size=12).hexdigest()


def _plain(value):
    return bytes(value) if value.__class__ is memoryview else value
