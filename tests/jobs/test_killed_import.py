"""A worker killed in mid-import, on both brokers: nothing half written, nothing doubled, taken up again."""

import pytest
from django.db import connection

from povertyedu.imports import actions
from povertyedu.imports.models import ImportBatch
from povertyedu.imports.views import confirm_and_start, start_job
from povertyedu.jobs.models import Job, JobState
from students.models import Enrolment, FactChange, Student
from tests import factories
from tests.imports.conftest import roster
from tests.jobs.workers import running_worker, wait_for

pytestmark = [pytest.mark.jobs, pytest.mark.django_db(transaction=True)]
ROWS = 900


@pytest.fixture
def uploaded(transactional_db) -> ImportBatch:
    """A roster of ``ROWS`` children, uploaded and not looked at."""
    factories.village()
    school = factories.school()
    officer = factories.user("陈数据", ("data_administrator", factories.county()), username="data")
    return actions.receive(
        chunks=[roster(school, ROWS)], name="花名册.xlsx", kind="roster", term=factories.term(), by=officer
    )


def ended(job: Job):
    return lambda: Job.objects.filter(pk=job.pk, state=JobState.DONE).exists()


def working(job: Job):
    return lambda: Job.objects.filter(pk=job.pk, state=JobState.RUNNING).exists()


def written() -> tuple[int, int, int]:
    return Student.objects.count(), Enrolment.objects.count(), FactChange.objects.count()


def test_check_and_apply_survive_killed_workers(queue, uploaded):
    start_job(uploaded, "imports.check", "核对")
    with running_worker(queue) as worker:
        wait_for(working(uploaded.job), "the check")
        worker.kill()
    with running_worker(queue):
        wait_for(ended(uploaded.job), "the second check")
    uploaded.refresh_from_db()
    assert (uploaded.state, uploaded.counts["created"], uploaded.staged.count()) == ("checked", ROWS, ROWS)

    confirm_and_start(uploaded)
    with running_worker(queue) as worker:
        wait_for(working(uploaded.job), "the writing")
        worker.kill()
    connection.close()
    assert written() in ((0, 0, 0), (ROWS, ROWS, ROWS))  # all or nothing, wherever it was
    with running_worker(queue):
        wait_for(ended(uploaded.job), "the second writing")

    uploaded.refresh_from_db()
    assert (uploaded.state, uploaded.counts["created"]) == ("applied", ROWS)
    assert written() == (ROWS, ROWS, ROWS)
