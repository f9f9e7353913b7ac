import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from povertyedu.schema import CreateModels


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('files', '0001_initial'),
        ('orgs', '0001_initial'),
    ]

    operations = [
        CreateModels([
            migrations.CreateModel(
                name='Finding',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('source', models.CharField(choices=[('inspection', '督导检查'), ('spot_check', '半年抽查'), ('self_check', '乡镇、学校自查'), ('audit', '审计'), ('indicator', '指标通报'), ('screening', '排查'), ('project', '项目检查'), ('other', '其他')], max_length=12, verbose_name='来源')),
                    ('subject', models.CharField(blank=True, db_index=True, max_length=60, verbose_name='所属事项')),
                    ('origin', models.CharField(blank=True, help_text='如“2026年上半年专项督导”', max_length=120, verbose_name='来源说明')),
                    ('url', models.CharField(blank=True, max_length=200, verbose_name='来源链接')),
                    ('title', models.CharField(max_length=200, verbose_name='问题')),
                    ('text', models.CharField(blank=True, max_length=1000, verbose_name='具体情况')),
                    ('due_on', models.DateField(help_text='这一天是最后一天', verbose_name='整改期限')),
                    ('state', models.CharField(choices=[('found', '待整改'), ('planned', '整改中'), ('done', '待复核'), ('rechecked', '待销号'), ('closed', '已销号')], default='found', max_length=10, verbose_name='状态')),
                    ('measure', models.CharField(blank=True, max_length=1000, verbose_name='整改措施')),
                    ('result', models.CharField(blank=True, max_length=1000, verbose_name='整改结果')),
                    ('found_on', models.DateField(verbose_name='发现日期')),
                    ('found_by', models.CharField(max_length=60, verbose_name='登记人')),
                    ('done_on', models.DateField(blank=True, null=True, verbose_name='报告完成日期')),
                    ('done_by_id', models.BigIntegerField(blank=True, null=True, verbose_name='报告人编号')),
                    ('rechecked_by_id', models.BigIntegerField(blank=True, null=True, verbose_name='复核人编号')),
                    ('closed_on', models.DateField(blank=True, null=True, verbose_name='销号日期')),
                    ('overdue_told_for', models.DateField(blank=True, null=True, verbose_name='已提醒的期限')),
                    ('area', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='findings', to='orgs.area', verbose_name='县、乡镇或村')),
                    ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='findings', to='orgs.person', verbose_name='责任人')),
                    ('proof', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='files.storedfile', verbose_name='佐证材料')),
                    ('school', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='findings', to='orgs.school', verbose_name='学校')),
                ],
                options={
                    'verbose_name': '整改事项',
                    'ordering': ['-pk'],
                    'indexes': [models.Index(fields=['state', 'due_on'], name='finding_by_deadline')],
                    'constraints': [models.UniqueConstraint(condition=models.Q(models.Q(('subject', ''), _negated=True), models.Q(('state', 'closed'), _negated=True)), fields=('subject',), name='one_open_finding_per_subject', violation_error_message='这一事项已有没有销号的整改。'), models.CheckConstraint(condition=models.Q(models.Q(('area__isnull', False), ('school', None)), models.Q(('area', None), ('school__isnull', False)), _connector='OR'), name='finding_has_one_place', violation_error_message='请选择一个责任单位：乡镇或学校。'), models.CheckConstraint(condition=models.Q(('title', ''), _negated=True), name='finding_says_what', violation_error_message='请写明问题。'), models.CheckConstraint(condition=models.Q(('due_on__gte', models.F('found_on'))), name='finding_is_due_after_it_was_found', violation_error_message='整改期限不能早于发现日期。'), models.CheckConstraint(condition=models.Q(('state', 'found'), models.Q(('measure', ''), _negated=True), _connector='OR'), name='finding_under_way_has_a_measure', violation_error_message='请先填报整改措施。'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['done', 'rechecked', 'closed']), _negated=True), models.Q(('done_by_id__isnull', False), ('done_on__isnull', False), ('proof__isnull', False), models.Q(('result', ''), _negated=True)), _connector='OR'), name='finding_done_has_proof', violation_error_message='报告整改完成须写明结果并上传佐证材料。'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['rechecked', 'closed']), _negated=True), models.Q(('rechecked_by_id__isnull', False), models.Q(('rechecked_by_id', models.F('done_by_id')), _negated=True)), _connector='OR'), name='finding_rechecked_by_another_person', violation_error_message='复核人不能是报告整改完成的人。'), models.CheckConstraint(condition=models.Q(models.Q(('closed_on__isnull', False), ('state', 'closed')), models.Q(models.Q(('state', 'closed'), _negated=True), ('closed_on', None)), _connector='OR'), name='closed_finding_has_a_day')],
                },
            ),
            migrations.CreateModel(
                name='Evidence',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('note', models.CharField(blank=True, max_length=200, verbose_name='说明')),
                    ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='时间')),
                    ('by_id', models.BigIntegerField(null=True, verbose_name='上传人编号')),
                    ('by_name', models.CharField(max_length=60, verbose_name='上传人')),
                    ('file', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='files.storedfile', verbose_name='文件')),
                    ('finding', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='evidence', to='findings.finding', verbose_name='整改事项')),
                ],
                options={
                    'verbose_name': '佐证材料',
                    'ordering': ['pk'],
                    'constraints': [models.UniqueConstraint(fields=('finding', 'file'), name='evidence_file_once')],
                },
            ),
            migrations.CreateModel(
                name='FindingDecision',
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
                    ('subject', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='findings.finding', verbose_name='整改事项')),
                ],
                options={
                    'verbose_name': '整改办理记录',
                    'ordering': ['pk'],
                    'abstract': False,
                },
            ),
        ]),
    ]
