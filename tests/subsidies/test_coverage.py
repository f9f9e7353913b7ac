"""应助尽助: the coverage equation against plain loops, its names, places and scope, disposals, the workbook."""

import io

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.audit.models import AccessEvent
from students.enums import HardshipCategory
from students.models import Disposal, Enrolment, HardshipStatus, Household, Student, TargetListEntry
from subsidies.enums import CoveragePart
from subsidies.queries.coverage import Wanted, equation, sources
from subsidies.queries.coverage_names import all_names, within
from tests import factories
from tests.factories import subsidies

from . import coverage_oracle
from .coverage_county import TOWNSHIPS, County, people

pytestmark = pytest.mark.django_db
PAGE, NAMES, EXPORT, DISPOSE = (
    reverse(f"subsidies:coverage{tail}") for tail in ("", "_names", "_export", "_dispose")
)


@pytest.mark.sql
@pytest.mark.parametrize("seed", range(8))
def test_equation_of_a_random_county_is_that_of_plain_loops(aid_officer, seed):
    rows = people(seed)
    county = County(rows, aid_officer)
    term = county.term
    expected, stands = coverage_oracle.equation(rows, starts=term.starts_on, ends=term.ends_on, year=2020)
    wanted = Wanted(term, aid_officer)
    found = equation(wanted)
    by_reason = {}
    for (part, reason, _), n in found.counts.items():
        by_reason[str(part), str(reason)] = by_reason.get((str(part), str(reason)), 0) + n
    assert by_reason == dict(expected)
    assert (found.difference, found.total) == (0, sum(expected.values()))
    by_name = {}
    for part in CoveragePart:
        for name in all_names(term, within(sources(wanted), part)):
            kept = rows[int(name.name[1:])]
            kept = coverage_oracle.keeper_of(kept, rows)
            assert kept["name"] not in by_name
            by_name[kept["name"]] = (str(name.part), str(name.reason))
    assert by_name == stands
