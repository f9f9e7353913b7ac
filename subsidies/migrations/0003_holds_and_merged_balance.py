"""More reasons to hold a line; and money under a merged record counts for the record that was kept."""

from importlib import import_module

from django.db import migrations, models

BEFORE = import_module("subsidies.migrations.0002_balance_and_guards").BALANCE

# Two branches of lines instead of one join: both can be asked by a child's key, by index.
AFTER = """
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
      AND student_id NOT IN (SELECT student_id FROM students_mergedrecord)
    UNION ALL
    SELECT l.term_id, m.keeper_id, l.programme_id, 0,
           CASE WHEN l.state = 'paid' THEN l.amount_fen ELSE 0 END,
           CASE WHEN l.state IN ('listed', 'held', 'sent') THEN l.amount_fen ELSE 0 END
    FROM students_mergedrecord m JOIN subsidies_line l ON l.student_id = m.student_id
    WHERE l.payer = 'here' AND l.state IN ('paid', 'listed', 'held', 'sent')
) AS money
GROUP BY term_id, student_id, programme_id
"""


class Migration(migrations.Migration):
    dependencies = [("subsidies", "0002_balance_and_guards"), ("students", "0008_merged_record")]

    operations = [
        migrations.AlterField(
            model_name="line",
            name="hold",
            field=models.CharField(
                blank=True,
                choices=[
                    ("entitlement_fell", "应享金额已降低"),
                    ("objection", "公示有异议"),
                    ("no_account", "没有银行账户"),
                    ("holder_differs", "开户人不是学生或监护人"),
                    ("dual_enrolment", "双重学籍"),
                    ("false_enrolment", "虚假学籍"),
                    ("merged_record", "档案已并入他人"),
                    ("by_hand", "人工暂缓"),
                ],
                max_length=20,
                verbose_name="暂缓原因",
            ),
        ),
        migrations.RunSQL("DROP VIEW subsidies_balance", BEFORE),
        migrations.RunSQL(AFTER, "DROP VIEW subsidies_balance"),
    ]
