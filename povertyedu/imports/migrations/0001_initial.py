import django.db.models.deletion
import django.utils.timezone
import povertyedu.sealing.fields
from django.conf import settings
from django.db import migrations, models

from povertyedu.schema import CreateModels


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        ('files', '0001_initial'),
        ('jobs', '0001_initial'),
        ('orgs', '0001_initial'),
    ]

    operations = [
        CreateModels([
            migrations.CreateModel(
                name='ImportBatch',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(max_length=30, verbose_name='种类')),
                    ('state', models.CharField(choices=[('uploaded', '已上传'), ('checking', '核对中'), ('mapping', '待核对列'), ('checked', '待确认'), ('waiting', '待复核'), ('applying', '导入中'), ('applied', '已导入'), ('undoing', '撤销中'), ('undone', '已撤销'), ('refused', '整个文件未通过'), ('cancelled', '已取消')], default='uploaded', max_length=12, verbose_name='状态')),
                    ('counts', models.JSONField(default=dict, help_text='rows created updated unchanged duplicates rejected warned', verbose_name='行数')),
                    ('rejected_by_code', models.JSONField(default=dict, verbose_name='错误种类')),
                    ('warnings', models.JSONField(default=dict, verbose_name='提醒种类')),
                    ('answer', models.JSONField(default=dict, help_text='如名单比对 on_roster …', verbose_name='其他结果')),
                    ('remarks', models.JSONField(default=list, help_text='跳过的工作表、未识别的列等', verbose_name='说明')),
                    ('error', models.CharField(blank=True, max_length=500, verbose_name='未通过原因')),
                    ('is_complete', models.BooleanField(default=False, verbose_name='完整名册')),
                    ('absent', povertyedu.sealing.fields.SealedCharField(blank=True, default='', help_text='JSON：学校、班级、姓名', verbose_name='名册里没有的')),
                    ('held', models.CharField(blank=True, max_length=300, verbose_name='整个文件存疑')),
                    ('go_on_reason', models.CharField(blank=True, max_length=200, verbose_name='仍要继续的理由')),
                    ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='上传时间')),
                    ('applied_at', models.DateTimeField(blank=True, null=True, verbose_name='导入时间')),
                    ('seconds', models.FloatField(default=0, verbose_name='用时（秒）')),
                    ('undone_at', models.DateTimeField(blank=True, null=True, verbose_name='撤销时间')),
                    ('undone', models.JSONField(default=dict, help_text='removed restored left_out', verbose_name='撤销结果')),
                    ('left_out', povertyedu.sealing.fields.SealedCharField(blank=True, default='', help_text='JSON：姓名、原因', verbose_name='没有撤销的')),
                    ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='imports', to=settings.AUTH_USER_MODEL, verbose_name='上传人')),
                    ('file', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='files.storedfile', verbose_name='文件')),
                    ('job', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='jobs.job', verbose_name='后台任务')),
                    ('term', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orgs.term', verbose_name='学期')),
                    ('layout', models.JSONField(default=dict, help_text='工作表 → head 行号、columns 列 → 序号', verbose_name='表头位置')),
                    ('choices', models.JSONField(default=dict, help_text='工作表 → skip、head、columns 序号 → 列', verbose_name='指定的列')),
                    ('sheets', povertyedu.sealing.fields.SealedCharField(blank=True, default='', help_text='JSON：见 headings.survey', verbose_name='读到的表头')),
                    ('checked_at', models.DateTimeField(blank=True, null=True, verbose_name='复核时间')),
                    ('checked_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='复核人')),
                    ('checked_by_name', models.CharField(blank=True, max_length=60, verbose_name='复核人姓名')),
                    ('overwrites', povertyedu.sealing.fields.SealedCharField(blank=True, default='', help_text='JSON：工作表、行、姓名、项目、原、新、新值索引', verbose_name='改动已有内容')),
                    ('overwritten', models.PositiveIntegerField(default=0, verbose_name='改动已有内容处数')),
                    ('school', models.ForeignKey(blank=True, help_text='待复核的只有一所学校时', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orgs.school', verbose_name='学校')),
                ],
                options={
                    'verbose_name': '导入',
                    'ordering': ['-pk'],
                    'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('applied_at__isnull', False), ('state__in', ('applied', 'undoing', 'undone'))), models.Q(models.Q(('state__in', ('applied', 'undoing', 'undone')), _negated=True), ('applied_at', None)), _connector='OR'), name='applied_import_has_a_time'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'undone'), ('undone_at__isnull', False)), models.Q(models.Q(('state', 'undone'), _negated=True), ('undone_at', None)), _connector='OR'), name='undone_import_has_a_time'), models.CheckConstraint(condition=models.Q(('checked_by', None), models.Q(('checked_by', models.F('by')), _negated=True), _connector='OR'), name='import_checked_by_a_second_person', violation_error_message='上传人不能复核自己的导入'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ('applied', 'undoing', 'undone')), _negated=True), ('overwritten', 0), ('checked_by__isnull', False), models.Q(('by', None), models.Q(('checked_by_name', ''), _negated=True)), _connector='OR'), name='overwriting_import_was_checked')],
                },
            ),
            migrations.CreateModel(
                name='StagedRow',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('sheet', models.CharField(max_length=60, verbose_name='工作表')),
                    ('number', models.PositiveIntegerField(verbose_name='行号')),
                    ('outcome', models.CharField(choices=[('created', '新增'), ('updated', '更新'), ('unchanged', '相同'), ('duplicate', '重复'), ('rejected', '错误')], max_length=10, verbose_name='结果')),
                    ('has_problem', models.BooleanField(default=False, verbose_name='有问题')),
                    ('sealed', models.BinaryField(verbose_name='内容')),
                    ('batch', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='staged', to='imports.importbatch')),
                    ('key_hash', models.CharField(blank=True, default='', max_length=32, verbose_name='同一编号')),
                ],
                options={
                    'verbose_name': '暂存行',
                    'ordering': ['pk'],
                    'indexes': [models.Index(fields=['batch', 'has_problem', 'id'], name='staged_problems'), models.Index(fields=['batch', 'outcome', 'id'], name='staged_outcomes'), models.Index(fields=['batch', 'key_hash'], name='staged_same_key')],
                },
            ),
            migrations.CreateModel(
                name='UndoImage',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('table', models.CharField(max_length=80, verbose_name='表')),
                    ('sealed', models.BinaryField(verbose_name='内容')),
                    ('batch', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='images', to='imports.importbatch')),
                ],
                options={
                    'verbose_name': '导入前后',
                    'ordering': ['pk'],
                },
            ),
            migrations.CreateModel(
                name='HeadingAlias',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(max_length=30, verbose_name='种类')),
                    ('column', models.CharField(max_length=40, verbose_name='列')),
                    ('text', models.CharField(max_length=40, verbose_name='表头写法')),
                    ('normal', models.CharField(max_length=40, verbose_name='规整后的写法')),
                    ('added_by', models.CharField(max_length=60, verbose_name='添加人')),
                ],
                options={
                    'verbose_name': '表头别名',
                    'ordering': ['kind', 'column', 'pk'],
                    'constraints': [models.UniqueConstraint(fields=('kind', 'normal'), name='heading_alias_once_per_kind')],
                },
            ),
            migrations.CreateModel(
                name='RowFix',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('sheet', models.CharField(max_length=60, verbose_name='工作表')),
                    ('number', models.PositiveIntegerField(verbose_name='行号')),
                    ('is_left_out', models.BooleanField(default=False, verbose_name='不导入')),
                    ('sealed', models.BinaryField(verbose_name='内容')),
                    ('batch', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='fixes', to='imports.importbatch')),
                ],
                options={
                    'verbose_name': '改正的行',
                    'ordering': ['pk'],
                    'constraints': [models.UniqueConstraint(fields=('batch', 'sheet', 'number'), name='row_is_put_right_once')],
                },
            ),
        ]),
    ]
