"""What a job's function is given: say how far it is, learn of a cancellation, guard the commit.

    def check(job, progress, *, batch_id):
        progress.expect(len(rows))
        for number, row in enumerate(rows, 1):
            ...
            progress.reach(number)
        with transaction.atomic():
            ...
            progress.fence()

:meth:`Progress.reach` touches no database, so it is cheap in a loop and right inside a transaction:
a heartbeat thread with a connection of its own writes the numbers, renews the lease and reads the
cancel flag. Commands, which need no worker, pass :data:`NO_PROGRESS`.
"""

import logging
from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import pairwise
from threading import Event, Thread
from typing import TypeVar

from django.conf import settings
from django.db import Error, connection
from django.utils import timezone

from .models import PERCENT, Job

log = logging.getLogger(__name__)
T = TypeVar("T")
ROWS_TOLD = 500  # after how many rows of an export it is told anew


class JobRefused(Exception):
    """The work cannot be done as asked; the message is a Chinese sentence for who started it."""


class Cancelled(Exception):
    """The person asked to stop; raised where nothing of the present transaction is committed yet."""


class LeaseLost(Exception):
    """Another attempt has taken this job over: this one must not commit anything more."""


def lease_end():
    return timezone.now() + timedelta(seconds=settings.JOB_LEASE_SECONDS)


class Progress:
    """How far one attempt of a job is; a context manager whose heartbeat beats while the block runs."""

    def __init__(self, job: Job):
        self.job = job
        self.done, self.total, self.note = 0, 0, ""
        self._cancelled = self._lost = False
        self._stop = Event()
        self._thread = Thread(target=self._beat_on, name=f"heartbeat of job {job.pk}", daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *error):
        self._stop.set()
        self._thread.join()

    def expect(self, total: int):
        """Set what 100% is, in whatever the job counts (rows, students)."""
        self.total = total

    def reach(self, done: int, note: str = ""):
        """Set how much is done; ``note`` says in Chinese what is being done.

        Raise Cancelled when the person asked for it, LeaseLost when another attempt took over. The
        flags are as fresh as the last heartbeat (a second).
        """
        self.done, self.note = done, note[:200]
        if self._lost:
            raise LeaseLost
        if self._cancelled:
            raise Cancelled

    def fence(self):
        """Guard a commit: call it last in the transaction; raise LeaseLost if another attempt took over.

        The row stays locked until the commit, so nobody can take the job over in between.
        """
        if not Job.objects.attempt_of(self.job).update(lease_until=lease_end()):
            raise LeaseLost

    def _beat_on(self):
        interval = min(1.0, settings.JOB_LEASE_SECONDS / 4)
        try:
            while not self._stop.wait(interval) and not self._lost:
                try:
                    self._beat()
                except Error:
                    # A locked SQLite file or a lost connection: the next beat tries anew.
                    log.info("heartbeat of job %s missed", self.job.pk)
                    connection.close()
        finally:
            connection.close()

    def _beat(self):
        attempt = Job.objects.attempt_of(self.job)
        asked = attempt.values_list("cancel_asked", flat=True).first()
        self._cancelled = bool(asked)
        self._lost = asked is None or not attempt.update(
            lease_until=lease_end(), done=self.done, total=self.total, note=self.note
        )


class Share:
    """A stretch of a longer work that counts something of its own: its ends are percent of the whole.

    The first stretch tells that the whole is PERCENT.
    """

    def __init__(self, progress, start: int, end: int, *, total: int = 0):
        self.progress, self.start, self.end = progress, start, end
        self.total = total
        if not start:
            progress.expect(PERCENT)

    def expect(self, total: int):
        self.total = total

    def reach(self, done: int, note: str = ""):
        part = min(done, self.total) / self.total if self.total else 0
        self.progress.reach(self.start + int((self.end - self.start) * part), note)

    def fence(self):
        self.progress.fence()


def parts(progress, many: int) -> list:
    """Return the ``progress`` of each of ``many`` like stretches of a work; of one it is its own."""
    if many == 1:
        return [progress]
    ends = [PERCENT * number // many for number in range(many + 1)]
    return [Share(progress, start, end) for start, end in pairwise(ends)]


def counted(rows: Iterable[T], progress, count: int) -> Iterator[T]:
    """Yield the ``count`` rows of an export and tell how many were written, every few hundred."""
    progress.expect(count)
    done = 0
    for row in rows:
        if done % ROWS_TOLD == 0:
            progress.reach(done, f"已写出 {done:,} 行，共 {count:,} 行")
        yield row
        done += 1
    progress.reach(done, "正在保存文件")


class _NoProgress:
    """For work in one's own process: nobody watches, cancels or takes over."""

    def expect(self, total: int):
        pass

    def reach(self, done: int, note: str = ""):
        pass

    def fence(self):
        pass


NO_PROGRESS = _NoProgress()
