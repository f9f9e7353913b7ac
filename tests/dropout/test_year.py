"""A county's year, lived through by fast-forwarding the clock: what must hold every day does, no child is lost, and no lie lasts."""

import datetime as dt
import os
from collections import defaultdict

import pytest
from django.db.models import F, Q

from dropout.enums import CaseKind, CaseState, Climb
from dropout.models import Case, CaseDecision, Duty, Escalation
from dropout.queries import rates
from dropout.queries.chains import SEAT_COLUMNS, Register, Seat
from povertyedu.indicators.definitions import Period
from students.models import Enrolment
from tests.clock import Clock
from tests.year.account import Account, becomes
from tests.year.events import TERMS, Absence, Year, all_days, draw_year
from tests.year.living import Living

# Each day is committed: as one transaction it would hold the locks of thousands of temporary tables.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("real_commits")]
RATES = {
    "entry": rates.entry,
    "dropout": rates.dropout,
    "primary_six": rates.primary_six,
    "junior_three": rates.junior_three,
    "nine_year": rates.nine_year,
}
CHILDREN = int(os.environ.get("YEAR_CHILDREN", "1000"))


class Expected:
    """From the raw events: who is to be found away on which day, and who has been away so long as to be a dropout."""

    def __init__(self, year: Year, back: dict[Absence, dt.date]):
        self.found, self.dropped, self.spans = defaultdict(set), defaultdict(set), []
        for absence in year.absences:
            suspected, dropout = becomes(absence, back[absence])
            if suspected:
                self.found[suspected].add((absence.child, absence.first))
                self.spans.append((absence.child, suspected, back[absence]))
            if dropout:
                self.dropped[dropout].add((absence.child, absence.first))
        self.children = {child for found in self.found.values() for child, _ in found}

    def away(self, day: dt.date) -> set[int]:
        """Return the children found away that are not back on ``day``, whatever anybody says."""
        return {child for child, found, back in self.spans if found <= day < back}


def test_year_in_the_county_loses_no_child(monkeypatch):
    year = draw_year(CHILDREN, seed=2025)
    account = Account(year)
    living = Living(year, Clock(monkeypatch, TERMS[0][1]))
    expected = Expected(year, living.back)

    for day in all_days():
        living.live(day)

        assert _children_with_gaps(living, day) == account.gaps(day), day
        assert _deadlines_nobody_was_told_of(day) == [], day
        assert _held_to_be_away(living, day) == expected.away(day), day
        away = _open_cases(living)
        assert expected.found[day] <= away.keys(), day
        assert {away[found] for found in expected.dropped[day]} <= {CaseKind.DROPOUT}, day
        if day.day == 28:
            assert _rates(living, day) == account.rates(living.back, day), day
    assert _every_child_with_a_case(living) == expected.children
    assert _ended_without_proof_or_second_person() == []
    assert _missed_without_a_climb(all_days()[-1]) == []
    _check_that_the_year_had_everything()


def _children_with_gaps(living: Living, day: dt.date) -> set[int]:
    """Return the children that the system's gap list names."""
    register = Register()
    term = max((term for term in living.county.terms if term.starts_on <= day), key=_start)
    rows = Enrolment.objects.filter(term=term).values_list("student_id", *SEAT_COLUMNS)
    return {
        living.county.number_of[student] for student, *seat in rows if register.lacking(Seat(*seat), student)
    }


def _start(term) -> dt.date:
    return term.starts_on


def _rates(living: Living, day: dt.date) -> dict[str, tuple[set[int], set[int]]]:
    """Return rate -> the children in its numerator and in its denominator, as the system has them."""
    number_of, found = living.county.number_of, {}
    for name, members_of in RATES.items():
        members = list(members_of(Period(2025, day)))
        counted = {number_of[int(each.subject)] for each in members if each.counted}
        found[name] = counted, {number_of[int(each.subject)] for each in members}
    return found


def _deadlines_nobody_was_told_of(day: dt.date) -> list[Duty]:
    """Return the duties whose deadline has passed while they still lie with the same person."""
    return list(Duty.objects.open().filter(due_on__lt=day))


def _open_cases(living: Living) -> dict[tuple[int, dt.date], str]:
    """Return (child, first day away) -> kind of the cases that are not closed."""
    rows = Case.objects.open().values_list("student", "since", "kind")
    return {(living.county.number_of[student], since): kind for student, since, kind in rows}


def _held_to_be_away(living: Living, day: dt.date) -> set[int]:
    """Return the children that are away on ``day`` by their cases."""
    held = rates.away_on(day)
    return {living.county.number_of[student] for student in held.out | held.suspected}


def _every_child_with_a_case(living: Living) -> set[int]:
    return {living.county.number_of[student] for student in Case.objects.values_list("student", flat=True)}


def _ended_without_proof_or_second_person() -> list[Case]:
    closed = Case.objects.filter(state=CaseState.CLOSED)
    bare = closed.filter(Q(evidence=None) | Q(closed_by_id=F("proposed_by_id")) | Q(closed_by_id=None))
    return [*bare, *(case for case in closed if CaseDecision.broken_link(case))]


def _missed_without_a_climb(day: dt.date) -> list[Duty]:
    """Return the duties that were not done by their first deadline though no climb tells of it."""
    climbed = Escalation.objects.filter(why=Climb.LATE, missed_on=F("duty__first_due_on")).values("duty")
    bureau = Escalation.objects.filter(link=None, on__lte=F("duty__first_due_on")).values(
        "duty"
    )  # no deadline any more
    late = Duty.objects.filter(
        Q(done_on__gt=F("first_due_on") + dt.timedelta(days=1)) | Q(done_on=None, first_due_on__lt=day)
    )
    return list(late.exclude(pk__in=climbed).exclude(pk__in=bureau))


def _check_that_the_year_had_everything() -> None:
    """A year in which nothing happened would show nothing."""
    kinds = set(Escalation.objects.values_list("why", flat=True))
    verbs = set(CaseDecision.objects.values_list("verb", flat=True))
    assert kinds == {Climb.LATE, Climb.VACANT, Climb.SKIPPED}
    assert verbs >= {
        "open",
        "raise",
        "verify",
        "persuade",
        "return",
        "monitor",
        "relapse",
        "propose",
        "close",
    }
    assert Case.objects.filter(state=CaseState.CLOSED).exists()
    assert Escalation.objects.filter(link=None).exists()
