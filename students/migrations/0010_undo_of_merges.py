"""Taking a merge back needs a second person, as the merge did."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("students", "0009_facts"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="duplicatepair",
            name="proposed_pair_has_a_keeper",
        ),
        migrations.RemoveConstraint(
            model_name="duplicatepair",
            name="pair_merged_by_a_second_person",
        ),
        migrations.AddField(
            model_name="duplicatepair",
            name="undo_asked_by_id",
            field=models.BigIntegerField(blank=True, null=True, verbose_name="提请撤销人编号"),
        ),
        migrations.AlterField(
            model_name="duplicatepair",
            name="state",
            field=models.CharField(
                choices=[
                    ("open", "待判定"),
                    ("proposed", "待复核合并"),
                    ("different", "不是同一人"),
                    ("merged", "已合并"),
                    ("undoing", "待复核撤销"),
                ],
                default="open",
                max_length=10,
                verbose_name="状态",
            ),
        ),
        migrations.AddConstraint(
            model_name="duplicatepair",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["proposed", "merged", "undoing"]), _negated=True),
                    models.Q(("keeper__isnull", False), ("proposed_by_id__isnull", False)),
                    _connector="OR",
                ),
                name="proposed_pair_has_a_keeper",
            ),
        ),
        migrations.AddConstraint(
            model_name="duplicatepair",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["merged", "undoing"]), _negated=True),
                    models.Q(
                        ("confirmed_by_id__isnull", False),
                        ("merged_at__isnull", False),
                        models.Q(("confirmed_by_id", models.F("proposed_by_id")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="pair_merged_by_a_second_person",
                violation_error_message="提请人不能复核自己的合并",
            ),
        ),
        migrations.AddConstraint(
            model_name="duplicatepair",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "undoing"), ("undo_asked_by_id__isnull", False)),
                    models.Q(models.Q(("state", "undoing"), _negated=True), ("undo_asked_by_id", None)),
                    _connector="OR",
                ),
                name="undoing_pair_says_who_asked",
            ),
        ),
    ]
