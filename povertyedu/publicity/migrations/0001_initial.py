import django.db.models.deletion
import django.utils.timezone
import povertyedu.publicity.models
from django.db import migrations, models

from povertyedu.schema import CreateModels


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('orgs', '0001_initial'),
    ]

    operations = [
        CreateModels([
            migrations.CreateModel(
                name='Notice',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('token', models.CharField(default=povertyedu.publicity.models.new_token, max_length=32, unique=True, verbose_name='地址')),
                    ('about', models.CharField(db_index=True, help_text='subsidies.batch:12', max_length=60, verbose_name='所属事项')),
                    ('title', models.CharField(max_length=200, verbose_name='标题')),
                    ('rows', models.JSONField(help_text='列表，每行只有 PUBLIC_COLUMNS 的五项', verbose_name='名单')),
                    ('opens_on', models.DateField(verbose_name='公示开始')),
                    ('closes_on', models.DateField(verbose_name='公示最后一日')),
                    ('working_days', models.PositiveSmallIntegerField(verbose_name='工作日')),
                    ('phone', models.CharField(max_length=60, verbose_name='异议电话')),
                    ('print_only', models.BooleanField(default=False, verbose_name='只张贴')),
                    ('state', models.CharField(choices=[('open', '公示中'), ('closed', '已期满'), ('withdrawn', '已撤下')], default='open', max_length=10, verbose_name='状态')),
                    ('digest', models.CharField(max_length=64, verbose_name='内容摘要')),
                    ('taken_down_at', models.DateTimeField(blank=True, null=True, verbose_name='撤下时间')),
                    ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='时间')),
                    ('school', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='orgs.school', verbose_name='学校')),
                ],
                options={
                    'verbose_name': '公示',
                    'ordering': ['-pk'],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'open')), fields=('about', 'school'), name='one_open_notice_per_school'), models.CheckConstraint(condition=models.Q(('closes_on__gt', models.F('opens_on'))), name='notice_closes_after_it_opens'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'open'), ('taken_down_at', None)), models.Q(models.Q(('state', 'open'), _negated=True), ('taken_down_at__isnull', False)), _connector='OR'), name='notice_taken_down_has_time')],
                },
            ),
            migrations.CreateModel(
                name='Objection',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('subject', models.CharField(help_text='subsidies.line:345', max_length=60, verbose_name='对象')),
                    ('subject_name', models.CharField(max_length=60, verbose_name='学生')),
                    ('text', models.CharField(max_length=500, verbose_name='异议内容')),
                    ('raised_by', models.CharField(blank=True, help_text='可匿名', max_length=60, verbose_name='反映人')),
                    ('received_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='收到时间')),
                    ('received_by', models.CharField(max_length=60, verbose_name='登记人')),
                    ('state', models.CharField(choices=[('open', '待处理'), ('upheld', '成立'), ('dismissed', '不成立')], default='open', max_length=10, verbose_name='状态')),
                    ('answer', models.CharField(blank=True, max_length=500, verbose_name='处理结果')),
                    ('answered_at', models.DateTimeField(blank=True, null=True, verbose_name='处理时间')),
                    ('answered_by', models.CharField(blank=True, max_length=60, verbose_name='处理人')),
                    ('notice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='objections', to='publicity.notice', verbose_name='公示')),
                ],
                options={
                    'verbose_name': '异议',
                    'ordering': ['-pk'],
                    'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('answered_at', None), ('state', 'open')), models.Q(('answered_at__isnull', False), models.Q(('answer', ''), _negated=True), models.Q(('answered_by', ''), _negated=True)), _connector='OR'), name='objection_answered_in_words')],
                },
            ),
            migrations.CreateModel(
                name='Publication',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('token', models.CharField(default=povertyedu.publicity.models.new_token, max_length=32, unique=True, verbose_name='地址')),
                    ('about', models.CharField(db_index=True, help_text='projects.disclosure:12', max_length=60, verbose_name='所属事项')),
                    ('series', models.CharField(help_text='同一系列的是一份材料的几版', max_length=60, verbose_name='系列')),
                    ('version', models.PositiveSmallIntegerField(verbose_name='版次')),
                    ('title', models.CharField(max_length=200, verbose_name='标题')),
                    ('content', models.JSONField(verbose_name='内容')),
                    ('opens_on', models.DateField(verbose_name='公开日期')),
                    ('closes_on', models.DateField(blank=True, null=True, verbose_name='最后一日')),
                    ('keep', models.BooleanField(default=True, verbose_name='期满存档可查')),
                    ('phone', models.CharField(max_length=60, verbose_name='监督电话')),
                    ('state', models.CharField(choices=[('public', '公开中'), ('replaced', '已有新版'), ('archived', '已存档'), ('ended', '已期满撤下'), ('withdrawn', '已撤下')], default='public', max_length=10, verbose_name='状态')),
                    ('digest', models.CharField(max_length=64, verbose_name='内容摘要')),
                    ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='结束时间')),
                    ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='时间')),
                    ('area', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='publications', to='orgs.area', verbose_name='单位所在区划')),
                ],
                options={
                    'verbose_name': '公开事项',
                    'ordering': ['-pk'],
                    'constraints': [models.UniqueConstraint(fields=('series', 'version'), name='publication_version_once'), models.UniqueConstraint(condition=models.Q(('state', 'public')), fields=('series',), name='one_public_version_per_series'), models.CheckConstraint(condition=models.Q(('closes_on', None), ('closes_on__gte', models.F('opens_on')), _connector='OR'), name='publication_closes_after_it_opens'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at', None), ('state', 'public')), models.Q(models.Q(('state', 'public'), _negated=True), ('ended_at__isnull', False)), _connector='OR'), name='publication_ended_has_time')],
                },
            ),
        ]),
    ]
