"""Jobs as a running worker does them: progress, results, refusals, cancellation, turns."""

import pytest

from povertyedu.audit.models import AuditEvent
from povertyedu.inbox.models import Message
from povertyedu.jobs import actions, tasks
from povertyedu.jobs.models import Job, JobState
from povertyedu.workflow.flow import SYSTEM
from tests.jobs.workers import running_worker, unreachable, wait_for

pytestmark = [pytest.mark.jobs, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def worker(queue, django_db_blocker):
    with django_db_blocker.unblock(), running_worker(queue) as process:
        yield process


def ended(job):
    """Wait until ``job`` has ended and return it as it is then."""
    wait_for(lambda: not Job.objects.live().filter(pk=job.pk).exists(), f"the end of {job}")
    job.refresh_from_db()
    return job


def inbox(person):
    return list(Message.objects.filter(to=person).order_by("pk").values_list("tone", "text"))


def test_job_runs_once_and_tells_its_person(worker, hold, room, person):
    (room / "go").touch()

    job = ended(hold(url="/imports/7/"))

    assert (job.state, job.result, job.attempt, job.error) == (JobState.DONE, {"mark": "成果"}, 1, "")
    assert job.lease_until is None
    assert inbox(person) == [("info", "成果"), ("ok", "“核对成果”已完成。")]
    assert Message.objects.latest("pk").url == "/imports/7/"


def test_progress_moves_while_the_job_works(worker, hold, room):
    job = hold()

    wait_for(lambda: Job.objects.filter(pk=job.pk, done=40).exists(), "progress")
    job.refresh_from_db()
    assert (job.state, job.done, job.total, job.percent) == (JobState.RUNNING, 40, 100, 40)
    assert job.standing == "正在核对，40%"

    (room / "go").touch()
    assert ended(job).done == 100


def test_cancel_while_running_stops_and_commits_nothing(worker, hold, room, person):
    job = hold()
    wait_for((room / "began-1").exists, "the start")

    actions.cancel(job, by=SYSTEM)

    assert ended(job).state == JobState.CANCELLED
    assert inbox(person) == []
    assert list(AuditEvent.objects.values_list("action", "subject_id")) == [("jobs.cancel", str(job.pk))]


def test_refused_work_says_why(worker, person, room):
    job = ended(tasks.start("test.refuse", label="导入花名册", arguments={}, by=person))

    assert (job.state, job.error) == (JobState.FAILED, "第 3 行没有学校名称，请补上后重新上传。")
    assert inbox(person) == [("bad", "“导入花名册”失败：第 3 行没有学校名称，请补上后重新上传。")]


def test_unexpected_error_tells_no_data_and_logs_where(worker, person, room):
    job = ended(tasks.start("test.stumble", label="导入花名册", arguments={}, by=person))

    assert job.error == (
        f"系统处理时出错，没有保存任何改动。请稍后重试；仍不成功请把任务编号 {job.pk} 告诉系统管理员。"
    )
    worker.wait_for_log(f"job {job.pk} (test.stumble) failed")
    assert "in stumble" in worker.log
    assert "529901201005120016" not in worker.log.split(f"job {job.pk} (test.stumble) failed")[1].replace(
        'raise ValueError("529901201005120016")', ""
    )


def test_two_messages_for_one_job_run_it_once(worker, hold, room, person):
    (room / "go").touch()
    job = hold()
    tasks.send(job.pk)
    tasks.send(job.pk)

    assert ended(job).attempt == 1
    after = hold("后来")  # taken after the spare messages: once it is done, they are done with
    assert ended(after).state == JobState.DONE
    assert inbox(person) == [
        ("info", "成果"),
        ("ok", "“核对成果”已完成。"),
        ("info", "后来"),
        ("ok", "“核对后来”已完成。"),
    ]


def test_second_job_of_a_lock_waits_for_its_turn(worker, hold, room):
    (room / "one").mkdir()
    (room / "two").mkdir()
    first = hold("一", lock="term 2020-autumn", folder=room / "one")
    wait_for((room / "one" / "began-1").exists, "the first to begin")
    second = hold("二", lock="term 2020-autumn", folder=room / "two")
    third = hold("三", folder=room)  # without the lock: runs beside the first
    wait_for((room / "began-1").exists, "the third to begin")
    (room / "go").touch()
    ended(third)
    second.refresh_from_db()
    assert (second.state, second.attempt) == (JobState.QUEUED, 0)

    (room / "two" / "go").touch()
    (room / "one" / "go").touch()

    assert ended(first).state == JobState.DONE
    assert ended(second).state == JobState.DONE
    assert first.ended_at <= second.started_at


def test_job_waits_while_the_broker_is_down_and_a_sweep_sends_it(worker, queue, hold, room):
    (room / "go").touch()
    with unreachable(queue):
        job = hold()
    job.refresh_from_db()
    assert (job.state, job.sent_at) == (JobState.QUEUED, None)
    assert job.standing == "任务队列暂时连不上，任务已登记，恢复后自动开始"

    tasks.sweep.delay()

    assert ended(job).state == JobState.DONE
