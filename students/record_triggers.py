"""The triggers that keep what a record said before a change (:class:`students.models.RecordVersion`).

In the database, because records are changed by forms, grids, moves, merges and, many at once, by SQL: no
door can forget it, and a statement over 50,000 rows keeps its history in one more statement. PostgreSQL
looks at a whole statement at once, SQLite row by row.

SQLite drops the triggers of a table it rebuilds: a migration that alters one of TABLES ends with
:func:`install` (tests/students/test_versions.py holds it).
"""

from dataclasses import dataclass

from django.db import models

# Columns that tell nothing of the child: keys, and who wrote last.
IGNORED = {
    "student": {"id", "created_at", "updated_at", "updated_by", "id_tail_hash"},
    "guardian": {"id"},
    "account": {"id", "tail"},
    "enrolment": {"id"},
    "hardship": {"id", "last_term_id", "birth_date"},
}
MODELS = {
    "student": "students.Student",
    "guardian": "students.Guardian",
    "account": "students.BankAccount",
    "enrolment": "students.Enrolment",
    "hardship": "students.HardshipStatus",
}
# Sealing the same number twice gives two texts: whether it changed is asked of its hash.
TOLD_BY = {
    ("student", "id_number"): "id_hash", ("student", "student_no"): "student_no_hash", ("guardian", "id_number"): "id_hash",
    ("account", "number"): "number_hash", ("hardship", "id_number"): "id_hash",
}  # fmt: skip
_INTO = "INSERT INTO students_recordversion (at, operation_id, source, row_id, kind, student_id, id_hash, old) SELECT"
_CAUSE = (
    "LEFT JOIN (SELECT id, undoes_id FROM audit_operation WHERE is_open ORDER BY id DESC LIMIT 1) c ON true"
)


@dataclass(frozen=True)
class Column:
    name: str
    told_by: str
    kind: str  # sealed, json or plain


@dataclass(frozen=True)
class Table:
    name: str
    db_table: str
    columns: tuple[Column, ...]

    def owner(self, row: str) -> str:
        """Return the SQL of student_id and id_hash of ``row``."""
        if self.name == "hardship":
            return f"NULL, {row}.id_hash"
        return f"{row}.{'id' if self.name == 'student' else 'student_id'}, ''"

    def is_known(self, row: str, operations: str = "c.id, c.undoes_id") -> str:
        """Return the condition that the child was on file before what happens now began."""
        if self.name == "hardship":
            return "true"
        student = self.owner(row).split(",")[0]
        return (
            f"NOT EXISTS (SELECT 1 FROM students_recordversion v WHERE v.student_id = {student} AND v.kind = 'i' "
            f"AND v.source = 'student' AND v.operation_id IN ({operations}))"
        )


def tables(apps) -> list[Table]:
    models_of = {name: apps.get_model(label) for name, label in MODELS.items()}
    return [Table(name, m._meta.db_table, tuple(_columns(name, m))) for name, m in models_of.items()]


def _columns(name: str, model: type[models.Model]):
    for field in model._meta.concrete_fields:
        if field.column not in IGNORED[name]:
            kind = {"BinaryField": "sealed", "JSONField": "json"}.get(field.get_internal_type(), "plain")
            yield Column(field.column, TOLD_BY.get((name, field.column), field.column), kind)


def install(apps, schema_editor) -> None:
    """Write the triggers for the columns that the models of ``apps`` have; what was there goes."""
    remove(apps, schema_editor)
    write = _postgresql if schema_editor.connection.vendor == "postgresql" else _sqlite
    for table in tables(apps):
        for sql in write(table):
            schema_editor.execute(sql)


def remove(apps, schema_editor) -> None:
    for table in tables(apps):
        for verb in ("insert", "update", "delete"):
            if schema_editor.connection.vendor == "postgresql":
                schema_editor.execute(f"DROP FUNCTION IF EXISTS history_{table.name}_{verb}() CASCADE")
            else:
                schema_editor.execute(f"DROP TRIGGER IF EXISTS history_{table.name}_{verb}")


def verbs(table: Table) -> list[str]:
    # A child goes only when the import that made it is undone; its history goes with it.
    return ["insert", "update"] if table.name == "student" else ["insert", "update", "delete"]


def _object(parts: list[str]) -> str:
    return "'{' || " + " || ".join(parts) + " || '\"\":0}'"


# --- PostgreSQL: one statement for all rows of a statement --------------------------------------------


