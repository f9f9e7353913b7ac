"""The demo's county, large, written straight into the tables by COPY: workbooks would take minutes."""

import datetime as dt
import itertools
import tempfile
from pathlib import Path

from django.db import connection, transaction
from django.utils import timezone

from povertyedu import bulk
from povertyedu.home.demo.accounts import open_accounts, staff_the_schools
from povertyedu.home.demo.batches import leave_autumn_waiting, pay_spring
from povertyedu.home.demo.build import BY
from povertyedu.home.demo.chains import set_up_chains
from povertyedu.home.demo.money import book_money
from povertyedu.home.demo.people import AUTUMN, NOT_ENJOYING, SPRING, TERMS, Child, People
from povertyedu.home.demo.places import Places
from povertyedu.home.demo.stories import cast_all
from povertyedu.home.demo.workbooks import BANK
from povertyedu.orgs.models import Area, School, SchoolClass, SchoolStage, Term
from povertyedu.sealing import keyed_hash
from students.actions.hardship import derive_categories
from students.enums import ExitStatus, HardshipCategory, Hukou, Sex
from students.models import BankAccount, Enrolment, FactChange, Guardian, HardshipStatus, Household, Student
from subsidies.actions.policies import load_policy, pack_text
from subsidies.actions.recalculation import recalculate

_SINCE = dt.date(2025, 9, 1)
_CATEGORY = {
    "持证残疾人": HardshipCategory.DISABLED, "农村低保": HardshipCategory.RURAL_DIBAO, "农村特困": HardshipCategory.RURAL_TEKUN,
    "孤儿": HardshipCategory.ORPHAN, "烈士子女": HardshipCategory.MARTYR_CHILD,
}  # fmt: skip


def fill(children: int) -> None:
    """Write the county, both terms' entitlements, accounts and a batch at each stage into an empty database."""
    places = Places(children)
    people = People(places, children)
    cast = cast_all(people)
    people.settle()
    with transaction.atomic():
        _areas_and_schools(places)
        _students(people)
        for term in TERMS:
            Term.objects.named(term)
        _enrolments(people)
        _hardships(people)
        derive_categories()
        FactChange.objects.all().delete()
    load_policy(text=pack_text("guiding"), by=BY)
    for term in Term.objects.order_by("starts_on"):
        recalculate(term=term, by=BY, trigger="基准")
    analyse()
    with tempfile.TemporaryDirectory() as folder, transaction.atomic():
        staff_the_schools()
        open_accounts(Term.objects.get(pk=AUTUMN))
        set_up_chains()
        pay_spring(cast, Path(folder))
        leave_autumn_waiting(cast)
        book_money()
    analyse()


