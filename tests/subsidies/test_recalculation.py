"""Recalculation through its public doors: the action and the commands."""

import datetime as dt
import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.jobs.progress import NO_PROGRESS
from povertyedu.office.actions.calendar import save_term
from povertyedu.orgs.models import Term
from povertyedu.workflow.flow import SYSTEM
from students.actions.hardship import derive_categories, mark_changed
from students.enums import ChangeCause, HardshipCategory
from students.models import Enrolment, FactChange, HardshipStatus
from subsidies.actions.policies import NoPolicy, load_policy, pack_text
from subsidies.actions.recalculation import recalculate
from subsidies.enums import RunCause
from subsidies.models import Entitlement, Recalculation
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
POOR = HardshipCategory.REGISTERED_POOR


@pytest.fixture
def guiding(db):
    return load_policy(text=pack_text("guiding"), by=SYSTEM)


@pytest.fixture
def boarder(xiazhai, autumn):
    """A registered-poor boarder of a rural primary school: 500 + 50 yuan and 100 meals of 4 yuan."""
    return factories.student("罗娜", at=xiazhai, during=autumn, boarding=True, categories=POOR)


def owed(student) -> dict[str, int]:
    return dict(Entitlement.objects.filter(student=student).values_list("programme_id", "amount_fen"))


def run(term, **options):
    return recalculate(term=term, by=SYSTEM, trigger="测试", **options)


def test_recalculate_poor_boarder_gets_living_topup_and_meals(guiding, boarder, autumn):
    done = run(autumn)
    assert owed(boarder) == {"boarding_living": 50000, "boarding_topup": 5000, "nutrition": 40000}
    assert (done.students, done.created, done.updated, done.ended, done.unchanged) == (1, 3, 0, 0, 0)
    assert done.amount_fen == 95000


def test_recalculate_twice_changes_nothing(guiding, boarder, autumn):
    run(autumn)
    again = run(autumn)
    assert (again.created, again.updated, again.ended, again.unchanged) == (0, 0, 0, 3)


def test_recalculate_child_owed_nothing_has_no_rows(guiding, xiazhai, autumn):
    child = factories.student("何勇", at=xiazhai, during=autumn, boarding=True)
    assert run(autumn).students == 1
    assert owed(child) == {}


def test_recalculate_day_pupil_loses_boarding_money(guiding, boarder, autumn):
    run(autumn)
    Enrolment.objects.update(boarding=False)
    done = run(autumn)
    assert (done.created, done.ended, done.unchanged) == (0, 2, 1)
    assert owed(boarder) == {"nutrition": 40000}


def test_recalculate_own_meal_days_scale_the_award(guiding, boarder, autumn):
    run(autumn)
    Enrolment.objects.update(meal_days=87)
    assert run(autumn).updated == 1
    assert owed(boarder)["nutrition"] == 400 * 87


def test_recalculate_only_changed_looks_at_marked_children(guiding, boarder, xiazhai, autumn):
    other = factories.student("何勇", at=xiazhai, during=autumn, boarding=True, categories=POOR)
    run(autumn)
    Enrolment.objects.update(boarding=False)
    FactChange.objects.create(term=autumn, student=boarder)
    done = run(autumn, only_changed=True)
    assert (done.students, done.ended) == (1, 2)
    assert len(owed(other)) == 3
    assert not FactChange.objects.exists()


def test_recalculate_only_changed_is_widened_when_policy_changed(guiding, boarder, autumn):
    run(autumn)
    load_policy(text=pack_text("guiding") + "\n# a second version\n", by=SYSTEM)
    done = run(autumn, only_changed=True)
    assert (done.only_changed, done.students, done.unchanged) == (False, 1, 3)


def test_recalculate_child_who_left_loses_entitlements(guiding, boarder, autumn):
    run(autumn)
    Enrolment.objects.update(status="left")
    assert run(autumn).ended == 3
    assert owed(boarder) == {}


def test_recalculate_one_school_settles_child_who_moved_there(guiding, boarder, xiazhai, qingshi, autumn):
    run(autumn)
    Enrolment.objects.update(school=qingshi, setting="urban", school_area=qingshi.area.full_code)
    done = run(autumn, school=qingshi)
    assert (done.updated, done.ended) == (2, 1)
    assert owed(boarder) == {"boarding_living": 50000, "boarding_topup": 5000}


def test_recalculate_in_chunks_equals_in_one(guiding, xiazhai, autumn, settings):
    children = [
        factories.student(
            f"学生{i}", at=xiazhai, during=autumn, boarding=i % 2 == 0, categories=POOR if i % 3 else 0
        )
        for i in range(9)
    ]
    whole = run(autumn)
    before = {child.pk: owed(child) for child in children}
    stands = Entitlement.objects.filter(student=children[0])  # so that the others are looked at one by one
    Entitlement.objects.exclude(student=children[0]).delete()
    settings.RECALCULATION_CHUNK = 2
    pieces = run(autumn)
    assert {child.pk: owed(child) for child in children} == before
    assert (pieces.students, pieces.created + stands.count(), pieces.amount_fen) == (
        whole.students,
        whole.created,
        whole.amount_fen,
    )
    again = run(autumn)
    assert (again.created, again.updated, again.ended) == (0, 0, 0)


