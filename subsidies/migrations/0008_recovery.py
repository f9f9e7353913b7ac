"""Money that comes back: decisions to recover it, adjustments of the paid side, the ledger of a closed term."""

from importlib import import_module

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

BEFORE = import_module("subsidies.migrations.0003_holds_and_merged_balance").AFTER
guarded = import_module("subsidies.migrations.0005_fund_receipts").guarded
GUARDS = tuple(
    (table, event, "1 = 1", f"{words}不得修改或删除")
    for table, words in (
        ("subsidies_paidadjustment", "冲账记录"),
        ("subsidies_recoverydecision", "办理记录"),
        ("subsidies_termledger", "关账台账"),
    )
    for event in ("UPDATE", "DELETE")
)
# What came back, and what was settled by taking it off the next payment, count on the paid side of their money.
ADJUSTED = """
    UNION ALL
    SELECT term_id, student_id, programme_id, 0, paid_fen, 0
    FROM subsidies_paidadjustment WHERE student_id NOT IN (SELECT student_id FROM students_mergedrecord)
    UNION ALL
    SELECT a.term_id, m.keeper_id, a.programme_id, 0, a.paid_fen, 0
    FROM students_mergedrecord m JOIN subsidies_paidadjustment a ON a.student_id = m.student_id
) AS money
"""
AFTER = BEFORE.replace(") AS money\n", ADJUSTED.lstrip("\n"))


class Migration(migrations.Migration):

    dependencies = [
        ('files', '0001_initial'),
        ('orgs', '0003_school_tags'),
        ('students', '0010_undo_of_merges'),
        ('subsidies', '0007_what_if'),
    ]

    operations = [
        migrations.CreateModel(
            name='Recovery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rule', models.CharField(blank=True, max_length=60, verbose_name='规则')),
                ('amount_fen', models.BigIntegerField(verbose_name='追回金额（分）')),
                ('method', models.CharField(choices=[('offset', '从以后的发放中扣回'), ('returned', '家长或学校退回')], max_length=10, verbose_name='方式')),
                ('state', models.CharField(choices=[('proposed', '待审批'), ('approved', '已批准，追回中'), ('settled', '已追回'), ('refused', '不同意追回'), ('withdrawn', '已撤回'), ('ended', '终止追回')], default='proposed', max_length=10, verbose_name='状态')),
                ('reason', models.CharField(max_length=200, verbose_name='理由')),
                ('proposed_by_id', models.BigIntegerField(null=True, verbose_name='提出人编号')),
                ('proposed_by', models.CharField(max_length=60, verbose_name='提出人')),
                ('proposed_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='提出时间')),
                ('student_name', models.CharField(max_length=60, verbose_name='姓名')),
                ('stage', models.CharField(max_length=20, verbose_name='学段')),
                ('school_area', models.CharField(max_length=12, verbose_name='学校区划')),
                ('home_area', models.CharField(blank=True, max_length=12, verbose_name='户籍区划')),
                ('programme', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='subsidies.programme', verbose_name='项目')),
                ('school', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orgs.school', verbose_name='学校')),
                ('student', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='recoveries', to='students.student', verbose_name='学生')),
                ('term', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orgs.term', verbose_name='多发的学期')),
            ],
            options={
                'verbose_name': '多发追回',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='PaidAdjustment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('paid_fen', models.BigIntegerField(verbose_name='已发增减（分）')),
                ('rule', models.CharField(blank=True, max_length=60, verbose_name='规则')),
                ('stage', models.CharField(max_length=20, verbose_name='学段')),
                ('school_area', models.CharField(max_length=12, verbose_name='学校区划')),
                ('home_area', models.CharField(blank=True, max_length=12, verbose_name='户籍区划')),
                ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='时间')),
                ('by_name', models.CharField(max_length=60, verbose_name='办理人')),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='凭证或说明')),
                ('programme', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='subsidies.programme', verbose_name='项目')),
                ('school', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orgs.school', verbose_name='学校')),
                ('student', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='students.student', verbose_name='学生')),
                ('term', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orgs.term', verbose_name='学期')),
                ('recovery', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='adjustments', to='subsidies.recovery', verbose_name='追回')),
            ],
            options={
                'verbose_name': '冲账',
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='RecoveryDecision',
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
                ('subject', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='subsidies.recovery')),
            ],
            options={
                'verbose_name': '追回办理记录',
                'ordering': ['pk'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='TermLedger',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('entitled_fen', models.BigIntegerField(verbose_name='应享现金（分）')),
                ('paid_fen', models.BigIntegerField(verbose_name='已发现金（分）')),
                ('closed_by', models.CharField(max_length=60, verbose_name='关账人')),
                ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='时间')),
                ('file', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='files.storedfile', verbose_name='文件')),
                ('term', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='ledgers', to='orgs.term', verbose_name='学期')),
            ],
            options={
                'verbose_name': '关账台账',
                'ordering': ['-pk'],
            },
        ),
        migrations.AddConstraint(
            model_name='recovery',
            constraint=models.CheckConstraint(condition=models.Q(('amount_fen__gt', 0)), name='recovery_is_positive'),
        ),
        migrations.AddConstraint(
            model_name='recovery',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='recovery_has_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='recovery',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['proposed', 'approved'])), fields=('student', 'term', 'programme'), name='one_open_recovery_per_money', violation_error_message='这笔多发已有未办结的追回'),
        ),
        migrations.AddIndex(
            model_name='paidadjustment',
            index=models.Index(fields=['term', 'student', 'programme'], name='adjustment_by_money'),
        ),
        migrations.AddConstraint(
            model_name='paidadjustment',
            constraint=models.CheckConstraint(condition=models.Q(('paid_fen', 0), _negated=True), name='adjustment_is_not_nothing'),
        ),
        migrations.RunSQL("DROP VIEW subsidies_balance", BEFORE),
        migrations.RunSQL(AFTER, "DROP VIEW subsidies_balance"),
        guarded(GUARDS),
    ]
