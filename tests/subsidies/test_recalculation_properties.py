"""What holds of every recalculation, whatever the county: once is enough, cut is whole, the marked are all there is."""

import datetime as dt

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from povertyedu.office.actions.calendar import save_term
from povertyedu.office.actions.schools import save_school
from povertyedu.orgs.enums import SchoolKind, Setting
from povertyedu.sealing import keyed_hash
from povertyedu.workflow.flow import SYSTEM
from students.actions import grid, moves
from students.actions.grid import Cells
from students.actions.hardship import derive_categories
from students.enums import HardshipCategory
from students.models import Enrolment, FactChange, HardshipStatus, Student
from subsidies.actions.policies import load_policy, pack_text
from subsidies.actions.recalculation import COLUMNS, recalculate
from subsidies.models import Entitlement
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
examples = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
STAGES = {
    "primary": 6,
    "junior": 3,
    "senior": 3,
    "vocational": 3,
}  # of a school that has them all, and its grades
KNOWN = [0, 1, 1, 2, 4, 64, 1 | 2, 4 | 8192]  # categories
KINDS = ("gone", "fen", "rule", "grade", "school", "all gone", "strange")

child = st.fixed_dictionaries(
    {
        "stage": st.sampled_from(list(STAGES)),
        "grade": st.integers(1, 6),
        "school": st.integers(0, 2),
        "boarding": st.booleans(),
        "categories": st.sampled_from(KNOWN),
        "meal_days": st.sampled_from([None, None, 0, 1, 87]),
        "status": st.sampled_from(["studying"] * 4 + ["left", "suspended"]),
    }
)
counties = st.lists(child, min_size=1, max_size=12)
disturbances = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 11)), max_size=5)
cuts = st.tuples(st.integers(1, 5), st.integers(1, 8))  # children in a chunk, in a range


PLANS = {"guiding": {}, "yizhang": {"senior_tuition": 1600_00}}  # and what the bureau fills in


@pytest.fixture(params=PLANS)
def schools(request, autumn):
    """A policy in force, and three schools at two places with every stage that it aids."""
    load_policy(text=pack_text(request.param), by=SYSTEM, figures=PLANS[request.param])
    factories.village()
    made = [
        factories.school("甲校", setting=Setting.RURAL),
        factories.school("乙校", setting=Setting.TOWN, kind=SchoolKind.TWELVE_YEAR),
        factories.school("丙校", setting=Setting.RURAL, kind=SchoolKind.COMPLETE),
    ]
    for school in made:
        for stage in STAGES:
            school.stage_set.get_or_create(stage=stage)
    return made


def enrol(county, schools, term) -> list[Student]:
    home = factories.village()
    numbers = [factories.id_number(serial) for serial in range(1, len(county) + 1)]
    students = Student.objects.bulk_create(
        Student(name=f"学生{place}", id_number=number, id_hash=keyed_hash(number), home_area=home)
        for place, number in enumerate(numbers)
    )
    at = [schools[one["school"]] for one in county]
    Enrolment.objects.bulk_create(
        Enrolment(
            student=student, term=term, ownership=school.ownership, setting=school.setting,
            school_area=school.area.full_code, home_area=home.full_code,
            **one | {"school": school, "grade": min(one["grade"], STAGES[one["stage"]])},
        )
        for student, school, one in zip(students, at, county, strict=True)
    )  # fmt: skip
    HardshipStatus.objects.bulk_create(
        HardshipStatus(
            id_hash=student.id_hash, id_number=student.id_number, name=student.name, category=category,
            since=dt.date(2016, 1, 1), source="poverty_office",
        )
        for student, one in zip(students, county, strict=True)
        for category in HardshipCategory
        if one["categories"] & category
    )  # fmt: skip
    return students


def test_county_of_these_children_is_owed_something_under_either_plan(schools, autumn):
    kinds = [{"stage": stage, "grade": 1, "school": 0, "boarding": True, "categories": 1, "meal_days": None, "status": "studying"} for stage in STAGES]  # fmt: skip
    enrol(kinds, schools, autumn)
    assert {row[6] for row in from_scratch(autumn)} == set(STAGES)


def run(term, **options):
    return recalculate(term=term, by=SYSTEM, trigger="测试", **options)


def rows() -> list[tuple]:
    return sorted(Entitlement.objects.values_list(*COLUMNS), key=str)


def from_scratch(term) -> list[tuple]:
    """What a run gives that finds nothing there, whole and in one; what stood before stands again."""
    with transaction.atomic():
        Entitlement.objects.all().delete()
        run(term)
        given_ = rows()
        transaction.set_rollback(True)
    return given_


def disturb(kind: str, student: Student, school) -> None:
    """Do to the entitlements of one child what nobody ever should."""
    theirs = Entitlement.objects.filter(student=student)
    first = theirs.order_by("programme_id").values_list("programme_id", flat=True).first()
    one = theirs.filter(programme=first)
    if kind == "gone":
        one.delete()
    elif kind == "all gone":
        theirs.delete()
    elif kind == "strange":
        row = Entitlement.objects.values(*COLUMNS).first()
        if row and not theirs.exists():
            Entitlement.objects.bulk_create([Entitlement(**row | {"student_id": student.pk})])
    else:
        values = {"fen": {"amount_fen": 1}, "rule": {"rule": "other"}, "grade": {"grade": 9}}
        one.update(**values.get(kind, {"school": school}))


def disturb_all(disturbed, students, schools) -> None:
    for kind, number in disturbed:
        disturb(kind, students[number % len(students)], schools[number % 3])


