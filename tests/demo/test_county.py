"""The invented county: the same every time, taken in whole by the ordinary imports, with a batch at each stage."""

import hashlib
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from dropout.enums import Lack
from dropout.models import Case, Escalation
from dropout.queries.chains import Register
from dropout.queries.gaps import Wanted as GapsWanted
from dropout.queries.gaps import enrolments_for, gaps_in
from povertyedu.accounts.models import Grant, User
from povertyedu.accounts.permissions import Permission, Role
from povertyedu.findings.models import Finding
from povertyedu.home.demo.accounts import ACCOUNTS, PASSWORD
from povertyedu.home.demo.build import build
from povertyedu.home.demo.people import AUTUMN, SPRING, TERMS, People
from povertyedu.home.demo.places import Places
from povertyedu.home.demo.stories import STORIES, cast_all
from povertyedu.home.demo.workbooks import roster_rows, write_workbooks
from povertyedu.imports.models import ImportBatch
from povertyedu.orgs.models import School, SchoolClass, Term
from povertyedu.publicity.models import Objection
from projects.models import Acceptance, AssetEntry, Gap, Inspection, Purchase, PurchaseShare
from students.models import Enrolment, HardshipStatus, Student
from subsidies.actions.positions import positions
from subsidies.actions.reconciling import Span, reconcile
from subsidies.enums import BatchState, LineState
from subsidies.models import Allocation, Balance, Batch, Exchange, FundReceipt, Recovery
from subsidies.queries.coverage import equation
from subsidies.queries.coverage_rows import Wanted

SMALL = 300
pytestmark = pytest.mark.sql


def settled(children: int) -> tuple[Places, People]:
    places = Places(children)
    people = People(places, children)
    cast_all(people)
    return places, people.settle()