def _postgresql(table: Table):
    for verb in verbs(table):
        name = f"history_{table.name}_{verb}"
        referencing = {
            "insert": "NEW TABLE AS new_rows", "delete": "OLD TABLE AS old_rows", "update": "OLD TABLE AS old_rows NEW TABLE AS new_rows"
        }[verb]  # fmt: skip
        sql = _pg_statement(table, verb)
        # EXECUTE: planned for the rows there are this time, not for those of the first statement of the session.
        # No nested loops: what an import has kept so far has no statistics yet, and would be read once for each row.
        # No JIT: to compile the statement takes longer than to run it over 50,000 rows.
        yield (
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET jit = off SET enable_nestloop = off AS $history$ "
            f"DECLARE cause bigint; undoes bigint; BEGIN "
            f"SELECT id, undoes_id INTO cause, undoes FROM audit_operation WHERE is_open ORDER BY id DESC LIMIT 1; "
            f"EXECUTE $sql${sql}$sql$ USING cause, undoes; RETURN NULL; END $history$"
        )
        yield (
            f"CREATE TRIGGER {name} AFTER {verb.upper()} ON {table.db_table} REFERENCING {referencing} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )


def _pg_statement(table: Table, verb: str) -> str:
    if verb == "insert":
        skip = "true" if table.name == "student" else table.is_known("n", "$1, $2")
        return (
            f"{_INTO} clock_timestamp(), $1, '{table.name}', n.id, 'i', {table.owner('n')}, '{{}}' "
            f"FROM new_rows n WHERE {skip}"
        )
    every = verb == "delete"
    old = _object([_pg_column(column, every=every) for column in table.columns])
    where, join = table.is_known("o", "$1, $2"), ""
    if not every:
        join = "JOIN new_rows n ON n.id = o.id"
        looked_at = dict.fromkeys(column.told_by for column in table.columns)
        differs = [f"ROW({', '.join(f'{row}.{name}' for name in looked_at)})" for row in "on"]
        where = f"{differs[0]} IS DISTINCT FROM {differs[1]} AND {where}"
    return (
        f"{_INTO} clock_timestamp(), $1, '{table.name}', o.id, '{verb[0]}', {table.owner('o')}, {old} "
        f"FROM old_rows o {join} WHERE {where}"
    )


def _pg_column(column: Column, *, every: bool) -> str:
    value = {
        "sealed": f"to_json(encode(o.{column.name}, 'hex'))::text",
        "json": f"o.{column.name}::text",
        "plain": f"to_json(o.{column.name})::text",
    }[column.kind]
    told = f"'\"{column.name}\":' || coalesce({value}, 'null') || ','"
    if every:
        return told
    return f"CASE WHEN o.{column.told_by} IS DISTINCT FROM n.{column.told_by} THEN {told} ELSE '' END"


# --- SQLite: row by row ---------------------------------------------------------------------------------


def _sqlite(table: Table):
    for verb in verbs(table):
        row = "new" if verb == "insert" else "old"
        every = verb == "delete"
        old = "'{}'"
        if verb != "insert":
            old = _object([_sqlite_column(column, every=every) for column in table.columns])
        looked_at = dict.fromkeys(column.told_by for column in table.columns)
        when = " OR ".join(f"old.{name} IS NOT new.{name}" for name in looked_at)
        skip = "true" if (table.name, verb) == ("student", "insert") else table.is_known(row)
        yield (
            f"CREATE TRIGGER history_{table.name}_{verb} AFTER {verb.upper()} ON {table.db_table} FOR EACH ROW "
            f"{f'WHEN {when} ' if verb == 'update' else ''}BEGIN "
            f"{_INTO} strftime('%Y-%m-%d %H:%M:%f', 'now'), c.id, '{table.name}', {row}.id, '{verb[0]}', "
            f"{table.owner(row)}, {old} FROM (SELECT 1) o {_CAUSE} WHERE {skip}; END"
        )


def _sqlite_column(column: Column, *, every: bool) -> str:
    value = {
        "sealed": f"'\"' || hex(old.{column.name}) || '\"'",
        "json": f"old.{column.name}",
        "plain": f"json_quote(old.{column.name})",
    }[column.kind]
    told = f"'\"{column.name}\":' || coalesce({value}, 'null') || ','"
    if every:
        return told
    return f"CASE WHEN old.{column.told_by} IS NOT new.{column.told_by} THEN {told} ELSE '' END"
