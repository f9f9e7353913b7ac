"""A worker killed in mid-import, on both brokers: nothing half done, the page says so, the next worker finishes.

To be killed in the middle for certain, the import meets a table that has become very slow: a trigger
sleeps while guardians are written, when the students are already in but nothing is committed.
"""

import time

import pytest
from django.db import OperationalError, connection, transaction

from povertyedu.imports import actions
from povertyedu.imports.models import ImportBatch
from povertyedu.imports.states import ImportState
from povertyedu.imports.views import confirm_and_start
from povertyedu.jobs.models import Job, JobState
from students.models import Enrolment, Guardian, Student
from tests import factories
from tests.imports.conftest import roster
from tests.jobs.workers import running_worker, wait_for

pytestmark = [pytest.mark.jobs, pytest.mark.django_db(transaction=True)]
ROWS = 25
SLOW = {
    "postgresql": (
        "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN NULL; END'",
        "CREATE TRIGGER dawdle AFTER INSERT ON students_guardian FOR EACH STATEMENT EXECUTE FUNCTION dawdle()",
    ),
    "sqlite": (
        "CREATE TRIGGER dawdle AFTER INSERT ON students_guardian BEGIN SELECT count(*) FROM "
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
def confirmed(transactional_db):
    """A checked roster of ``ROWS`` children, confirmed and on its way to a worker."""
    factories.village()
    who = factories.user("陈数据", ("data_administrator", factories.county()))
    content = roster(factories.school(), ROWS)
    batch = actions.receive(
        chunks=[content], name="花名册.xlsx", kind="roster", term=factories.term(), by=who
    )
    batch = actions.check(batch=batch)
    assert (batch.state, batch.counts["created"]) == (ImportState.CHECKED, ROWS)
    return batch


@pytest.fixture
def slow_guardians(transactional_db):
    """A table of guardians that takes forever to write to; call it to make it fast again, the end does it too."""
    execute(SLOW[connection.vendor])
    slow = True

    def hurry():
        nonlocal slow
        if slow:
            execute(FAST[connection.vendor])
        slow = False

    yield hurry
    hurry()


def test_import_survives_a_killed_worker(queue, confirmed, slow_guardians):
    with running_worker(queue) as worker:
        confirm_and_start(confirmed, reason="")
        wait_for(dawdling, "the middle of the writing")
        worker.kill()
    end_of_the_killed_connection()
    wait_for(
        lambda: not locked_for(0.05) if connection.vendor == "sqlite" else not dawdling(), "the rollback"
    )
    assert (Student.objects.count(), Enrolment.objects.count(), Guardian.objects.count()) == (0, 0, 0)
    assert ImportBatch.objects.get().state == ImportState.APPLYING
    slow_guardians()

    with running_worker(queue):
        wait_for(
            lambda: Job.objects.filter(kind="imports.apply", state=JobState.DONE).exists(),
            "the second attempt",
        )

    batch, job = ImportBatch.objects.get(), Job.objects.get(kind="imports.apply")
    assert (batch.state, batch.counts["created"], job.attempt) == (ImportState.APPLIED, ROWS, 2)
    assert (Student.objects.count(), Enrolment.objects.count(), Guardian.objects.count()) == (
        ROWS,
        ROWS,
        ROWS,
    )
