"""薄弱学校: a contact person and measures for each."""

import django.db.models.deletion
import povertyedu.orgs.calendar
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('dropout', '0007_means'),
        ('orgs', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='WeakSchool',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(max_length=200, verbose_name='薄弱在哪里')),
                ('contact', models.CharField(blank=True, max_length=60, verbose_name='联系人')),
                ('phone', models.CharField(blank=True, max_length=30, verbose_name='联系人电话')),
                ('measures', models.CharField(blank=True, max_length=500, verbose_name='对策')),
                ('listed_on', models.DateField(default=povertyedu.orgs.calendar.today, verbose_name='列入日期')),
                ('closed_on', models.DateField(blank=True, null=True, verbose_name='移出日期')),
                ('by_name', models.CharField(max_length=60, verbose_name='登记人')),
                ('school', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orgs.school', verbose_name='学校')),
            ],
            options={
                'verbose_name': '薄弱学校',
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('closed_on', None)), fields=('school',), name='school_is_weak_once', violation_error_message='这所学校已在薄弱学校名单里。'), models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='weak_school_says_why', violation_error_message='请写明薄弱在哪里。'), models.CheckConstraint(condition=models.Q(('closed_on', None), ('closed_on__gte', models.F('listed_on')), _connector='OR'), name='weak_school_ends_after_it_began', violation_error_message='移出日期不能早于列入日期。')],
            },
        ),
    ]
