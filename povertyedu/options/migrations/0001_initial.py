from django.db import migrations, models

from povertyedu.schema import CreateModels


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        CreateModels([
            migrations.CreateModel(
                name='Option',
                fields=[
                    ('key', models.CharField(max_length=60, primary_key=True, serialize=False, verbose_name='键')),
                    ('value', models.CharField(max_length=500, verbose_name='值')),
                    ('updated_at', models.DateTimeField(auto_now=True, verbose_name='修改时间')),
                    ('updated_by', models.CharField(max_length=60, verbose_name='修改人')),
                ],
                options={
                    'verbose_name': '县级参数',
                },
            ),
        ]),
    ]
