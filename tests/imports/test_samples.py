"""The two sample counties through the command on an empty database, as their expected.json says."""

import json

import pytest

from povertyedu.jobs.models import Job
from students.actions.hardship import derive_categories
from students.models import BankAccount, Enrolment, FactChange, Guardian, HardshipStatus, Household, Student

pytestmark = [pytest.mark.django_db, pytest.mark.sql, pytest.mark.samples]
TERM = ("--term", "2020-autumn")
LISTS = ("registered-poor", "categories", "target-list")


def import_county(run, folder, *, kinds=("areas", "schools", "roster", *LISTS)) -> dict[str, dict]:
    return {
        kind: run(kind, folder / f"{kind}.xlsx", *(TERM if kind not in ("areas", "schools") else ()))
        for kind in kinds
    }


@pytest.mark.parametrize("county", ["county-a", "county-b"])
def test_county_comes_in_as_expected(run, shared_samples, county):
    expected = json.loads((shared_samples / county / "expected.json").read_text())

    answers = import_county(run, shared_samples / county)

    roster = answers["roster"]
    assert {
        "rows": roster["rows"],
        "accepted": roster["created"] + roster["updated"] + roster["unchanged"],
        "duplicates": roster["duplicates"],
        "rejected": roster["rejected"],
        "rejected_by_code": roster["rejected_by_code"],
        "warnings": roster["warnings"],
    } == expected["roster"]
    target = answers["target-list"]
    figures = ("rows", "on_roster", "not_on_roster", "registered_poor_off_list")
    assert {figure: target[figure] for figure in figures} == expected["target_list"]
    assert Enrolment.objects.registered_poor().count() == expected["registered_poor_students"]
    for answer in answers.values():
        parts = ("created", "updated", "unchanged", "duplicates", "rejected")
        assert answer["rows"] == sum(answer[part] for part in parts)


@pytest.mark.parametrize("county", ["county-a", "county-b"])
def test_county_again_changes_nothing(run, shared_samples, county):
    import_county(run, shared_samples / county)
    marks = FactChange.objects.count()

    answers = import_county(run, shared_samples / county)

    assert {kind: (a["created"], a["updated"]) for kind, a in answers.items()} == dict.fromkeys(
        answers, (0, 0)
    )
    assert FactChange.objects.count() == marks
    assert derive_categories() == 0


def facts() -> tuple:
    """What the registry knows, without keys and ciphertext."""
    statuses = HardshipStatus.objects.order_by("id_hash", "category", "since").values_list(
        "id_hash", "category", "since", "until", "counts", "source", "household__number", "exit_status"
    )
    certificates = [
        (s.id_hash, s.certificate) for s in HardshipStatus.objects.order_by("id_hash", "category")
    ]
    enrolments = Enrolment.objects.order_by("student__student_no_hash").values_list(
        "student__id_hash", "school__code", "school_class__name", "stage", "grade", "categories", "home_area"
    )
    return list(statuses), certificates, list(enrolments)


def test_order_of_lists_and_roster_does_not_matter(run, shared_samples):
    county = shared_samples / "county-b"
    import_county(run, county)
    forwards = facts()
    for model in (FactChange, Enrolment, Guardian, BankAccount, Student, HardshipStatus, Household):
        model.objects.all().delete()

    import_county(run, county, kinds=("categories", "target-list", "registered-poor", "roster"))

    assert facts() == forwards


def test_command_needs_no_job(run, shared_samples):
    import_county(run, shared_samples / "county-a", kinds=("areas", "schools"))

    assert Job.objects.count() == 0
