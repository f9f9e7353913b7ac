"""The hourly order of beat as a real worker carries it out: the marked children of the day before are settled by morning."""

import datetime as dt

import pytest
from django.utils import timezone

from povertyedu.inbox.models import Message
from povertyedu.jobs import tasks
from povertyedu.jobs.models import Job, JobState
from students.actions.hardship import mark_changed
from students.enums import ChangeCause
from students.models import FactChange
from subsidies.models import Entitlement, Recalculation
from tests import factories
from tests.factories import policies
from tests.jobs.workers import running_worker, wait_for

pytestmark = [pytest.mark.jobs, pytest.mark.usefixtures("real_commits")]


def test_daily_order_settles_the_marked_children_through_the_queue(queue):
    policies.published()
    autumn, school = factories.term(), factories.school()
    officer = factories.user("周敏", ("aid_officer", factories.county()), username="officer")
    child = factories.student("罗娜", at=school, during=autumn, boarding=True)
    mark_changed(autumn, [child.pk], ChangeCause.BOARDING)
    FactChange.objects.update(marked_at=timezone.now() - dt.timedelta(days=1))

    with running_worker(queue):
        tasks.daily.delay()
        tasks.daily.delay()  # beat of a second machine
        job = wait_for(
            lambda: Job.objects.filter(kind="subsidies.recalculate", state=JobState.DONE).first(), "the run"
        )

    run = Recalculation.objects.get(pk=job.result["run"])
    assert (run.cause, run.marks, run.students) == ("nightly", {"boarding": 1}, 1)
    assert list(Entitlement.objects.values_list("student_id", "amount_fen")) == [(child.pk, 50_000)]
    assert not FactChange.objects.exists()
    assert Job.objects.filter(kind="subsidies.recalculate").count() == 1
    assert Message.objects.filter(to=officer, text__contains="夜间自动重算").count() == 1
