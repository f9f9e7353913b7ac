"""The clock that other tests move: what it sends comes from beat's schedule alone."""

import datetime as dt

import pytest
from django.conf import settings
from django.utils import timezone

from povertyedu.orgs.calendar import today
from tests.clock import Clock

START = dt.date(2025, 9, 1)


@pytest.fixture
def done(monkeypatch):
    """The days on which the daily actions were run."""
    days = []
    monkeypatch.setattr(settings, "DAILY_ACTIONS", ["tests.test_clock.note"])
    monkeypatch.setattr("tests.test_clock.note", lambda: days.append(today()), raising=False)
    return days


@pytest.mark.django_db
def test_clock_moves_today_and_beat_sends_each_day_what_is_due(monkeypatch, done):
    clock = Clock(monkeypatch, START)

    sent = [clock.to(START + dt.timedelta(days=number)) for number in range(3)]

    assert timezone.localdate() == clock.day == dt.date(2025, 9, 3)
    assert done == [START + dt.timedelta(days=number) for number in range(3)]
    assert sent == [2, 2, 2]  # the sweep of dead workers' jobs, and the daily actions


@pytest.mark.django_db
def test_clock_that_does_not_move_sends_nothing_twice(monkeypatch, done):
    clock = Clock(monkeypatch, START)
    clock.to(START)

    assert (clock.to(START), len(done)) == (0, 1)
