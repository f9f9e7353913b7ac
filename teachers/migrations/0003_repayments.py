"""What teachers gave back of an allowance: kept, never more than was paid, and no longer counted as paid."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from povertyedu.schema import guarding, keeping


LINE, REPAYMENT = "teachers_allowanceline", "teachers_allowancerepayment"
_OF_MONTH = "{row}.teacher_id = NEW.teacher_id AND {row}.kind = NEW.kind AND {row}.for_month = NEW.for_month"
_REPAID = f"(SELECT COALESCE(SUM(p.amount_fen), 0) FROM {REPAYMENT} p WHERE {_OF_MONTH.format(row='p')})"
_OTHERS = f"(SELECT COALESCE(SUM(l.amount_fen), 0) FROM {LINE} l WHERE {_OF_MONTH.format(row='l')} AND l.state IN ('listed', 'paid') {{other}})"
_PAID = f"(SELECT COALESCE(SUM(l.amount_fen), 0) FROM {LINE} l WHERE {_OF_MONTH.format(row='l')} AND l.state = 'paid')"
_TOO_MUCH = f"NEW.state IN ('listed', 'paid') AND NEW.amount_fen > 0 AND NEW.amount_fen + {_OTHERS} - {_REPAID} > NEW.due_fen"
TOO_MUCH = "同一个月的补助不能重复发放"
GUARDS = (
    (LINE, "INSERT", "twice", _TOO_MUCH.format(other=""), TOO_MUCH),
    (LINE, "UPDATE", "twice", "OLD.state = 'held' AND " + _TOO_MUCH.format(other="AND l.id <> NEW.id"), TOO_MUCH),
    (REPAYMENT, "INSERT", "more", f"NEW.amount_fen > 0 AND NEW.amount_fen + {_REPAID} > {_PAID}", "退回的不能比这个月已发放的多"),
    (
        REPAYMENT, "INSERT", "reverse",
        f"NEW.reverses_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {REPAYMENT} o WHERE o.id = NEW.reverses_id AND o.reverses_id IS NULL "
        "AND o.amount_fen = -NEW.amount_fen AND o.teacher_id = NEW.teacher_id AND o.kind = NEW.kind AND o.for_month = NEW.for_month)",
        "冲销的金额、教师、月份要和原来的登记一样",
    ),
)  # fmt: skip
# Two who register the same money at once: the second waits for the first, then sees it.
LOCKS = {(REPAYMENT, "more"): "PERFORM 1 FROM teachers_teacher t WHERE t.id = NEW.teacher_id FOR NO KEY UPDATE; "}


class Migration(migrations.Migration):

    dependencies = [
        ('orgs', '0001_initial'),
        ('teachers', '0002_triggers'),
    ]

    operations = [
        migrations.CreateModel(
            name='AllowanceRepayment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('township', '乡镇工作补贴'), ('rural', '乡村教师生活补助')], max_length=10, verbose_name='补助')),
                ('for_month', models.DateField(verbose_name='所属月份')),
                ('amount_fen', models.BigIntegerField(verbose_name='金额（分）')),
                ('repaid_on', models.DateField(verbose_name='到账日期')),
                ('voucher', models.CharField(max_length=60, verbose_name='凭证号')),
                ('reason', models.CharField(blank=True, max_length=200, verbose_name='理由')),
                ('kept_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='登记时间')),
                ('kept_by', models.CharField(max_length=60, verbose_name='登记人')),
                ('reverses', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reversed_by', to='teachers.allowancerepayment', verbose_name='冲销的登记')),
                ('school', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orgs.school', verbose_name='学校')),
                ('teacher', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='repayments', to='teachers.teacher', verbose_name='教师')),
            ],
            options={
                'verbose_name': '补助退回登记',
                'ordering': ['-repaid_on', '-pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('amount_fen__gt', 0), ('reverses', None)), models.Q(('amount_fen__lt', 0), ('reverses__isnull', False), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='repayment_is_money_or_reverses_some'), models.CheckConstraint(condition=models.Q(('voucher', ''), _negated=True), name='repayment_cites_a_voucher'), models.CheckConstraint(condition=models.Q(('for_month__day', 1)), name='repayment_is_of_a_month')],
            },
        ),
        guarding(GUARDS, LOCKS),
        keeping({REPAYMENT: "补助退回登记不得修改或删除，写错的请冲销"}),
    ]
