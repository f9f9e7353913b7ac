"""What the database keeps of a record before it changes, through whatever door."""

import json

import pytest
from django.apps import apps
from django.db import connection

from povertyedu.audit.models import Operation
from povertyedu.audit.operations import because
from students import record_triggers
from students.models import BankAccount, Enrolment, Guardian, RecordVersion, Student

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


def kept(student) -> list[tuple]:
    rows = RecordVersion.objects.filter(student=student).order_by("pk")
    return [(row.source, row.kind, {k: v for k, v in json.loads(row.old).items() if k}) for row in rows]


@pytest.fixture
def known(luona):
    """A child whose record was opened before."""
    RecordVersion.objects.all().delete()
    return luona


def test_new_record_is_kept_row_by_row_without_values(luona):
    assert kept(luona) == [
        ("student", "i", {}), ("guardian", "i", {}), ("account", "i", {}), ("enrolment", "i", {})
    ]  # fmt: skip


def test_only_columns_that_became_different_are_kept(known):
    Student.objects.filter(pk=known.pk).update(name="罗丽娜", is_left_behind=True)
    Enrolment.objects.update(boarding=False, facts={"own_fee": 100})
    assert [
        (source, kind, {k: bool(v) if k in ("is_left_behind", "boarding") else v for k, v in old.items()})
        for source, kind, old in kept(known)
    ] == [
        ("student", "u", {"name": "罗娜", "is_left_behind": False}),
        ("enrolment", "u", {"boarding": True, "facts": {}}),
    ]


def test_same_values_again_keep_nothing(known):
    account = known.bank_account
    account.number = str(account.number)  # sealed anew: another text of the same number
    account.save()
    Student.objects.filter(pk=known.pk).update(name="罗娜", updated_by="别人")
    assert kept(known) == []


def test_old_number_stays_sealed(known):
    number = known.bank_account.number
    BankAccount.objects.filter(student=known).update(number="6226000000000000001", number_hash="another")
    (version,) = RecordVersion.objects.filter(student=known)
    assert number not in version.old
    assert json.loads(version.old)["number"] != ""


def test_removed_row_is_kept_whole(known):
    Guardian.objects.filter(student=known).delete()
    assert kept(known) == [
        ("guardian", "d", {"student_id": known.pk, "name": "罗丽浩", "relation": "父母", "id_number": "", "id_hash": ""})
    ]  # fmt: skip


def test_what_changes_inside_names_the_cause_and_nothing_after(known, clerk):
    with because(clerk.as_actor(), action="import.apply", subject=known, label="花名册.xlsx") as operation:
        Student.objects.update(name="罗丽娜")
    Student.objects.update(name="罗娜")
    assert list(RecordVersion.objects.order_by("pk").values_list("operation", flat=True)) == [
        operation.pk,
        None,
    ]
    assert not Operation.objects.filter(is_open=True).exists()


def test_every_column_is_kept_or_left_out_on_purpose():
    for table in record_triggers.tables(apps):
        model = apps.get_model(record_triggers.MODELS[table.name])
        every = {field.column for field in model._meta.concrete_fields}
        assert {column.name for column in table.columns} == every - record_triggers.IGNORED[table.name]


def test_every_table_has_its_triggers_and_they_know_every_column():
    """A migration that alters a table must end with ``install``: SQLite drops triggers of a table it rebuilds."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT t.tgname, p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid WHERE t.tgname LIKE 'history_%%'")  # fmt: skip
        else:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'history_%%'")  # fmt: skip
        found = dict(cursor.fetchall())
    for table in record_triggers.tables(apps):
        for verb in record_triggers.verbs(table):
            text = found.pop(f"history_{table.name}_{verb}")
            if verb != "insert":
                assert [column.name for column in table.columns if f'"{column.name}":' not in text] == []
    assert found == {}
