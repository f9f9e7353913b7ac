"""Whether a child is marked in a term is found by index: a batch asks it of everybody whose money is outstanding."""

from django.db import migrations, models

from povertyedu.schema import Altering


class Migration(migrations.Migration):

    dependencies = [
        ('students', '0003_deceased_move'),
    ]

    operations = [
        Altering([
            migrations.RemoveIndex(
                model_name='factchange',
                name='fact_change_by_term',
            ),
            migrations.AddIndex(
                model_name='factchange',
                index=models.Index(fields=['term', 'student'], name='fact_change_by_child'),
            ),
        ]),
    ]
