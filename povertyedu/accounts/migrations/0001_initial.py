import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
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
                name='User',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('password', models.CharField(max_length=128, verbose_name='password')),
                    ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                    ('username', models.CharField(error_messages={'unique': '这个账号已经有人使用，请换一个。'}, max_length=40, unique=True, validators=[django.core.validators.RegexValidator('^[A-Za-z0-9._-]{3,40}\\Z', '账号应为 3 到 40 位字母、数字、点、横线或下划线。')], verbose_name='账号')),
                    ('name', models.CharField(max_length=60, verbose_name='姓名')),
                    ('phone', models.CharField(blank=True, max_length=20, verbose_name='电话')),
                    ('is_active', models.BooleanField(default=True, verbose_name='启用')),
                    ('must_change_password', models.BooleanField(default=True, verbose_name='须改密码')),
                    ('password_changed_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='改密时间')),
                    ('current_term', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='orgs.term', verbose_name='当前学期')),
                    ('person', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='account', to='orgs.person', verbose_name='人员')),
                ],
                options={
                    'verbose_name': '账号',
                    'ordering': ['username'],
                },
            ),
            migrations.CreateModel(
                name='Grant',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('role', models.CharField(choices=[('class_teacher', '班主任'), ('school_clerk', '学校经办'), ('school_head', '校长'), ('centre_reviewer', '中心学校审核'), ('township_officer', '乡镇干部'), ('village_cadre', '村干部'), ('aid_officer', '资助中心'), ('approver', '审批领导'), ('finance', '计财'), ('basic_education_officer', '基教股'), ('project_officer', '项目办'), ('personnel_officer', '人事股'), ('leader', '局领导'), ('data_administrator', '数据管理员'), ('system_administrator', '系统管理员'), ('security_administrator', '安全管理员'), ('audit_administrator', '审计管理员')], max_length=30, verbose_name='角色')),
                    ('granted_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='授权时间')),
                    ('granted_by', models.CharField(blank=True, max_length=60, verbose_name='授权人')),
                    ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='收回时间')),
                    ('ended_by', models.CharField(blank=True, max_length=60, verbose_name='收回人')),
                    ('area', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orgs.area', verbose_name='县、乡镇或村')),
                    ('school', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orgs.school', verbose_name='学校')),
                    ('school_class', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orgs.schoolclass', verbose_name='班级')),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='grants', to=settings.AUTH_USER_MODEL, verbose_name='账号')),
                ],
                options={
                    'verbose_name': '授权',
                    'ordering': ['user', 'pk'],
                    'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('area__isnull', False), ('school', None), ('school_class', None)), models.Q(('area', None), ('school__isnull', False), ('school_class', None)), models.Q(('area', None), ('school', None), ('school_class__isnull', False)), _connector='OR'), name='grant_has_one_place', violation_error_message='一项授权只对应一个地方：乡镇（县、村）、学校或班级'), models.UniqueConstraint(condition=models.Q(('area__isnull', False), ('ended_at', None)), fields=('user', 'role', 'area'), name='grant_once_per_area', violation_error_message='该账号已有相同的授权'), models.UniqueConstraint(condition=models.Q(('ended_at', None), ('school__isnull', False)), fields=('user', 'role', 'school'), name='grant_once_per_school', violation_error_message='该账号已有相同的授权'), models.UniqueConstraint(condition=models.Q(('ended_at', None), ('school_class__isnull', False)), fields=('user', 'role', 'school_class'), name='grant_once_per_school_class', violation_error_message='该账号已有相同的授权'), models.UniqueConstraint(condition=models.Q(('ended_at', None), ('role__in', ['audit_administrator', 'security_administrator', 'system_administrator'])), fields=('user',), name='three_administrators_apart', violation_error_message='系统、安全、审计管理员三员分立，一人只能担任其一')],
                },
            ),
            migrations.CreateModel(
                name='GrantProposal',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('role', models.CharField(choices=[('class_teacher', '班主任'), ('school_clerk', '学校经办'), ('school_head', '校长'), ('centre_reviewer', '中心学校审核'), ('township_officer', '乡镇干部'), ('village_cadre', '村干部'), ('aid_officer', '资助中心'), ('approver', '审批领导'), ('finance', '计财'), ('basic_education_officer', '基教股'), ('project_officer', '项目办'), ('personnel_officer', '人事股'), ('leader', '局领导'), ('data_administrator', '数据管理员'), ('system_administrator', '系统管理员'), ('security_administrator', '安全管理员'), ('audit_administrator', '审计管理员')], max_length=30, verbose_name='角色')),
                    ('proposed_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='提出时间')),
                    ('proposed_by', models.CharField(max_length=60, verbose_name='提出人')),
                    ('area', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orgs.area', verbose_name='县、乡镇或村')),
                    ('school', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orgs.school', verbose_name='学校')),
                    ('school_class', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orgs.schoolclass', verbose_name='班级')),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='proposals', to=settings.AUTH_USER_MODEL, verbose_name='账号')),
                ],
                options={
                    'verbose_name': '待确认的授权',
                    'ordering': ['pk'],
                    'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('area__isnull', False), ('school', None), ('school_class', None)), models.Q(('area', None), ('school__isnull', False), ('school_class', None)), models.Q(('area', None), ('school', None), ('school_class__isnull', False)), _connector='OR'), name='grantproposal_has_one_place', violation_error_message='一项授权只对应一个地方：乡镇（县、村）、学校或班级'), models.UniqueConstraint(condition=models.Q(('area__isnull', False)), fields=('user', 'role', 'area'), name='grant_proposal_once_per_area', violation_error_message='该账号已有相同的待确认授权'), models.UniqueConstraint(condition=models.Q(('school__isnull', False)), fields=('user', 'role', 'school'), name='grant_proposal_once_per_school', violation_error_message='该账号已有相同的待确认授权'), models.UniqueConstraint(condition=models.Q(('school_class__isnull', False)), fields=('user', 'role', 'school_class'), name='grant_proposal_once_per_school_class', violation_error_message='该账号已有相同的待确认授权')],
                },
            ),
        ]),
    ]
