"""Notes stay as written; old values of a record are kept by the database itself, and since when is noted."""

import django.utils.timezone
from django.db import migrations

from povertyedu.schema import keeping
from students.record_triggers import install, remove


def begin(apps, schema_editor):
    """Note since when old values are kept: before that nobody can say what a record looked like."""
    apps.get_model("audit", "Operation").objects.create(
        at=django.utils.timezone.now(), by_name="系统", action="history.begin", subject_type="students.recordversion", subject_id=""
    )


class Migration(migrations.Migration):
    dependencies = [("students", "0001_initial"), ("audit", "0001_initial")]

    operations = [
        keeping({"students_studentnote": "备注不得修改或删除"}),
        migrations.RunPython(install, remove),
        migrations.RunPython(begin, migrations.RunPython.noop),
    ]
