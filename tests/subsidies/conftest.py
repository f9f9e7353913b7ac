"""The people of one batch, two children at two schools, three away and a letter about them."""

import datetime as dt

import pytest

from subsidies.actions import exchange
from tests import factories
from tests.factories import subsidies

from .exchanging import move_to


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
def three(autumn):
    """Three children at 遵义 who are asked about, in the order of a list."""
    return [factories.away(name, autumn) for name in ("何欣", "欧阳小雨", "石丽")]


@pytest.fixture
def letter(aid_officer, autumn, three):
    """A list that asks about them, not sent yet."""
    return subsidies.exchange(aid_officer, during=autumn)


@pytest.fixture
def sent(aid_officer, letter, november):
    """The same, sent on 1 November 2020."""
    return exchange.send(by=aid_officer.as_actor(), exchange=letter)


@pytest.fixture
def november(monkeypatch):
    """It is 1 November 2020."""
    move_to(monkeypatch, dt.date(2020, 11, 1))
