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
                name='Message',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('tone', models.CharField(choices=[('ok', '完成'), ('info', '通知'), ('warn', '提醒'), ('bad', '失败')], default='info', max_length=8, verbose_name='性质')),
                    ('text', models.CharField(max_length=300, verbose_name='内容')),
                    ('url', models.CharField(blank=True, max_length=200, verbose_name='链接')),
                    ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='时间')),
                    ('read_at', models.DateTimeField(blank=True, null=True, verbose_name='已读')),
                    ('to', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='inbox', to=settings.AUTH_USER_MODEL, verbose_name='收件人')),
                ],
                options={
                    'verbose_name': '消息',
                    'ordering': ['-pk'],
                    'indexes': [models.Index(fields=['to', 'read_at'], name='inbox_unread')],
                },
            ),
        ]),
    ]