def writes(queries) -> list[str]:
    """Statements that change rows. Not COPY: it can only add some, and those are counted."""
    changing = ("INSERT", "UPDATE", "DELETE", "CREATE")
    return [
        sql
        for q in queries
        if (sql := q["sql"]).startswith(changing) and "subsidies_recalculation" not in sql
    ]


@settings(examples, max_examples=12)
@given(counties, disturbances, cuts)
def test_recalculating_twice_is_once_and_writes_nothing(schools, autumn, settings, county, disturbed, cut):
    with transaction.atomic():
        students = enrol(county, schools, autumn)
        settings.RECALCULATION_CHUNK, settings.RECALCULATION_RANGE = cut
        run(autumn)
        disturb_all(disturbed, students, schools)
        first = run(autumn)
        once = rows()
        with CaptureQueriesContext(connection) as queries:
            second = run(autumn)

        assert rows() == once == from_scratch(autumn)
        assert writes(queries) == []
        assert (second.created, second.updated, second.ended, second.unchanged) == (0, 0, 0, len(once))
        assert (second.amount_fen, second.by_programme) == (first.amount_fen, first.by_programme)
        transaction.set_rollback(True)


@settings(examples, max_examples=12)
@given(counties, disturbances, st.lists(cuts, min_size=2, max_size=3))
def test_cut_into_chunks_and_ranges_it_is_the_whole(schools, autumn, settings, county, disturbed, cut_so):
    with transaction.atomic():
        students = enrol(county, schools, autumn)
        whole = from_scratch(autumn)
        studying = sum(one["status"] == "studying" for one in county)
        for cut in cut_so:
            settings.RECALCULATION_CHUNK, settings.RECALCULATION_RANGE = cut
            done = run(autumn)
            assert rows() == whole
            assert (done.students, done.amount_fen) == (studying, sum(row[5] for row in whole))
            disturb_all(disturbed, students, schools)
        transaction.set_rollback(True)


class Doors:
    """The public doors through which facts of a term change; each takes a child and a number that decides what exactly."""

    def __init__(self, term, schools, ours, theirs):
        self.term, self.schools = term, schools
        self.ours, self.theirs = ours.as_actor(), theirs.as_actor()

    def cells(self, row: Enrolment, number: int):
        days = [None, 0, number][number % 3]
        grid.save_row(
            by=self.ours, enrolment=row, boarding=number % 2 == 0, meal_days=days, account_number="", seen=Cells.of(row).seen
        )  # fmt: skip

    def move(self, row: Enrolment, number: int):
        to = self.schools[number % 3]
        if row.school_id != to.pk and row.status in ("studying", "suspended"):
            asked = moves.request_transfer(
                by=self.ours, enrolment=row, to_school=to, side="sending", effective_on=self.term.starts_on, reason="搬家"
            )  # fmt: skip
            moves.accept(by=self.theirs, move=asked)

    def settle(self, row: Enrolment, number: int):
        kinds = {"studying": ("leave", "out"), "suspended": ("return",)}.get(row.status)
        if kinds:
            moves.settle(
                by=self.ours, enrolment=row, kind=kinds[number % len(kinds)], effective_on=self.term.starts_on, reason="病",
                outside_school="外校", outside_region="外省",
            )  # fmt: skip

    def found(self, row: Enrolment, number: int):
        category = list(HardshipCategory)[number % 7]
        HardshipStatus.objects.get_or_create(
            id_hash=row.student.id_hash, category=category,
            defaults={
                "id_number": row.student.id_number, "name": row.student.name, "since": dt.date(2019, 1, 1), "source": "school",
            },
        )  # fmt: skip
        derive_categories(id_hashes=[row.student.id_hash])

    def ended(self, row: Enrolment, number: int):
        HardshipStatus.objects.filter(id_hash=row.student.id_hash).update(until=dt.date(2020, 1, 1))
        derive_categories(id_hashes=[row.student.id_hash])

    def school(self, row: Enrolment, number: int):
        school = self.schools[number % 3]
        school.setting = [Setting.RURAL, Setting.TOWN][number % 2]
        save_school(school=school, stages=list(STAGES), from_term=self.term, by=self.theirs)

    def term_days(self, row: Enrolment, number: int):
        self.term.meal_days = number
        save_term(term=self.term, by=self.ours)


edits = st.lists(
    st.tuples(
        st.sampled_from(["cells", "move", "settle", "found", "ended", "school", "term_days"]),
        st.integers(0, 11),
        st.integers(1, 99),
    ),
    min_size=1,
    max_size=6,
)


@settings(examples, max_examples=12)
@given(counties, edits, cuts)
def test_run_for_the_marked_is_a_run_from_scratch(schools, autumn, clerk, neighbour, settings, county, edited, cut):  # fmt: skip
    with transaction.atomic():
        for changed_before in (autumn, *schools):
            changed_before.refresh_from_db()
        students = enrol(county, schools, autumn)
        run(autumn)
        settings.RECALCULATION_CHUNK, settings.RECALCULATION_RANGE = cut
        doors = Doors(autumn, schools, clerk, neighbour)
        for door, place, number in edited:
            row = grid.with_cards(Enrolment.objects.all()).get(student=students[place % len(students)])
            getattr(doors, door)(row, number)
        done = run(autumn, only_changed=True)

        assert done.only_changed
        assert rows() == from_scratch(autumn)
        assert not FactChange.objects.exists()
        transaction.set_rollback(True)
