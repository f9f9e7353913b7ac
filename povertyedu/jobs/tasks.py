"""The system's Celery tasks: one that runs any job, and two that beat calls.

Other apps name their work in ``settings.JOB_KINDS`` and call :func:`start`.
"""

import logging
import traceback
from functools import partial
from threading import Timer

from celery.signals import worker_ready
from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string
from kombu.exceptions import KombuError

from povertyedu.accounts.models import User
from povertyedu.celery import app
from povertyedu.files.disk import DISK_FULL, is_disk_full
from povertyedu.workflow.flow import StepRefused

from . import actions
from .models import Job
from .progress import Cancelled, JobRefused, LeaseLost, Progress

log = logging.getLogger(__name__)

UNEXPECTED = "系统处理时出错，没有保存任何改动。请稍后重试；仍不成功请把任务编号 {} 告诉系统管理员。"


def start(kind: str, *, label: str, arguments: dict, by: User | None, url: str = "", lock: str = "") -> Job:
    """Create a job and wake a worker once the present transaction is committed.

    ``kind`` is a key of settings.JOB_KINDS, ``arguments`` are JSON and become keyword arguments of its
    function, ``url`` is the page that shows it, ``lock`` names what no two jobs may work on at once. If
    the queue cannot be reached the job stays queued, its note says so, and the sweep sends it later.
    """
    job = actions.create(kind=kind, label=label, arguments=arguments, by=by, url=url, lock=lock)
    transaction.on_commit(partial(send, job.pk))
    return job


def send(job_id: int):
    """Wake a worker for a job; an unreachable queue is noted on the job, not raised."""
    try:
        run.delay(job_id)
    except (KombuError, OSError) as error:
        log.warning("job %s not sent, the queue cannot be reached: %s", job_id, type(error).__name__)
        actions.not_sent(job_id)


@app.task
def run(job_id: int):
    """Do the work of one job. A late or second message finds it taken and does nothing."""
    job = actions.claim(job_id)
    if job is None:
        return
    try:
        _work(job)
    except LeaseLost:
        log.warning("job %s was taken over from its attempt %s", job.pk, job.attempt)
        return
    if (following := actions.next_of_lock(job)) is not None:
        send(following)


def _work(job: Job):
    try:
        with Progress(job) as progress:
            result = import_string(settings.JOB_KINDS[job.kind])(job, progress, **job.arguments)
        actions.finish(job, result=result or {}, done=progress.total or progress.done, total=progress.total)
    except LeaseLost:
        raise
    except Cancelled:
        actions.stop(job)
    except (JobRefused, StepRefused) as refusal:
        actions.fail(job, error=str(refusal))
    except Exception as error:
        log.error("job %s (%s) failed\n%s", job.pk, job.kind, _outline(error))
        actions.fail(job, error=DISK_FULL if is_disk_full(error) else UNEXPECTED.format(job.pk))


def _outline(error: BaseException | None) -> str:
    """Return frames and types of ``error`` and its causes, without messages: a database's quotes people's data."""
    parts = []
    while error is not None:
        parts.append("".join(traceback.format_tb(error.__traceback__)) + type(error).__name__)
        error = error.__cause__ or error.__context__
    return "\n".join(parts)


@app.task
def sweep():
    """Take up what dead workers held, send again what nobody heard."""
    for job_id in actions.sweep():
        send(job_id)


@app.task
def daily():
    """Run settings.DAILY_ACTIONS; one that fails does not keep the others from running."""
    for name in settings.DAILY_ACTIONS:
        try:
            import_string(name)()
        except Exception as error:
            log.error("daily action %s failed\n%s", name, _outline(error))


@worker_ready.connect
def sweep_at_start(sender, **kwargs):
    """Sweep when a worker starts, and once more when the leases of one killed just before have run out.

    Not by a message with a countdown: on the file broker a worker sleeps one out before it can stop.
    """
    sweep.delay()
    again = Timer(settings.JOB_LEASE_SECONDS + 0.5, sweep.delay)
    again.daemon = True
    again.start()
