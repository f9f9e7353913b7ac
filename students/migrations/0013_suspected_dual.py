"""Money of records that are almost surely one child is held until somebody decides."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('students', '0012_disposal_owner'),
    ]

    operations = [
        migrations.AlterField(
            model_name='payoutblock',
            name='kind',
            field=models.CharField(choices=[('dual_enrolment', '双重学籍'), ('suspected_dual', '双重学籍疑似'), ('false_enrolment', '虚假学籍')], max_length=20, verbose_name='原因'),
        ),
    ]
