"""Operations that migrations are made of, on a table of the test's own."""

from types import SimpleNamespace

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.migrations import RunSQL
from django.db.migrations.state import ProjectState

from povertyedu.schema import Altering, counted, counting, guarding, keeping

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
ADDED = "UPDATE trial_book SET total = total + NEW.amount WHERE id = NEW.book_id"
COUNTED = counted(
    "trial_book",
    {"total": "SELECT COALESCE(SUM(e.amount), 0) FROM trial_entry e WHERE e.book_id = NEW.id"},
    "合计由登记得出",
)


@pytest.fixture
def run(db):
    """Run an operation forwards, or backwards with ``back=True``."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE trial_book (id bigint PRIMARY KEY, total bigint NOT NULL)")
        cursor.execute("CREATE TABLE trial_entry (id bigint PRIMARY KEY, book_id bigint, amount bigint)")
        editor = SimpleNamespace(connection=connection, execute=cursor.execute)

        def run(operation, *, back=False):
            way = operation.database_backwards if back else operation.database_forwards
            way("trial", editor, ProjectState(), ProjectState())

        yield run


def said(sql: str) -> str:
    """Return by which sentence the database refuses ``sql``; "" if it does not."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    except DatabaseError as error:
        return str(error).splitlines()[0]
    return ""


def test_guard_refuses_what_its_condition_says_until_it_is_taken_down(run):
    guard = guarding([("trial_entry", "INSERT", "positive", "NEW.amount <= 0", "金额应大于零")])
    run(guard)
    run(guard)  # what stood goes first
    assert said("INSERT INTO trial_entry VALUES (1, 1, 0)") == "金额应大于零"
    assert said("INSERT INTO trial_entry VALUES (1, 1, 5)") == ""
    run(guard, back=True)
    assert said("INSERT INTO trial_entry VALUES (2, 1, 0)") == ""


def test_kept_table_takes_new_rows_and_gives_none_back(run):
    run(keeping({"trial_entry": "登记不得改动", "trial_book": ("OLD.total > 0", "有登记的账不得改动")}))
    assert said("INSERT INTO trial_entry VALUES (1, 1, 5)") == ""
    assert said("UPDATE trial_entry SET amount = 6") == "登记不得改动"
    assert said("DELETE FROM trial_entry") == "登记不得改动"
    assert said("INSERT INTO trial_book VALUES (1, 0), (2, 5)") == ""
    assert said("DELETE FROM trial_book WHERE id = 1") == ""
    assert said("DELETE FROM trial_book WHERE id = 2") == "有登记的账不得改动"


def test_counted_column_is_written_by_its_trigger_only(run):
    run(guarding(COUNTED))
    run(counting([("trial_add_up", "trial_entry", "INSERT", ADDED)]))
    assert said("INSERT INTO trial_book VALUES (1, 3)") == "合计由登记得出"
    assert said("INSERT INTO trial_book VALUES (1, 0)") == ""
    assert said("INSERT INTO trial_entry VALUES (1, 1, 5), (2, 1, 7)") == ""
    assert said("UPDATE trial_book SET total = 13") == "合计由登记得出"
    with connection.cursor() as cursor:
        cursor.execute("SELECT total FROM trial_book")
        assert cursor.fetchall() == [(12,)]


def test_altered_table_keeps_its_triggers_and_those_that_name_it(run):
    run(guarding(COUNTED))
    run(counting([("trial_add_up", "trial_entry", "INSERT", ADDED)]))
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE VIEW trial_sums AS SELECT book_id, SUM(amount) AS amount FROM trial_entry GROUP BY 1"
        )
    rebuilt = """
        CREATE TABLE trial_new (id bigint PRIMARY KEY, total bigint NOT NULL, name text);
        INSERT INTO trial_new (id, total) SELECT id, total FROM trial_book;
        DROP TABLE trial_book;
        ALTER TABLE trial_new RENAME TO trial_book
    """
    run(
        Altering(
            [RunSQL(rebuilt if connection.vendor == "sqlite" else "ALTER TABLE trial_book ADD name text")]
        )
    )
    assert said("INSERT INTO trial_book VALUES (1, 0, '一')") == ""
    assert said("INSERT INTO trial_entry VALUES (1, 1, 5)") == ""
    assert said("UPDATE trial_book SET total = 13") == "合计由登记得出"
    assert said("SELECT * FROM trial_sums") == ""
