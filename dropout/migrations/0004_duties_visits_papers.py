"""What is to be done in a case and how it climbs; plans, visits, lessons and papers. What was reported stays."""

from importlib import import_module

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.db import migrations, models

guarded = import_module("dropout.migrations.0002_cases").guarded


class Migration(migrations.Migration):

    dependencies = [
        ('dropout', '0003_pledges'),
        ('files', '0001_initial'),
        ('orgs', '0005_mergers'),
    ]

    operations = [
        migrations.CreateModel(
            name='Duty',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('line', models.CharField(choices=[('government', '政府线'), ('education', '教育线')], max_length=10, verbose_name='线')),
                ('state', models.CharField(choices=[('suspected', '待核实'), ('verified', '已核实'), ('persuading', '劝返中'), ('returned', '已返校'), ('monitored', '返校监测'), ('home_taught', '送教上门'), ('delayed', '缓学、休学'), ('proposed_closed', '待复核销号'), ('closed', '已销号'), ('proposed_reopen', '待复核重开')], max_length=16, verbose_name='个案状态')),
                ('opened_on', models.DateField(verbose_name='布置日期')),
                ('first_due_on', models.DateField(verbose_name='原定期限')),
                ('due_on', models.DateField(blank=True, null=True, verbose_name='期限')),
                ('is_late', models.BooleanField(default=False, verbose_name='逾期过')),
                ('done_on', models.DateField(blank=True, null=True, verbose_name='办结日期')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='duties', to='dropout.case', verbose_name='个案')),
                ('link', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='dropout.chainlink', verbose_name='责任层级')),
                ('person', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='case_duties', to='orgs.person', verbose_name='责任人')),
            ],
            options={
                'verbose_name': '个案任务',
                'ordering': ['due_on', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Escalation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('why', models.CharField(choices=[('late', '到期未办，上报'), ('vacant', '下级空岗，上移'), ('skipped', '空岗，跳过')], max_length=8, verbose_name='原因')),
                ('on', models.DateField(verbose_name='日期')),
                ('missed_on', models.DateField(blank=True, null=True, verbose_name='逾期的期限')),
                ('due_on', models.DateField(blank=True, null=True, verbose_name='新期限')),
                ('duty', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='escalations', to='dropout.duty', verbose_name='任务')),
                ('link', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='dropout.chainlink', verbose_name='责任层级')),
                ('person', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orgs.person', verbose_name='责任人')),
            ],
            options={
                'verbose_name': '逾期上报',
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='Lesson',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('token', models.UUIDField(default=uuid.uuid4, unique=True, verbose_name='提交编号')),
                ('on', models.DateField(verbose_name='送教日期')),
                ('lessons', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1)], verbose_name='课时')),
                ('subject', models.CharField(max_length=120, verbose_name='内容')),
                ('teacher', models.CharField(max_length=60, verbose_name='送教教师')),
                ('remark', models.CharField(blank=True, max_length=300, verbose_name='学习情况')),
                ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='登记时间')),
                ('by_id', models.BigIntegerField(null=True, verbose_name='登记人编号')),
                ('by_name', models.CharField(max_length=60, verbose_name='登记人')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lessons', to='dropout.case', verbose_name='个案')),
                ('photo', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='files.storedfile', verbose_name='照片')),
            ],
            options={
                'verbose_name': '送教记录',
                'ordering': ['-on', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='Plan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('causes', models.PositiveSmallIntegerField(help_text='Cause 的位', verbose_name='原因')),
                ('situation', models.CharField(blank=True, max_length=500, verbose_name='具体情况')),
                ('measures', models.CharField(max_length=500, verbose_name='措施')),
                ('placement', models.CharField(blank=True, choices=[('join_class', '插班'), ('own_class', '单独编班'), ('vocational', '普职融合'), ('at_home', '送教上门')], max_length=12, verbose_name='安置方式')),
                ('target_on', models.DateField(verbose_name='目标日期')),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='制定时间')),
                ('made_by_id', models.BigIntegerField(null=True, verbose_name='制定人编号')),
                ('made_by', models.CharField(max_length=60, verbose_name='制定人')),
                ('superseded_at', models.DateTimeField(blank=True, null=True, verbose_name='被替换')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='plans', to='dropout.case', verbose_name='个案')),
                ('leader', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orgs.person', verbose_name='牵头人')),
            ],
            options={
                'verbose_name': '一人一案方案',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='ReturnOrder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('year', models.PositiveSmallIntegerField(verbose_name='年份')),
                ('serial', models.PositiveIntegerField(verbose_name='序号')),
                ('guardian', models.CharField(max_length=60, verbose_name='监护人')),
                ('issued_on', models.DateField(verbose_name='签发日期')),
                ('due_on', models.DateField(verbose_name='返校期限')),
                ('issued_by_id', models.BigIntegerField(null=True, verbose_name='签发人编号')),
                ('issued_by', models.CharField(max_length=60, verbose_name='签发人')),
                ('delivered_to', models.CharField(blank=True, max_length=60, verbose_name='送达给')),
                ('delivered_on', models.DateField(blank=True, null=True, verbose_name='送达日期')),
                ('delivery', models.CharField(blank=True, choices=[('in_person', '直接送达'), ('left', '留置送达'), ('by_post', '邮寄送达'), ('other', '其他方式')], max_length=10, verbose_name='送达方式')),
                ('fulfilled_on', models.DateField(blank=True, null=True, verbose_name='履行日期')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='dropout.case', verbose_name='个案')),
                ('scan', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='files.storedfile', verbose_name='送达回证')),
                ('township', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orgs.area', verbose_name='乡镇')),
            ],
            options={
                'verbose_name': '限期复学通知书',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='Visit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('token', models.UUIDField(default=uuid.uuid4, unique=True, verbose_name='提交编号')),
                ('line', models.CharField(choices=[('government', '政府线'), ('education', '教育线')], max_length=10, verbose_name='线')),
                ('on', models.DateField(verbose_name='走访日期')),
                ('visitor', models.CharField(max_length=60, verbose_name='走访人')),
                ('way', models.CharField(choices=[('home', '入户'), ('phone', '电话'), ('message', '微信、短信'), ('school', '到校'), ('workplace', '到务工地')], max_length=10, verbose_name='方式')),
                ('met', models.CharField(choices=[('child', '学生本人'), ('guardian', '监护人'), ('both', '学生和监护人'), ('relative', '其他亲属'), ('neighbour', '邻居、村组干部'), ('nobody', '没有见到人')], max_length=10, verbose_name='见到的人')),
                ('result', models.CharField(choices=[('agreed', '同意返校'), ('returned', '已经返校'), ('wavering', '还在犹豫'), ('refused', '拒绝返校'), ('absent', '人不在当地'), ('not_found', '没有找到'), ('stable', '在校稳定'), ('other', '其他')], max_length=10, verbose_name='结果')),
                ('text', models.CharField(max_length=500, verbose_name='情况')),
                ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='登记时间')),
                ('by_id', models.BigIntegerField(null=True, verbose_name='登记人编号')),
                ('by_name', models.CharField(max_length=60, verbose_name='登记人')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='visits', to='dropout.case', verbose_name='个案')),
                ('photo', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='files.storedfile', verbose_name='照片')),
            ],
            options={
                'verbose_name': '走访记录',
                'ordering': ['-on', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='Agreement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('guardian', models.CharField(max_length=60, verbose_name='监护人')),
                ('issued_on', models.DateField(verbose_name='拟定日期')),
                ('issued_by_id', models.BigIntegerField(null=True, verbose_name='经办人编号')),
                ('issued_by', models.CharField(max_length=60, verbose_name='经办人')),
                ('signed_on', models.DateField(blank=True, null=True, verbose_name='签订日期')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='agreements', to='dropout.case', verbose_name='个案')),
                ('scan', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='files.storedfile', verbose_name='签字扫描件')),
                ('township', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orgs.area', verbose_name='乡镇')),
            ],
            options={
                'verbose_name': '控辍保学协议书',
                'ordering': ['-pk'],
                'constraints': [models.UniqueConstraint(fields=('case', 'guardian'), name='one_agreement_per_guardian', violation_error_message='这位监护人已有一份协议书。'), models.CheckConstraint(condition=models.Q(models.Q(('scan', None), ('signed_on', None)), models.Q(('scan__isnull', False), ('signed_on__isnull', False)), _connector='OR'), name='signed_agreement_has_its_scan', violation_error_message='登记签订须填签订日期并上传签字的扫描件。')],
            },
        ),
        migrations.CreateModel(
            name='Denial',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('poverty_aid', '贫困补助'), ('social_relief', '社会救助'), ('house_permit', '住宅审批手续'), ('rural_credit', '农村信用贷款')], max_length=16, verbose_name='事项')),
                ('reason', models.CharField(max_length=300, verbose_name='理由')),
                ('proposed_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='提出时间')),
                ('proposed_by_id', models.BigIntegerField(null=True, verbose_name='提出人编号')),
                ('proposed_by', models.CharField(max_length=60, verbose_name='提出人')),
                ('approved_on', models.DateField(blank=True, null=True, verbose_name='批准日期')),
                ('approved_by_id', models.BigIntegerField(blank=True, null=True, verbose_name='批准人编号')),
                ('approved_by', models.CharField(blank=True, max_length=60, verbose_name='批准人')),
                ('lifted_on', models.DateField(blank=True, null=True, verbose_name='解除日期')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='denials', to='dropout.case', verbose_name='个案')),
            ],
            options={
                'verbose_name': '四不办理通知',
                'ordering': ['-pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['poverty_aid', 'social_relief', 'house_permit', 'rural_credit'])), name='denial_is_one_of_four'), models.UniqueConstraint(condition=models.Q(('lifted_on', None)), fields=('case', 'kind'), name='one_standing_denial_per_kind', violation_error_message='这一项已经提出或批准过，还没有解除。'), models.CheckConstraint(condition=models.Q(models.Q(('approved_by_id', None), ('approved_on', None)), models.Q(('approved_by_id__isnull', False), ('approved_on__isnull', False), ('proposed_by_id__isnull', False), models.Q(('approved_by_id', models.F('proposed_by_id')), _negated=True)), _connector='OR'), name='denial_is_approved_by_another_person', violation_error_message='须由提出人以外的人批准。')],
            },
        ),
        migrations.AddIndex(
            model_name='duty',
            index=models.Index(condition=models.Q(('done_on', None)), fields=['due_on'], name='duty_open_by_day'),
        ),
        migrations.AddIndex(
            model_name='duty',
            index=models.Index(condition=models.Q(('done_on', None)), fields=['person', 'due_on'], name='duty_open_by_person'),
        ),
        migrations.AddConstraint(
            model_name='duty',
            constraint=models.UniqueConstraint(condition=models.Q(('done_on', None)), fields=('case', 'line'), name='one_open_duty_per_line'),
        ),
        migrations.AddConstraint(
            model_name='duty',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('due_on', None), ('link', None), ('person', None)), models.Q(('due_on__isnull', False), ('link__isnull', False), ('person__isnull', False)), _connector='OR'), name='duty_lies_with_somebody_or_with_the_bureau'),
        ),
        migrations.AddConstraint(
            model_name='escalation',
            constraint=models.UniqueConstraint(condition=models.Q(('link__isnull', False)), fields=('duty', 'link'), name='escalation_once_per_link'),
        ),
        migrations.AddConstraint(
            model_name='escalation',
            constraint=models.UniqueConstraint(condition=models.Q(('link', None)), fields=('duty',), name='escalation_once_to_the_bureau'),
        ),
        migrations.AddConstraint(
            model_name='escalation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('missed_on__isnull', False), ('why', 'late')), models.Q(models.Q(('why', 'late'), _negated=True), ('missed_on', None)), _connector='OR'), name='escalation_says_which_deadline_passed'),
        ),
        migrations.AddConstraint(
            model_name='escalation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('why', 'skipped'), _negated=True), ('person', None), _connector='OR'), name='vacant_link_is_passed_by'),
        ),
        migrations.AddConstraint(
            model_name='lesson',
            constraint=models.CheckConstraint(condition=models.Q(('lessons__gte', 1), ('lessons__lte', 8)), name='lesson_has_hours'),
        ),
        migrations.AddConstraint(
            model_name='plan',
            constraint=models.UniqueConstraint(condition=models.Q(('superseded_at', None)), fields=('case',), name='one_plan_in_force_per_case'),
        ),
        migrations.AddConstraint(
            model_name='plan',
            constraint=models.CheckConstraint(condition=models.Q(('causes__gte', 1), ('causes__lte', 255)), name='plan_names_causes_that_are_known'),
        ),
        migrations.AddConstraint(
            model_name='plan',
            constraint=models.CheckConstraint(condition=models.Q(('measures', ''), _negated=True), name='plan_says_what_is_done'),
        ),
        migrations.AddConstraint(
            model_name='returnorder',
            constraint=models.UniqueConstraint(fields=('township', 'year', 'serial'), name='order_number_once'),
        ),
        migrations.AddConstraint(
            model_name='returnorder',
            constraint=models.CheckConstraint(condition=models.Q(('due_on__gt', models.F('issued_on'))), name='order_is_due_after_it_is_issued', violation_error_message='返校期限应晚于签发日期。'),
        ),
        migrations.AddConstraint(
            model_name='returnorder',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('delivered_on', None), ('delivered_to', ''), ('delivery', '')), models.Q(('delivered_on__gte', models.F('issued_on')), models.Q(('delivered_to', ''), _negated=True), models.Q(('delivery', ''), _negated=True)), _connector='OR'), name='delivery_says_to_whom_and_how', violation_error_message='送达须写明哪天、送达给谁、用什么方式，且不早于签发日期。'),
        ),
        migrations.AddConstraint(
            model_name='visit',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('text', ''), _negated=True), models.Q(('visitor', ''), _negated=True)), name='visit_says_something'),
        ),
        guarded(
            ("dropout_escalation", "dropout_visit", "dropout_lesson"),
            "逾期上报、走访和送教记录不得修改或删除",
        ),
    ]
