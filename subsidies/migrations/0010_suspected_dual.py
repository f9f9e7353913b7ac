"""Money of records that are almost surely one child is held until somebody decides."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('subsidies', '0009_allocations'),
    ]

    operations = [
        migrations.AlterField(
            model_name='line',
            name='hold',
            field=models.CharField(blank=True, choices=[('entitlement_fell', '应享金额已降低'), ('objection', '公示有异议'), ('no_account', '没有银行账户'), ('holder_differs', '开户人不是学生或监护人'), ('dual_enrolment', '双重学籍'), ('suspected_dual', '双重学籍疑似'), ('false_enrolment', '虚假学籍'), ('merged_record', '档案已并入他人'), ('by_hand', '人工暂缓')], max_length=20, verbose_name='暂缓原因'),
        ),
    ]