def test_recalculate_query_count_does_not_grow(guiding, xiazhai, autumn, django_assert_max_num_queries):
    for i in range(30):
        factories.student(f"学生{i}", at=xiazhai, during=autumn, boarding=True, categories=POOR)
    with django_assert_max_num_queries(25):
        run(autumn)


def test_recalculate_holds_the_term_so_that_two_runs_take_turns(guiding, boarder, autumn):
    with CaptureQueriesContext(connection) as queries:
        run(autumn)

    locks = [q["sql"] for q in queries if "FOR UPDATE" in q["sql"] and '"orgs_term"' in q["sql"]]
    assert len(locks) == (1 if connection.features.has_select_for_update else 0)


def test_recalculate_without_policy_says_what_to_do(boarder, autumn):
    with pytest.raises(NoPolicy):
        run(autumn)


def test_recalculate_command_prints_one_json_line(guiding, boarder, autumn, capsys):
    call_command("recalculate", term="2020-autumn")
    answer = json.loads(capsys.readouterr().out)
    assert answer.pop("seconds") >= 0
    assert answer == {
        "students": 1, "profiles": 1, "created": 3, "updated": 0, "ended": 0, "unchanged": 0, "amount_fen": 95000,
        "by_programme": {
            "boarding_living": {"kind": "cash", "students": 1, "amount_fen": 50000},
            "boarding_topup": {"kind": "cash", "students": 1, "amount_fen": 5000},
            "nutrition": {"kind": "in_kind", "students": 1, "amount_fen": 40000},
        },
    }  # fmt: skip


def test_recalculate_command_unknown_term_is_wrong_usage(guiding):
    with pytest.raises(CommandError) as refusal:
        call_command("recalculate", term="2031-autumn")
    assert refusal.value.returncode == 2


def test_explain_command_total_equals_entitlements(guiding, boarder, autumn, capsys):
    run(autumn)
    call_command("explain", term="2020-autumn", student=boarder.student_no)
    answer = json.loads(capsys.readouterr().out)
    assert answer["amount_fen"] == 95000
    awarded = {rule["programme"]: rule["amount_fen"] for rule in answer["rules"] if rule["amount_fen"]}
    assert awarded == owed(boarder)
    assert all(rule["clause"] and rule["quote"] for rule in answer["rules"])


def test_run_keeps_what_set_it_off_and_what_had_changed(guiding, boarder, xiazhai, autumn):
    other = factories.student("何勇", at=xiazhai, during=autumn)
    mark_changed(autumn, [boarder.pk, other.pk], ChangeCause.TRANSFER)
    mark_changed(autumn, [boarder.pk], ChangeCause.BOARDING)
    mark_changed(autumn, [boarder.pk], ChangeCause.BOARDING)

    call_command("recalculate", term="2020-autumn", changed=True)
    first = Recalculation.objects.first()
    call_command("recalculate", term="2020-autumn", changed=True)
    second = Recalculation.objects.first()

    assert (first.cause, first.marks) == ("command", {"transfer": 2, "boarding": 1})
    assert (second.cause, second.marks) == ("command", {})
    assert list(Recalculation.objects.because_of("boarding")) == [first]
    assert list(Recalculation.objects.because_of("command")) == [second, first]


def test_meal_days_changed_during_a_run_hold_for_the_children_still_to_come(guiding, xiazhai, autumn, settings, administrator):  # fmt: skip
    settings.RECALCULATION_RANGE = 1
    children = [factories.student(f"学生{i}", at=xiazhai, during=autumn, categories=POOR) for i in range(3)]

    class Meanwhile(type(NO_PROGRESS)):
        def reach(self, done, note=""):
            if done == 1:
                term = Term.objects.get(pk=autumn.pk)
                term.meal_days = 90
                save_term(term=term, by=administrator.as_actor())

    run(autumn, progress=Meanwhile())

    assert [owed(child)["nutrition"] for child in children] == [40_000, 36_000, 36_000]
    assert list(FactChange.objects.values_list("student", flat=True)) == [children[0].pk]


def test_run_and_its_cause_are_written_at_once(guiding, boarder, autumn):
    mark_changed(autumn, [boarder.pk], ChangeCause.TRANSFER)

    with CaptureQueriesContext(connection) as queries:
        done = run(autumn, cause=RunCause.POLICY, only_changed=True)

    writes = [q["sql"][:6] for q in queries if "SELECT" not in q["sql"][:6] and "subsidies_recalculation" in q["sql"]]  # fmt: skip
    assert writes == ["INSERT"]
    done.refresh_from_db()
    assert (done.cause, done.marks) == ("policy", {"transfer": 1})


def test_run_of_a_school_counts_the_marks_of_its_own_children(guiding, boarder, xiazhai, qingshi, autumn):
    there = factories.student("何勇", at=qingshi, during=autumn)
    mark_changed(autumn, [boarder.pk, there.pk], ChangeCause.IMPORT)

    call_command("recalculate", term="2020-autumn", school=qingshi.code)

    assert Recalculation.objects.get().marks == {"import": 1}


