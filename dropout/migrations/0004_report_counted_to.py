"""A report frozen before its month was over counts to that day; the next one begins on the day after."""

from django.db import migrations, models

from povertyedu.schema import Altering


class Migration(migrations.Migration):
    dependencies = [("dropout", "0003_duty_put_off")]

    operations = [
        Altering(
            [migrations.AddField("report", "counted_to", models.DateField("统计到", blank=True, null=True))]
        )
    ]
