"""The shares of lines by source, the commitments of batches, and the triggers that keep both true."""

from importlib import import_module

import django.db.models.deletion
import subsidies.enums
from django.db import migrations, models

guarded = import_module("subsidies.migrations.0005_fund_receipts").guarded
STATE = "(SELECT l.state FROM subsidies_line l WHERE l.id = {row}.line_id)"
GUARDS = (
    ("subsidies_lineshare", "UPDATE", "1 = 1", "发放明细的资金来源不得修改"),
    (
        "subsidies_lineshare", "DELETE", f"{STATE.format(row='OLD')} IN ('sent', 'paid', 'failed')",
        "已送银行的明细，资金来源不得修改或删除",
    ),
    (
        "subsidies_lineshare", "INSERT", f"{STATE.format(row='NEW')} IN ('paid', 'failed')",
        "银行已答复的明细，资金来源不得修改或删除",
    ),
    # shares add up to their line: its amount stays while they stand (an answered line is guarded already)
    (
        "subsidies_line", "UPDATE OF amount_fen",
        "OLD.state NOT IN ('paid', 'failed') AND NEW.amount_fen <> OLD.amount_fen AND EXISTS (SELECT 1 FROM subsidies_lineshare s WHERE s.line_id = OLD.id)",
        "资金来源已经定下的明细，金额不得修改",
    ),
)


class Migration(migrations.Migration):

    dependencies = [
        ('subsidies', '0005_fund_receipts'),
    ]

    operations = [
        migrations.CreateModel(
            name='Commitment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(choices=subsidies.enums.fund_sources, max_length=30, verbose_name='资金来源')),
                ('amount_fen', models.BigIntegerField(verbose_name='占用金额（分）')),
                ('spent_fen', models.BigIntegerField(default=0, verbose_name='已支出金额（分）')),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='commitments', to='subsidies.batch', verbose_name='批次')),
                ('programme', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='subsidies.programme', verbose_name='资助项目')),
            ],
            options={
                'verbose_name': '批次占用资金',
                'indexes': [models.Index(fields=['source', 'programme'], name='commitment_by_source')],
                'constraints': [models.UniqueConstraint(fields=('batch', 'source', 'programme'), name='one_commitment_per_batch_source_and_programme'), models.CheckConstraint(condition=models.Q(('amount_fen__gt', 0), ('spent_fen__gte', 0), ('spent_fen__lte', models.F('amount_fen'))), name='commitment_is_positive_and_covers_what_is_spent')],
            },
        ),
        migrations.CreateModel(
            name='LineShare',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(choices=subsidies.enums.fund_sources, max_length=30, verbose_name='资金来源')),
                ('amount_fen', models.BigIntegerField(verbose_name='金额（分）')),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shares', to='subsidies.line', verbose_name='发放明细')),
            ],
            options={
                'verbose_name': '发放明细资金来源',
                'constraints': [models.UniqueConstraint(fields=('line', 'source'), name='one_share_per_line_and_source'), models.CheckConstraint(condition=models.Q(('amount_fen__gt', 0)), name='share_is_positive')],
            },
        ),
        guarded(GUARDS),
    ]
