"""Every disposal names who follows it up, unless nothing is left to do."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('orgs', '0003_school_tags'),
        ('students', '0011_persons_of_lists'),
    ]

    operations = [
        migrations.AddConstraint(
            model_name='disposal',
            constraint=models.CheckConstraint(condition=models.Q(('owner__isnull', False), ('code__in', ('graduated', 'not_of_age', 'moved_away', 'deceased')), _connector='OR'), name='disposal_has_an_owner_or_is_settled', violation_error_message='请选择责任人'),
        ),
    ]
