"""A policy is a draft or published, applies from a term on, and is fixed for good once published."""

import hashlib
import json

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

# What a policy says never changes once it is published, nor who decided what about it.
GUARDS = {
    "subsidies_policy": ("OLD.state = 'published'", "已发布的政策不得修改或删除"),
    "subsidies_policydecision": ("true", "办理记录不得修改或删除"),
}


def publish_what_was_loaded(apps, schema_editor):
    """What was loaded later took the place of what was before: the newest is in force, as it was."""
    for policy in apps.get_model("subsidies", "Policy").objects.order_by("pk"):
        content = json.dumps([policy.text, {}, {}], ensure_ascii=False, sort_keys=True)
        policy.digest = hashlib.sha256(content.encode()).hexdigest()
        policy.state = "published"
        policy.published_at, policy.published_by = policy.created_at, policy.created_by
        policy.save()


def guard(apps, schema_editor):
    for table, (condition, message) in GUARDS.items():
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(
                f"CREATE FUNCTION guard_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                f"RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
            )
            schema_editor.execute(
                f"CREATE TRIGGER guard_{table} BEFORE UPDATE OR DELETE ON {table} "
                f"FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION guard_{table}()"
            )
        else:
            for verb in ("UPDATE", "DELETE"):
                schema_editor.execute(
                    f"CREATE TRIGGER guard_{table}_{verb.lower()} BEFORE {verb} ON {table} "
                    f"FOR EACH ROW WHEN {condition} BEGIN SELECT RAISE(ABORT, '{message}'); END"
                )


def unguard(apps, schema_editor):
    for table in GUARDS:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f"DROP FUNCTION guard_{table}() CASCADE")
        else:
            for verb in ("update", "delete"):
                schema_editor.execute(f"DROP TRIGGER guard_{table}_{verb}")


class Migration(migrations.Migration):
    dependencies = [("subsidies", "0003_holds_and_merged_balance")]

    operations = [
        migrations.CreateModel(
            name='PolicyDecision',
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
            ],
            options={
                'verbose_name': '政策办理记录',
                'ordering': ['pk'],
                'abstract': False,
            },
        ),
        migrations.RemoveConstraint(
            model_name='policy',
            name='one_current_policy',
        ),
        migrations.RemoveField(
            model_name='policy',
            name='is_current',
        ),
        migrations.RenameField('policy', 'loaded_at', 'created_at'),
        migrations.RenameField('policy', 'loaded_by', 'created_by'),
        migrations.AddField(
            model_name='policy',
            name='applies_from',
            field=models.CharField(blank=True, help_text='空为自始', max_length=11, verbose_name='自哪个学期起'),
        ),
        migrations.AddField(
            model_name='policy',
            name='based_on',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='subsidies.policy', verbose_name='依据的版本'),
        ),
        migrations.AddField(
            model_name='policy',
            name='changed_at',
            field=models.DateTimeField(default=django.utils.timezone.now, verbose_name='修改时间'),
        ),
        migrations.AddField(
            model_name='policy',
            name='changed_by',
            field=models.CharField(blank=True, max_length=60, verbose_name='修改人'),
        ),
        migrations.AlterField(
            model_name='policy',
            name='created_at',
            field=models.DateTimeField(default=django.utils.timezone.now, verbose_name='起草时间'),
        ),
        migrations.AlterField(
            model_name='policy',
            name='created_by',
            field=models.CharField(max_length=60, verbose_name='起草人'),
        ),
        migrations.AddField(
            model_name='policy',
            name='figures',
            field=models.JSONField(blank=True, default=dict, verbose_name='教育局确定的金额'),
        ),
        migrations.AddField(
            model_name='policy',
            name='included',
            field=models.JSONField(blank=True, default=dict, verbose_name='引用的政策包'),
        ),
        migrations.AddField(
            model_name='policy',
            name='published_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='发布时间'),
        ),
        migrations.AddField(
            model_name='policy',
            name='published_by',
            field=models.CharField(blank=True, max_length=60, verbose_name='发布人'),
        ),
        migrations.AddField(
            model_name='policy',
            name='revision',
            field=models.PositiveIntegerField(default=1, verbose_name='第几次保存'),
        ),
        migrations.AddField(
            model_name='policy',
            name='state',
            field=models.CharField(choices=[('draft', '草稿'), ('published', '已发布'), ('dropped', '已放弃')], default='draft', max_length=10, verbose_name='状态'),
        ),
        migrations.AlterField(
            model_name='policy',
            name='version',
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='版本'),
        ),
        migrations.RunPython(publish_what_was_loaded, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name='policy',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('published_at__isnull', False), ('state', 'published'), ('version__isnull', False)), models.Q(models.Q(('state', 'published'), _negated=True), ('published_at', None), ('version', None)), _connector='OR'), name='published_policy_has_a_version_and_a_time'),
        ),
        migrations.AddField(
            model_name='policydecision',
            name='subject',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='subsidies.policy', verbose_name='政策包'),
        ),
        migrations.RunPython(guard, unguard),
    ]
