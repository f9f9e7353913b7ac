"""Workers that die in mid-job: nothing doubled, nothing half done, taken up again, and the person told."""

import os
import signal

import pytest
from django.utils import timezone

from povertyedu.inbox.models import Message
from povertyedu.jobs import tasks
from povertyedu.jobs.models import Job, JobState
from tests.jobs.workers import running_beat, running_worker, wait_for

pytestmark = [pytest.mark.jobs, pytest.mark.django_db(transaction=True)]

RESUMED = [
    ("warn", "“核对成果”被中断，已自动重新排队，不需要再次提交。"),
    ("info", "成果"),
    ("ok", "“核对成果”已完成。"),
]


def inbox(person):
    return list(Message.objects.filter(to=person).order_by("pk").values_list("tone", "text"))


def in_state(job, state):
    return lambda: Job.objects.filter(pk=job.pk, state=state).exists()


def lease_over(job):
    return lambda: Job.objects.filter(pk=job.pk, lease_until__lt=timezone.now()).exists()


def test_killed_worker_has_its_job_taken_up_by_the_next_and_completed_once(queue, hold, room, person):
    with running_worker(queue) as worker:
        job = hold()
        wait_for((room / "began-1").exists, "the start")
        worker.kill()
    wait_for(lease_over(job), "the end of the lease")
    (room / "go").touch()

    with running_worker(queue):
        wait_for(in_state(job, JobState.DONE), "the second attempt")

    job.refresh_from_db()
    assert (job.attempt, job.result) == (2, {"mark": "成果"})
    assert inbox(person) == RESUMED


def test_killed_pool_child_is_found_by_the_sweep_of_beat(queue, hold, room, person):
    with running_worker(queue) as worker, running_beat(queue):
        job = hold()
        wait_for((room / "began-1").exists, "the start")

        worker.kill_child(int((room / "began-1").read_text()))
        wait_for((room / "began-2").exists, "the second attempt")
        (room / "go").touch()
        wait_for(in_state(job, JobState.DONE), "the end")

    job.refresh_from_db()
    assert job.attempt == 2
    assert inbox(person) == RESUMED


def test_attempt_that_lost_its_lease_commits_nothing(queue, hold, room, person):
    with running_worker(queue) as worker:
        job = hold(heedless=True)
        wait_for((room / "began-1").exists, "the start")
        first = int((room / "began-1").read_text())
        _stop_between_beats(job, first)
        wait_for(lease_over(job), "the end of the lease")
        tasks.sweep()
        wait_for((room / "began-2").exists, "the second attempt")
        (room / "go").touch()
        wait_for(in_state(job, JobState.DONE), "the end of the second attempt")

        os.kill(first, signal.SIGCONT)
        worker.wait_for_log(f"job {job.pk} was taken over from its attempt 1")

    job.refresh_from_db()
    assert (job.state, job.attempt) == (JobState.DONE, 2)
    assert inbox(person) == RESUMED


def test_job_whose_lease_ran_out_is_shown_as_interrupted_until_taken_up(person, hold, queue):
    job = hold()
    Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING, attempt=1, lease_until=timezone.now())

    tasks.sweep()
    tasks.sweep()

    job.refresh_from_db()
    assert (job.state, job.get_state_display(), job.attempt) == (JobState.INTERRUPTED, "中断", 1)
    assert job.standing == "后台进程中断，等待重新开始"
    assert inbox(person) == RESUMED[:1]


def test_job_interrupted_five_times_is_given_up_with_a_reason(person, hold, room, settings, queue):
    job = hold()
    Job.objects.filter(pk=job.pk).update(
        state=JobState.RUNNING, attempt=settings.JOB_ATTEMPTS, lease_until=timezone.now()
    )

    tasks.sweep()

    job.refresh_from_db()
    assert (job.state, job.error) == (
        JobState.FAILED,
        "已尝试 5 次，每次都被中断，不再自动重试。请稍后重新发起；仍不成功请联系系统管理员。",
    )
    assert inbox(person) == [("bad", f"“核对成果”失败：{job.error}")]


def _stop_between_beats(job, pid: int):
    """SIGSTOP ``pid`` just after a heartbeat: frozen inside one, it would hold SQLite's write lock."""
    lease = Job.objects.get(pk=job.pk).lease_until
    wait_for(lambda: Job.objects.get(pk=job.pk).lease_until != lease, "a heartbeat")
    os.kill(pid, signal.SIGSTOP)
