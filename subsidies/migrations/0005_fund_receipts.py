"""Receipts of funds, and the triggers by which the database refuses to touch one that is booked."""

import re

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import subsidies.enums

# What stands booked is neither changed nor deleted, nor are the programmes it names; a scan stays where it was put.
BOOKED = "EXISTS (SELECT 1 FROM subsidies_fundreceipt r WHERE r.id = {row}.receipt_id AND r.booked_at IS NOT NULL)"
GUARDS = (
    ("subsidies_fundreceipt", "UPDATE", "OLD.booked_at IS NOT NULL", "已登记的到账资金不得修改，只能冲销"),
    ("subsidies_fundreceipt", "DELETE", "OLD.booked_at IS NOT NULL", "已登记的到账资金不得删除，只能冲销"),
    ("subsidies_receiptprogramme", "INSERT", BOOKED.format(row="NEW"), "已登记资金的可用项目不得修改"),
    ("subsidies_receiptprogramme", "UPDATE", BOOKED.format(row="OLD"), "已登记资金的可用项目不得修改"),
    ("subsidies_receiptprogramme", "DELETE", BOOKED.format(row="OLD"), "已登记资金的可用项目不得修改"),
    ("subsidies_receiptscan", "UPDATE", "1 = 1", "指标文件扫描件不得修改或删除"),
    ("subsidies_receiptscan", "DELETE", "1 = 1", "指标文件扫描件不得修改或删除"),
)  # fmt: skip


def name_of(table, event):
    return re.sub(r"\W+", "_", f"guard_{table}_{event.lower()}")


def guarded(guards):
    """Return the operation that puts ``guards`` (table, event, condition, message) up; its reverse takes them down.

    The condition may ask other tables, which PostgreSQL allows in a trigger's function only.
    """

    def put_up(apps, schema_editor):
        for table, event, condition, message in guards:
            name = name_of(table, event)
            if schema_editor.connection.vendor == "postgresql":
                row = "OLD" if event == "DELETE" else "NEW"
                schema_editor.execute(
                    f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {condition} THEN "
                    f"RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation'; END IF; "
                    f"RETURN {row}; END $$"
                )
                schema_editor.execute(
                    f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"
                )
            else:
                schema_editor.execute(
                    f"CREATE TRIGGER {name} BEFORE {event} ON {table} "
                    f"FOR EACH ROW WHEN {condition} BEGIN SELECT RAISE(ABORT, '{message}'); END"
                )

    def take_down(apps, schema_editor):
        for table, event, *_ in guards:
            name = name_of(table, event)
            if schema_editor.connection.vendor == "postgresql":
                schema_editor.execute(f"DROP FUNCTION {name}() CASCADE")
            else:
                schema_editor.execute(f"DROP TRIGGER {name}")

    return migrations.RunPython(put_up, take_down)



class Migration(migrations.Migration):

    dependencies = [
        ('files', '0001_initial'),
        ('orgs', '0002_merged_schools'),
        ('subsidies', '0004_policy_life'),
    ]

    operations = [
        migrations.CreateModel(
            name='FundReceipt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=80, verbose_name='指标文号')),
                ('source', models.CharField(choices=subsidies.enums.fund_sources, max_length=30, verbose_name='资金来源')),
                ('year', models.PositiveSmallIntegerField(verbose_name='预算年度')),
                ('received_on', models.DateField(verbose_name='到账日期')),
                ('amount_fen', models.BigIntegerField(verbose_name='金额（分）')),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='备注')),
                ('serial', models.PositiveSmallIntegerField(default=1, verbose_name='相同登记的序号')),
                ('reason', models.CharField(blank=True, max_length=200, verbose_name='冲销理由')),
                ('booked_by', models.CharField(max_length=60, verbose_name='登记人')),
                ('booked_at', models.DateTimeField(blank=True, null=True, verbose_name='登记时间')),
                ('reverses', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reversal', to='subsidies.fundreceipt', verbose_name='冲销的登记')),
                ('term', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='receipts', to='orgs.term', verbose_name='学期')),
            ],
            options={
                'verbose_name': '到账登记',
                'ordering': ['-received_on', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='ReceiptProgramme',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('programme', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='subsidies.programme', verbose_name='资助项目')),
                ('receipt', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='earmarks', to='subsidies.fundreceipt', verbose_name='到账登记')),
            ],
            options={
                'verbose_name': '到账资金可用项目',
            },
        ),
        migrations.AddField(
            model_name='fundreceipt',
            name='programmes',
            field=models.ManyToManyField(related_name='receipts', through='subsidies.ReceiptProgramme', to='subsidies.programme', verbose_name='可用项目'),
        ),
        migrations.CreateModel(
            name='ReceiptScan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('added_by', models.CharField(max_length=60, verbose_name='上传人')),
                ('added_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='上传时间')),
                ('file', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='files.storedfile', verbose_name='扫描件')),
                ('receipt', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='scans', to='subsidies.fundreceipt', verbose_name='到账登记')),
            ],
            options={
                'verbose_name': '指标文件扫描件',
                'ordering': ['pk'],
            },
        ),
        migrations.AddConstraint(
            model_name='receiptprogramme',
            constraint=models.UniqueConstraint(fields=('receipt', 'programme'), name='receipt_names_a_programme_once'),
        ),
        migrations.AddIndex(
            model_name='fundreceipt',
            index=models.Index(fields=['source', 'received_on'], name='receipt_by_source_and_day'),
        ),
        migrations.AddConstraint(
            model_name='fundreceipt',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('amount_fen__gt', 0), ('reason', ''), ('reverses', None)), models.Q(('amount_fen__lt', 0), ('reverses__isnull', False), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='receipt_is_positive_and_reversal_negative'),
        ),
        migrations.AddConstraint(
            model_name='fundreceipt',
            constraint=models.CheckConstraint(condition=models.Q(('number', ''), _negated=True), name='receipt_has_a_number'),
        ),
        migrations.AddConstraint(
            model_name='fundreceipt',
            constraint=models.UniqueConstraint(condition=models.Q(('reverses', None)), fields=('number', 'source', 'received_on', 'amount_fen', 'serial'), name='receipt_booked_once'),
        ),
        guarded(GUARDS),
    ]
