"""The rates of dropout control as measures of :mod:`povertyedu.indicators`: who is in the denominator, who in the numerator, and where.

Formulas: facts.md 5. Each measure reads bare columns in a number of queries that does not grow with the children.
"""

import datetime as dt
from collections.abc import Iterator
from operator import itemgetter
from typing import NamedTuple

from django.db import transaction
from django.db.models import Q

from dropout.models import Case, PopulationFigure
from povertyedu import bulk
from povertyedu.indicators.definitions import Member, Period
from povertyedu.orgs.enums import STAGE_YEARS, Season, Stage
from povertyedu.orgs.models import School, Term
from students.enums import Destination, EnrolmentStatus, MoveKind, MoveState, Place
from students.models import Departure, Enrolment, Move, Student

from .population import COMPULSORY, away_on, children_of_school_age, gone_by_case, terms_of_year

STAYS = (EnrolmentStatus.STUDYING, EnrolmentStatus.GRADUATED)
PRIMARY_YEARS = STAGE_YEARS[Stage.PRIMARY]
# What a stage's grades follow on: the first of junior school is the seventh.
_FIRST = {
    Stage.PRIMARY: 0,
    Stage.JUNIOR: PRIMARY_YEARS,
    Stage.SENIOR: PRIMARY_YEARS + 3,
    Stage.VOCATIONAL: PRIMARY_YEARS + 3,
}
LONGEST = 12  # school years that are looked back: nine, and some that were repeated


def term_of(period: Period) -> Term | None:
    """Return the newest term of the school year that had begun on the day, else its first; None without terms."""
    terms = terms_of_year(period.year)
    begun = [term for term in terms if term.starts_on <= period.on]
    return (begun or terms[:1] or [None])[-1]


def entry(period: Period) -> Iterator[Member]:
    """入学率 (净入学率): of the children of school age those in school; a pupil of a higher stage counts, one on leave does not."""
    term = term_of(period)
    if term is None:
        return
    for child in children_of_school_age(term, period.on):
        yield Member(child.subject, child.in_school, child.school, child.school_area, child.home_area)


def dropout(period: Period) -> Iterator[Member]:
    """辍学率: of those enrolled in primary and junior school at the year's start, those out on the day who dropped out within the year.

    A child counts at the school where it stood at the start. 送教上门 counts as in school.
    """
    terms = terms_of_year(period.year)
    start = next((term for term in terms if term.season == Season.AUTUMN), None)
    if start is None:
        return
    out = away_on(period.on).dropout & _left_since(start.starts_on, period.on)
    came, moved = _came_later(start), _stood_at(start)
    areas = _areas_of_schools()
    rows = Enrolment.objects.of(start).filter(stage__in=COMPULSORY, place=Place.IN_COUNTY)
    fields = ("student_id", "school_id", "school_area", "home_area")
    for student, school, area, home in rows.values_list(*fields).iterator(chunk_size=5000):
        if student in came:
            continue
        if (first := moved.get(student)) is not None:
            school, area = first, areas[first]
        yield Member(str(student), student in out, school, area, home)


def _left_since(start: dt.date, on: dt.date) -> frozenset[int]:
    """Return the children whose case says that they stayed away from a day of the year on."""
    rows = Case.objects.filter(since__gte=start, since__lte=on).values_list(
        "student_id", "student__merged_into_id"
    )
    return frozenset(kept or student for student, kept in rows)


def _came_later(term: Term) -> set[int]:
    """Return who came into the county's schools, or back from leave, after ``term`` had begun."""
    rows = Move.objects.filter(
        term=term, state=MoveState.DONE, kind=MoveKind.IN, effective_on__gt=term.starts_on
    )
    return set(rows.values_list("student_id", flat=True))


def _stood_at(term: Term) -> dict[int, int]:
    """Return child -> the school it stood at when ``term`` began, for those who changed school within it."""
    rows = Move.objects.filter(
        term=term,
        state=MoveState.DONE,
        kind=MoveKind.TRANSFER,
        effective_on__gt=term.starts_on,
        from_school__isnull=False,
    )
    return dict(rows.order_by("-effective_on", "-pk").values_list("student_id", "from_school_id"))


def _areas_of_schools() -> dict[int, str]:
    return {pk: code.ljust(12, "0") for pk, code in School.objects.values_list("pk", "area_id")}


class Cohort(NamedTuple):
    """Children who began together: in ``stages``, grade by grade until ``last`` (of the nine)."""

    stages: tuple[str, ...]
    first: int  # grade of the nine years
    last: int


SIX_YEARS = Cohort((Stage.PRIMARY,), 1, PRIMARY_YEARS)
THREE_YEARS = Cohort((Stage.JUNIOR,), PRIMARY_YEARS + 1, PRIMARY_YEARS + 3)
NINE_YEARS = Cohort(COMPULSORY, 1, PRIMARY_YEARS + 3)


class Seat(NamedTuple):
    """Where a child stood in a term; ``grade`` goes on through the stages, 7 is the first of junior school."""

    starts_on: dt.date
    year: int
    stage: str
    grade: int
    status: str
    school: int | None
    school_area: str
    home_area: str


def primary_six(period: Period) -> Iterator[Member]:
    """小学六年巩固率, of the cohort that is in its sixth year."""
    return retained(period, SIX_YEARS)


