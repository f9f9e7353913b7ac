"""Which source an adjustment of the paid side falls to; kept like the adjustment itself."""

from importlib import import_module

import django.db.models.deletion
import subsidies.enums
from django.db import migrations, models

guarded = import_module("subsidies.migrations.0005_fund_receipts").guarded
GUARDS = (
    ("subsidies_adjustmentshare", "UPDATE", "1 = 1", "冲账记录的资金来源不得修改或删除"),
    ("subsidies_adjustmentshare", "DELETE", "1 = 1", "冲账记录的资金来源不得修改或删除"),
)


class Migration(migrations.Migration):

    dependencies = [
        ('subsidies', '0011_programmes_by_choice'),
    ]

    operations = [
        migrations.CreateModel(
            name='AdjustmentShare',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(choices=subsidies.enums.fund_sources, max_length=30, verbose_name='资金来源')),
                ('amount_fen', models.BigIntegerField(verbose_name='金额（分）')),
                ('adjustment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shares', to='subsidies.paidadjustment', verbose_name='冲账')),
            ],
            options={
                'verbose_name': '冲账资金来源',
                'constraints': [models.UniqueConstraint(fields=('adjustment', 'source'), name='one_share_per_adjustment_and_source'), models.CheckConstraint(condition=models.Q(('amount_fen', 0), _negated=True), name='adjustment_share_is_not_nothing')],
            },
        ),
        guarded(GUARDS),
    ]
