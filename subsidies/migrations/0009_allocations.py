"""Money shared out among schools, and the triggers that keep what was submitted as it was."""

from importlib import import_module

import django.db.models.deletion
import django.db.models.expressions
import django.utils.timezone
import subsidies.enums
from django.db import migrations, models

guarded = import_module("subsidies.migrations.0005_fund_receipts").guarded
# What is submitted is what is approved and handed down: only a draft may be worked out again.
STATE = "(SELECT a.state FROM subsidies_allocation a WHERE a.id = {row}.allocation_id) <> 'draft'"
FIXED = "已提交的资金分配不得修改，须先退回"
GUARDS = (
    ("subsidies_allocation", "UPDATE OF amount_fen, weights, source", "OLD.state <> 'draft'", FIXED),
    ("subsidies_allocation", "DELETE", "OLD.state <> 'draft'", FIXED),
    *(
        (table, event, STATE.format(row="NEW" if event == "INSERT" else "OLD"), FIXED)
        for table in ("subsidies_allocationshare", "subsidies_allocation_programmes")
        for event in ("INSERT", "UPDATE", "DELETE")
    ),
    ("subsidies_allocationdecision", "UPDATE", "1 = 1", "办理记录不得修改或删除"),
    ("subsidies_allocationdecision", "DELETE", "1 = 1", "办理记录不得修改或删除"),
)


class Migration(migrations.Migration):

    dependencies = [
        ('orgs', '0003_school_tags'),
        ('subsidies', '0008_recovery'),
    ]

    operations = [
        migrations.CreateModel(
            name='Allocation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=30, unique=True, verbose_name='编号')),
                ('source', models.CharField(choices=subsidies.enums.fund_sources, max_length=30, verbose_name='资金来源')),
                ('amount_fen', models.BigIntegerField(verbose_name='分配金额（分）')),
                ('weights', models.JSONField(default=dict, verbose_name='因素权重')),
                ('state', models.CharField(choices=[('draft', '拟订中'), ('submitted', '待审批'), ('approved', '已审批'), ('allocated', '已下达'), ('revoked', '已收回'), ('cancelled', '已作废')], default='draft', max_length=12, verbose_name='状态')),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='说明')),
                ('need_fen', models.BigIntegerField(default=0, verbose_name='建档立卡按最高标准所需（分）')),
                ('first_fen', models.BigIntegerField(default=0, verbose_name='首先分配（分）')),
                ('rest_fen', models.BigIntegerField(default=0, verbose_name='因素法分配（分）')),
                ('standards', models.JSONField(default=list, help_text='学段、金额、规则、条款', verbose_name='最高标准')),
                ('pools', models.JSONField(default=list, help_text='因素、权重、总量、金额', verbose_name='因素')),
                ('worked_out_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='测算时间')),
                ('drawn_up_by', models.CharField(max_length=60, verbose_name='拟订人')),
                ('drawn_up_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='拟订时间')),
                ('policy', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='subsidies.policy', verbose_name='资助标准')),
                ('programmes', models.ManyToManyField(related_name='allocations', to='subsidies.programme', verbose_name='项目')),
                ('receipt', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='allocations', to='subsidies.fundreceipt', verbose_name='到账登记')),
                ('term', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='allocations', to='orgs.term', verbose_name='学期')),
            ],
            options={
                'verbose_name': '资金分配',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='AllocationDecision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('verb', models.CharField(max_length=40, verbose_name='步骤')),
                ('label', models.CharField(max_length=40, verbose_name='步骤名称')),
                ('old_state', models.CharField(max_length=30, verbose_name='原状态')),
                ('new_state', models.CharField(max_length=30, verbose_name='新状态')),
                ('by_id', models.BigIntegerField(null=True, verbose_name='办理人编号')),
                ('by_name', models.CharField(max_length=60, verbose_name='办理人')),
                ('by_role', models.CharField(blank=True, max_length=40, verbose_name='角色')),
                ('at', models.DateTimeField(verbose_name='时间')),
                ('reason', models.CharField(blank=True, max_length=500, verbose_name='理由')),
                ('chain', models.CharField(max_length=64, verbose_name='链值')),
                ('subject', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='subsidies.allocation')),
            ],
            options={
                'verbose_name': '资金分配办理记录',
                'ordering': ['pk'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='AllocationSeat',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user_id', models.BigIntegerField(verbose_name='办理人编号')),
                ('stage', models.CharField(max_length=30, verbose_name='环节')),
                ('subject', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='seats', to='subsidies.allocation')),
            ],
            options={
                'verbose_name': '资金分配席位',
            },
        ),
        migrations.CreateModel(
            name='AllocationShare',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('need_fen', models.BigIntegerField(verbose_name='建档立卡按最高标准所需（分）')),
                ('first_fen', models.BigIntegerField(verbose_name='首先分配（分）')),
                ('rest_fen', models.BigIntegerField(verbose_name='因素法分配（分）')),
                ('amount_fen', models.BigIntegerField(verbose_name='合计（分）')),
                ('poor', models.JSONField(default=list, help_text='学段、人数、标准', verbose_name='建档立卡人数')),
                ('by_factor', models.JSONField(default=dict, help_text='因素 -> 数量、金额', verbose_name='各因素')),
                ('allocation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='shares', to='subsidies.allocation', verbose_name='资金分配')),
                ('school', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orgs.school', verbose_name='学校')),
            ],
            options={
                'verbose_name': '学校资金分配',
            },
        ),
        migrations.AddConstraint(
            model_name='allocation',
            constraint=models.CheckConstraint(condition=models.Q(('amount_fen__gt', 0)), name='allocation_is_positive'),
        ),
        migrations.AddConstraint(
            model_name='allocation',
            constraint=models.CheckConstraint(condition=models.Q(('amount_fen', django.db.models.expressions.CombinedExpression(models.F('first_fen'), '+', models.F('rest_fen'))), ('first_fen__gte', 0), ('rest_fen__gte', 0)), name='allocation_is_first_and_rest'),
        ),
        migrations.AddConstraint(
            model_name='allocationseat',
            constraint=models.UniqueConstraint(fields=('subject', 'user_id'), name='one_stage_per_person_and_allocation', violation_error_message='同一次资金分配中一人只能办理一个环节'),
        ),
        migrations.AddConstraint(
            model_name='allocationshare',
            constraint=models.UniqueConstraint(fields=('allocation', 'school'), name='one_share_per_school'),
        ),
        migrations.AddConstraint(
            model_name='allocationshare',
            constraint=models.CheckConstraint(condition=models.Q(('amount_fen', django.db.models.expressions.CombinedExpression(models.F('first_fen'), '+', models.F('rest_fen'))), ('first_fen__gte', 0), ('first_fen__lte', models.F('need_fen')), ('rest_fen__gte', 0)), name='share_of_a_school_is_first_and_rest'),
        ),
        guarded(GUARDS),
    ]
