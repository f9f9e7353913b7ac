"""What a proposed end interrupts is put off, and stands again with its deadline where the end is refused."""

from django.db import migrations, models
from django.db.models import Q

from povertyedu.schema import Altering


class Migration(migrations.Migration):
    dependencies = [("dropout", "0002_triggers")]

    operations = [
        Altering(
            [
                migrations.AddField(
                    "duty",
                    "is_put_off",
                    models.BooleanField("提请复核时停下", db_default=False, default=False),
                ),
                migrations.AddConstraint(
                    "duty",
                    models.CheckConstraint(
                        name="duty_put_off_is_not_open",
                        condition=Q(is_put_off=False) | Q(done_on__isnull=False),
                    ),
                ),
            ]
        )
    ]
