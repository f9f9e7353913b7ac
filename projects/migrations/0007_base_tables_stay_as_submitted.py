"""Triggers: rows of a base table that was handed in stay as they were, and an accepted table stays."""

import re

from django.db import migrations

HANDED_IN = "EXISTS (SELECT 1 FROM projects_basetable t WHERE t.id = {row}.table_id AND t.state IN ('submitted', 'accepted'))"
ROWS_KEPT = "已报送的双月报不得修改，请先退回"
GUARDS = (
    ("projects_basetablerow", "INSERT", HANDED_IN.format(row="NEW"), ROWS_KEPT),
    ("projects_basetablerow", "UPDATE", HANDED_IN.format(row="OLD"), ROWS_KEPT),
    ("projects_basetablerow", "DELETE", HANDED_IN.format(row="OLD"), ROWS_KEPT),
    ("projects_basetable", "UPDATE", "OLD.state = 'accepted'", "已审定的双月报不得修改"),
    ("projects_basetable", "DELETE", "OLD.state <> 'draft'", "报送过的双月报不得删除"),
)


def name_of(table, event):
    return re.sub(r"\W+", "_", f"guard_{table}_{event.lower()}_kept")


def put_up(apps, schema_editor):
    for table, event, condition, message in GUARDS:
        name = name_of(table, event)
        if schema_editor.connection.vendor == "postgresql":
            row = "OLD" if event == "DELETE" else "NEW"
            schema_editor.execute(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {condition} THEN "
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


def take_down(apps, schema_editor):
    on_postgresql = schema_editor.connection.vendor == "postgresql"
    for table, event, *_ in GUARDS:
        name = name_of(table, event)
        schema_editor.execute(f"DROP FUNCTION {name}() CASCADE" if on_postgresql else f"DROP TRIGGER {name}")


class Migration(migrations.Migration):
    dependencies = [("projects", "0006_base_tables")]

    operations = [migrations.RunPython(put_up, take_down)]
