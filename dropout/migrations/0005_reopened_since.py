"""A case that is reopened says since when its child is away again."""

from django.db import migrations, models

from povertyedu.schema import Altering


class Migration(migrations.Migration):

    dependencies = [
        ('dropout', '0004_report_counted_to'),
        ('files', '0001_initial'),
    ]

    operations = [
        Altering([
            migrations.AddField(
                model_name='caseproposal',
                name='since',
                field=models.DateField(blank=True, null=True, verbose_name='再次离校的日期'),
            ),
            migrations.AddConstraint(
                model_name='caseproposal',
                constraint=models.CheckConstraint(condition=models.Q(('since', None), ('kind', 'reopen'), _connector='OR'), name='only_a_reopening_says_since_when'),
            ),
        ]),
    ]