def junior_three(period: Period) -> Iterator[Member]:
    """初中三年巩固率, of the cohort that is in its third year."""
    return retained(period, THREE_YEARS)


def nine_year(period: Period) -> Iterator[Member]:
    """九年义务教育巩固率, of the cohort that is in its ninth year."""
    return retained(period, NINE_YEARS)


def retained(period: Period, cohort: Cohort) -> Iterator[Member]:
    """Return the cohort: entrants and who came in by transfer, without who moved away or died; counted is who holds out to the last grade.

    A child belongs to the year in which it would have begun, by the grade it was first seen in: so who came by transfer is in, who
    repeats stays with those it began with, and a cohort whose first years lie before the county's first term is followed from there.
    A child counts where it stood last.
    """
    newest = term_of(period)
    if newest is None:
        return
    kept = _kept_records()
    left, out = {kept.get(pk, pk) for pk in _left_lawfully(period.on)}, away_on(period.on).out
    gone = {kept.get(pk, pk) for pk in gone_by_case(period.on)}
    begun_in = period.year - (cohort.last - cohort.first)
    for student, seats in _seats(period, cohort, kept).items():
        first = next((seat for seat in seats if seat.stage in cohort.stages), None)
        if first is None or first.year - (first.grade - cohort.first) != begun_in:
            continue
        last = seats[-1]
        holds = last.starts_on == newest.starts_on and last.grade >= cohort.last and last.status in STAYS
        holds = holds and student not in out and student not in gone
        if holds or not (student in left or last.status == EnrolmentStatus.LEFT):
            yield Member(str(student), holds, last.school, last.school_area, last.home_area)


def _seats(period: Period, cohort: Cohort, kept: dict[int, int]) -> dict[int, list[Seat]]:
    """Return child -> its seats up to the day, in order, of all who were once in the grade of the cohort; two queries for all years."""
    terms = {
        term.pk: (year, term.starts_on)
        for year in range(period.year - LONGEST, period.year + 1)
        for term in terms_of_year(year)
        if term.starts_on <= period.on
    }
    where = Q(pk__in=())
    for term, (year, _) in terms.items():
        nine = cohort.last - (period.year - year)
        if nine >= cohort.first:
            stage = Stage.PRIMARY if nine <= PRIMARY_YEARS else Stage.JUNIOR
            where |= Q(term=term, stage=stage, grade=nine - _FIRST[stage])
    rows = Enrolment.objects.filter(place=Place.IN_COUNTY)
    chosen = {kept.get(pk, pk) for pk in rows.filter(where).values_list("student_id", flat=True).iterator()}
    records = {*chosen, *(pk for pk, keeper in kept.items() if keeper in chosen)}
    seats: dict[int, list[Seat]] = {}
    fields = ("student_id", "term_id", "stage", "grade", "status", "school_id", "school_area", "home_area")
    with transaction.atomic(), bulk.keys(Student, "id", records) as keys:
        rows = rows.filter(student__in=keys, stage__in=_FIRST, term__in=terms)
        for student, term, stage, grade, *rest in rows.values_list(*fields).iterator(chunk_size=5000):
            year, starts_on = terms[term]
            seats.setdefault(kept.get(student, student), []).append(
                Seat(starts_on, year, stage, grade + _FIRST[stage], *rest)
            )
    for own in seats.values():
        own.sort(key=itemgetter(0))
    return seats


def _kept_records() -> dict[int, int]:
    """Return record that was merged -> the record that was kept."""
    return dict(Student.objects.filter(merged_into__isnull=False).values_list("pk", "merged_into_id"))


def _left_lawfully(on: dt.date) -> set[int]:
    """Return who moved to another county's schools, left the country, or died, up to ``on``."""
    moved = Move.objects.filter(
        kind__in=[MoveKind.OUT, MoveKind.DECEASED], state=MoveState.DONE, effective_on__lte=on
    )
    departed = Departure.objects.filter(
        destination__in=[Destination.OUTSIDE, Destination.DECEASED], term__starts_on__lte=on
    )
    by_roster = {pk for rows in (moved, departed) for pk in rows.values_list("student_id", flat=True)}
    return by_roster | gone_by_case(on)


def _in_stages(period: Period, *stages: str) -> Iterator[Member]:
    term = term_of(period)
    if term is None:
        return
    rows = Enrolment.objects.of(term).studying().filter(stage__in=stages)
    fields = ("student_id", "school_id", "school_area", "home_area")
    for student, *place in rows.values_list(*fields).iterator(chunk_size=5000):
        yield Member(str(student), True, *place)


def kindergarten(period: Period) -> Iterator[Member]:
    """学前三年毛入园率: everybody in kindergarten, over the population of 3 to 5 that the statistics office gives."""
    return _in_stages(period, Stage.PRESCHOOL)


def senior(period: Period) -> Iterator[Member]:
    """高中阶段毛入学率: all students of senior and vocational schools, over the population of 15 to 17."""
    return _in_stages(period, Stage.SENIOR, Stage.VOCATIONAL)


def people_of(band: str):
    """Return the reader of the population of an age band: period -> township code -> people."""

    def given(period: Period) -> dict[str, int]:
        rows = PopulationFigure.objects.filter(band=band, year=period.year)
        return dict(rows.values_list("township_id", "people"))

    return given
