import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from povertyedu.schema import CreateModels


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
    ]

    operations = [
        CreateModels([
            migrations.CreateModel(
                name='Job',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(max_length=40, verbose_name='种类')),
                    ('label', models.CharField(max_length=120, verbose_name='名称')),
                    ('arguments', models.JSONField(default=dict, verbose_name='参数')),
                    ('url', models.CharField(blank=True, max_length=200, verbose_name='所在页面')),
                    ('lock', models.CharField(blank=True, max_length=100, verbose_name='互斥对象')),
                    ('state', models.CharField(choices=[('queued', '排队中'), ('running', '进行中'), ('interrupted', '中断'), ('done', '完成'), ('failed', '失败'), ('cancelled', '已取消')], default='queued', max_length=12, verbose_name='状态')),
                    ('attempt', models.PositiveSmallIntegerField(default=0, verbose_name='第几次')),
                    ('lease_until', models.DateTimeField(blank=True, null=True, verbose_name='租约')),
                    ('done', models.PositiveBigIntegerField(default=0, verbose_name='已完成')),
                    ('total', models.PositiveBigIntegerField(default=0, verbose_name='总数')),
                    ('note', models.CharField(blank=True, max_length=200, verbose_name='进展')),
                    ('cancel_asked', models.BooleanField(default=False, verbose_name='要求取消')),
                    ('result', models.JSONField(default=dict, verbose_name='结果')),
                    ('error', models.CharField(blank=True, max_length=500, verbose_name='错误')),
                    ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='提交时间')),
                    ('sent_at', models.DateTimeField(blank=True, help_text='最近一次交给消息队列；空为尚未交到', null=True, verbose_name='发送时间')),
                    ('started_at', models.DateTimeField(blank=True, null=True, verbose_name='开始时间')),
                    ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='结束时间')),
                    ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='jobs', to=settings.AUTH_USER_MODEL, verbose_name='发起人')),
                ],
                options={
                    'verbose_name': '后台任务',
                    'ordering': ['-pk'],
                    'indexes': [models.Index(fields=['state', 'lease_until'], name='job_sweep')],
                    'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('state', 'running'), _negated=True), ('lease_until__isnull', False), _connector='OR'), name='running_job_has_a_lease'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at', None), ('state__in', ('queued', 'running', 'interrupted'))), models.Q(('ended_at__isnull', False), ('state__in', ('done', 'failed', 'cancelled'))), _connector='OR'), name='ended_job_has_a_time'), models.UniqueConstraint(condition=models.Q(('state', 'running'), models.Q(('lock', ''), _negated=True)), fields=('lock',), name='one_running_job_per_lock')],
                },
            ),
        ]),
    ]
