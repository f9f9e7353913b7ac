"""The view of the four numbers, and the triggers by which the database itself refuses to touch what is paid."""

from django.db import migrations

# The casts keep the sums whole numbers: PostgreSQL adds bigints up to a numeric.
BALANCE = """
CREATE VIEW subsidies_balance AS
SELECT term_id, student_id, programme_id,
       CAST(SUM(entitled) AS bigint) AS entitled_fen, CAST(SUM(paid) AS bigint) AS paid_fen,
       CAST(SUM(in_hand) AS bigint) AS in_hand_fen,
       CAST(SUM(entitled) - SUM(paid) - SUM(in_hand) AS bigint) AS outstanding_fen
FROM (
    SELECT term_id, student_id, programme_id, amount_fen AS entitled, 0 AS paid, 0 AS in_hand
    FROM subsidies_entitlement
    UNION ALL
    SELECT term_id, student_id, programme_id, 0,
           CASE WHEN state = 'paid' THEN amount_fen ELSE 0 END,
           CASE WHEN state IN ('listed', 'held', 'sent') THEN amount_fen ELSE 0 END
    FROM subsidies_line WHERE payer = 'here' AND state IN ('paid', 'listed', 'held', 'sent')
) AS money
GROUP BY term_id, student_id, programme_id
"""

# What the bank answered for is neither changed nor deleted; nor a decision, a bank return, a bank file once written.
GUARDS = {
    "subsidies_line": ("OLD.state IN ('paid', 'failed')", "银行已答复的明细不得修改或删除"),
    "subsidies_bankfile": ("OLD.file_id IS NOT NULL", "已生成的银行文件不得修改或删除"),
    "subsidies_batchdecision": ("true", "办理记录不得修改或删除"),
    "subsidies_sheetdecision": ("true", "办理记录不得修改或删除"),
    "subsidies_bankreturn": ("true", "银行回盘不得修改或删除"),
}


def guard(apps, schema_editor):
    for table, (condition, message) in GUARDS.items():
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(
                f"CREATE FUNCTION guard_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                f"RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
            )
            schema_editor.execute(
                f"CREATE TRIGGER guard_{table} BEFORE UPDATE OR DELETE ON {table} "
                f"FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION guard_{table}()"
            )
        else:
            for verb in ("UPDATE", "DELETE"):
                schema_editor.execute(
                    f"CREATE TRIGGER guard_{table}_{verb.lower()} BEFORE {verb} ON {table} "
                    f"FOR EACH ROW WHEN {condition} BEGIN SELECT RAISE(ABORT, '{message}'); END"
                )


def unguard(apps, schema_editor):
    for table in GUARDS:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f"DROP FUNCTION guard_{table}() CASCADE")
        else:
            for verb in ("update", "delete"):
                schema_editor.execute(f"DROP TRIGGER guard_{table}_{verb}")


class Migration(migrations.Migration):
    dependencies = [("subsidies", "0001_initial")]
    operations = [
        migrations.RunSQL(BALANCE, "DROP VIEW subsidies_balance"),
        migrations.RunPython(guard, unguard),
    ]
