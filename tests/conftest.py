"""Named actors that tests share; see tests/factories for what they stand on."""

import datetime as dt
import os
import shutil
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, settings

from tests import factories

# Properties are about answers: how long one takes says how busy the machine is, not whether it is right.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")

CHROMIUM = shutil.which("chromium")
SHARED = Path(__file__).resolve().parent.parent.parent / "shared"


@pytest.fixture
def shared_samples() -> Path:
    """The folder of sample workbooks; a test that needs it is skipped where it is absent."""
    if not (SHARED / "samples").is_dir():
        pytest.skip("the shared sample workbooks are not on this machine")
    return SHARED / "samples"


@pytest.fixture
def autumn(db):
    return factories.term("2020-autumn")


@pytest.fixture
def xiazhai(db):
    """A rural primary school of 城关镇."""
    return factories.school("城关镇下寨小学")


@pytest.fixture
def qingshi(db):
    """The neighbour: a primary school of another township."""
    return factories.school("青石镇中心小学", area=factories.township("529901101", "青石镇"))


@pytest.fixture
def clerk(xiazhai):
    return factories.user("杨丽", ("school_clerk", xiazhai), username="clerk")


@pytest.fixture
def neighbour(qingshi):
    """The clerk of another township's school, who must see nothing of ours."""
    return factories.user("何勇", ("school_clerk", qingshi), username="neighbour")


@pytest.fixture
def aid_officer(db):
    return factories.user("周敏", ("aid_officer", factories.county()), username="aid")


@pytest.fixture
def approver(db):
    return factories.user("李建国", ("approver", factories.county()), username="approver")


@pytest.fixture
def finance(db):
    return factories.user("王会计", ("finance", factories.county()), username="finance")


@pytest.fixture
def administrator(db):
    return factories.user("陈数据", ("data_administrator", factories.county()), username="data")


@pytest.fixture
def leader(db):
    return factories.user("赵局长", ("leader", factories.county()), username="leader")


@pytest.fixture
def personnel(db):
    """The county's personnel officer (人事股)."""
    return factories.user("唐人事", ("personnel_officer", factories.county()), username="personnel")


@pytest.fixture
def school_head(xiazhai):
    """The head of 下寨小学."""
    return factories.user("吴校长", ("school_head", xiazhai), username="school_head")


@pytest.fixture
def neighbour_head(qingshi):
    """The head of another township's school, who must see none of our staff."""
    return factories.user("何校长", ("school_head", qingshi), username="neighbour_head")


@pytest.fixture
def system_administrator(db):
    return factories.user("钱系统", ("system_administrator", factories.county()), username="system")


@pytest.fixture
def security_administrator(db):
    return factories.user("孙安全", ("security_administrator", factories.county()), username="security")


@pytest.fixture
def audit_administrator(db):
    return factories.user("李审计", ("audit_administrator", factories.county()), username="audit")


@pytest.fixture
def on_day(monkeypatch):
    """Set the one clock that business rules ask: ``on_day("2020-10-11")``; it goes back when the test is over."""
    real = timezone.localdate

    def set_clock(text: str) -> dt.date:
        day = dt.date.fromisoformat(text)
        monkeypatch.setattr(timezone, "localdate", lambda *moment: real(*moment) if moment else day)
        return day

    return set_clock


@pytest.fixture
def real_commits(transactional_db):
    """Real transactions for races; at the end the data go although triggers guard them.

    SQLite empties tables row by row, which the guards of paid lines and decisions refuse.
    """
    yield
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = cursor.fetchall()
            for name, _ in triggers:
                cursor.execute(f"DROP TRIGGER {name}")
            call_command("flush", verbosity=0, interactive=False)
            for _, sql in triggers:
                cursor.execute(sql)


@pytest.fixture(scope="session")
def chromium():
    """Headless Chromium of the operating system, driven by Playwright."""
    if not CHROMIUM:
        if os.environ.get("CI") == "true":
            pytest.fail("CI needs Chromium")
        pytest.skip("Chromium is not on this machine")
    sync_api = pytest.importorskip("playwright.sync_api")
    with pytest.MonkeyPatch.context() as patch, sync_api.sync_playwright() as playwright:
        # Playwright's sync interface keeps an event loop in this thread; Django must not mind it.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-background-networking", "--disable-gpu"],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def django_db_setup(request, django_db_setup, django_db_blocker):
    """PostgreSQL drops the test database only when nobody else is in it: shut it, end what is still there.

    Asked from the maintenance database: while Playwright's event loop is alive this thread has a second
    connection of its own, and either may be the one that was left open.
    """
    yield
    if connection.vendor == "postgresql" and not request.config.getvalue("reuse_db"):
        name = connection.settings_dict["NAME"]
        with django_db_blocker.unblock(), connection._nodb_cursor() as cursor:
            cursor.execute(f"ALTER DATABASE {connection.ops.quote_name(name)} ALLOW_CONNECTIONS false")
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
            )
