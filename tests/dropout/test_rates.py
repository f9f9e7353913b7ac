"""The rates equal a count made from the raw events; targets of the plans; a fixed number of queries."""

import datetime as dt

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from dropout.models import Case
from dropout.queries import rates
from povertyedu.files.models import StoredFile
from povertyedu.indicators.definitions import Period, definitions
from povertyedu.orgs.models import Area
from students.models import Departure, Enrolment, Move, Promotion, Student
from tests import factories

from . import rates_oracle as oracle

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
TOWNS = ("529901100", "529901101")
HOMES = ("529901100001", "529901101001")


@st.composite
def children(draw, terms: int):
    start = draw(st.integers(0, terms - 1) | st.integers(max(0, terms - 6), terms - 1))
    # most are of a cohort that ends in the last year: the six, the three, or the nine years
    ends = draw(st.sampled_from([6, 9, 9, None]))
    aligned = ends and ends - (oracle.year_of(terms - 1) - oracle.year_of(start))
    nine = aligned if aligned and aligned >= 1 else draw(st.integers(1, 9))
    child = {
        "born": oracle.year_of(start) - 5 - nine + draw(st.integers(-1, 1)), "home": draw(st.sampled_from(HOMES)), "seats": {}, "cases": [],
        "came_in": None, "moved_out": None, "died": None, "first_school": {},
    }  # fmt: skip
    school, place = draw(st.integers(0, 2)), draw(st.sampled_from(["in_county"] * 5 + ["in_province"]))
    for term in range(start, terms):
        if term > start and term % 2 == 0:
            nine += draw(st.sampled_from([1] * 20 + [0]))
            if nine > 9:
                break
        fate = draw(st.sampled_from(["stays"] * 60 + ["suspended", "left", "gone", "dies", "transfer"]))
        if fate == "gone":
            break
        if fate == "dies" and term > start:
            child["died"] = oracle.begins(term)
            break
        if fate == "transfer" and term % 2 == 0 and place == "in_county":
            child["first_school"][term] = school
            school = (school + 1) % 3
        status = {"suspended": "suspended", "left": "left"}.get(fate, "studying")
        child["seats"][term] = (school, nine, status, place)
        if status == "left":
            child["moved_out"] = oracle.begins(term) + dt.timedelta(days=20)
            break
    if place == "in_county" and child["seats"] and draw(st.integers(0, 5)) == 0:
        child["came_in"] = (start, oracle.begins(start) + dt.timedelta(days=draw(st.sampled_from([0, 10]))))
    if draw(st.integers(0, 2)) == 0:
        child["cases"].append(draw(cases(terms)))
    return child


@st.composite
def cases(draw, terms: int):
    since = oracle.begins(draw(st.integers(0, terms - 1))) + dt.timedelta(days=draw(st.integers(0, 150)))
    kind = draw(st.sampled_from(["suspected", "dropout", "dropout", "never_enrolled"]))
    how = draw(st.sampled_from(["open", "monitored", "home_taught", "delayed", "closed"]))
    later = since + dt.timedelta(days=draw(st.integers(10, 200)))
    if how == "closed":
        outcome = draw(st.sampled_from(["returned", "not_dropout", "transferred", "over_age", "exempt"]))
        return kind, since, later if outcome == "returned" else None, later, outcome, "closed"
    return (
        kind,
        since,
        later if how == "monitored" else None,
        None,
        how if how in ("home_taught", "delayed") else "",
        "persuading" if how == "open" else how,
    )


@st.composite
def counties(draw):
    terms = draw(st.integers(1, 20))
    return {"terms": terms, "children": draw(st.lists(children(terms), min_size=1, max_size=8))}


def build(county: dict) -> list[Student]:
    """Write the county into the database; return the children in its order."""
    for code in HOMES:
        factories.village(code, f"村{code[-3:]}")
    schools = [factories.school(f"学校{n}", area=Area.objects.get(pk=TOWNS[n % 2])) for n in range(3)]
    terms = [
        factories.term(f"{oracle.year_of(t) + t % 2}-{('autumn', 'spring')[t % 2]}")
        for t in range(county["terms"])
    ]
    proof = StoredFile.objects.create(name="佐证.png", size=1, sha256="0" * 64, purpose="测试")
    promotion = Promotion.objects.create(
        from_term=terms[0], to_term=factories.term("2040-autumn"), area="529901", opened_by="测试"
    )
    return [_child(child, schools, terms, proof, promotion) for child in county["children"]]


