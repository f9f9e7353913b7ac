"""The life of a job: created, claimed by one worker, ended, or found dead by the sweep.

Every step is one conditional update, so that of two workers, or of a worker and the sweep, one wins.
"""

from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from povertyedu.accounts.models import User
from povertyedu.audit.models import record
from povertyedu.inbox.models import tell
from povertyedu.workflow.flow import Actor

from .models import WAITING_STATES, Job, JobState
from .progress import LeaseLost, lease_end


def create(*, kind: str, label: str, arguments: dict, by: User | None, url: str = "", lock: str = "") -> Job:
    """Create a queued job; raise LookupError when no function is named for ``kind`` (settings.JOB_KINDS)."""
    if kind not in settings.JOB_KINDS:
        raise LookupError(f"settings.JOB_KINDS names no function for {kind!r}")
    return Job.objects.create(
        kind=kind, label=label[:120], arguments=arguments, by=by, url=url, lock=lock, sent_at=timezone.now()
    )


def claim(job_id: int) -> Job | None:
    """Take up a waiting job for this process; None when somebody has it, it ended, or its lock is taken."""
    same_lock = Job.objects.filter(state=JobState.RUNNING, lock=OuterRef("lock")).exclude(lock="")
    free = Job.objects.waiting().filter(~Exists(same_lock), pk=job_id)
    now = timezone.now()
    try:
        with transaction.atomic():
            taken = free.update(
                state=JobState.RUNNING, attempt=F("attempt") + 1, lease_until=lease_end(),
                started_at=Coalesce("started_at", now), done=0, note="", error="",
            )  # fmt: skip
    except IntegrityError:  # one_running_job_per_lock: another job took the lock at the same instant
        return None
    return Job.objects.select_related("by").get(pk=job_id) if taken else None


def finish(job: Job, *, result: dict, done: int = 0, total: int = 0):
    """End this attempt as done; raise LeaseLost when it is no longer this attempt's job."""
    _end(job, JobState.DONE, result=result, done=done, total=total)


def fail(job: Job, *, error: str):
    """End this attempt as failed with a Chinese sentence; raise LeaseLost like :func:`finish`."""
    _end(job, JobState.FAILED, error=error[:500])


def stop(job: Job):
    """End this attempt as cancelled, as the person asked; raise LeaseLost like :func:`finish`."""
    _end(job, JobState.CANCELLED)


@transaction.atomic
def _end(job: Job, state: JobState, **fields):
    ended = {"state": state, "ended_at": timezone.now(), "lease_until": None, "note": ""} | fields
    if not Job.objects.attempt_of(job).update(**ended):
        raise LeaseLost
    _tell_ended(job, state, fields.get("error", ""))


def _tell_ended(job: Job, state: JobState, error: str = ""):
    if state == JobState.DONE:
        tell(job.by, f"“{job.label}”已完成。", url=job.page, tone="ok")
    elif state == JobState.FAILED:
        for person in _who_hears(job):
            tell(person, f"“{job.label}”失败：{error}", url=job.page, tone="bad")


def _who_hears(job: Job) -> list[User]:
    """Who started the job; where nobody did, whoever may do such work."""
    if job.by:
        return [job.by]
    permission = settings.JOB_ANSWERED_BY.get(job.kind)
    return list(User.objects.who_may(permission)) if permission else []


@transaction.atomic
def cancel(job: Job, *, by: Actor) -> Job:
    """Cancel a waiting job at once; ask a running one to stop. What has ended stays as it is."""
    waiting = Job.objects.waiting().filter(pk=job.pk)
    running = Job.objects.filter(pk=job.pk, state=JobState.RUNNING, cancel_asked=False)
    ended = {"state": JobState.CANCELLED, "ended_at": timezone.now(), "lease_until": None}
    if waiting.update(cancel_asked=True, **ended) or running.update(cancel_asked=True):
        record(by, action="jobs.cancel", subject=job)
    job.refresh_from_db()
    return job


def next_of_lock(job: Job) -> int | None:
    """Return the oldest job that waits for the lock ``job`` held."""
    if not job.lock:
        return None
    return Job.objects.waiting().filter(lock=job.lock).order_by("pk").values_list("pk", flat=True).first()


def sweep() -> list[int]:
    """Mark jobs of dead workers 中断 and return the ids of all that must be sent (again).

    Sent are interrupted jobs, and those that nobody took up within a lease: their message may be lost.
    A job that waits for a taken lock is left to the end of the one that holds it.
    """
    for job in Job.objects.filter(state=JobState.RUNNING, lease_until__lt=timezone.now()).select_related(
        "by"
    ):
        _give_up(job)
    now = timezone.now()
    held = Job.objects.filter(state=JobState.RUNNING, lock=OuterRef("lock")).exclude(lock="")
    unheard = Q(sent_at=None) | Q(sent_at__lt=now - timedelta(seconds=settings.JOB_LEASE_SECONDS))
    due = Job.objects.waiting().filter(unheard, ~Exists(held)).order_by("pk").values_list("pk", flat=True)
    # Two sweeps at once: whoever stamps the row sends it.
    return [pk for pk in due if Job.objects.waiting().filter(unheard, pk=pk).update(sent_at=now)]


@transaction.atomic
def _give_up(job: Job):
    """End an attempt whose worker is dead: waiting again, or ended if that was asked or tried too often."""
    dead = Job.objects.attempt_of(job).filter(lease_until__lt=timezone.now())
    if job.cancel_asked:
        dead.update(state=JobState.CANCELLED, ended_at=timezone.now(), lease_until=None)
        return
    if job.attempt >= settings.JOB_ATTEMPTS:
        error = (
            f"已尝试 {job.attempt} 次，每次都被中断，不再自动重试。请稍后重新发起；仍不成功请联系系统管理员。"
        )
        if dead.update(state=JobState.FAILED, error=error, ended_at=timezone.now(), lease_until=None):
            _tell_ended(job, JobState.FAILED, error)
        return
    if dead.update(
        state=JobState.INTERRUPTED, lease_until=None, sent_at=None, note="后台进程中断，等待重新开始"
    ):
        tell(job.by, f"“{job.label}”被中断，已自动重新排队，不需要再次提交。", url=job.page, tone="warn")


def not_sent(job_id: int):
    """Note that the queue could not be reached; the next sweep sends the job."""
    Job.objects.filter(pk=job_id, state__in=WAITING_STATES).update(
        sent_at=None, note="任务队列暂时连不上，任务已登记，恢复后自动开始"
    )
