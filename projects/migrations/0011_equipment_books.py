"""Triggers: a purchase list stands still once it left its draft, acceptances and the asset book stay as written and are added up."""

import re

from django.db import migrations

NOT_DRAFT = "(SELECT p.state FROM projects_purchase p WHERE p.id = {key}) <> 'draft'"
OF_ITEM = "(SELECT i.purchase_id FROM projects_purchaseitem i WHERE i.id = {row}.item_id)"
FROZEN = "采购清单已提交，不能再改；请先退回修改"
SHARE_CHANGED = (
    "(NEW.quantity <> OLD.quantity OR NEW.school_id <> OLD.school_id OR NEW.item_id <> OLD.item_id)"
)


def _of_list(table: str, key: str) -> list[tuple]:
    return [
        (
            table,
            event,
            "draft",
            NOT_DRAFT.format(key=key.format(row="OLD" if event == "DELETE" else "NEW")),
            FROZEN,
        )
        for event in ("INSERT", "UPDATE", "DELETE")
    ]


GUARDS = (
    *_of_list("projects_purchaseitem", "{row}.purchase_id"),
    *(
        (table, event, what, f"{SHARE_CHANGED} AND {condition}" if event == "UPDATE" else condition, message)
        for table, event, what, condition, message in _of_list("projects_purchaseshare", OF_ITEM)
    ),
    ("projects_acceptanceline", "UPDATE", "kept", "1 = 1", "验收数不得修改，请退回重验"),
    ("projects_acceptanceline", "DELETE", "kept", "1 = 1", "验收数不得删除，请退回重验"),
    ("projects_assetentry", "UPDATE", "kept", "1 = 1", "资产变动不得修改，请另记一笔"),
    ("projects_assetentry", "DELETE", "kept", "1 = 1", "资产变动不得删除，请另记一笔"),
    ("projects_asset", "DELETE", "kept", "1 = 1", "资产卡片不得删除，请登记处置"),
    ("projects_asset", "INSERT", "zero", "NEW.quantity <> 0", "在册数只能由资产变动得出"),
)
ADD_UP = "UPDATE projects_asset SET quantity = quantity + NEW.quantity WHERE id = NEW.asset_id;"


def guards_of(vendor: str):
    """Return every guard; that a sum is changed by hand is told apart in the way each database can."""
    if vendor == "postgresql":  # depth 1 is this trigger itself, 2 its being caused by that of an entry
        by_hand = "pg_trigger_depth() < 2 AND NEW.quantity <> OLD.quantity"
    else:
        by_hand = "NEW.quantity <> (SELECT COALESCE(SUM(e.quantity), 0) FROM projects_assetentry e WHERE e.asset_id = NEW.id)"
    return (*GUARDS, ("projects_asset", "UPDATE", "sum", by_hand, "在册数只能由资产变动得出"))


def name_of(table, event, what):
    return re.sub(r"\W+", "_", f"guard_{table}_{event.lower()}_{what}")


def put_up(apps, schema_editor):
    on_postgresql = schema_editor.connection.vendor == "postgresql"
    for table, event, what, condition, message in guards_of(schema_editor.connection.vendor):
        name = name_of(table, event, what)
        if on_postgresql:
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
    if on_postgresql:
        schema_editor.execute(
            f"CREATE FUNCTION add_up_asset_entry() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {ADD_UP} RETURN NULL; END $$"
        )
        schema_editor.execute(
            "CREATE TRIGGER add_up_asset_entry AFTER INSERT ON projects_assetentry FOR EACH ROW EXECUTE FUNCTION add_up_asset_entry()"
        )
    else:
        schema_editor.execute(
            f"CREATE TRIGGER add_up_asset_entry AFTER INSERT ON projects_assetentry FOR EACH ROW BEGIN {ADD_UP} END"
        )


def take_down(apps, schema_editor):
    on_postgresql = schema_editor.connection.vendor == "postgresql"
    names = [name_of(*guard[:3]) for guard in guards_of(schema_editor.connection.vendor)]
    for name in [*names, "add_up_asset_entry"]:
        schema_editor.execute(f"DROP FUNCTION {name}() CASCADE" if on_postgresql else f"DROP TRIGGER {name}")


class Migration(migrations.Migration):
    dependencies = [("projects", "0010_equipment")]

    operations = [migrations.RunPython(put_up, take_down)]
