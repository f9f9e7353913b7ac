"""Set-based writes: one text of SQL for PostgreSQL and SQLite, only the loader differs.

Rows go into a temporary table (COPY, or executemany) and from there into the real one by
``INSERT .. SELECT .. ON CONFLICT DO UPDATE .. WHERE (..) IS DISTINCT FROM (..)``: the number of
queries does not grow with the rows, and a row that is already so is not written.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.db.models.expressions import RawSQL
from psycopg.types.string import BytesBinaryDumper


def load(
    table: str,
    model: type[models.Model],
    columns: Sequence[str],
    rows: Iterable[Sequence],
    *,
    extra: str = "",
) -> int:
    """Create the temporary ``table`` with ``columns`` typed as ``model``'s and fill it; return the row count.

    ``columns`` are field attnames (``school_id``); ``extra`` adds column definitions, for values
    that ``model`` has no column for, after the others. Must run inside a transaction.
    """
    fields = [_field(model, name) for name in columns]
    definitions = ", ".join(f"{_quote(f.column)} {_plain_type(f)}" for f in fields)
    names = [_quote(f.column) for f in fields]
    if extra:
        definitions += f", {extra}"
        names += [_quote(part.split()[0]) for part in extra.split(",")]
    types = None if extra else _copy_types(fields)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {_quote(table)}")
        cursor.execute(f"CREATE TEMP TABLE {_quote(table)} ({definitions})")
        count = fill(cursor, table, names, _prepared(fields, rows), types=types)
        if connection.vendor == "postgresql":
            # Nobody else ever looks at a temporary table: without this the planner guesses its size, and
            # may compare every row with every other.
            cursor.execute(f"ANALYZE {_quote(table)}")
        return count


def fill(
    cursor, table: str, names: Sequence[str], rows: Iterable[Sequence], *, types: Sequence[str] | None = None
) -> int:
    """Put ``rows`` into ``table``: COPY on PostgreSQL, executemany on SQLite. Return how many.

    With the ``types`` of all columns COPY speaks binary, which costs a quarter of text on this side and
    less on the other; values must then be of just these types.
    """
    count = 0
    if connection.vendor == "postgresql":
        form = "(FORMAT BINARY)" if types else ""
        with cursor.copy(f"COPY {_quote(table)} ({', '.join(names)}) FROM STDIN {form}") as copy:
            if types:
                if (
                    "bytea" in types
                ):  # the driver's own for plain bytes; else it takes the slower one of DB-API's Binary
                    cursor.adapters.register_dumper(bytes, BytesBinaryDumper)
                copy.set_types(types)
            write = copy.write_row
            for row in rows:
                write(row)
                count += 1
        return count

    def counted():
        nonlocal count
        for row in rows:
            count += 1
            yield row

    marks = ", ".join(["%s"] * len(names))
    cursor.executemany(f"INSERT INTO {_quote(table)} ({', '.join(names)}) VALUES ({marks})", counted())
    return count


def merge(
    model: type[models.Model],
    columns: Sequence[str],
    rows: Iterable[Sequence],
    *,
    unique: Sequence[str],
    compare: Sequence[str] | None = None,
    keep: Sequence[str] = (),
    where: str = "",
) -> int:
    """Write ``rows`` of ``columns`` into ``model``'s table and return how many rows were written.

    ``unique``: the columns of the unique constraint that finds a row again (``where``: its
    condition, when it is a partial one); no two ``rows`` may share them.
    ``compare``: columns whose difference makes a row changed; default all others. Sealed columns
    must be left out, their ciphertext always differs.
    ``keep``: columns written only when the row is new.
    """
    column = {name: _field(model, name).column for name in columns}
    stage = f"stage_{model._meta.db_table}"
    load(stage, model, columns, rows)
    updated = [column[c] for c in columns if c not in unique and c not in keep]
    compared = [column[c] for c in (columns if compare is None else compare) if column[c] in updated]
    names = ", ".join(map(_quote, column.values()))
    target = ", ".join(_quote(column[c]) for c in unique)
    action = _update_where_distinct(model, updated, compared)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {_quote(model._meta.db_table)} ({names}) SELECT {names} FROM {_quote(stage)} WHERE true "
            f"ON CONFLICT ({target}) {f'WHERE {where}' if where else ''} {action}"
        )
        written = cursor.rowcount
        cursor.execute(f"DROP TABLE {_quote(stage)}")
    return written


def insert(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence]) -> int:
    """Put ``rows`` that are known to be new straight into ``model``'s table and return how many.

    A row that is there already breaks its constraint and, with it, the transaction.
    """
    fields = [_field(model, name) for name in columns]
    names = [_quote(f.column) for f in fields]
    with connection.cursor() as cursor:
        return fill(cursor, model._meta.db_table, names, _prepared(fields, rows), types=_copy_types(fields))


def new_keys(model: type[models.Model], count: int) -> list[int]:
    """Return ``count`` primary keys for rows about to be inserted, which so need not be read back; one query."""
    table, key = model._meta.db_table, model._meta.pk.column
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Materialized: the sequence is looked up once, not for each key.
            cursor.execute(
                "WITH named AS MATERIALIZED (SELECT pg_get_serial_sequence(%s, %s)::regclass AS sequence) "
                "SELECT nextval(sequence) FROM named, generate_series(1, %s)",
                [table, key, count],
            )
            return [pk for (pk,) in cursor.fetchall()]
        # The one writer of SQLite is this transaction, or its first write fails.
        cursor.execute("SELECT COALESCE(max(seq), 0) FROM sqlite_sequence WHERE name = %s", [table])
        (last,) = cursor.fetchone()
        return list(range(last + 1, last + 1 + count))


def insert_new(rows: Sequence[models.Model]) -> None:
    """Give unsaved ``rows`` of one model their keys and put them into its table; two queries however many they are."""
    if not rows:
        return
    model = type(rows[0])
    names = [field.attname for field in model._meta.concrete_fields]
    for row, key in zip(rows, new_keys(model, len(rows)), strict=True):
        row.pk = key
    insert(model, names, (tuple(getattr(row, name) for name in names) for row in rows))


def amend(
    model: type[models.Model],
    columns: Sequence[str],
    rows: Iterable[Sequence],
    *,
    key: str = "id",
    erase: bool = False,
) -> int:
    """Update the rows of ``model`` found by ``key``, the first of each row; return how many were written.

    None in a row means "leave that column as it is": a blank never erases what is known. With ``erase`` it does.
    """
    table, names = model._meta.db_table, [_quote(_field(model, name).column) for name in columns]
    stage, found_by = f"stage_{table}", _quote(_field(model, key).column)
    load(stage, model, [key, *columns], rows)
    sets = ", ".join(
        f"{c} = s.{c}" if erase else f"{c} = COALESCE(s.{c}, {_quote(table)}.{c})" for c in names
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {_quote(table)} SET {sets} FROM {_quote(stage)} s WHERE {_quote(table)}.{found_by} = s.{found_by}"
        )
        written = cursor.rowcount
        cursor.execute(f"DROP TABLE {_quote(stage)}")
    return written


def patch(
    model: type[models.Model], column: str, rows: Iterable[tuple[object, dict]], *, key: str = "id"
) -> int:
    """Set members of the JSON object ``column`` in the rows found by ``key``; the other members stay as they are.

    ``rows`` are (key, members); a member is never None. Return how many rows were written.
    """
    table, name = model._meta.db_table, _quote(_field(model, column).column)
    stage, found_by = f"stage_{table}", _quote(_field(model, key).column)
    load(stage, model, [key, column], rows)
    is_postgresql = connection.vendor == "postgresql"
    merged = f"t.{name} || s.{name}" if is_postgresql else f"json_patch(t.{name}, s.{name})"
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {_quote(table)} AS t SET {name} = {merged} FROM {_quote(stage)} s WHERE t.{found_by} = s.{found_by}"
        )
        written = cursor.rowcount
        cursor.execute(f"DROP TABLE {_quote(stage)}")
    return written


def overwrite(model: type[models.Model], rows: Iterable[tuple[Any, Mapping[str, Any]]]) -> int:
    """Put columns back as a table held them: NULL too, sealed bytes not sealed anew.

    ``rows`` are (primary key, attname -> value); what a row does not name stays. Return how many were written.
    """
    rows = list(rows)
    table, key = model._meta.db_table, model._meta.pk
    named = set().union(*(values for _, values in rows))
    fields = [f for f in model._meta.concrete_fields if f.attname in named]
    stage = f"stage_{table}"
    extra = ", ".join(["given text", *(f"{f.column} {_plain_type(f)}" for f in fields)])
    given = (
        (pk, "".join("1" if f.attname in old else "0" for f in fields), *(old.get(f.attname) for f in fields))
        for pk, old in rows
    )
    load(stage, model, [key.attname], given, extra=extra)
    sets = ", ".join(
        f"{_quote(f.column)} = CASE substr(s.given, {place}, 1) WHEN '1' THEN s.{_quote(f.column)} ELSE t.{_quote(f.column)} END"
        for place, f in enumerate(fields, 1)
    )
    found = f"t.{_quote(key.column)} = s.{_quote(key.column)}"
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {_quote(table)} AS t SET {sets} FROM {_quote(stage)} s WHERE {found}")
        written = cursor.rowcount
        cursor.execute(f"DROP TABLE {_quote(stage)}")
    return written


@contextmanager
def keys(model: type[models.Model], column: str, values: Iterable) -> Iterator[RawSQL]:
    """Hold ``values`` of ``column`` in a temporary table; yield it for ``filter(column__in=...)``.

    However many values there are, they are one load and no parameters. Must run inside a transaction.
    """
    stage = f"keys_{model._meta.db_table}_{column}"
    load(stage, model, [column], zip(values, strict=False))
    try:
        yield RawSQL(f"SELECT {_quote(_field(model, column).column)} FROM {_quote(stage)}", [])
    finally:
        if not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute(f"DROP TABLE IF EXISTS {_quote(stage)}")


# Their Python values go to the driver as they are; asking the field for each of a million is slow.
_AS_THEY_ARE = (models.CharField, models.IntegerField, models.AutoField, models.BooleanField)
# PostgreSQL's driver takes dates and times too; SQLite keeps them as text.
_AS_THEY_ARE_HERE = {"postgresql": (*_AS_THEY_ARE, models.DateField, models.BinaryField)}


def _preparer(field):
    """Return what makes a value of ``field`` ready for the driver, or None when nothing is to be done."""
    target = field.target_field if field.is_relation else field
    if isinstance(target, _AS_THEY_ARE_HERE.get(connection.vendor, _AS_THEY_ARE)):
        return None
    if own := getattr(target, "bulk_preparer", None):
        return own()
    # The wrapper itself, not the proxy that looks it up anew for every value.
    return partial(field.get_db_prep_save, connection=connections[DEFAULT_DB_ALIAS])


def _prepared(fields: Sequence[models.Field], rows: Iterable[Sequence]) -> Iterable[Sequence]:
    """Return ``rows`` as the driver takes them: the first columns are those of ``fields``."""
    places = [(place, prepare) for place, field in enumerate(fields) if (prepare := _preparer(field))]
    if not places:
        return rows

    def prepared():
        for row in rows:
            ready = list(row)
            for place, prepare in places:
                if ready[place] is not None:
                    ready[place] = prepare(ready[place])
            yield ready

    return prepared()


_COPIED = {
    "bigint": "int8", "integer": "int4", "smallint": "int2", "boolean": "bool", "varchar": "varchar", "text": "text", "bytea": "bytea",
    "date": "date", "timestamp with time zone": "timestamptz",
}  # fmt: skip


def _copy_types(fields: Sequence[models.Field]) -> list[str] | None:
    """Return the types in which COPY can take ``fields`` in binary; None when one of them is another."""
    if connection.vendor != "postgresql":
        return None
    types = [_COPIED.get(_plain_type(field).partition("(")[0]) for field in fields]
    return types if all(types) else None


def analyse(model: type[models.Model]) -> None:
    """Tell PostgreSQL's planner what ``model``'s table holds now, after many rows were written.

    Until autovacuum comes by it takes a term it has never seen for one row and joins in loops.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {_quote(model._meta.db_table)}")


def _update_where_distinct(model: type[models.Model], updated: list[str], compared: list[str]) -> str:
    """Return the conflict clause that overwrites ``updated`` where one of ``compared`` is distinct."""
    if not updated:
        return "DO NOTHING"
    table = _quote(model._meta.db_table)
    sets = ", ".join(f"{_quote(c)} = excluded.{_quote(c)}" for c in updated)
    differs = " OR ".join(f"{table}.{_quote(c)} IS DISTINCT FROM excluded.{_quote(c)}" for c in compared)
    return f"DO UPDATE SET {sets} WHERE {differs or 'false'}"


def column_of(model: type[models.Model], name: str) -> str:
    """Return the quoted column of the field ``name`` (or attname)."""
    return _quote(_field(model, name).column)


def _field(model, name: str):
    return next(f for f in model._meta.concrete_fields if f.attname == name or f.name == name)


def _plain_type(field) -> str:
    """Return the column type of ``field`` without identity or check clauses."""
    target = field.target_field if field.is_relation else field
    return (
        target.rel_db_type(connection)
        if isinstance(target, models.AutoField | models.BigAutoField)
        else target.db_type(connection)
    )


def _quote(name: str) -> str:
    return connection.ops.quote_name(name)
