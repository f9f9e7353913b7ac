"""The people of one batch and two children at two schools."""

import pytest

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
