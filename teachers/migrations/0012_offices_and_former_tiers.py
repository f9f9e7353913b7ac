"""借调 to an office that is no school; the tiers of remoteness that schools had; years of a training plan that are inferred."""

from importlib import import_module

import django.db.models.deletion
from django.db import migrations, models

from ._guards import _put_up

DEPLOYMENTS = import_module("teachers.migrations.0004_deployments")


def guard_again(apps, schema_editor):
    """SQLite makes the table of deployments anew to change it, and with the old one go its triggers."""
    if schema_editor.connection.vendor == "sqlite":
        guards = [guard for guard in DEPLOYMENTS.GUARDS if guard[0] == DEPLOYMENTS.TABLE]
        _put_up(schema_editor, guards, {})


class Migration(migrations.Migration):

    dependencies = [
        ('orgs', '0006_former_tags'),
        ('teachers', '0011_training_counts'),
    ]

    operations = [
        migrations.CreateModel(
            name='FormerTier',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('remoteness', models.PositiveSmallIntegerField(choices=[(0, '城区和乡镇驻地'), (1, '一类（较近）'), (2, '二类（较远）'), (3, '三类（偏远）'), (4, '四类（最偏远）')], verbose_name='偏远程度')),
                ('before', models.DateField(help_text='从这个月 1 日起是后来的档次', verbose_name='到哪个月为止')),
                ('document', models.CharField(blank=True, max_length=120, verbose_name='依据（文号）')),
                ('by_name', models.CharField(max_length=60, verbose_name='经办人')),
            ],
            options={
                'verbose_name': '原来的偏远程度',
                'ordering': ['school', 'before'],
            },
        ),
        migrations.RemoveConstraint(
            model_name='deployment',
            name='agreed_deployment_has_both_schools',
        ),
        migrations.AddField(
            model_name='deployment',
            name='office',
            field=models.CharField(blank=True, help_text='借调到学校以外的单位', max_length=80, verbose_name='借调单位'),
        ),
        migrations.AddField(
            model_name='trainingtarget',
            name='is_inferred',
            field=models.BooleanField(default=False, help_text='文件没有写明是哪一年，按先后推定', verbose_name='年度为推定'),
        ),
        migrations.AlterField(
            model_name='deployment',
            name='receiving',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='deployments_in', to='orgs.school', verbose_name='接收学校'),
        ),
        migrations.AddConstraint(
            model_name='deployment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('office', ''), ('receiving__isnull', False)), models.Q(('kind', 'secondment'), ('receiving', None), models.Q(('office', ''), _negated=True)), _connector='OR'), name='deployment_is_to_a_school_or_an_office', violation_error_message='请选接收学校；只有借调可以到学校以外的单位，那时不选接收学校，填借调单位。'),
        ),
        migrations.AddConstraint(
            model_name='deployment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ('agreed', 'under_way', 'returned', 'extended', 'ended_early')), models.Q(('origin', 'recorded'), _negated=True), _negated=True), models.Q(('sending_agreed_by_id__isnull', False), models.Q(('receiving_agreed_by_id__isnull', False), models.Q(('receiving', None), ('receiving_agreed_by_id', None)), _connector='OR')), _connector='OR'), name='agreed_deployment_has_both_schools'),
        ),
        migrations.AddField(
            model_name='formertier',
            name='school',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='former_tiers', to='orgs.school', verbose_name='学校'),
        ),
        migrations.AddConstraint(
            model_name='formertier',
            constraint=models.UniqueConstraint(fields=('school', 'before'), name='former_tier_once_a_month'),
        ),
        migrations.AddConstraint(
            model_name='formertier',
            constraint=models.CheckConstraint(condition=models.Q(('before__day', 1)), name='former_tier_ends_with_a_month'),
        ),
        migrations.AddConstraint(
            model_name='formertier',
            constraint=models.CheckConstraint(condition=models.Q(('remoteness__lte', 4)), name='former_tier_is_known'),
        ),
        migrations.RunPython(guard_again, migrations.RunPython.noop),
    ]
