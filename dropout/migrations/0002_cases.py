"""Cases of children away from school; what was decided, and why, is never changed or deleted."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


def guarded(tables, message):
    """Return the operation by which the database refuses to change or delete a row of ``tables``."""

    def put_up(apps, schema_editor):
        for table in tables:
            if schema_editor.connection.vendor == "postgresql":
                schema_editor.execute(
                    f"CREATE FUNCTION guard_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                    f"RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
                )
                schema_editor.execute(
                    f"CREATE TRIGGER guard_{table} BEFORE UPDATE OR DELETE ON {table} "
                    f"FOR EACH ROW EXECUTE FUNCTION guard_{table}()"
                )
                continue
            for verb in ("UPDATE", "DELETE"):
                schema_editor.execute(
                    f"CREATE TRIGGER guard_{table}_{verb.lower()} BEFORE {verb} ON {table} "
                    f"FOR EACH ROW BEGIN SELECT RAISE(ABORT, '{message}'); END"
                )

    def take_down(apps, schema_editor):
        for table in tables:
            if schema_editor.connection.vendor == "postgresql":
                schema_editor.execute(f"DROP FUNCTION guard_{table}() CASCADE")
                continue
            for verb in ("update", "delete"):
                schema_editor.execute(f"DROP TRIGGER guard_{table}_{verb}")

    return migrations.RunPython(put_up, take_down)


class Migration(migrations.Migration):

    dependencies = [
        ('dropout', '0001_chains'),
        ('files', '0001_initial'),
        ('orgs', '0004_merged_areas'),
        ('students', '0023_versions_of_new_children'),
    ]

    operations = [
        migrations.CreateModel(
            name='Case',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('suspected', '疑似辍学'), ('dropout', '辍学'), ('never_enrolled', '失学')], max_length=16, verbose_name='类别')),
                ('origin', models.CharField(choices=[('attendance', '考勤缺勤'), ('screening', '排查'), ('comparison', '名单比对'), ('promotion', '小学送中学接'), ('report', '报告、举报')], max_length=12, verbose_name='来源')),
                ('state', models.CharField(choices=[('suspected', '待核实'), ('verified', '已核实'), ('persuading', '劝返中'), ('returned', '已返校'), ('monitored', '返校监测'), ('home_taught', '送教上门'), ('delayed', '缓学、休学'), ('proposed_closed', '待复核销号'), ('closed', '已销号'), ('proposed_reopen', '待复核重开')], default='suspected', max_length=16, verbose_name='状态')),
                ('state_since', models.DateField(verbose_name='进入这一步')),
                ('since', models.DateField(help_text='从哪天起没有到校；失学的填应入学日期', verbose_name='离校日期')),
                ('opened_on', models.DateField(verbose_name='建案日期')),
                ('note', models.CharField(blank=True, max_length=500, verbose_name='发现情况')),
                ('stage', models.CharField(blank=True, choices=[('preschool', '学前'), ('primary', '小学'), ('junior', '初中'), ('senior', '普通高中'), ('vocational', '中职'), ('college', '专科'), ('bachelor', '本科'), ('postgraduate', '研究生')], max_length=20, verbose_name='学段')),
                ('grade', models.PositiveSmallIntegerField(default=0, verbose_name='年级')),
                ('school_area', models.CharField(blank=True, max_length=12, verbose_name='学校区划')),
                ('home_area', models.CharField(blank=True, max_length=12, verbose_name='户籍区划')),
                ('returned_on', models.DateField(blank=True, null=True, verbose_name='返校日期')),
                ('monitored_until', models.DateField(blank=True, null=True, verbose_name='监测到')),
                ('until', models.DateField(blank=True, null=True, verbose_name='缓学、休学到')),
                ('outcome', models.CharField(blank=True, choices=[('returned', '返校稳定'), ('not_dropout', '误报'), ('transferred', '转学'), ('delayed', '缓学、休学'), ('home_taught', '送教上门'), ('exempt', '因身体原因免学'), ('over_age', '超龄'), ('deceased', '死亡'), ('abroad', '出国（境）')], max_length=12, verbose_name='结果')),
                ('proposed_by_id', models.BigIntegerField(blank=True, null=True, verbose_name='提出人编号')),
                ('closed_by_id', models.BigIntegerField(blank=True, null=True, verbose_name='复核人编号')),
                ('closed_on', models.DateField(blank=True, null=True, verbose_name='销号日期')),
                ('evidence', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='files.storedfile', verbose_name='佐证材料')),
                ('school', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orgs.school', verbose_name='学校')),
                ('school_class', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='orgs.schoolclass', verbose_name='班级')),
                ('student', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cases', to='students.student', verbose_name='学生')),
                ('term', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orgs.term', verbose_name='发现学期')),
            ],
            options={
                'verbose_name': '控辍个案',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='CaseDecision',
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
                ('subject', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='dropout.case', verbose_name='个案')),
            ],
            options={
                'verbose_name': '个案办理记录',
                'ordering': ['pk'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='CaseProposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('end', '销号或分流'), ('reopen', '重开')], max_length=8, verbose_name='事项')),
                ('outcome', models.CharField(blank=True, choices=[('returned', '返校稳定'), ('not_dropout', '误报'), ('transferred', '转学'), ('delayed', '缓学、休学'), ('home_taught', '送教上门'), ('exempt', '因身体原因免学'), ('over_age', '超龄'), ('deceased', '死亡'), ('abroad', '出国（境）')], max_length=12, verbose_name='结果')),
                ('before', models.CharField(choices=[('suspected', '待核实'), ('verified', '已核实'), ('persuading', '劝返中'), ('returned', '已返校'), ('monitored', '返校监测'), ('home_taught', '送教上门'), ('delayed', '缓学、休学'), ('proposed_closed', '待复核销号'), ('closed', '已销号'), ('proposed_reopen', '待复核重开')], max_length=16, verbose_name='原状态')),
                ('reason', models.CharField(max_length=500, verbose_name='说明')),
                ('delay_kind', models.CharField(blank=True, choices=[('later', '缓学'), ('leave', '休学')], max_length=6, verbose_name='缓学或休学')),
                ('until', models.DateField(blank=True, null=True, verbose_name='到')),
                ('where_to', models.CharField(blank=True, max_length=120, verbose_name='去向')),
                ('assessed_on', models.DateField(blank=True, null=True, verbose_name='评估日期')),
                ('proposed_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='提出时间')),
                ('proposed_by_id', models.BigIntegerField(null=True, verbose_name='提出人编号')),
                ('proposed_by', models.CharField(max_length=60, verbose_name='提出人')),
                ('answer', models.CharField(blank=True, choices=[('confirmed', '复核通过'), ('refused', '退回')], max_length=10, verbose_name='复核')),
                ('answered_at', models.DateTimeField(blank=True, null=True, verbose_name='复核时间')),
                ('answered_by_id', models.BigIntegerField(null=True, verbose_name='复核人编号')),
                ('answered_by', models.CharField(blank=True, max_length=60, verbose_name='复核人')),
                ('assessment', models.ForeignKey(blank=True, help_text='县残疾人教育专家委员会出具', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='files.storedfile', verbose_name='评估意见')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='proposals', to='dropout.case', verbose_name='个案')),
                ('evidence', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='files.storedfile', verbose_name='佐证材料')),
            ],
            options={
                'verbose_name': '销号提请',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='CaseReason',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.CharField(max_length=500, verbose_name='理由')),
                ('decision', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='said', to='dropout.casedecision', verbose_name='办理记录')),
            ],
            options={
                'verbose_name': '个案办理理由',
            },
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['state', 'home_area', 'id'], name='case_by_home_area'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['state', 'school_area', 'id'], name='case_by_school_area'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['school', 'state', 'id'], name='case_by_school'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('state', 'delayed')), fields=['until'], name='case_delayed_until'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'closed'), _negated=True), fields=('student',), name='one_open_case_per_student', violation_error_message='该生已有一件没有销号的个案。'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ('closed', 'delayed', 'home_taught', 'proposed_reopen')), _negated=True), models.Q(('closed_by_id__isnull', False), ('evidence__isnull', False), ('proposed_by_id__isnull', False), models.Q(('outcome', ''), _negated=True), models.Q(('closed_by_id', models.F('proposed_by_id')), _negated=True)), _connector='OR'), name='case_ends_with_evidence_by_another_person', violation_error_message='销号须有佐证材料，并由提出人以外的人复核。'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_on__isnull', False), ('state__in', ['closed', 'proposed_reopen'])), models.Q(models.Q(('state__in', ['closed', 'proposed_reopen']), _negated=True), ('closed_on', None)), _connector='OR'), name='closed_case_has_a_day'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'closed'), _negated=True), models.Q(('outcome__in', ['delayed', 'home_taught']), _negated=True), _connector='OR'), name='case_is_closed_by_what_closes'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'delayed'), _negated=True), ('until__isnull', False), _connector='OR'), name='delay_of_a_case_has_an_end'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['returned', 'monitored']), _negated=True), ('returned_on__isnull', False), _connector='OR'), name='returned_case_has_a_day'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'monitored'), _negated=True), ('monitored_until__isnull', False), _connector='OR'), name='monitored_case_has_an_end'),
        ),
        migrations.AddConstraint(
            model_name='caseproposal',
            constraint=models.UniqueConstraint(condition=models.Q(('answer', '')), fields=('case',), name='one_open_proposal_per_case', violation_error_message='这件个案已有一件提请等待复核。'),
        ),
        migrations.AddConstraint(
            model_name='caseproposal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answer', ''), ('answered_at', None)), models.Q(('answered_at__isnull', False), ('answered_by_id__isnull', False), ('proposed_by_id__isnull', False), models.Q(('answer', ''), _negated=True), models.Q(('answered_by_id', models.F('proposed_by_id')), _negated=True)), _connector='OR'), name='proposal_of_a_case_takes_two_people', violation_error_message='须由提出人以外的人复核。'),
        ),
        migrations.AddConstraint(
            model_name='caseproposal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'reopen'), ('outcome', '')), models.Q(('kind', 'end'), models.Q(('outcome', ''), _negated=True)), _connector='OR'), name='end_of_a_case_has_an_outcome'),
        ),
        migrations.AddConstraint(
            model_name='caseproposal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('outcome', 'exempt'), _negated=True), models.Q(('assessed_on__isnull', False), ('assessment__isnull', False)), _connector='OR'), name='exemption_has_an_assessment', violation_error_message='因身体原因免学，须有县残疾人教育专家委员会的评估意见。'),
        ),
        migrations.AddConstraint(
            model_name='caseproposal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('outcome', 'delayed'), ('until__isnull', False), models.Q(('delay_kind', ''), _negated=True)), models.Q(models.Q(('outcome', 'delayed'), _negated=True), ('delay_kind', ''), ('until', None)), _connector='OR'), name='delay_has_a_kind_and_an_end', violation_error_message='缓学、休学须写明到哪一天。'),
        ),
        migrations.AddConstraint(
            model_name='caseproposal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('outcome', 'transferred'), _negated=True), models.Q(('where_to', ''), _negated=True), _connector='OR'), name='transfer_says_where_to', violation_error_message='转学须写明转到哪所学校。'),
        ),
        migrations.AddConstraint(
            model_name='casereason',
            constraint=models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='case_reason_says_something'),
        ),
        guarded(("dropout_casedecision", "dropout_casereason"), "个案办理记录不得修改或删除"),
    ]