def analyse() -> None:
    """Give the planner its statistics at once; autovacuum would in a minute."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _areas_and_schools(places: Places) -> None:
    bulk.insert(Area, ("code", "name", "level", "parent_id", "is_poor_village"), [
        ("529901", "云岭县", "county", None, False),
        *((t.code, t.name, "township", "529901", False) for t in places.townships),
        *((v.code, v.name, "village", v.township.code, v.is_poor) for v in places.villages),
    ])  # fmt: skip
    schools = School.objects.bulk_create(
        School(
            code=s.code, name=s.name, kind=s.kind, ownership=s.ownership, setting=s.setting, area_id=s.township.code,
            takes_boarders=s.takes_boarders,
        )
        for s in places.schools
    )  # fmt: skip
    by_code = {school.code: school for school in schools}
    for plan, school in zip(places.schools, schools, strict=True):
        school.centre = by_code[plan.centre.code] if plan.centre else None
        school.parent = by_code[plan.parent.code] if plan.parent else None
    School.objects.bulk_update(schools, ["centre", "parent"])
    SchoolStage.objects.bulk_create(
        SchoolStage(school=by_code[plan.code], stage=stage)
        for plan in places.schools
        for stage in plan.stages
    )


def _numbered(people: People):
    """Yield (primary key, child): keys are given here, so that no table must be read back."""
    return zip(itertools.count(1), people.children, strict=False)


def _student(pk: int, child: Child, now) -> tuple:
    number, student_no = child.id_number, child.student_no
    return (
        pk, child.name, Sex.MALE if child.sex == "男" else Sex.FEMALE, child.birth, child.ethnicity,
        "id_card" if number else "none", number, keyed_hash(number) if number else None,
        keyed_hash(number[-4:]) if number else "", student_no, keyed_hash(student_no), child.phone,
        child.family.village.code, "", Hukou.RURAL if child.hukou == "农业" else Hukou.URBAN, child.left_behind, "", now, now, "基准",
    )  # fmt: skip


def _students(people: People) -> None:
    now = timezone.now()
    columns = (
        "id", "name", "sex", "birth_date", "ethnicity", "id_kind", "id_number", "id_hash", "id_tail_hash", "student_no",
        "student_no_hash", "phone", "home_area_id", "home_address", "hukou", "is_left_behind", "remark", "created_at",
        "updated_at", "updated_by",
    )  # fmt: skip
    bulk.insert(Student, columns, (_student(pk, child, now) for pk, child in _numbered(people)))
    bulk.insert(Guardian, ("student_id", "name", "relation", "id_number", "id_hash"), (
        (pk, child.family.guardian, child.family.relation, child.family.guardian_id, keyed_hash(child.family.guardian_id))
        for pk, child in _numbered(people)
    ))  # fmt: skip
    bulk.insert(BankAccount, ("student_id", "holder", "bank", "number", "number_hash", "tail"), (
        (pk, child.holder, BANK, child.account, keyed_hash(child.account), child.account[-4:])
        for pk, child in _numbered(people) if child.account
    ))  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence('students_student', 'id'), (SELECT max(id) FROM students_student))"
        )


def _enrolments(people: People) -> None:
    schools = {school.code: school for school in School.objects.select_related("area")}
    keys = {
        (schools[seat.school.code].pk, str(seat.stage), seat.grade, child.classes[term])
        for child in people.children
        for term, seat in child.seats.items()
    }
    bulk.insert(SchoolClass, ("school_id", "stage", "grade", "name"), sorted(keys))
    classes = {key: pk for pk, *key in SchoolClass.objects.values_list("pk", "school_id", "stage", "grade", "name") for key in [tuple(key)]}  # fmt: skip
    columns = (
        "student_id", "term_id", "school_id", "school_class_id", "stage", "grade", "boarding", "major", "agri_major", "place",
        "outside_school", "outside_region", "ownership", "setting", "school_area", "home_area", "entered_on", "categories", "status",
    )  # fmt: skip

    def rows(term: str):
        for pk, child in _numbered(people):
            if not (seat := child.seats.get(term)):
                continue
            school, entered = schools[seat.school.code], child.entered(term)
            major, agricultural = child.major if seat.stage == "vocational" else ("", False)
            yield (
                pk, term, school.pk, classes[school.pk, str(seat.stage), seat.grade, child.classes[term]], str(seat.stage), seat.grade,
                seat.boarding, major, agricultural, "in_county", "", "", school.ownership, school.setting, school.area.full_code,
                child.family.village.code, dt.date(int(entered[:4]), int(entered[4:]), 1), 0, "studying",
            )  # fmt: skip

    for term in TERMS:
        bulk.insert(Enrolment, columns, rows(term))


def _hardships(people: People) -> None:
    words = {label: value for value, label in ExitStatus.choices}
    poor = [family for family in people.families if family.exit_status]
    bulk.insert(Household, ("number", "area_id", "head_name", "exit_status"), (
        (family.number, family.village.code, family.guardian, words[family.exit_status]) for family in poor
    ))  # fmt: skip
    households = dict(Household.objects.values_list("number", "pk"))
    columns = (
        "id_hash", "id_number", "certificate", "name", "category", "since", "until", "counts", "source", "household_id", "person_no",
        "relation", "exit_status", "last_term_id",
    )  # fmt: skip

    def rows():
        for child in people.children:
            if not child.id_number:
                continue
            digest, family = keyed_hash(child.id_number), child.family
            if family.exit_status:
                since = dt.date(2016, 4, 1) if SPRING not in child.unlisted else _SINCE
                yield (
                    digest, child.id_number, "", child.name, HardshipCategory.REGISTERED_POOR.value, since, None,
                    family.exit_status != NOT_ENJOYING, "poverty_office", households[family.number], child.person_no, "子女",
                    words[family.exit_status], AUTUMN,
                )  # fmt: skip
            for sheet in child.hardships:
                category = _CATEGORY[sheet].value
                yield (digest, child.id_number, "", child.name, category, _SINCE, None, True, "department_list", None, "", "", "", AUTUMN)  # fmt: skip

    bulk.insert(HardshipStatus, columns, rows())
