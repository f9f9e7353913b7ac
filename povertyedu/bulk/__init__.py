"""Set-based writes: one text of SQL for PostgreSQL and SQLite, only the loader differs.

Rows go into a temporary table (COPY, or executemany) and from there into the real one by
``INSERT .. SELECT .. ON CONFLICT DO UPDATE .. WHERE (..) IS DISTINCT FROM (..)``: the number of
queries does not grow with the rows, and a row that is already so is not written.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.db.models.expressions import RawSQL


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
    prepare = [_preparer(f) for f in fields]
    plain = len(names) - len(fields)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {_quote(table)}")
        cursor.execute(f"CREATE TEMP TABLE {_quote(table)} ({definitions})")
        prepared = (
            [
                *(p(v) if p and v is not None else v for p, v in zip(prepare, row, strict=False)),
                *(row[len(fields) :] if plain else ()),
            ]
            for row in rows
        )
        count = fill(cursor, table, names, prepared)
        if connection.vendor == "postgresql":
            # Nobody else ever looks at a temporary table: without this the planner guesses its size, and
            # may compare every row with every other.
            cursor.execute(f"ANALYZE {_quote(table)}")
        return count


def fill(cursor, table: str, names: Sequence[str], rows: Iterable[Sequence]) -> int:
    """Put ``rows`` into ``table``: COPY on PostgreSQL, executemany on SQLite. Return how many."""
    count = 0
    if connection.vendor == "postgresql":
        binary = connection.Database.Binary  # COPY takes the bytes inside the driver's wrapper only
        with cursor.copy(f"COPY {_quote(table)} ({', '.join(names)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row([v.obj if v.__class__ is binary else v for v in row])
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
    prepare = [_preparer(f) for f in fields]
    prepared = (
        [p(v) if p and v is not None else v for p, v in zip(prepare, row, strict=True)] for row in rows
    )
    with connection.cursor() as cursor:
        return fill(cursor, model._meta.db_table, [_quote(f.column) for f in fields], prepared)


def amend(
    model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence], *, key: str = "id"
) -> int:
    """Update the rows of ``model`` found by ``key``, the first of each row; return how many were written.

    None in a row means "leave that column as it is": a blank never erases what is known.
    """
    table, names = model._meta.db_table, [_quote(_field(model, name).column) for name in columns]
    stage, found_by = f"stage_{table}", _quote(_field(model, key).column)
    load(stage, model, [key, *columns], rows)
    sets = ", ".join(f"{c} = COALESCE(s.{c}, {_quote(table)}.{c})" for c in names)
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


def stored(model: type[models.Model], column: str, values: Iterable, **where) -> dict:
    """Return pk -> the row of ``model`` as its table holds it, of the rows whose ``column`` is one of ``values``.

    Rows are tuples in the order of ``concrete_fields``, sealed bytes unopened; ``where``: attname=value.
    They stay locked until the transaction ends, where the database can do that.
    """
    names = [f.column for f in model._meta.concrete_fields]
    also = "".join(f" AND {_quote(_field(model, name).column)} = %s" for name in where)
    lock = " FOR UPDATE" if connection.features.has_select_for_update else ""
    at = names.index(model._meta.pk.column)
    with keys(model, column, values) as chosen, connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(map(_quote, names))} FROM {_quote(model._meta.db_table)} "
            f"WHERE {_quote(_field(model, column).column)} IN ({chosen.sql}){also}{lock}",
            list(where.values()),
        )
        return {
            row[at]: tuple(bytes(v) if v.__class__ is memoryview else v for v in row)
            for row in cursor.fetchall()
        }


def overwrite(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence]) -> int:
    """Put ``rows`` (primary key first) back as :func:`stored` gave them: NULL too, sealed bytes not sealed anew.

    ``columns`` are those behind the key. Return how many rows were written.
    """
    table, key = model._meta.db_table, _quote(model._meta.pk.column)
    fields = [_field(model, name) for name in columns]
    stage = f"stage_{table}"
    load(
        stage,
        model,
        [model._meta.pk.attname],
        rows,
        extra=", ".join(f"{f.column} {_plain_type(f)}" for f in fields),
    )
    sets = ", ".join(f"{_quote(f.column)} = s.{_quote(f.column)}" for f in fields)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {_quote(table)} SET {sets} FROM {_quote(stage)} s WHERE {_quote(table)}.{key} = s.{key}"
        )
        written = cursor.rowcount
        cursor.execute(f"DROP TABLE {_quote(stage)}")
    return written


@contextmanager
def keys(model: type[models.Model], column: str, values: Iterable) -> Iterator[RawSQL]:
    """Hold ``values`` of ``column`` in a temporary table; yield it for ``filter(column__in=...)``.

    However many values there are, they are one load and no parameters. Must run inside a transaction.
    """
    stage = f"keys_{model._meta.db_table}_{column}"
    load(stage, model, [column], ([value] for value in values))
    try:
        yield RawSQL(f"SELECT {_quote(_field(model, column).column)} FROM {_quote(stage)}", [])
    finally:
        if not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute(f"DROP TABLE IF EXISTS {_quote(stage)}")


# Their Python values go to the driver as they are; asking the field for each of a million is slow.
_AS_THEY_ARE = (models.CharField, models.IntegerField, models.AutoField, models.BooleanField)
# PostgreSQL's driver takes dates and times too; SQLite keeps them as text.
_AS_THEY_ARE_HERE = {"postgresql": (*_AS_THEY_ARE, models.DateField)}


def _preparer(field):
    """Return what makes a value of ``field`` ready for the driver, or None when nothing is to be done."""
    target = field.target_field if field.is_relation else field
    if isinstance(target, _AS_THEY_ARE_HERE.get(connection.vendor, _AS_THEY_ARE)):
        return None
    # The wrapper itself, not the proxy that looks it up anew for every value.
    return partial(field.get_db_prep_save, connection=connections[DEFAULT_DB_ALIAS])


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
