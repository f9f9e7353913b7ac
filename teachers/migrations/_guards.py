"""Triggers that refuse a row, written once for both databases."""

import re

from django.db import migrations


def _name_of(table: str, event: str, what: str) -> str:
    return re.sub(r"\W+", "_", f"guard_{table}_{event.lower()}_{what}")


def _put_up(schema_editor, guards, locks) -> None:
    on_postgresql = schema_editor.connection.vendor == "postgresql"
    for table, event, what, condition, message in guards:
        name = _name_of(table, event, what)
        if on_postgresql:
            row = "OLD" if event == "DELETE" else "NEW"
            lock = locks.get((table, what), "")
            schema_editor.execute(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {lock}IF {condition} THEN "
                f"RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN {row}; END $$"
            )
            schema_editor.execute(
                f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"
            )
        else:
            schema_editor.execute(
                f"CREATE TRIGGER {name} BEFORE {event} ON {table} "
                f"FOR EACH ROW WHEN {condition} BEGIN SELECT RAISE(ABORT, '{message}'); END"
            )


def guarding(guards, locks=None) -> migrations.RunPython:
    """Return the operation that puts up ``guards``: (table, event, what, condition that refuses, message).

    ``locks``: (table, what) -> what PostgreSQL does first, so that two at once wait for each other; SQLite writes one at a time.
    """

    def put_up(apps, schema_editor):
        _put_up(schema_editor, guards, locks or {})

    def take_down(apps, schema_editor):
        on_postgresql = schema_editor.connection.vendor == "postgresql"
        for table, event, what, _, _ in guards:
            name = _name_of(table, event, what)
            schema_editor.execute(
                f"DROP FUNCTION {name}() CASCADE" if on_postgresql else f"DROP TRIGGER {name}"
            )

    return migrations.RunPython(put_up, take_down)
