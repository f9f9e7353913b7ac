"""The people of one batch and two children at two schools."""

import pytest
from django.core.management import call_command
from django.db import connection

from tests import factories
from tests.factories import subsidies


@pytest.fixture
def people(clerk, aid_officer, approver, finance):
    return subsidies.People(clerk=clerk, aid=aid_officer, approver=approver, finance=finance)


@pytest.fixture
def luona(xiazhai, autumn):
    """A child of ours owed 500 yuan."""
    child = factories.student("罗娜", at=xiazhai, during=autumn)
    subsidies.entitle(child, 50_000)
    return child


@pytest.fixture
def yanyu(xiazhai, autumn):
    """A second child of the same school, owed 312.50 yuan."""
    child = factories.student("严宇", at=xiazhai, during=autumn, grade=6)
    subsidies.entitle(child, 31_250)
    return child


@pytest.fixture
def real_commits(transactional_db):
    """Real transactions for races; at the end the data go although triggers guard them.

    SQLite empties tables row by row, which the guards of paid lines and decisions refuse.
    """
    yield
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'guard_%%'"
            )
            triggers = cursor.fetchall()
            for name, _ in triggers:
                cursor.execute(f"DROP TRIGGER {name}")
            call_command("flush", verbosity=0, interactive=False)
            for _, sql in triggers:
                cursor.execute(sql)
