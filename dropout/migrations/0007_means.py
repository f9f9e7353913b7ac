"""安全、质量、情感控辍: by which means a plan keeps its child at school."""

from django.db import migrations, models
from django.db.models import Q

from povertyedu.schema import Altering


class Migration(migrations.Migration):
    dependencies = [("dropout", "0006_thoughts")]

    operations = [
        Altering(
            [
                migrations.AddField(
                    "plan",
                    "means",
                    models.PositiveSmallIntegerField(
                        "控辍办法", db_default=0, default=0, help_text="Means 的位"
                    ),
                ),
                migrations.AddConstraint(
                    "plan",
                    models.CheckConstraint(
                        name="plan_uses_means_that_are_known", condition=Q(means__lte=7)
                    ),
                ),
            ]
        )
    ]
