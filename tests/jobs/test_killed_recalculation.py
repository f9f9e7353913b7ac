"""A worker killed in mid-recalculation, on both brokers: whole children only, and the next worker finds the rest."""

import pytest
from django.db.models import Count, Sum

from povertyedu.jobs.models import Job, JobState
from povertyedu.jobs.tasks import start
from povertyedu.workflow.flow import SYSTEM
from students.enums import HardshipCategory
from subsidies.actions.policies import load_policy, pack_text
from subsidies.models import Entitlement, Recalculation
from tests import factories
from tests.jobs.workers import running_worker, wait_for

pytestmark = [pytest.mark.jobs, pytest.mark.usefixtures("real_commits")]
CHILDREN = 150
OWED_FEN = 95_000  # a registered-poor rural boarder: 500 + 50 yuan and 100 meals of 4 yuan


@pytest.fixture
def county(person):
    """``CHILDREN`` registered-poor boarders of one rural school, never recalculated."""
    load_policy(text=pack_text("guiding"), by=SYSTEM)
    autumn, school = factories.term(), factories.school()
    for number in range(CHILDREN):
        factories.student(
            f"学生{number}",
            at=school,
            during=autumn,
            boarding=True,
            account=False,
            categories=HardshipCategory.REGISTERED_POOR,
        )
    return autumn


def whole_children() -> bool:
    """Return whether every child that has entitlements has all three, with the right sum."""
    sums = Entitlement.objects.values("student_id").annotate(
        rows=Count("programme_id"), fen=Sum("amount_fen")
    )
    return {(row["rows"], row["fen"]) for row in sums} <= {(3, OWED_FEN)}


def test_recalculation_survives_a_killed_worker(queue, county, person):
    one_at_once = {"POVERTYEDU_RECALCULATION_RANGE": "1"}
    with running_worker(queue, **one_at_once) as worker:
        job = start(
            "subsidies.recalculate",
            label="重算",
            by=person,
            arguments={"term": county.pk},
            lock="recalculate",
        )
        wait_for(lambda: Entitlement.objects.count() > 30, "the first children")
        worker.kill()
    done = Entitlement.objects.values("student_id").distinct().count()
    assert 0 < done < CHILDREN
    assert whole_children()
    assert not Recalculation.objects.exists()

    with running_worker(queue, **one_at_once):
        wait_for(lambda: Job.objects.filter(pk=job.pk, state=JobState.DONE).exists(), "the second attempt")

    job.refresh_from_db()
    run = Recalculation.objects.get()
    assert (job.attempt, run.students, run.created) == (2, CHILDREN, (CHILDREN - done) * 3)
    assert (whole_children(), run.amount_fen) == (True, CHILDREN * OWED_FEN)
