"""The project officer, who keeps the money, who approves, and a project to work on."""

import datetime as dt

import pytest

from povertyedu.accounts.models import User
from tests import factories
from tests.imports.conftest import run  # noqa: F401  the import command on bytes
from tests.projects.building import project_at


@pytest.fixture
def officer(db) -> User:
    return factories.user("马项目", ("project_officer", factories.county()), username="projects")


@pytest.fixture
def head(xiazhai) -> User:
    return factories.user("吴校长", ("school_head", xiazhai), username="head")


@pytest.fixture
def dormitory(officer, xiazhai):
    """宿舍楼 of 下寨小学: 300,000 yuan central, 200,000 yuan county."""
    return project_at(
        xiazhai,
        by=officer.as_actor(),
        budget={"central": 30_000_000, "county": 20_000_000},
        due_on=dt.date(2021, 8, 20),
    )
