"""思想状态: how a child feels about school, told at a contact or at a visit."""

from django.db import migrations, models

from povertyedu.schema import Altering

THOUGHTS = [
    ("steady", "稳定"),
    ("weary", "厌学"),
    ("low", "情绪低落"),
    ("wants_work", "想外出打工"),
    ("other", "其他波动"),
]


def thoughts() -> models.Field:
    return models.CharField("思想状态", blank=True, choices=THOUGHTS, db_default="", max_length=12)


class Migration(migrations.Migration):
    dependencies = [("dropout", "0005_reopened_since")]

    operations = [
        Altering([migrations.AddField(name, "thoughts", thoughts()) for name in ("followup", "homevisit")])
    ]
