"""What a child gets once in its life stands on one open line at most, whatever the term."""

from django.db import migrations, models

from povertyedu.schema import Altering


class Migration(migrations.Migration):

    dependencies = [
        ('subsidies', '0002_views_and_triggers'),
    ]

    operations = [
        Altering([
            migrations.AddField(
                model_name='line',
                name='once',
                field=models.BooleanField(db_default=False, default=False, verbose_name='一生一次'),
            ),
            migrations.AddConstraint(
                model_name='line',
                constraint=models.UniqueConstraint(condition=models.Q(('once', True), ('state__in', ['listed', 'held', 'sent'])), fields=('student', 'programme', 'payer'), name='once_in_a_lifetime_on_one_open_line'),
            ),
        ]),
    ]
