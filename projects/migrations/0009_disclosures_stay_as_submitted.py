"""Trigger: what is to be public stays as it was submitted; a disclosure is never deleted."""

from django.db import migrations

TABLE = "projects_disclosure"
CHANGED = "OLD.{0} <> NEW.{0}"


def guards_of(vendor: str):
    # JSON is jsonb on PostgreSQL and text on SQLite: both compare
    content = " OR ".join(CHANGED.format(name) for name in ("content", "year", "kind", "version"))
    return (
        (
            "guard_projects_disclosure_update_content",
            "UPDATE",
            f"OLD.state NOT IN ('draft', 'returned') AND ({content})",
            "已提交的公开内容不得修改，请先退回",
        ),
        ("guard_projects_disclosure_delete_kept", "DELETE", "1 = 1", "项目公开记录不得删除"),
    )


def put_up(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    for name, event, condition, message in guards_of(vendor):
        if vendor == "postgresql":
            row = "OLD" if event == "DELETE" else "NEW"
            schema_editor.execute(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {condition} THEN "
                f"RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN {row}; END $$"
            )
            schema_editor.execute(
                f"CREATE TRIGGER {name} BEFORE {event} ON {TABLE} FOR EACH ROW EXECUTE FUNCTION {name}()"
            )
        else:
            schema_editor.execute(
                f"CREATE TRIGGER {name} BEFORE {event} ON {TABLE} "
                f"FOR EACH ROW WHEN {condition} BEGIN SELECT RAISE(ABORT, '{message}'); END"
            )


def take_down(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    for name, *_ in guards_of(vendor):
        schema_editor.execute(f"DROP FUNCTION {name}() CASCADE" if vendor == "postgresql" else f"DROP TRIGGER {name}")


class Migration(migrations.Migration):
    dependencies = [("projects", "0008_disclosures")]

    operations = [migrations.RunPython(put_up, take_down)]