def _child(child: dict, schools, terms, proof, promotion) -> Student:
    number = factories.id_number(birth=f"{child['born']}0101")
    student = Student.objects.create(
        name="学生",
        id_number=number,
        id_hash=f"{factories.next_number():032x}",
        birth_date=dt.date(child["born"], 1, 1),
    )
    last = None
    for term, (school, nine, status, place) in child["seats"].items():
        here = place == "in_county"
        last = Enrolment.objects.create(
            student=student, term=terms[term], school=schools[school] if here else None, stage="primary" if nine <= 6 else "junior",
            grade=nine if nine <= 6 else nine - 6, place=place, outside_school="" if here else "外县小学", status=status,
            school_area=schools[school].area.full_code if here else "", home_area=child["home"],
        )  # fmt: skip
    seat = {
        "student": student,
        "stage": "primary",
        "grade": 1,
        "reason": "测试",
        "requested_by": "测试",
        "state": "done",
        "settled_at": "2020-01-01T00:00Z",
    }
    if child["moved_out"]:
        Move.objects.create(
            kind="out", term=last.term, from_school=schools[0], effective_on=child["moved_out"], **seat
        )
    if child["came_in"] and child["came_in"][0] in child["seats"]:
        term, day = child["came_in"]
        Move.objects.create(kind="in", term=terms[term], to_school=schools[0], effective_on=day, **seat)
    for term, school in child["first_school"].items():
        Move.objects.create(
            kind="transfer", term=terms[term], from_school=schools[school], to_school=schools[(school + 1) % 3], asked_by="sending",
            effective_on=oracle.begins(term) + dt.timedelta(days=30), requested_by_id=1, settled_by_id=2, **seat,
        )  # fmt: skip
    if child["died"]:
        term = next(t for t in range(len(terms)) if oracle.begins(t) == child["died"])
        Departure.objects.create(
            student=student, term=terms[term], promotion=promotion, enrolment=last, outcome="not_here", from_school=schools[0], stage="primary",
            grade=1, destination="deceased",
        )  # fmt: skip
    for kind, since, returned_on, closed_on, outcome, state in child["cases"]:
        ended = {"evidence": proof, "proposed_by_id": 1, "closed_by_id": 2} if outcome else {}
        Case.objects.create(
            student=student, term=terms[0], kind=kind, origin="screening", state=state, state_since=since, since=since, opened_on=since,
            returned_on=returned_on, closed_on=closed_on, outcome=outcome, until=dt.date(2039, 1, 1) if state == "delayed" else None,
            monitored_until=dt.date(2039, 1, 1) if state == "monitored" else None, **ended,
        )  # fmt: skip
    return student


def measured(measure, period: Period, made: list[Student], with_school: bool = True) -> dict:
    """Return child number -> what the app says, in the oracle's form."""
    numbers = {str(student.pk): number for number, student in enumerate(made)}
    schools = {
        pk: int(name[-1])
        for pk, name in factories.School.objects.filter(name__startswith="学校").values_list("pk", "name")
    }
    if not with_school:
        return {numbers[m.subject]: m.counted for m in measure(period)}
    return {numbers[m.subject]: (m.counted, schools[m.school], m.home_area) for m in measure(period)}


@settings(max_examples=40)
@given(data=st.data(), county=counties())
def test_rates_are_those_counted_from_raw_events(data, county):
    with transaction.atomic():
        made = build(county)
        term = data.draw(st.sampled_from([county["terms"] - 1] * 3 + list(range(county["terms"]))))
        year = oracle.year_of(term)
        day = oracle.begins(term) + dt.timedelta(days=data.draw(st.integers(0, 150)))
        period = Period(year, day)
        assert measured(rates.dropout, period, made) == oracle.dropout_rate(county, year, day)
        assert measured(rates.primary_six, period, made) == oracle.retention(county, year, day, 1, 6)
        assert measured(rates.junior_three, period, made) == oracle.retention(county, year, day, 7, 9)
        assert measured(rates.nine_year, period, made) == oracle.retention(county, year, day, 1, 9)
        assert measured(rates.entry, period, made, with_school=False) == oracle.entry_rate(county, year, day)
        transaction.set_rollback(True)


def test_townships_own_entry_and_schools_own_retention():
    """Linxia 二(二)1 (facts 2 row 3): who owns a rate is who is judged by it, the county always."""
    judged = {code: set(definition.judged) for code, definition in definitions().items()}
    assert [judged[code] for code in ("entry", "primary_six", "junior_three")] == [
        {"county", "township"}, {"county", "school"}, {"county", "school"},
    ]  # fmt: skip
