"""The steps of a job's life, one row at a time; workers of their own are in test_jobs.py."""

import datetime as dt

import pytest
from django.utils import timezone

from povertyedu.inbox.models import Message
from povertyedu.jobs import actions, tasks
from povertyedu.jobs.models import Job, JobState
from povertyedu.jobs.progress import NO_PROGRESS, Cancelled, LeaseLost, Progress

pytestmark = [pytest.mark.sql, pytest.mark.django_db]


def create(label="重算", **fields):
    return actions.create(kind="test.hold", label=label, arguments={}, by=None, **fields)


def test_create_refuses_a_kind_without_a_function():
    with pytest.raises(LookupError, match="names no function for 'nothing'"):
        actions.create(kind="nothing", label="无", arguments={}, by=None)


def test_claim_is_won_once():
    job = create()

    first, second = actions.claim(job.pk), actions.claim(job.pk)

    assert (first.state, first.attempt, second) == (JobState.RUNNING, 1, None)


def test_claim_of_a_taken_lock_leaves_the_job_queued():
    first, second = create(lock="term"), create(lock="term")
    held = actions.claim(first.pk)

    assert actions.claim(second.pk) is None
    actions.finish(held, result={})
    assert actions.next_of_lock(held) == second.pk
    assert actions.claim(second.pk).state == JobState.RUNNING


def test_jobs_without_a_lock_run_side_by_side():
    assert None not in [actions.claim(create().pk), actions.claim(create().pk)]


@pytest.mark.parametrize(
    "end",
    [
        lambda job: actions.finish(job, result={}),
        lambda job: actions.fail(job, error="错"),
        actions.stop,
        lambda job: Progress(job).fence(),
    ],
)
def test_attempt_that_was_taken_over_ends_nothing(end):
    first = actions.claim(create().pk)
    Job.objects.filter(pk=first.pk).update(lease_until=timezone.now() - dt.timedelta(seconds=1))
    actions.sweep()
    second = actions.claim(first.pk)

    with pytest.raises(LeaseLost):
        end(first)

    assert actions.claim(first.pk) is None
    actions.finish(second, result={"rows": 3})
    assert Job.objects.values_list("state", "attempt", "result").get() == (JobState.DONE, 2, {"rows": 3})


def test_sweep_leaves_a_living_job_alone():
    job = actions.claim(create().pk)

    assert actions.sweep() == []
    assert Job.objects.get().state == job.state


def test_sweep_sends_what_nobody_took_up_once_per_lease(settings):
    job = create()
    long_ago = timezone.now() - dt.timedelta(seconds=settings.JOB_LEASE_SECONDS + 1)
    Job.objects.filter(pk=job.pk).update(sent_at=long_ago)

    assert (actions.sweep(), actions.sweep()) == ([job.pk], [])


def test_sweep_ends_a_dead_job_that_was_to_be_cancelled():
    job = actions.claim(create().pk)
    Job.objects.filter(pk=job.pk).update(
        cancel_asked=True, lease_until=timezone.now() - dt.timedelta(seconds=1)
    )

    assert actions.sweep() == []
    assert Job.objects.get().state == JobState.CANCELLED
    assert not Message.objects.exists()


def test_reach_raises_once_the_heartbeat_has_read_the_wish_to_cancel():
    job = actions.claim(create().pk)
    progress = Progress(job)
    progress.reach(1)
    Job.objects.filter(pk=job.pk).update(cancel_asked=True)

    progress._beat()  # what the heartbeat's thread does every second

    with pytest.raises(Cancelled):
        progress.reach(2)


def test_no_progress_takes_every_call():
    assert [NO_PROGRESS.expect(3), NO_PROGRESS.reach(1, "第一步"), NO_PROGRESS.fence()] == [None, None, None]


def test_daily_goes_on_after_an_action_that_fails(settings, caplog):
    settings.DAILY_ACTIONS = ["povertyedu.nowhere.purge", "povertyedu.files.actions.purge_due"]

    tasks.daily()

    assert "daily action povertyedu.nowhere.purge failed" in caplog.text
    assert "purge_due failed" not in caplog.text
