import pytest

from povertyedu.jobs.tasks import start
from tests import factories
from tests.jobs.workers import BROKER, LEASE, broker


@pytest.fixture(scope="module", params=[BROKER])
def queue(request, django_db_setup):
    """A fresh queue on this run's broker; Redis is skipped where there is none, unless CI demands it."""
    with broker(request.param) as chosen:
        yield chosen


@pytest.fixture
def person(transactional_db):
    return factories.user("周敏", username="aid")


@pytest.fixture
def room(tmp_path, settings):
    """Where held jobs say they began, and wait for ``room / "go"``."""
    settings.JOB_LEASE_SECONDS = LEASE
    return tmp_path


@pytest.fixture
def hold(person, room):
    """Start a job that works until ``room / "go"`` exists, then writes the message ``mark`` once."""

    def started(mark="成果", *, lock="", heedless=False, folder=room, url=""):
        arguments = {"folder": str(folder), "mark": mark, "heedless": heedless}
        return start("test.hold", label=f"核对{mark}", arguments=arguments, by=person, lock=lock, url=url)

    return started
