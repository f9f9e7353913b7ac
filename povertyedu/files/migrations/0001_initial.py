import django.db.models.deletion
import django.utils.timezone
import uuid
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
                name='StoredFile',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('name', models.CharField(max_length=200, verbose_name='文件名')),
                    ('size', models.PositiveBigIntegerField(verbose_name='字节数')),
                    ('sha256', models.CharField(db_index=True, max_length=64, verbose_name='摘要')),
                    ('purpose', models.CharField(max_length=40, verbose_name='用途')),
                    ('personal', models.BooleanField(default=True, help_text='下载时留下查阅记录', verbose_name='含个人信息')),
                    ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='时间')),
                    ('purge_after', models.DateTimeField(blank=True, null=True, verbose_name='清除时间')),
                    ('purged_at', models.DateTimeField(blank=True, null=True, verbose_name='已清除')),
                    ('owner', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='files', to=settings.AUTH_USER_MODEL, verbose_name='上传或生成人')),
                    ('permission', models.CharField(blank=True, help_text='空：归本人即可；如完整号码的导出', max_length=40, verbose_name='下载要有的权限')),
                ],
                options={
                    'verbose_name': '文件',
                    'ordering': ['-created_at'],
                    'constraints': [models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='file_has_a_name')],
                },
            ),
        ]),
    ]
