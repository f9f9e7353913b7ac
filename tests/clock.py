"""A clock that tests move on, and beat's own scheduler sending by it whatever its schedule says is due.

Nothing is called by hand: moving the clock makes :class:`celery.beat.Scheduler` find its entries due, exactly as the
beat process would, and the tasks it sends are done at once in this process.
"""

import datetime as dt

from celery.beat import Scheduler
from django.utils import timezone

from povertyedu.celery import app
from povertyedu.jobs import tasks


class Clock:
    """The time of the system under test: ``clock.to(day)`` is the next thing that happens."""

    def __init__(self, monkeypatch, start: dt.date):
        self.moment = at(start, 0)
        monkeypatch.setattr(timezone, "now", self._now)
        monkeypatch.setattr(app, "now", self._now)
        monkeypatch.setitem(app.conf, "task_always_eager", True)
        monkeypatch.setitem(app.conf, "task_eager_propagates", True)
        self.beat = Scheduler(app, schedule={})
        assert {entry.task for entry in self.beat.schedule.values()} <= {tasks.sweep.name, tasks.daily.name}

    def _now(self) -> dt.datetime:
        return self.moment

    @property
    def day(self) -> dt.date:
        return timezone.localdate()

    def set(self, day: dt.date, hour: int = 8) -> None:
        """Move to ``hour`` of ``day``; beat is late and sends nothing yet."""
        moment = at(day, hour)
        assert moment >= self.moment, f"the clock goes forward only: it is {self.moment}"
        self.moment = moment

    def to(self, day: dt.date, hour: int = 8) -> int:
        """Move to ``hour`` of ``day`` and let beat send what is due by then; return how many tasks it sent."""
        self.set(day, hour)
        sent = 0
        while self.beat.tick() == 0:
            sent += 1
        return sent


def at(day: dt.date, hour: int) -> dt.datetime:
    """Return the hour of the county's day, told in UTC as the system's own clock tells it."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time(hour))).astimezone(dt.UTC)
