"""What the holder of a child's account is to the child."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('students', '0017_proposed_ends'),
    ]

    operations = [
        migrations.AddField(
            model_name='bankaccount',
            name='relation',
            field=models.CharField(blank=True, choices=[('self', '本人'), ('father', '父亲'), ('mother', '母亲'), ('grandparent', '祖父母、外祖父母'), ('guardian', '其他监护人'), ('other', '其他人')], db_default='', max_length=12, verbose_name='与开户人关系'),
        ),
    ]
