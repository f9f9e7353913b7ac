"""Operations that migrations of this house are made of: many tables at once, changes beside triggers, triggers for both databases.

``guarding`` refuses rows, ``keeping`` refuses any change or deletion, ``counting`` adds rows up onto another. Messages are
Chinese sentences that a user may meet. On PostgreSQL each trigger has a function of its own name.

An app's triggers come after its tables; what changes a table after that stands in :class:`Altering`.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import contextmanager

from django.db import migrations
from django.db.migrations.operations.base import Operation

# table, event, what, condition that refuses (one text, or one for each vendor), message
Guard = tuple[str, str, str, str | Mapping[str, str], str]


class CreateModels(Operation):
    """Create ``models``, each after those it points to.

    After every single ``CreateModel`` Django builds all models anew that are related to it, at last some 250 of them: that
    took nine tenths of the time of a first ``migrate``. Here they are built once.
    """

    def __init__(self, models: Sequence[migrations.CreateModel]):
        self.models = models

    def state_forwards(self, app_label, state) -> None:
        state.__dict__.pop("apps", None)  # a cached property: built when it is next asked for
        for model in self.models:
            model.state_forwards(app_label, state)

    def database_forwards(self, app_label, schema_editor, from_state, to_state) -> None:
        for model in self.models:
            model.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state) -> None:
        for model in reversed(self.models):
            model.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        return f"Create models {', '.join(model.name for model in self.models)}"


class Altering(migrations.SeparateDatabaseAndState):
    """Run ``operations`` on tables that stand already, while triggers and views stand aside on SQLite.

    SQLite changes a table by rebuilding it. With the old table go its triggers, and it refuses while a trigger of another table
    or a view names it.
    """

    def __init__(self, operations: Sequence[Operation]):
        super().__init__(operations, operations)

    def deconstruct(self):
        return type(self).__name__, [self.state_operations], {}

    def database_forwards(self, app_label, schema_editor, from_state, to_state) -> None:
        with _standing_aside(schema_editor):
            super().database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state) -> None:
        with _standing_aside(schema_editor):
            super().database_backwards(app_label, schema_editor, from_state, to_state)


@contextmanager
def _standing_aside(schema_editor):
    if schema_editor.connection.vendor != "sqlite":
        yield
        return
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            "SELECT type, name, sql FROM sqlite_master WHERE type IN ('trigger', 'view') ORDER BY type DESC"
        )
        stood = cursor.fetchall()
    for kind, name, _ in reversed(stood):
        schema_editor.execute(f'DROP {kind} "{name}"', params=None)
    yield
    for _, _, sql in stood:  # views first, triggers may name them
        schema_editor.execute(sql, params=None)


class Triggers(Operation):
    """Put triggers up, or take them down; ``write`` gives their SQL and ``names`` their names on the database of that vendor.

    What stands under the same name goes first, so that a guard can be put up anew with another condition.
    """

    def __init__(self, write: Callable[[str], Iterable[str]], names: Callable[[str], Iterable[str]]):
        self.write, self.names = write, names

    def state_forwards(self, app_label, state) -> None:
        """Triggers are no part of Django's models."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state) -> None:
        self.database_backwards(app_label, schema_editor, from_state, to_state)
        for sql in self.write(schema_editor.connection.vendor):
            schema_editor.execute(sql)

    def database_backwards(self, app_label, schema_editor, from_state, to_state) -> None:
        vendor = schema_editor.connection.vendor
        for name in self.names(vendor):
            schema_editor.execute(
                f"DROP FUNCTION IF EXISTS {name}() CASCADE"
                if vendor == "postgresql"
                else f"DROP TRIGGER IF EXISTS {name}"
            )

    def describe(self) -> str:
        return "Put up triggers"


def guarding(guards: Sequence[Guard], locks: Mapping[tuple[str, str], str] | None = None) -> Triggers:
    """Return the operation that puts up ``guards``; a condition may ask other tables.

    ``locks``: (table, what) -> what PostgreSQL does first, so that two at once wait for each other; SQLite writes one at a time.
    """

    def write(vendor: str) -> Iterable[str]:
        for table, event, what, condition, message in guards:
            name = _guard(table, event, what)
            asked = condition if isinstance(condition, str) else condition[vendor]
            if vendor == "postgresql":
                first = (locks or {}).get((table, what), "")
                row = "OLD" if event == "DELETE" else "NEW"
                yield _function(name, f"{first}IF {asked} THEN {_raise(message)} END IF; RETURN {row};")
                yield f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"
            else:
                yield f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW WHEN {asked} BEGIN {_abort(message)} END"

    return Triggers(write, lambda vendor: [_guard(*guard[:3]) for guard in guards])


def keeping(tables: Mapping[str, str | tuple[str, str]]) -> Triggers:
    """Return the operation by which no row of ``tables`` is changed or deleted.

    ``tables``: name -> message, or (condition, message); the condition asks the old row only, and costs no call of a function.
    """
    verbs = ("UPDATE", "DELETE")

    def write(vendor: str) -> Iterable[str]:
        for table, told in tables.items():
            condition, message = ("", told) if isinstance(told, str) else told
            if vendor == "postgresql":
                name, when = f"guard_{table}", f"WHEN ({condition}) " if condition else ""
                yield _function(name, _raise(message))
                yield (
                    f"CREATE TRIGGER {name} BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW {when}EXECUTE FUNCTION {name}()"
                )
                continue
            when = f"WHEN {condition} " if condition else ""
            for verb in verbs:
                yield f"CREATE TRIGGER {_guard(table, verb)} BEFORE {verb} ON {table} FOR EACH ROW {when}BEGIN {_abort(message)} END"

    def names(vendor: str) -> Iterable[str]:
        if vendor == "postgresql":
            return [f"guard_{table}" for table in tables]
        return [_guard(table, verb) for table in tables for verb in verbs]

    return Triggers(write, names)


def counting(changes: Sequence[tuple[str, str, str, str]]) -> Triggers:
    """Return the operation that puts up ``changes``: (name, table, event, statements that follow each row)."""

    def write(vendor: str) -> Iterable[str]:
        for name, table, event, change in changes:
            if vendor == "postgresql":
                yield _function(name, f"{change}; RETURN NULL;")
                yield f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"
            else:
                yield f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW BEGIN {change}; END"

    return Triggers(write, lambda vendor: [change[0] for change in changes])


def counted(table: str, columns: Mapping[str, str], message: str, what: str = "sums") -> tuple[Guard, Guard]:
    """Return the guards by which ``columns`` begin at 0 and are changed by triggers only; ``columns``: name -> its value counted anew.

    PostgreSQL knows that a trigger writes: depth 1 is the guard itself, 2 its being caused by another. SQLite cannot tell, but can count.
    """
    begins = " OR ".join(f"NEW.{column} <> 0" for column in columns)
    changes = " OR ".join(f"NEW.{column} <> OLD.{column}" for column in columns)
    anew = " OR ".join(f"NEW.{column} <> ({value})" for column, value in columns.items())
    by_hand = {"postgresql": f"pg_trigger_depth() < 2 AND ({changes})", "sqlite": anew}
    return (table, "INSERT", "zero", begins, message), (table, "UPDATE", what, by_hand, message)


def _guard(table: str, event: str, what: str = "") -> str:
    parts = ("guard", table, re.sub(r"\W+", "_", event.lower()), what)
    return "_".join(part for part in parts if part)


def _function(name: str, body: str) -> str:
    return f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$"


def _raise(message: str) -> str:
    return f"RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation';"


def _abort(message: str) -> str:
    return f"SELECT RAISE(ABORT, '{message}');"
