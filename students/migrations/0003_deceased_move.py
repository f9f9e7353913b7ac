"""A child that died leaves the roster by a move of its own kind (死亡注销)."""

from django.db import migrations, models

from povertyedu.schema import Altering


class Migration(migrations.Migration):

    dependencies = [
        ('orgs', '0001_initial'),
        ('students', '0002_triggers'),
    ]

    operations = [
        Altering([
            migrations.RemoveConstraint(
                model_name='move',
                name='move_has_the_schools_of_its_kind',
            ),
            migrations.AlterField(
                model_name='move',
                name='kind',
                field=models.CharField(choices=[('transfer', '县内转学'), ('out', '转往县外'), ('in', '县外转入'), ('leave', '休学'), ('return', '复学'), ('graduate', '提前毕业'), ('deceased', '死亡注销')], max_length=10, verbose_name='异动类型'),
            ),
            migrations.AddConstraint(
                model_name='move',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('from_school__isnull', False), ('kind', 'transfer'), ('to_school__isnull', False), models.Q(('from_school', models.F('to_school')), _negated=True), models.Q(('asked_by', ''), _negated=True)), models.Q(('from_school', None), ('kind', 'in'), ('to_school__isnull', False)), models.Q(('from_school__isnull', False), ('kind__in', ['out', 'leave', 'return', 'graduate', 'deceased']), ('to_school', None)), _connector='OR'), name='move_has_the_schools_of_its_kind', violation_error_message='转出、转入学校与异动类型不符'),
            ),
        ]),
    ]