@pytest.fixture(scope="module")
def county(django_db_setup, django_db_blocker, tmp_path_factory):
    """The small county, built once for this module and rolled back at its end."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield build(children=SMALL, folder=tmp_path_factory.mktemp("demo"))
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def _database(db):
    pass


def test_people_of_one_size_are_the_same_twice():
    rows = [json.dumps([list(roster_rows(settled(SMALL)[1], term)) for term in TERMS]) for _ in range(2)]

    assert hashlib.sha256(rows[0].encode()).digest() == hashlib.sha256(rows[1].encode()).digest()


def test_people_of_full_size_are_about_as_many_as_asked():
    places, people = settled(12_000)

    assert (len(places.townships), len(places.schools)) == (9, 56)
    assert all(11_700 < len(people.of(term)) < 12_300 for term in TERMS)
    poor = sum(bool(child.family.exit_status) for child in people.of(AUTUMN))
    assert 0.10 < poor / len(people.of(AUTUMN)) < 0.15
    numbers = [child.id_number for child in people.children if child.id_number]
    assert len(numbers) == len(set(numbers))
    stories = {story.name for story in STORIES}
    assert len([child for child in people.children if child.name in stories]) == len(stories)


def test_every_workbook_is_taken_in_whole(county):
    imports = ImportBatch.objects.all()

    assert {batch.kind for batch in imports} == {
        "areas", "schools", "roster", "registered-poor", "categories", "target-list", "away",
    }  # fmt: skip
    assert [batch.counts for batch in imports if batch.counts["rejected"] or batch.counts["duplicates"]] == []
    autumn = Enrolment.objects.filter(term=AUTUMN)
    assert (autumn.filter(place="in_county").count(), autumn.exclude(place="in_county").count()) == (
        county[AUTUMN],
        6,
    )
    assert School.objects.count() == county["schools"]
    assert HardshipStatus.objects.count() > 30
    assert SchoolClass.objects.filter(homeroom_teacher=None).count() == 0


def test_a_batch_waits_at_each_stage(county):
    waiting = set(BatchState.values) - {BatchState.CANCELLED}
    assert set(Batch.objects.values_list("state", flat=True)) == waiting
    assert {o.subject_name[:3] for o in Objection.objects.all()} == {"蒋浩然"}
    opened = Batch.objects.get(state=BatchState.OPEN)
    assert {"draft", "submitted"} <= set(opened.sheets.values_list("state", flat=True))


def test_money_came_in_and_agrees_with_what_was_paid(county):
    statement = reconcile(Span.everything())
    assert statement.agrees
    assert set(Allocation.objects.values_list("state", flat=True)) <= {"allocated", "submitted"}
    cash = [
        row
        for position in positions(Term.objects.get(pk=AUTUMN))
        if position.is_checked
        for row in position.rows
    ]
    assert [row.lacking_fen for row in cash if row.programme.kind == "cash" and row.lacking_fen] == []
    assert FundReceipt.objects.filter(term=AUTUMN, source="superior").exists()


def test_every_role_has_an_account_that_may_log_in_at_once(county, client):
    assert {account.role for account in ACCOUNTS} == set(Role)
    for account in ACCOUNTS:
        user = User.objects.get(username=account.username)
        assert (user.check_password(PASSWORD), user.password_expired, user.current_term_id) == (
            True,
            False,
            AUTUMN,
        )
        assert [grant.role for grant in user.live_grants] == [account.role]
    for grant in Grant.objects.all():
        grant.full_clean()


def test_lists_balance_and_a_county_is_asked(county):
    aid = User.objects.get(username="aid")
    found = equation(Wanted(Term.objects.get(pk=AUTUMN), aid))
    assert found.difference == 0
    assert found.of("aided_elsewhere") == 1
    assert found.of("to_verify", "asked") == Exchange.objects.get().lines.count() > 0


def test_nearly_every_child_has_both_chains(county):
    basic = User.objects.get(username="basic")
    rows = enrolments_for(Term.objects.get(pk=AUTUMN), basic, GapsWanted())
    register = Register()
    found = gaps_in(rows, register, GapsWanted())
    assert {(link.label, lack) for link in register.links for lack in Lack if found.counts[link.pk, lack]} <= {
        ("县领导包乡镇", "vacant"), ("村干部包户", "vacant"), *((link.label, "no_place") for link in register.links),
    }  # fmt: skip
    assert 0 < found.with_gap < found.children
    cadre = User.objects.get(username="village").person
    assert [post.place_name for post in cadre.posts.with_place()] == ["青石镇 红星村"]


def figures(name: str, term: str) -> dict[str, tuple[int, int, int, int]]:
    """Return {programme: (entitled, paid, in hand, outstanding)} of one child in fen."""
    balances = Balance.objects.filter(student=Student.objects.get(name=name), term=term)
    return {b.programme_id: (b.entitled_fen, b.paid_fen, b.in_hand_fen, b.outstanding_fen) for b in balances}


def test_stories_come_out_as_they_are_told(county):
    assert figures("罗小雨", SPRING)["boarding_living"] == (50_000, 0, 0, 50_000)
    assert figures("韦国强", AUTUMN)["boarding_living"] == (62_500, 0, 62_500, 0)
    assert Student.objects.get(name="韦国强").lines.filter(state=LineState.HELD, hold="no_account").exists()
    assert (
        Student.objects.get(name="莫凯轩").lines.filter(state=LineState.HELD, hold="holder_differs").exists()
    )
    assert figures("石佳怡", SPRING) == {}
    assert figures("欧可馨", AUTUMN) == {}
    assert figures("欧思雨", SPRING) == {"preschool_living": (10_000, 10_000, 0, 0)}
    assert "vocational_national_grant" in figures("吴雪兰", SPRING)
    assert "vocational_national_grant" not in figures("吴雪兰", AUTUMN)
    assert figures("潘慧敏", SPRING)["senior_national_grant"] == (100_000, 0, 0, 100_000)
    assert figures("金一诺", AUTUMN) == {}
    assert set(figures("杨俊杰", SPRING)) == {"boarding_living", "boarding_topup", "nutrition"}
    assert not Enrolment.objects.filter(student__name="龙志强", term=AUTUMN).exists()
    schools = (
        Enrolment.objects.filter(student__name="何子涵")
        .order_by("-term")
        .values_list("school__name", flat=True)
    )
    assert list(schools) == ["青石镇中心小学", "云岭县第一小学"]


def test_what_is_paid_is_no_longer_owed(county):
    paid = Batch.objects.get(state=BatchState.PAID, term=SPRING).lines.filter(state=LineState.PAID)
    owed = Balance.objects.filter(term=SPRING, programme="boarding_topup", student__in=paid.values("student"))

    assert set(owed.filter(entitled_fen__gt=0).values_list("outstanding_fen", flat=True)) == {0}


def test_two_children_were_paid_too_much_and_one_is_asked_to_return_it(county):
    over = Balance.objects.filter(term=SPRING, programme="boarding_living", outstanding_fen__lt=0)

    recovery = Recovery.objects.get()
    assert over.count() == 2
    assert (recovery.state, recovery.amount_fen) == (
        "proposed",
        -over.get(student=recovery.student).outstanding_fen,
    )


def test_make_demo_on_a_database_with_children_refuses(county):
    with pytest.raises(CommandError, match="已有学生"):
        call_command("make_demo", children=SMALL, stdout=StringIO(), stderr=StringIO())


def test_make_demo_in_production_refuses(settings):
    settings.SETTINGS_MODULE = "povertyedu.settings.prod"

    with pytest.raises(CommandError, match="生产环境"):
        call_command("make_demo", stdout=StringIO())


def test_workbooks_are_left_for_the_visitor(tmp_path):
    places, people = settled(SMALL)

    written = write_workbooks(places, people, tmp_path)

    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in written.values())
    assert len(written) == 10


def test_cases_stand_in_different_steps_and_one_has_climbed(county):
    states = set(Case.objects.values_list("state", flat=True))
    assert states == {
        "suspected", "persuading", "monitored", "proposed_closed", "home_taught", "closed",
    }  # fmt: skip
    assert Escalation.objects.filter(why="late").exists()


def test_equipment_stands_at_every_step_and_a_school_has_something_to_count(county):
    assert sorted(Purchase.objects.values_list("state", flat=True)) == ["draft", "ordered", "submitted"]
    assert set(Acceptance.objects.values_list("state", flat=True)) == {"reported", "confirmed"}
    assert set(Gap.objects.values_list("state", flat=True)) >= {"open", "planned", "filled", "closed"}
    kinds = set(AssetEntry.objects.values_list("kind", flat=True))
    assert kinds == {"accepted", "stock", "disposed", "moved_out", "moved_in"}
    clerk = User.objects.get(username="clerk")
    assert PurchaseShare.objects.visible_to(clerk, Permission.ACCEPT_EQUIPMENT).to_count().count() == 2


def test_half_year_was_inspected_by_a_township_and_the_county_with_problems_to_put_right(county):
    assert set(Inspection.objects.values_list("level", flat=True)) == {"township", "county"}
    places = set(Finding.objects.filter(subject__startswith="projects.").values_list("area", flat=True))
    assert "529901101" in places
