import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from povertyedu.schema import CreateModels


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        CreateModels([
            migrations.CreateModel(
                name='AccessEvent',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('at', models.DateTimeField(auto_now_add=True, db_index=True, verbose_name='时间')),
                    ('by_id', models.BigIntegerField(db_index=True, null=True, verbose_name='操作人编号')),
                    ('by_name', models.CharField(max_length=60, verbose_name='操作人')),
                    ('by_role', models.CharField(blank=True, max_length=40, verbose_name='角色')),
                    ('ip', models.CharField(blank=True, max_length=45, verbose_name='地址')),
                    ('kind', models.CharField(choices=[('reveal', '查看明文'), ('download', '下载'), ('print', '打印')], max_length=20, verbose_name='方式')),
                    ('subject_type', models.CharField(max_length=60, verbose_name='对象类型')),
                    ('subject_id', models.CharField(max_length=60, verbose_name='对象编号')),
                    ('subject_label', models.CharField(max_length=200, verbose_name='对象')),
                    ('fields', models.CharField(max_length=200, verbose_name='内容')),
                    ('reason', models.CharField(max_length=500, verbose_name='理由')),
                ],
                options={
                    'verbose_name': '个人信息查阅记录',
                    'ordering': ['-pk'],
                    'constraints': [models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='access_event_has_reason')],
                },
            ),
            migrations.CreateModel(
                name='AuditEvent',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('at', models.DateTimeField(auto_now_add=True, db_index=True, verbose_name='时间')),
                    ('by_id', models.BigIntegerField(db_index=True, null=True, verbose_name='操作人编号')),
                    ('by_name', models.CharField(max_length=60, verbose_name='操作人')),
                    ('by_role', models.CharField(blank=True, max_length=40, verbose_name='角色')),
                    ('ip', models.CharField(blank=True, max_length=45, verbose_name='地址')),
                    ('action', models.CharField(max_length=60, verbose_name='动作')),
                    ('subject_type', models.CharField(max_length=60, verbose_name='对象类型')),
                    ('subject_id', models.CharField(max_length=60, verbose_name='对象编号')),
                    ('subject_label', models.CharField(max_length=200, verbose_name='对象')),
                    ('changes', models.JSONField(default=dict, help_text='字段 -> [旧值, 新值]；从不含身份证号和账号明文', verbose_name='变动')),
                    ('reason', models.CharField(blank=True, max_length=500, verbose_name='理由')),
                ],
                options={
                    'verbose_name': '操作记录',
                    'ordering': ['-pk'],
                    'indexes': [models.Index(fields=['subject_type', 'subject_id'], name='audit_subject')],
                },
            ),
            migrations.CreateModel(
                name='Operation',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='时间')),
                    ('by_id', models.BigIntegerField(null=True, verbose_name='操作人编号')),
                    ('by_name', models.CharField(max_length=60, verbose_name='操作人')),
                    ('by_role', models.CharField(blank=True, max_length=40, verbose_name='角色')),
                    ('ip', models.CharField(blank=True, max_length=45, verbose_name='地址')),
                    ('action', models.CharField(max_length=60, verbose_name='动作')),
                    ('label', models.CharField(blank=True, help_text='如文件名', max_length=200, verbose_name='说明')),
                    ('subject_type', models.CharField(max_length=60, verbose_name='对象类型')),
                    ('subject_id', models.CharField(max_length=60, verbose_name='对象编号')),
                    ('is_open', models.BooleanField(default=False, verbose_name='进行中')),
                    ('undoes', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='audit.operation', verbose_name='撤销的是')),
                ],
                options={
                    'verbose_name': '批量操作',
                    'ordering': ['-pk'],
                    'indexes': [models.Index(condition=models.Q(('is_open', True)), fields=['id'], name='operation_open'), models.Index(fields=['subject_type', 'subject_id'], name='operation_subject')],
                },
            ),
        ]),
    ]
