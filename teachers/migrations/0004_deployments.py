"""No two deployments of a teacher share a day, whoever approves at once; what was decided stays as written."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from ._guards import guarding

TABLE = "teachers_deployment"
BINDING = "('approved', 'half_agreed', 'agreed', 'under_way', 'returned', 'extended', 'ended_early')"
OPEN_END = "'9999-12-31'"


def _last(row):
    """The last day that a row takes: the agreed one, unless it ended before."""
    return f"CASE WHEN {row}.state = 'ended_early' THEN {row}.ended_on ELSE {row}.until END"


# The days agreed on are taken once; nor was anybody ever in two places, also where one came back late.
CLASHES = (
    f"NEW.state IN {BINDING} AND EXISTS (SELECT 1 FROM {TABLE} o WHERE o.teacher_id = NEW.teacher_id AND o.id <> NEW.id "
    f"AND ((o.state IN {BINDING} AND o.since <= {_last('NEW')} AND NEW.since <= {_last('o')}) "
    f"OR (o.started_on <= COALESCE(NEW.ended_on, {OPEN_END}) AND NEW.started_on <= COALESCE(o.ended_on, {OPEN_END}))))"
)
OVERLAP = "这位教师在这些日子已有另一次派出"
WRITTEN = "教师派出办理记录不得修改或删除"
GUARDS = (
    (TABLE, "INSERT", "overlap", CLASHES, OVERLAP), (TABLE, "UPDATE", "overlap", CLASHES, OVERLAP),
    ("teachers_deploymentdecision", "UPDATE", "kept", "1 = 1", WRITTEN), ("teachers_deploymentdecision", "DELETE", "kept", "1 = 1", WRITTEN),
)  # fmt: skip
# The teacher's row is locked before looking: two who approve in the same moment look one after the other.
LOCKS = {(TABLE, "overlap"): "PERFORM 1 FROM teachers_teacher WHERE id = NEW.teacher_id FOR NO KEY UPDATE; "}


class Migration(migrations.Migration):

    dependencies = [
        ('orgs', '0006_former_tags'),
        ('teachers', '0003_allowances'),
    ]

    operations = [
        migrations.CreateModel(
            name='Deployment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('support', '支教'), ('exchange', '轮岗交流'), ('itinerant', '走教'), ('shadowing', '跟岗'), ('secondment', '借调')], max_length=12, verbose_name='类型')),
                ('since', models.DateField(verbose_name='起')),
                ('until', models.DateField(verbose_name='止')),
                ('reason', models.CharField(max_length=300, verbose_name='事由')),
                ('document', models.CharField(blank=True, max_length=80, verbose_name='文号')),
                ('state', models.CharField(choices=[('draft', '草稿'), ('asked', '待人事股审批'), ('approved', '待两校确认'), ('half_agreed', '待另一校确认'), ('agreed', '待到岗'), ('under_way', '进行中'), ('returned', '已返回'), ('extended', '已延期'), ('ended_early', '提前结束'), ('refused', '未批准'), ('withdrawn', '已撤回')], default='draft', max_length=12, verbose_name='状态')),
                ('origin', models.CharField(choices=[('entered', '填报'), ('imported', '导入'), ('planned', '配置方案'), ('recorded', '补录')], default='entered', max_length=10, verbose_name='来源')),
                ('drafted_by_id', models.BigIntegerField(null=True, verbose_name='起草人编号')),
                ('drafted_by', models.CharField(max_length=60, verbose_name='起草人')),
                ('drafted_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='起草时间')),
                ('asked_by_id', models.BigIntegerField(null=True, verbose_name='申请人编号')),
                ('asked_at', models.DateTimeField(null=True, verbose_name='申请时间')),
                ('approved_by_id', models.BigIntegerField(null=True, verbose_name='审批人编号')),
                ('approved_on', models.DateField(null=True, verbose_name='批准日期')),
                ('sending_agreed_by_id', models.BigIntegerField(null=True, verbose_name='派出学校同意人编号')),
                ('receiving_agreed_by_id', models.BigIntegerField(null=True, verbose_name='接收学校同意人编号')),
                ('started_on', models.DateField(null=True, verbose_name='到岗日期')),
                ('ended_on', models.DateField(null=True, verbose_name='实际最后一天')),
                ('reminded_for', models.DateField(null=True, verbose_name='已提醒的返回日期')),
                ('extends', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='extensions', to='teachers.deployment', verbose_name='延长的是')),
                ('receiving', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deployments_in', to='orgs.school', verbose_name='接收学校')),
                ('sending', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deployments_out', to='orgs.school', verbose_name='派出学校')),
                ('teacher', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deployments', to='teachers.teacher', verbose_name='教师')),
            ],
            options={
                'verbose_name': '教师派出',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='DeploymentDecision',
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
                ('subject', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='teachers.deployment', verbose_name='教师派出')),
            ],
            options={
                'verbose_name': '教师派出办理记录',
                'ordering': ['pk'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='HeadTerm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField(verbose_name='第几届')),
                ('since', models.DateField(verbose_name='起')),
                ('until', models.DateField(verbose_name='止')),
                ('school', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='head_terms', to='orgs.school', verbose_name='学校')),
                ('teacher', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='head_terms', to='teachers.teacher', verbose_name='教师')),
            ],
            options={
                'verbose_name': '校长任期',
                'ordering': ['school', 'teacher', 'number'],
            },
        ),
        migrations.AddIndex(
            model_name='deployment',
            index=models.Index(fields=['state', 'until'], name='deployment_by_end'),
        ),
        migrations.AddIndex(
            model_name='deployment',
            index=models.Index(fields=['sending', 'state'], name='deployment_out'),
        ),
        migrations.AddIndex(
            model_name='deployment',
            index=models.Index(fields=['receiving', 'state'], name='deployment_in'),
        ),
        migrations.AddConstraint(
            model_name='deployment',
            constraint=models.CheckConstraint(condition=models.Q(('sending', models.F('receiving')), _negated=True), name='deployment_is_to_another_school', violation_error_message='接收学校不能是教师自己的学校。'),
        ),
        migrations.AddConstraint(
            model_name='deployment',
            constraint=models.CheckConstraint(condition=models.Q(('until__gte', models.F('since'))), name='deployment_ends_after_it_begins', violation_error_message='止日不能早于起日。'),
        ),
        migrations.AddConstraint(
            model_name='deployment',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='deployment_says_why'),
        ),
        migrations.AddConstraint(
            model_name='deployment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ('approved', 'half_agreed', 'agreed', 'under_way', 'returned', 'extended', 'ended_early')), models.Q(('origin', 'recorded'), _negated=True), _negated=True), models.Q(('approved_by_id__isnull', False), ('approved_on__isnull', False), models.Q(('approved_by_id', models.F('asked_by_id')), _negated=True), models.Q(('approved_by_id', models.F('drafted_by_id')), _negated=True)), _connector='OR'), name='deployment_approved_by_another_person', violation_error_message='审批人不能是起草或申请的人。'),
        ),
        migrations.AddConstraint(
            model_name='deployment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'half_agreed'), _negated=True), models.Q(('receiving_agreed_by_id', None), ('sending_agreed_by_id__isnull', False)), models.Q(('receiving_agreed_by_id__isnull', False), ('sending_agreed_by_id', None)), _connector='OR'), name='half_agreed_deployment_has_one_school'),
        ),
        migrations.AddConstraint(
            model_name='deployment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ('agreed', 'under_way', 'returned', 'extended', 'ended_early')), models.Q(('origin', 'recorded'), _negated=True), _negated=True), models.Q(('receiving_agreed_by_id__isnull', False), ('sending_agreed_by_id__isnull', False)), _connector='OR'), name='agreed_deployment_has_both_schools'),
        ),
        migrations.AddConstraint(
            model_name='deployment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('started_on__gte', models.F('since')), ('state__in', ('under_way', 'returned', 'extended', 'ended_early'))), models.Q(models.Q(('state__in', ('under_way', 'returned', 'extended', 'ended_early')), _negated=True), ('started_on', None)), _connector='OR'), name='begun_deployment_has_a_first_day', violation_error_message='到岗日期不能早于起日。'),
        ),
        migrations.AddConstraint(
            model_name='deployment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_on__gte', models.F('until')), ('state', 'returned')), models.Q(('ended_on', models.F('until')), ('state', 'extended')), models.Q(('ended_on__gte', models.F('started_on')), ('ended_on__lt', models.F('until')), ('state', 'ended_early')), models.Q(models.Q(('state__in', ('returned', 'extended', 'ended_early')), _negated=True), ('ended_on', None)), _connector='OR'), name='ended_deployment_has_a_last_day', violation_error_message='最后一天与办理的步骤不符：没到期的请办理“提前结束”。'),
        ),
        migrations.AddConstraint(
            model_name='deployment',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ('refused', 'withdrawn')), _negated=True), fields=('extends',), name='deployment_is_extended_once', violation_error_message='这次派出已有一份延期申请。'),
        ),
        migrations.AddConstraint(
            model_name='deployment',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'under_way')), fields=('teacher',), name='teacher_is_in_one_deployment', violation_error_message='这位教师还在另一次派出中。'),
        ),
        migrations.AddConstraint(
            model_name='headterm',
            constraint=models.UniqueConstraint(fields=('teacher', 'school', 'number'), name='head_term_once', violation_error_message='这位校长在这所学校的这一届已登记。'),
        ),
        migrations.AddConstraint(
            model_name='headterm',
            constraint=models.CheckConstraint(condition=models.Q(('until__gt', models.F('since'))), name='head_term_ends_after_it_begins', violation_error_message='任期的止日应晚于起日。'),
        ),
        migrations.AddConstraint(
            model_name='headterm',
            constraint=models.CheckConstraint(condition=models.Q(('number__gte', 1), ('number__lte', 9)), name='head_term_is_numbered', violation_error_message='第几届应为 1 到 9。'),
        ),
        guarding(GUARDS, LOCKS),
    ]
