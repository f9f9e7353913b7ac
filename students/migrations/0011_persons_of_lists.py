"""Who is on a list without being on any roster: birth dates of listed people, disposals found by term and person."""

import datetime as dt

import django.db.models.deletion
import povertyedu.sealing.fields  # noqa: F401  the historical models read sealed columns
from django.db import migrations, models
from django.db.models import OuterRef, Q, Subquery


def fill(apps, schema_editor):
    disposals = apps.get_model("students", "Disposal").objects
    row = apps.get_model("students", "ComparisonRow").objects.filter(pk=OuterRef("row"))
    entry = apps.get_model("students", "TargetListEntry").objects.filter(pk=OuterRef("entry"))
    disposals.filter(row=None).update(
        term=Subquery(entry.values("term")), id_hash=Subquery(entry.values("id_hash"))
    )
    disposals.filter(entry=None).update(
        term=Subquery(row.values("comparison__term")), id_hash=Subquery(row.values("id_hash"))
    )
    statuses = apps.get_model("students", "HardshipStatus").objects
    some = []
    for status in statuses.only("id_number").iterator(chunk_size=2000):
        number = status.id_number
        try:
            status.birth_date = dt.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
        except ValueError:
            continue
        some.append(status)
        if len(some) == 2000:
            statuses.bulk_update(some, ["birth_date"])
            some = []
    statuses.bulk_update(some, ["birth_date"])


class Migration(migrations.Migration):
    dependencies = [("orgs", "0001_initial"), ("students", "0010_undo_of_merges")]
    operations = [
        migrations.AddField(
            "hardshipstatus", "birth_date",
            models.DateField(blank=True, help_text="由身份证件号推出", null=True, verbose_name="出生日期"),
        ),
        migrations.AddField(
            "disposal", "term",
            models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="orgs.term", verbose_name="学期"),
        ),
        migrations.AddField(
            "disposal", "id_hash", models.CharField(default="", max_length=32, verbose_name="证件号索引"), preserve_default=False
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterField(
            "disposal", "term",
            models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="orgs.term", verbose_name="学期"),
        ),
        migrations.RemoveConstraint("disposal", "disposal_of_one_thing"),
        migrations.AddConstraint(
            "disposal", models.CheckConstraint(condition=Q(entry=None) | Q(row=None), name="disposal_of_one_thing")
        ),
        migrations.AddConstraint(
            "disposal",
            models.UniqueConstraint(condition=Q(entry=None, row=None), fields=("term", "id_hash"), name="one_disposal_of_a_person"),
        ),
        migrations.AddIndex("disposal", models.Index(fields=["term", "id_hash"], name="disposal_by_person")),
    ]
