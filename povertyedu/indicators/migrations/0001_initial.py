import django.db.models.deletion
import django.utils.timezone
import povertyedu.indicators.models
from django.db import migrations, models

from povertyedu.schema import CreateModels


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('orgs', '0001_initial'),
    ]

    operations = [
        CreateModels([
            migrations.CreateModel(
                name='IndicatorTarget',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('code', models.CharField(max_length=40, verbose_name='指标')),
                    ('place_kind', models.CharField(choices=[('county', '全县'), ('township', '乡镇'), ('school', '学校')], max_length=10, verbose_name='适用于')),
                    ('year', models.PositiveSmallIntegerField(verbose_name='年度')),
                    ('value', models.DecimalField(decimal_places=2, max_digits=5, verbose_name='目标（%）')),
                    ('note', models.CharField(blank=True, max_length=200, verbose_name='依据')),
                    ('is_inferred', models.BooleanField(default=False, verbose_name='年度为推定')),
                    ('set_by', models.CharField(max_length=60, verbose_name='设定人')),
                    ('set_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='设定时间')),
                ],
                options={
                    'verbose_name': '指标目标',
                    'ordering': ['code', 'place_kind', 'year'],
                    'constraints': [models.UniqueConstraint(fields=('code', 'place_kind', 'year'), name='one_target_per_year', violation_error_message='这个指标这一年度的目标已经设过，请直接修改。'), models.CheckConstraint(condition=models.Q(('value__gte', 0), ('value__lte', 100)), name='target_is_a_percentage', violation_error_message='目标应在 0 到 100 之间。')],
                },
            ),
            migrations.CreateModel(
                name='Snapshot',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('code', models.CharField(max_length=40, verbose_name='指标')),
                    ('year', models.PositiveSmallIntegerField(help_text='学年开始的公历年', verbose_name='学年')),
                    ('on', models.DateField(verbose_name='统计日期')),
                    ('is_final', models.BooleanField(default=False, verbose_name='学年终值')),
                    ('taken_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='生成时间')),
                    ('checked_on', models.DateField(blank=True, null=True, verbose_name='最近核对')),
                ],
                options={
                    'verbose_name': '指标快照',
                    'ordering': ['code', 'on'],
                    'constraints': [models.UniqueConstraint(fields=('code', 'on'), name='one_snapshot_per_day'), models.UniqueConstraint(condition=models.Q(('is_final', True)), fields=('code', 'year'), name='one_final_snapshot_per_year')],
                },
            ),
            migrations.CreateModel(
                name='IndicatorNotice',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('code', models.CharField(max_length=40, verbose_name='指标')),
                    ('year', models.PositiveSmallIntegerField(verbose_name='学年')),
                    ('area_code', models.CharField(blank=True, max_length=9, verbose_name='乡镇')),
                    ('reading', models.CharField(choices=[('school_area', '按就读地'), ('home_area', '按户籍地')], max_length=12, verbose_name='统计口径')),
                    ('missed', models.BooleanField(verbose_name='没有达到目标')),
                    ('fell', models.BooleanField(verbose_name='低于上学年')),
                    ('numerator', models.PositiveIntegerField(verbose_name='分子')),
                    ('denominator', models.PositiveIntegerField(verbose_name='分母')),
                    ('target', models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True, verbose_name='目标（%）')),
                    ('last_numerator', models.PositiveIntegerField(blank=True, null=True, verbose_name='上学年分子')),
                    ('last_denominator', models.PositiveIntegerField(blank=True, null=True, verbose_name='上学年分母')),
                    ('state', models.CharField(choices=[('proposed', '拟通报'), ('issued', '待答复'), ('answered', '已答复待核'), ('settled', '已办结'), ('rectifying', '已转整改'), ('dropped', '不通报')], default='proposed', max_length=12, verbose_name='状态')),
                    ('proposed_on', models.DateField(verbose_name='提出日期')),
                    ('issued_on', models.DateField(blank=True, null=True, verbose_name='通报日期')),
                    ('due_on', models.DateField(blank=True, null=True, verbose_name='答复期限')),
                    ('answer', models.CharField(blank=True, max_length=1000, verbose_name='答复')),
                    ('answered_on', models.DateField(blank=True, null=True, verbose_name='答复日期')),
                    ('rectification', models.CharField(blank=True, help_text='整改页的地址', max_length=200, verbose_name='整改事项')),
                    ('overdue_told_for', models.DateField(blank=True, null=True, verbose_name='已提醒的期限')),
                    ('school', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='indicator_notices', to='orgs.school', verbose_name='学校')),
                    ('snapshot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='indicators.snapshot', verbose_name='快照')),
                ],
                options={
                    'verbose_name': '指标通报',
                    'ordering': ['-pk'],
                    'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('school', None), models.Q(('area_code', ''), _negated=True)), models.Q(('area_code', ''), ('school__isnull', False)), _connector='OR'), name='notice_is_of_one_place'), models.CheckConstraint(condition=models.Q(('missed', True), ('fell', True), _connector='OR'), name='notice_has_a_cause'), models.CheckConstraint(condition=models.Q(('state__in', ['proposed', 'dropped']), models.Q(('due_on__isnull', False), ('issued_on__isnull', False)), _connector='OR'), name='issued_notice_has_a_deadline'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['answered', 'settled']), _negated=True), models.Q(models.Q(('answer', ''), _negated=True), ('answered_on__isnull', False)), _connector='OR'), name='answered_notice_says_what'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'rectifying'), _negated=True), models.Q(('rectification', ''), _negated=True), _connector='OR'), name='rectified_notice_leads_there'), models.UniqueConstraint(condition=models.Q(('school', None), models.Q(('state', 'dropped'), _negated=True)), fields=('code', 'year', 'area_code'), name='one_notice_per_area_and_year'), models.UniqueConstraint(condition=models.Q(('school__isnull', False), models.Q(('state', 'dropped'), _negated=True)), fields=('code', 'year', 'school'), name='one_notice_per_school_and_year')],
                },
                bases=(povertyedu.indicators.models.Rated, models.Model),
            ),
            migrations.CreateModel(
                name='NoticeDecision',
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
                    ('subject', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='indicators.indicatornotice', verbose_name='指标通报')),
                ],
                options={
                    'verbose_name': '通报办理记录',
                    'ordering': ['pk'],
                    'abstract': False,
                },
            ),
            migrations.CreateModel(
                name='ChangedMember',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('subject', models.CharField(max_length=40, verbose_name='对象')),
                    ('was', models.CharField(choices=[('absent', '不在统计内'), ('denominator', '只在分母'), ('numerator', '在分子')], max_length=12, verbose_name='原来')),
                    ('now', models.CharField(choices=[('absent', '不在统计内'), ('denominator', '只在分母'), ('numerator', '在分子')], max_length=12, verbose_name='现在')),
                    ('school_area', models.CharField(blank=True, max_length=12, verbose_name='学校区划')),
                    ('home_area', models.CharField(blank=True, max_length=12, verbose_name='户籍区划')),
                    ('found_on', models.DateField(verbose_name='发现日期')),
                    ('school', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='orgs.school', verbose_name='学校')),
                    ('snapshot', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changed', to='indicators.snapshot', verbose_name='快照')),
                ],
                options={
                    'verbose_name': '历史数据变动',
                    'ordering': ['-pk'],
                    'constraints': [models.UniqueConstraint(fields=('snapshot', 'subject'), name='one_change_per_subject')],
                },
            ),
            migrations.CreateModel(
                name='SnapshotMember',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('code', models.CharField(max_length=40, verbose_name='指标')),
                    ('year', models.PositiveSmallIntegerField(verbose_name='学年')),
                    ('subject', models.CharField(max_length=40, verbose_name='对象')),
                    ('counted', models.BooleanField(verbose_name='在分子')),
                    ('school_area', models.CharField(blank=True, max_length=12, verbose_name='学校区划')),
                    ('home_area', models.CharField(blank=True, max_length=12, verbose_name='户籍区划')),
                    ('school', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='orgs.school', verbose_name='学校')),
                    ('since', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='indicators.snapshot', verbose_name='起')),
                    ('until', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='indicators.snapshot', verbose_name='止')),
                ],
                options={
                    'verbose_name': '指标人员',
                    'indexes': [models.Index(fields=['code', 'year', 'id'], name='member_by_year')],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('until', None)), fields=('code', 'year', 'subject'), name='one_present_member')],
                },
            ),
            migrations.CreateModel(
                name='SnapshotRow',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('reading', models.CharField(choices=[('school_area', '按就读地'), ('home_area', '按户籍地')], max_length=12, verbose_name='统计口径')),
                    ('area_code', models.CharField(blank=True, help_text='县 6 位、乡镇 9 位', max_length=9, verbose_name='区划')),
                    ('numerator', models.PositiveIntegerField(verbose_name='分子')),
                    ('denominator', models.PositiveIntegerField(verbose_name='分母')),
                    ('school', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orgs.school', verbose_name='学校')),
                    ('snapshot', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='indicators.snapshot', verbose_name='快照')),
                ],
                options={
                    'verbose_name': '指标数值',
                    'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('school', None), models.Q(('area_code', ''), _negated=True)), models.Q(('area_code', ''), ('school__isnull', False)), _connector='OR'), name='rate_is_of_one_place'), models.UniqueConstraint(condition=models.Q(('school', None)), fields=('snapshot', 'reading', 'area_code'), name='one_rate_per_area'), models.UniqueConstraint(condition=models.Q(('school__isnull', False)), fields=('snapshot', 'reading', 'school'), name='one_rate_per_school')],
                },
                bases=(povertyedu.indicators.models.Rated, models.Model),
            ),
            migrations.CreateModel(
                name='CountReading',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('plan', models.CharField(max_length=60, verbose_name='计划')),
                    ('item', models.CharField(max_length=40, verbose_name='内容')),
                    ('on', models.DateField(verbose_name='截至日期')),
                    ('value', models.DecimalField(decimal_places=2, max_digits=16, verbose_name='数量')),
                    ('whole', models.DecimalField(blank=True, decimal_places=2, max_digits=16, null=True, verbose_name='总数')),
                    ('note', models.CharField(blank=True, max_length=120, verbose_name='数据来源')),
                    ('counted_by', models.CharField(max_length=60, verbose_name='登记人')),
                    ('counted_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='登记时间')),
                ],
                options={
                    'verbose_name': '计划完成数',
                    'ordering': ['plan', 'item', 'on'],
                    'constraints': [models.UniqueConstraint(fields=('plan', 'item', 'on'), name='one_count_per_day'), models.CheckConstraint(condition=models.Q(('value__gte', 0)), name='count_is_not_negative'), models.CheckConstraint(condition=models.Q(('whole', None), models.Q(('value__lte', models.F('whole')), ('whole__gt', 0)), _connector='OR'), name='count_is_part_of_its_whole', violation_error_message='数量不能大于总数，总数应大于零。')],
                },
            ),
        ]),
    ]
