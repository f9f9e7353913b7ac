import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
import django.utils.timezone
from django.db import migrations, models

from povertyedu.schema import CreateModels


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        CreateModels([
            migrations.CreateModel(
                name='CalendarDay',
                fields=[
                    ('date', models.DateField(primary_key=True, serialize=False, verbose_name='日期')),
                    ('is_working', models.BooleanField(verbose_name='工作日')),
                    ('note', models.CharField(blank=True, max_length=60, verbose_name='说明')),
                ],
                options={
                    'verbose_name': '工作日历',
                    'ordering': ['date'],
                },
            ),
            migrations.CreateModel(
                name='Area',
                fields=[
                    ('code', models.CharField(max_length=12, primary_key=True, serialize=False, verbose_name='区划代码')),
                    ('name', models.CharField(max_length=60, verbose_name='名称')),
                    ('level', models.CharField(choices=[('county', '县'), ('township', '乡镇'), ('village', '村')], max_length=10, verbose_name='级别')),
                    ('is_poor_village', models.BooleanField(default=False, verbose_name='贫困村')),
                    ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='orgs.area', verbose_name='上级')),
                    ('absorbed', models.JSONField(blank=True, db_default=[], default=list, help_text='并入本地、代码不以本地代码开头的乡镇和村；本地的人员看得到它们以前的记录', verbose_name='并入过的代码')),
                    ('closed_on', models.DateField(blank=True, null=True, verbose_name='撤并日期')),
                    ('merged_into', models.ForeignKey(blank=True, help_text='撤并后并入的乡镇或村；原代码和以前学期的记录都保留', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged_areas', to='orgs.area', verbose_name='并入')),
                ],
                options={
                    'verbose_name': '行政区划',
                    'ordering': ['code'],
                    'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('level', 'county'), ('parent', None)), models.Q(models.Q(('level', 'county'), _negated=True), ('parent__isnull', False)), _connector='OR'), name='area_parent_matches_level', violation_error_message='县级没有上级，乡镇和村必须有上级'), models.CheckConstraint(condition=models.Q(models.Q(('closed_on', None), ('merged_into', None)), models.Q(('closed_on__isnull', False), ('merged_into__isnull', False), models.Q(('merged_into', models.F('code')), _negated=True)), _connector='OR'), name='merged_area_is_closed', violation_error_message='撤并要有日期和并入的乡镇（村），不能并入自己'), models.CheckConstraint(condition=models.Q(('merged_into', None), django.db.models.lookups.Exact(django.db.models.functions.text.Length('code'), django.db.models.functions.text.Length(models.F('merged_into'))), _connector='OR'), name='area_is_merged_into_its_like', violation_error_message='乡镇只能并入乡镇，村只能并入村')],
                },
            ),
            migrations.CreateModel(
                name='School',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('code', models.CharField(max_length=10, unique=True, verbose_name='学校标识码')),
                    ('name', models.CharField(max_length=80, verbose_name='学校名称')),
                    ('kind', models.CharField(choices=[('kindergarten', '幼儿园'), ('primary', '小学'), ('teaching_point', '教学点'), ('junior', '初级中学'), ('nine_year', '九年一贯制学校'), ('senior', '高级中学'), ('complete', '完全中学'), ('twelve_year', '十二年一贯制学校'), ('vocational', '中等职业学校'), ('special', '特殊教育学校')], max_length=20, verbose_name='办学类型')),
                    ('ownership', models.CharField(choices=[('public', '公办'), ('inclusive_private', '普惠性民办'), ('private', '民办')], max_length=20, verbose_name='办学性质')),
                    ('setting', models.CharField(choices=[('urban', '城区'), ('town', '镇区'), ('rural', '乡村')], max_length=10, verbose_name='城乡类型')),
                    ('takes_boarders', models.BooleanField(default=False, verbose_name='寄宿制')),
                    ('is_open', models.BooleanField(default=True, verbose_name='在办')),
                    ('area', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='schools', to='orgs.area', verbose_name='所在乡镇（村）')),
                    ('centre', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reviewed_schools', to='orgs.school', verbose_name='审核的中心学校')),
                    ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='teaching_points', to='orgs.school', verbose_name='主管学校')),
                    ('merged_into', models.ForeignKey(blank=True, help_text='停办后并入的学校；标识码和以前学期的学籍都留在原校', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged_schools', to='orgs.school', verbose_name='并入学校')),
                    ('tags', models.JSONField(blank=True, db_default=[], default=list, help_text='资助标准可以按标签规定，如示范校', verbose_name='学校标签')),
                    ('former_tags', models.JSONField(blank=True, db_default=[], default=list, help_text='[学期，这个学期以前的标签]，见 orgs/tags.py', verbose_name='以前的标签')),
                ],
                options={
                    'verbose_name': '学校',
                    'ordering': ['area_id', 'code'],
                    'constraints': [models.CheckConstraint(condition=models.Q(('code__regex', '^[0-9]{10}$')), name='school_code_has_ten_digits', violation_error_message='学校标识码应为 10 位数字'), models.CheckConstraint(condition=models.Q(('centre', None), models.Q(('centre', models.F('id')), _negated=True), _connector='OR'), name='school_is_not_its_own_centre', violation_error_message='审核的中心学校不能是本校'), models.CheckConstraint(condition=models.Q(('merged_into', None), models.Q(('is_open', False), models.Q(('merged_into', models.F('id')), _negated=True)), _connector='OR'), name='merged_school_is_closed', violation_error_message='填了并入学校的，应为停办，并入的不能是本校')],
                },
            ),
            migrations.CreateModel(
                name='Person',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name', models.CharField(max_length=60, verbose_name='姓名')),
                    ('phone', models.CharField(blank=True, max_length=20, verbose_name='电话')),
                    ('title', models.CharField(blank=True, max_length=60, verbose_name='职务')),
                    ('area', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='people', to='orgs.area', verbose_name='乡镇（村）')),
                    ('school', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='people', to='orgs.school', verbose_name='学校')),
                ],
                options={
                    'verbose_name': '人员',
                    'ordering': ['name', 'pk'],
                },
            ),
            migrations.CreateModel(
                name='SchoolClass',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('stage', models.CharField(choices=[('preschool', '学前'), ('primary', '小学'), ('junior', '初中'), ('senior', '普通高中'), ('vocational', '中职'), ('college', '专科'), ('bachelor', '本科'), ('postgraduate', '研究生')], max_length=20, verbose_name='学段')),
                    ('grade', models.PositiveSmallIntegerField(verbose_name='年级')),
                    ('name', models.CharField(max_length=30, verbose_name='班级')),
                    ('homeroom_teacher', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='homeroom_classes', to='orgs.person', verbose_name='班主任')),
                    ('school', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='classes', to='orgs.school', verbose_name='学校')),
                ],
                options={
                    'verbose_name': '班级',
                    'ordering': ['school', 'stage', 'grade', 'name'],
                    'constraints': [models.UniqueConstraint(fields=('school', 'stage', 'grade', 'name'), name='class_name_once_per_grade', violation_error_message='这个年级已有同名班级')],
                },
            ),
            migrations.CreateModel(
                name='SchoolStage',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('stage', models.CharField(choices=[('preschool', '学前'), ('primary', '小学'), ('junior', '初中'), ('senior', '普通高中'), ('vocational', '中职'), ('college', '专科'), ('bachelor', '本科'), ('postgraduate', '研究生')], max_length=20, verbose_name='学段')),
                    ('school', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='stage_set', to='orgs.school')),
                ],
                options={
                    'verbose_name': '学校学段',
                    'constraints': [models.UniqueConstraint(fields=('school', 'stage'), name='school_has_a_stage_once')],
                },
            ),
            migrations.CreateModel(
                name='Term',
                fields=[
                    ('code', models.CharField(help_text='2020-autumn', max_length=11, primary_key=True, serialize=False, verbose_name='学期代码')),
                    ('year', models.PositiveSmallIntegerField(help_text='学期开始的公历年', verbose_name='年份')),
                    ('season', models.CharField(choices=[('autumn', '秋季学期'), ('spring', '春季学期')], max_length=6, verbose_name='季')),
                    ('starts_on', models.DateField(verbose_name='开始日期')),
                    ('ends_on', models.DateField(verbose_name='结束日期')),
                    ('meal_days', models.PositiveSmallIntegerField(default=100, verbose_name='供餐天数')),
                    ('is_closed', models.BooleanField(default=False, verbose_name='已关闭')),
                ],
                options={
                    'verbose_name': '学期',
                    'ordering': ['-starts_on'],
                    'constraints': [models.UniqueConstraint(fields=('year', 'season'), name='term_once_per_season'), models.CheckConstraint(condition=models.Q(('ends_on__gt', models.F('starts_on'))), name='term_ends_after_it_starts', violation_error_message='学期结束日期应晚于开始日期')],
                },
            ),
            migrations.CreateModel(
                name='AreaMerger',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='办理时间')),
                    ('by_name', models.CharField(max_length=60, verbose_name='办理人')),
                    ('moved', models.JSONField(help_text='households students …: 行号；posts: 行号、原任职止、改后', verbose_name='移动的')),
                    ('undone_at', models.DateTimeField(blank=True, null=True, verbose_name='撤销时间')),
                    ('undone_by_name', models.CharField(blank=True, max_length=60, verbose_name='撤销人')),
                    ('undone_reason', models.CharField(blank=True, max_length=500, verbose_name='撤销理由')),
                    ('area', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='mergers', to='orgs.area', verbose_name='被撤并的')),
                    ('into', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orgs.area', verbose_name='并入')),
                ],
                options={
                    'verbose_name': '撤并',
                    'ordering': ['-pk'],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('undone_at', None)), fields=('area',), name='area_is_merged_once'), models.CheckConstraint(condition=models.Q(models.Q(('undone_at', None), ('undone_by_name', ''), ('undone_reason', '')), models.Q(('undone_at__isnull', False), models.Q(('undone_by_name', ''), _negated=True), models.Q(('undone_reason', ''), _negated=True)), _connector='OR'), name='undone_merger_says_who_and_why')],
                },
            ),
        ]),
    ]
