"""A child's aid of a term in one row, so that the coverage equation joins it once instead of asking it child by child."""

from django.db import migrations, models

# Money under a merged record counts for the record that was kept; in branches, so that a term is found by index.
VIEW = """
CREATE VIEW subsidies_aid AS
SELECT term_id, student_id, CAST(SUM(cash) AS bigint) AS cash_fen, CAST(SUM(other) AS bigint) AS other_fen,
       CAST(SUM(paid) AS bigint) AS paid_fen, CAST(SUM(owed) AS bigint) AS programmes
FROM (
    SELECT term_id, student_id, CASE WHEN kind = 'cash' THEN amount_fen ELSE 0 END AS cash,
           CASE WHEN kind = 'cash' THEN 0 ELSE amount_fen END AS other, 0 AS paid, 1 AS owed
    FROM subsidies_entitlement WHERE kind IN ('cash', 'waiver', 'in_kind')
    UNION ALL
    SELECT term_id, student_id, 0, 0, amount_fen, 0 FROM subsidies_line
    WHERE payer = 'here' AND state = 'paid'
      AND student_id NOT IN (SELECT id FROM students_student WHERE merged_into_id IS NOT NULL)
    UNION ALL
    SELECT l.term_id, s.merged_into_id, 0, 0, l.amount_fen, 0
    FROM students_student s JOIN subsidies_line l ON l.student_id = s.id
    WHERE s.merged_into_id IS NOT NULL AND l.payer = 'here' AND l.state = 'paid'
) AS money
GROUP BY term_id, student_id
"""


class Migration(migrations.Migration):
    dependencies = [("subsidies", "0015_cause_of_a_run"), ("students", "0008_merged_record")]

    operations = [
        migrations.CreateModel(
            name="Aid",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "term", "student", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("cash_fen", models.BigIntegerField()),
                ("other_fen", models.BigIntegerField()),
                ("paid_fen", models.BigIntegerField()),
                ("programmes", models.BigIntegerField()),
            ],
            options={"verbose_name": "学生本学期资助", "db_table": "subsidies_aid", "managed": False},
        ),
        migrations.RunSQL(VIEW, "DROP VIEW subsidies_aid"),
    ]
