"""What plans said before; whence a project is inspected, and which findings came of it."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

TABLE = "projects_planchange"
GUARDS = (
    ("guard_projects_planchange_update_kept", "UPDATE", "计划变动不得修改，请另记一笔"),
    ("guard_projects_planchange_delete_kept", "DELETE", "计划变动不得删除，请另记一笔"),
)


def fill_places(apps, schema_editor):
    """Say whence earlier inspections were made, and link the findings that were known by name."""
    Inspection = apps.get_model("projects", "Inspection")
    for each in Inspection.objects.filter(area=None).select_related("project"):
        code = each.project.area_id
        each.area_id = code[:6] if each.level == "county" else code[:9]
        each.save(update_fields=["area"])
    results = apps.get_model("projects", "InspectionResult").objects.filter(verdict="problem")
    findings = apps.get_model("findings", "Finding").objects
    for result in results:
        result.findings.set(findings.filter(subject=f"projects.inspection:{result.inspection_id}:{result.item}"))


def put_up(apps, schema_editor):
    for name, event, message in GUARDS:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                f"RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
            )
            schema_editor.execute(
                f"CREATE TRIGGER {name} BEFORE {event} ON {TABLE} FOR EACH ROW EXECUTE FUNCTION {name}()"
            )
        else:
            schema_editor.execute(
                f"CREATE TRIGGER {name} BEFORE {event} ON {TABLE} FOR EACH ROW BEGIN SELECT RAISE(ABORT, '{message}'); END"
            )


def take_down(apps, schema_editor):
    on_postgresql = schema_editor.connection.vendor == "postgresql"
    for name, *_ in GUARDS:
        schema_editor.execute(f"DROP FUNCTION {name}() CASCADE" if on_postgresql else f"DROP TRIGGER {name}")


class Migration(migrations.Migration):
    dependencies = [
        ("findings", "0001_initial"),
        ("orgs", "0006_former_tags"),
        ("projects", "0011_equipment_books"),
    ]

    operations = [
        migrations.CreateModel(
            name="PlanChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("field", models.CharField(choices=[("day", "计划日期"), ("planned", "计划数"), ("done", "完成数")], max_length=10, verbose_name="变动的")),
                ("about", models.CharField(max_length=40, verbose_name="节点或内容")),
                ("old", models.CharField(blank=True, max_length=20, verbose_name="原来")),
                ("new", models.CharField(max_length=20, verbose_name="改为")),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="原因")),
                ("on", models.DateField(verbose_name="变动日期")),
                ("by_id", models.BigIntegerField(null=True, verbose_name="经办人编号")),
                ("by_name", models.CharField(max_length=60, verbose_name="经办人")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="时间")),
                ("project", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="plan_changes", to="projects.project", verbose_name="建设项目")),
            ],
            options={"verbose_name": "计划变动", "ordering": ["pk"]},
        ),
        migrations.AddIndex(
            model_name="planchange",
            index=models.Index(fields=["project", "on"], name="plan_change_by_project"),
        ),
        migrations.AddConstraint(
            model_name="planchange",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("old", models.F("new")), _negated=True), models.Q(("new", ""), _negated=True)),
                name="plan_change_changes_something",
            ),
        ),
        migrations.AddField(
            model_name="inspectionresult",
            name="findings",
            field=models.ManyToManyField(related_name="inspection_results", to="findings.finding", verbose_name="整改事项"),
        ),
        migrations.AddField(
            model_name="inspection",
            name="area",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="orgs.area", verbose_name="检查单位所在地"),
        ),
        migrations.RunPython(fill_places, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="inspection",
            name="area",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="orgs.area", verbose_name="检查单位所在地"),
        ),
        migrations.RemoveConstraint(model_name="inspection", name="project_inspected_once_a_half_year_and_level"),
        migrations.AddConstraint(
            model_name="inspection",
            constraint=models.UniqueConstraint(
                fields=("project", "year", "half", "level", "area"),
                name="project_inspected_once_a_half_year_level_and_place",
                violation_error_message="这个项目本半年已有这一层级的检查记录。",
            ),
        ),
        migrations.RunPython(put_up, take_down),
    ]
