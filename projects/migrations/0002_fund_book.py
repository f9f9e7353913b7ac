"""Triggers of the fund book: entries stay as written and are added up onto their line and part by the database itself."""

import re

from django.db import migrations

# What stands in the book is never changed or deleted; what an entry refers to must fit it.
GUARDS = (
    ("projects_fundentry", "UPDATE", "kept", "1 = 1", "项目资金账不得修改，只能冲销"),
    ("projects_fundentry", "DELETE", "kept", "1 = 1", "项目资金账不得删除，只能冲销"),
    (
        "projects_fundentry", "INSERT", "reversal",
        "NEW.reverses_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM projects_fundentry o WHERE o.id = NEW.reverses_id "
        "AND o.line_id = NEW.line_id AND COALESCE(o.part_id, 0) = COALESCE(NEW.part_id, 0) AND o.kind = NEW.kind "
        "AND o.amount_fen = -NEW.amount_fen AND o.reverses_id IS NULL)",
        "冲销应与原登记的资金、事项、金额一致",
    ),
    (
        "projects_fundentry", "INSERT", "approved",
        "NEW.request_id IS NOT NULL AND NEW.reverses_id IS NULL AND NOT EXISTS "
        "(SELECT 1 FROM projects_fundrequest r WHERE r.id = NEW.request_id AND r.state = 'approved')",
        "没有批准的申请，不能据以登记资金",
    ),
    (
        "projects_fundentry", "INSERT", "part",
        "NEW.part_id IS NOT NULL AND NOT EXISTS "
        "(SELECT 1 FROM projects_contractpart p WHERE p.id = NEW.part_id AND p.line_id = NEW.line_id)",
        "合同资金与项目资金不一致",
    ),
    (
        "projects_contractpart", "INSERT", "project",
        "(SELECT c.project_id FROM projects_contract c WHERE c.id = NEW.contract_id) <> "
        "(SELECT l.project_id FROM projects_fundline l WHERE l.id = NEW.line_id)",
        "合同与资金不是同一个项目的",
    ),
    ("projects_fundrequest", "UPDATE", "decided", "OLD.state <> 'asked'", "已办结的申请不得修改"),
    ("projects_fundrequest", "DELETE", "decided", "1 = 1", "项目资金申请不得删除"),
    ("projects_progressreport", "UPDATE", "kept", "1 = 1", "进度填报不得修改，请重新填报"),
    ("projects_progressreport", "DELETE", "kept", "1 = 1", "进度填报不得删除，请重新填报"),
    ("projects_projectfile", "UPDATE", "kept", "1 = 1", "项目文件不得修改或删除"),
    ("projects_projectfile", "DELETE", "kept", "1 = 1", "项目文件不得修改或删除"),
)  # fmt: skip
LINE = {
    "budget_fen": "budget", "arrived_fen": "arrival", "contracted_fen": "contract", "paid_fen": "payment",
    "over_contract_fen": "over_contract", "over_pay_fen": "over_pay",
}  # fmt: skip
PART = {"contracted_fen": "contract", "paid_fen": "payment", "over_pay_fen": "over_pay"}
BY_HAND = "资金合计只能由资金账登记得出"


def _added(columns) -> str:
    return ", ".join(
        f"{column} = {column} + CASE WHEN NEW.kind = '{kind}' THEN NEW.amount_fen ELSE 0 END"
        for column, kind in columns.items()
    )


ADD_UP = (
    f"UPDATE projects_fundline SET {_added(LINE)} WHERE id = NEW.line_id; "
    f"UPDATE projects_contractpart SET {_added(PART)} WHERE id = NEW.part_id;"
)


def _differs(key: str, columns) -> str:
    """Return the SQLite condition that a row's sums are not those of its entries."""
    return " OR ".join(
        f"NEW.{column} <> (SELECT COALESCE(SUM(e.amount_fen), 0) FROM projects_fundentry e "
        f"WHERE e.{key} = NEW.id AND e.kind = '{kind}')"
        for column, kind in columns.items()
    )


def _changes(columns) -> str:
    return " OR ".join(f"NEW.{column} <> OLD.{column}" for column in columns)


def guards_of(vendor: str):
    """Return every guard; that sums are changed by hand is told apart in the way each database can."""
    sums = []
    for table, key, columns in (
        ("projects_fundline", "line_id", LINE), ("projects_contractpart", "part_id", PART),
    ):  # fmt: skip
        begins = " OR ".join(f"NEW.{column} <> 0" for column in columns)
        sums.append((table, "INSERT", "zero", begins, BY_HAND))
        if vendor == "postgresql":  # depth 1 is this trigger itself, 2 its being caused by that of an entry
            condition = f"pg_trigger_depth() < 2 AND ({_changes(columns)})"
        else:
            condition = _differs(key, columns)
        sums.append((table, "UPDATE", "sums", condition, BY_HAND))
    return (*GUARDS, *sums)


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
            f"CREATE FUNCTION add_up_fund_entry() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {ADD_UP} RETURN NULL; END $$"
        )
        schema_editor.execute(
            "CREATE TRIGGER add_up_fund_entry AFTER INSERT ON projects_fundentry FOR EACH ROW EXECUTE FUNCTION add_up_fund_entry()"
        )
    else:
        schema_editor.execute(
            f"CREATE TRIGGER add_up_fund_entry AFTER INSERT ON projects_fundentry FOR EACH ROW BEGIN {ADD_UP} END"
        )


def take_down(apps, schema_editor):
    on_postgresql = schema_editor.connection.vendor == "postgresql"
    names = [name_of(*guard[:3]) for guard in guards_of(schema_editor.connection.vendor)]
    for name in [*names, "add_up_fund_entry"]:
        schema_editor.execute(f"DROP FUNCTION {name}() CASCADE" if on_postgresql else f"DROP TRIGGER {name}")


class Migration(migrations.Migration):
    dependencies = [("projects", "0001_projects_and_their_money")]

    operations = [migrations.RunPython(put_up, take_down)]