def test_status_found_later_is_the_cause_in_every_term_it_reaches(guiding, boarder, autumn):
    Enrolment.objects.update(categories=0)
    HardshipStatus.objects.create(
        id_hash=boarder.id_hash, id_number=boarder.id_number, name=boarder.name, category=POOR,
        since=dt.date(2020, 1, 15), source="poverty_office",
    )  # fmt: skip
    derive_categories(id_hashes=[boarder.id_hash])

    call_command("recalculate", term="2020-autumn", changed=True)

    assert Recalculation.objects.get().marks == {"status": 1}


def test_page_lists_runs_by_cause(client, guiding, boarder, aid_officer, autumn):
    mark_changed(autumn, [boarder.pk], ChangeCause.BOARDING)
    client.force_login(aid_officer)
    url = reverse("subsidies:calculation")

    before = client.get(url).text
    call_command("recalculate", term="2020-autumn", changed=True)
    shown = {
        cause: len(client.get(url, {"cause": cause}).context["runs"])
        for cause in ("", "boarding", "policy", "x")
    }

    assert "更正寄宿 1 人" in before
    assert shown == {"": 1, "boarding": 1, "policy": 0, "x": 1}
    assert "没有这样的重算" in client.get(url, {"cause": "policy"}).text


@pytest.fixture
def class_of_nine(guiding, xiazhai, autumn):
    """Nine children of three profiles, recalculated; four of them owed three benefits, five owed meals at most."""
    made = [
        factories.student(
            f"学生{i}", at=xiazhai, during=autumn, boarding=i % 2 == 0, categories=POOR if i % 4 < 2 else 0
        )
        for i in range(9)
    ]
    run(autumn)
    return made


def entitlements():
    return sorted(
        Entitlement.objects.values_list(
            "student_id", "programme_id", "rule", "amount_fen", "school_id", "grade"
        )
    )


@pytest.mark.parametrize("ranges", [2, 100])
@pytest.mark.parametrize(
    "disturb",
    [
        lambda rows, child: rows.filter(student=child, programme="nutrition").delete(),
        lambda rows, child: rows.filter(student=child, programme="nutrition").update(amount_fen=1),
        lambda rows, child: rows.filter(student=child, programme="nutrition").update(rule="other"),
        lambda rows, child: rows.filter(student=child).update(grade=9),
        lambda rows, child: rows.filter(student=child).update(school=None),
        lambda rows, child: rows.filter(student=child).delete(),
        lambda rows, child: Enrolment.objects.filter(student=child).update(meal_days=3),
        lambda rows, child: Enrolment.objects.filter(student=child).update(boarding=False),
        lambda rows, child: Enrolment.objects.filter(student=child).update(status="left"),
    ],
    ids=["gone", "amount", "rule", "grade", "school", "all gone", "days", "boarding", "left"],
)  # fmt: skip
def test_recalculate_finds_the_one_child_that_differs(class_of_nine, autumn, settings, disturb, ranges):
    settings.RECALCULATION_RANGE = ranges
    disturb(Entitlement.objects.all(), class_of_nine[4])
    run(autumn)
    found = entitlements()
    Entitlement.objects.all().delete()
    run(autumn)
    assert found == entitlements()


def test_recalculate_two_children_who_share_what_one_should_have(class_of_nine, autumn):
    # Both owed the same three: of two programmes each has one, so that every line is there once.
    Entitlement.objects.filter(student=class_of_nine[0], programme="boarding_living").delete()
    Entitlement.objects.filter(student=class_of_nine[4], programme="boarding_topup").delete()
    assert run(autumn).created == 2


def test_recalculate_of_what_stands_reads_no_child(class_of_nine, autumn):
    with CaptureQueriesContext(connection) as queries:
        done = run(autumn)
    assert (done.students, done.created + done.updated + done.ended) == (9, 0)
    assert done.unchanged == Entitlement.objects.count()
    assert not [q["sql"] for q in queries if "students_enrolment" in q["sql"] and "ORDER BY" in q["sql"] and "OFFSET" not in q["sql"]]  # fmt: skip


def test_recalculate_where_nobody_has_anything_reads_no_child_and_forgets_the_marks(class_of_nine, autumn):
    stood = entitlements()
    Entitlement.objects.all().delete()
    FactChange.objects.create(term=autumn, student=class_of_nine[0])
    with CaptureQueriesContext(connection) as queries:
        done = run(autumn)
    assert (done.students, done.created, entitlements()) == (9, len(stood), stood)
    assert not FactChange.objects.exists()
    assert not [q["sql"] for q in queries if "students_enrolment" in q["sql"] and "ORDER BY" in q["sql"] and "OFFSET" not in q["sql"]]  # fmt: skip


def test_recalculate_forgets_the_marks_of_what_stands(class_of_nine, autumn):
    FactChange.objects.create(term=autumn, student=class_of_nine[0])
    run(autumn)
    assert not FactChange.objects.exists()
