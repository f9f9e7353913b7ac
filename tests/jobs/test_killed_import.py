"""A worker killed in mid-import, on both brokers: nothing half done, the page says so, the next worker finishes.

To be killed in the middle for certain, the import meets a table that has become very slow: a trigger
sleeps while guardians are written, when the students are already in but nothing is committed; while rows are
kept for the preview; while an undo takes guardians away.
"""

import time

import pytest
from django.db import OperationalError, connection, transaction

from povertyedu.imports import actions
from povertyedu.imports.models import ImportBatch
from povertyedu.imports.states import ImportState
from povertyedu.imports.views import claim_and_undo, confirm_and_start, start_job
from povertyedu.inbox.models import Message
from povertyedu.jobs.models import Job, JobState
from students.models import Enrolment, Guardian, Student
from tests import factories
from tests.imports.conftest import roster
from tests.jobs.workers import running_worker, wait_for

pytestmark = [pytest.mark.jobs, pytest.mark.django_db(transaction=True)]
ROWS = 25
SLOW = {
    "postgresql": (
        "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep({seconds}); RETURN NULL; END'",
        "CREATE TRIGGER dawdle AFTER {event} ON {table} FOR EACH STATEMENT EXECUTE FUNCTION dawdle()",
    ),
    "sqlite": (
        "CREATE TRIGGER dawdle AFTER {event} ON {table} BEGIN SELECT count(*) FROM "
        "(WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 200000000) SELECT x FROM c); END",
    ),
}
FAST = {"postgresql": ("DROP FUNCTION dawdle() CASCADE",), "sqlite": ("DROP TRIGGER dawdle",)}


def execute(statements):
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def dawdling() -> bool:
    """Return whether the worker stands in the slow statement now, its transaction open."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
            )
            return cursor.fetchone()[0] == 1
    return locked_for(0.5)


def locked_for(seconds: float) -> bool:
    """Return whether SQLite's one writer has been somebody else all of ``seconds``."""
    execute(["PRAGMA busy_timeout = 0"])
    try:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                with transaction.atomic():
                    return False
            except OperationalError:
                time.sleep(0.02)
        return True
    finally:
        execute(["PRAGMA busy_timeout = 30000"])


def end_of_the_killed_connection():
    """PostgreSQL notices a dead client only when the statement ends: end it, as a restart of the server would.

    Idle sessions are left alone: they are this process's own.
    """
    if connection.vendor == "postgresql":
        execute(
            [
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'active'"
            ]
        )


@pytest.fixture
def uploaded(transactional_db):
    """A roster of ``ROWS`` children, not checked yet."""
    factories.village()
    who = factories.user("陈数据", ("data_administrator", factories.county()))
    content = roster(factories.school(), ROWS)
    return actions.receive(chunks=[content], name="花名册.xlsx", kind="roster", term=factories.term(), by=who)


@pytest.fixture
def confirmed(uploaded):
    """The roster checked, to be confirmed and sent to a worker."""
    batch = actions.check(batch=uploaded)
    assert (batch.state, batch.counts["created"]) == (ImportState.CHECKED, ROWS)
    return batch


@pytest.fixture
def slow(transactional_db):
    """Make a table take forever to write to; the answer makes it fast again, the end does it too."""
    is_slow = False

    def hurry():
        nonlocal is_slow
        if is_slow:
            execute(FAST[connection.vendor])
        is_slow = False

    def slow(table: str = "students_guardian", event: str = "INSERT", *, seconds: int = 60):
        nonlocal is_slow
        execute(text.format(table=table, event=event, seconds=seconds) for text in SLOW[connection.vendor])
        is_slow = True
        return hurry

    yield slow
    hurry()


def kill_in_the_middle(worker):
    """Kill ``worker`` when it stands in the slow statement, and wait until the database has taken it back."""
    wait_for(dawdling, "the middle of the writing")
    worker.kill()
    end_of_the_killed_connection()
    wait_for(
        lambda: not locked_for(0.05) if connection.vendor == "sqlite" else not dawdling(), "the rollback"
    )


def second_attempt(kind: str) -> Job:
    """Wait until another worker has done the job of ``kind``; its starter was told that it was interrupted."""
    done = Job.objects.filter(kind=kind, state=JobState.DONE)
    job = wait_for(done.first, "the second attempt")
    told = Message.objects.filter(to=job.by, text__endswith="被中断，已自动重新排队，不需要再次提交。")
    assert (job.attempt, told.count()) == (2, 1)
    return job


def figures() -> tuple[int, int, int]:
    return Student.objects.count(), Enrolment.objects.count(), Guardian.objects.count()


def test_check_survives_a_killed_worker(queue, uploaded, slow, client):
    hurry = slow("imports_stagedrow")
    with running_worker(queue) as worker:
        start_job(uploaded, "imports.check", "核对")
        kill_in_the_middle(worker)
    uploaded.refresh_from_db()
    assert (uploaded.state, uploaded.staged.count(), figures()) == (ImportState.CHECKING, 0, (0, 0, 0))
    client.force_login(uploaded.by)
    assert "正在办理，查看进度" in client.get(f"/imports/{uploaded.pk}/").content.decode()
    hurry()

    with running_worker(queue):
        second_attempt("imports.check")

    uploaded.refresh_from_db()
    assert (uploaded.state, uploaded.counts["created"], uploaded.staged.count()) == (
        ImportState.CHECKED,
        ROWS,
        ROWS,
    )


def test_import_survives_a_killed_worker(queue, confirmed, slow):
    hurry = slow()
    with running_worker(queue) as worker:
        confirm_and_start(confirmed, reason="")
        kill_in_the_middle(worker)
    assert figures() == (0, 0, 0)
    assert ImportBatch.objects.get().state == ImportState.APPLYING
    hurry()

    with running_worker(queue):
        second_attempt("imports.apply")

    batch = ImportBatch.objects.get()
    assert (batch.state, batch.counts["created"]) == (ImportState.APPLIED, ROWS)
    assert figures() == (ROWS, ROWS, ROWS)


def test_undo_survives_a_killed_worker(queue, confirmed, slow):
    actions.apply(batch=actions.confirm(batch=confirmed), by=confirmed.by.as_actor())
    hurry = slow("students_guardian", "DELETE")
    with running_worker(queue) as worker:
        claim_and_undo(confirmed)
        kill_in_the_middle(worker)
    assert figures() == (ROWS, ROWS, ROWS)
    assert ImportBatch.objects.get().state == ImportState.UNDOING
    hurry()

    with running_worker(queue):
        second_attempt("imports.undo")

    batch = ImportBatch.objects.get()
    assert (batch.state, batch.undone) == (
        ImportState.UNDONE,
        {"removed": ROWS, "restored": 0, "left_out": 0},
    )
    assert figures() == (0, 0, 0)


@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite's one writer lets nobody ask meanwhile")
def test_import_cancelled_while_it_is_written_writes_nothing_and_says_so(queue, confirmed, slow, client):
    slow(seconds=4)
    client.force_login(confirmed.by)
    page = f"/imports/{confirmed.pk}/"
    with running_worker(queue):
        confirm_and_start(confirmed, reason="")
        wait_for(dawdling, "the middle of the writing")
        told = client.post(f"{page}cancel/", follow=True).content.decode()
        wait_for(Job.objects.filter(kind="imports.apply", state=JobState.CANCELLED).exists, "the end")
    assert "已要求停止；停下后不会写入或撤销任何内容。" in told
    assert (ImportBatch.objects.get().state, figures()) == (ImportState.CHECKED, (0, 0, 0))
    assert "已按要求停止，没有写入任何内容。" in client.get(page).content.decode()
