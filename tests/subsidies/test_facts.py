"""Every fact that rules may ask, read of one child and of many: the same values, as many queries."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from povertyedu.orgs.models import School, Term
from povertyedu.workflow.flow import SYSTEM
from students.enums import HardshipCategory
from students.facts import RESERVED
from students.models import Enrolment, FactChange, HardshipStatus, Household
from subsidies import engine
from subsidies.actions.policies import pack_of, reading_of
from subsidies.actions.recalculation import recalculate
from subsidies.explanations import explain_enrolment
from subsidies.models import Entitlement, Selection
from subsidies.queries import FactReader, Reading
from subsidies.queries.readers import READERS, age_on_31_august, entry_term
from tests import factories
from tests.factories import policies, subsidies

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
OWN = (
    engine.Fact("ethnic_class", engine.FactType.FLAG, "民族班"),
    engine.Fact("distance", engine.FactType.NUMBER, "离校里程"),
)
FIGURE = engine.Fact("figure:rate", engine.FactType.MONEY, "标准")
ASKED = (*(fact for fact in engine.FACTS.values() if fact.name in READERS), *OWN, FIGURE)


@pytest.fixture
def reading(xiazhai):
    return Reading(
        "2020-autumn", "529901", {"rate": {xiazhai.code: 12_300, "2199999999": None}}, frozenset({"meals", "grant"})
    )  # fmt: skip


@pytest.fixture
def children(xiazhai, qingshi, autumn):
    """One child with everything, one with nothing, one away, one whose ID is far from the others."""
    spring = factories.term("2020-spring")
    xiazhai.tags = ["民族班", "示范校"]
    xiazhai.save()
    rich = factories.student(
        "罗娜", at=xiazhai, during=autumn, birth_date=dt.date(2010, 9, 1), ethnicity="布依族", hukou="rural", categories=3
    )  # fmt: skip
    rich.enrolments.update(
        major="种植",
        agri_major=True,
        entered_on=dt.date(2019, 9, 1),
        facts={
            "tier": "special", "repeater": True, "eats_at_school": False, "full_time": False, "months": 4, "fee_tuition": 131_250,
            "chosen": ["meals", "grant"], "ethnic_class": True, "distance": 7,
        },
    )  # fmt: skip
    factories.student(
        "严宇", at=qingshi, during=autumn, birth_date=None, home=factories.village("529901101001", "新村")
    )
    away = factories.student("石磊", at=qingshi, during=autumn, birth_date=dt.date(2002, 8, 31))
    away.enrolments.update(
        school=None, school_class=None, place="elsewhere", school_area="", stage="college", grade=1, entered_on=dt.date(2020, 8, 20)
    )  # fmt: skip
    poor(rich, "2016-01-01", "2020-08-31", "not_exited")
    poor(rich, "2020-09-01", None, "exited_enjoying")
    household = Household.objects.create(number="1", exit_status="not_exited")
    poor(away, "2019-01-01", None, "", household=household)
    for programme in ("meals", "grant", "loan"):
        subsidies.programme(programme, programme)
    for child, term, programme in (
        (rich, spring, "meals"),
        (rich, autumn, "grant"),
        (rich, spring, "loan"),
        (away, spring, "grant"),
    ):
        Entitlement.objects.create(
            term=term, student=child, programme_id=programme, rule="x", kind="cash", amount_fen=1,
            stage="primary", grade=1, school_area="", home_area="",
        )  # fmt: skip
    for term, rule in ((autumn, "grant-2"), (autumn, "grant-1"), (spring, "grant-3")):
        Selection.objects.create(term=term, student=rich, rule=rule, by="周敏")
    return rich, away


def poor(child, since, until, exit_status, **fields):
    return HardshipStatus.objects.create(
        id_hash=child.id_hash, id_number=child.id_number, name=child.name, category=HardshipCategory.REGISTERED_POOR,
        since=since, until=until, exit_status=exit_status, counts=True, source="poverty_office", **fields,
    )  # fmt: skip


def read(reading, facts=ASKED, rows=None) -> dict:
    """Return {student: profile} as a recalculation reads it, all children at once."""
    reader = FactReader(facts, reading)
    rows = Enrolment.objects.filter(term=reading.term) if rows is None else rows
    found = list(rows.order_by("student_id").values_list("student_id", *reader.expressions))
    values = reader.of_students([row[0] for row in found])
    return {row[0]: dict(zip([f.name for f in facts], values(row[0], row[1:]), strict=True)) for row in found}


def test_facts_of_a_child_are_what_the_registry_says(children, reading, xiazhai):
    rich, away = children

    found = read(reading)[rich.pk]

    assert found == {
        "stage": "primary", "grade": 5, "boarding": False, "categories": 3, "ownership": "public", "setting": "rural",
        "place": "in_county", "agri_major": True, "aided_elsewhere": "unknown", "major": "种植", "household": "rural",
        "ethnicity": "布依族", "sex": "female", "home_region": "529901", "school_region": "529901", "home_within": "county",
        "school_within": "county", "school": xiazhai.code, "school_tags": ("民族班", "示范校"), "exit_status": "exited_enjoying",
        "entry_term": "2019-autumn", "terms_studied": 3, "entry_age": 8, "age": 9, "entering": False, "tier": "special",
        "repeater": True, "eats_at_school": False, "integrated": None, "full_time": False, "months": 4, "fee_tuition": 131_250,
        "fee_textbook": None, "fee_lodging": None, "fee_care": None, "fee_misc": None, "chosen": ("grant", "meals"),
        "had_before": ("meals",), "selected": ("grant-1", "grant-2"), "ethnic_class": True, "distance": 7, "figure:rate": 12_300,
    }  # fmt: skip


def test_facts_that_nobody_knows_are_none(children, reading):
    rich, away = children

    found = read(reading)
    stranger = found[max(found.keys() - {rich.pk, away.pk})]

    unknown = {name for name, value in stranger.items() if value is None}
    assert unknown == {
        "exit_status", "entry_term", "entering", "terms_studied", "entry_age", "age", "tier", "repeater", "eats_at_school", "integrated", "full_time",
        "months", "fee_tuition", "fee_textbook", "fee_lodging", "fee_care", "fee_misc", "chosen", "had_before", "selected", "ethnic_class", "distance",
        "figure:rate",
    }  # fmt: skip
    assert stranger["school_tags"] == ()
    assert (found[away.pk]["school_within"], found[away.pk]["school_tags"], found[away.pk]["school"]) == ("elsewhere", None, None)  # fmt: skip
    assert (found[away.pk]["age"], found[away.pk]["entry_age"], found[away.pk]["entering"]) == (18, 18, True)
    assert (found[away.pk]["exit_status"], found[away.pk]["had_before"]) == ("not_exited", ("grant",))


@pytest.mark.parametrize("fact", ASKED, ids=lambda fact: fact.name)
def test_fact_of_one_child_is_that_of_many(children, reading, fact):
    many = read(reading, (fact,))

    for row in Enrolment.objects.filter(term=reading.term):
        one = FactReader((fact,), reading).profiles(Enrolment.objects.filter(pk=row.pk))
        assert one[row.pk] == many[row.student_id]
    assert read(reading) == {student: profile | many[student] for student, profile in read(reading).items()}


def test_children_who_stand_far_apart_are_read_by_their_keys(children, reading):
    rich, away = children
    rows = Enrolment.objects.filter(term=reading.term, student__in=[rich, away])
    far = FactReader((engine.FACTS["had_before"],), reading)

    near = far.of_students(range(rich.pk, away.pk + 1))
    scattered = far.of_students([rich.pk, away.pk, away.pk + 1000])

    assert near(rich.pk, ()) == scattered(rich.pk, ()) == (("meals",),)
    assert near(away.pk, ()) == scattered(away.pk, ()) == (("grant",),)
    assert far.of_students([])(rich.pk, ()) == (None,)
    assert rows.count() == 2


def test_exit_status_is_that_of_the_term(children):
    rich, _ = children
    spring = Term.objects.get(pk="2020-spring")
    row = Enrolment.objects.get(student=rich)
    row.pk, row._state.adding, row.term = None, True, spring
    row.save()

    found = read(Reading("2020-spring"), (engine.FACTS["exit_status"],))

    assert found == {rich.pk: {"exit_status": "not_exited"}}


def test_one_query_for_all_that_stands_on_the_enrolment(children, reading):
    def queries(facts) -> int:
        with CaptureQueriesContext(connection) as captured:
            read(reading, facts)
        return len(captured)

    besides = ("had_before", "selected", "school_tags")  # tags: which schools had others in the term
    assert queries([fact for fact in ASKED if fact.name not in besides]) == 1
    assert (
        len(FactReader([engine.FACTS[name] for name in ("tier", "months", "chosen")], reading).expressions)
        == 1
    )
    few = queries(ASKED)
    for number in range(30):
        factories.student(
            f"学生{number}", at=factories.school(f"学校{number}"), during=Term.objects.get(pk="2020-autumn")
        )
    assert queries(ASKED) == few


@pytest.mark.parametrize(
    ("day", "term"),
    [
        ("2016-09-01", "2016-autumn"), ("2016-07-01", "2016-autumn"), ("2017-01-05", "2016-autumn"), ("2017-02-20", "2017-spring"),
        ("2017-06-30", "2017-spring"),
    ],
)  # fmt: skip
def test_day_of_entry_falls_into_a_term(day, term):
    assert str(entry_term(dt.date.fromisoformat(day))) == term


@pytest.mark.parametrize(
    ("born", "term", "age"),
    [
        ("2014-08-31", "2020-autumn", 6), ("2014-09-01", "2020-autumn", 5), ("2014-08-31", "2021-spring", 6),
        ("2012-02-29", "2020-autumn", 8), ("2021-01-01", "2020-autumn", None),
    ],
)  # fmt: skip
def test_age_is_counted_on_31_august_of_the_school_year(born, term, age):
    assert age_on_31_august(dt.date.fromisoformat(born), engine.Term.parse(term)) == age


def test_county_may_not_use_a_name_of_the_rules():
    assert set(engine.FACTS) <= RESERVED


ONCE = (
    policies.TEXT
    + """
[[programme]]
code = "grant"
label = "入学补助"
kind = "cash"
stages = ["primary"]

[[rule]]
code = "grant-1"
programme = "grant"
label = "一次性入学补助"
clause = "二"
quote = "每生一次性300元"
amount = { yuan = 300, per = "once" }
funding = { sources = ["county"] }

[rule.when]
stage = ["primary"]
tier = ["special", "difficult"]
"""
)


def run(term, **options):
    return recalculate(term=term, by=SYSTEM, trigger="测试", **options)


def owed(child) -> dict:
    rows = Entitlement.objects.filter(student=child, programme="grant")
    return dict(rows.values_list("term_id", "amount_fen"))


def test_tags_of_a_school_are_those_of_the_term(xiazhai, autumn):
    """A school that became 示范校 in the spring of 2021 was none in the autumn before."""
    spring = factories.term("2021-spring")
    child = factories.student("罗娜", at=xiazhai, during=autumn)
    row = child.enrolments.get()
    row.pk, row._state.adding, row.term = None, True, spring
    row.save()
    School.objects.filter(pk=xiazhai.pk).update(
        tags=["示范校"], former_tags=[["2021-spring", ["民族班", "边远"]]]
    )
    tags = engine.FACTS["school_tags"]

    def read(term):
        (profile,) = FactReader([tags], Reading(term)).profiles(child.enrolments.filter(term=term)).values()
        return profile["school_tags"]

    assert [read(term.pk) for term in (autumn, spring)] == [("民族班", "边远"), ("示范校",)]


def test_once_in_a_lifetime_follows_what_changes_in_an_earlier_term(xiazhai, autumn):
    spring = factories.term("2021-spring")
    policy = policies.published(ONCE)
    child = factories.student("罗娜", at=xiazhai, during=autumn)
    other = factories.student("何勇", at=xiazhai, during=autumn)
    for each in (child, other):
        row = each.enrolments.get()
        row.pk, row._state.adding, row.term = None, True, spring
        row.facts = {"tier": "special"}
        row.save()
    run(autumn)
    run(spring)
    before = owed(child)

    child.enrolments.filter(term=autumn).update(facts={"tier": "difficult"})
    FactChange.objects.create(term=autumn, student=child)
    run(autumn, only_changed=True)
    marked = set(FactChange.objects.values_list("term", "student"))
    again = run(spring, only_changed=True)

    assert before == {"2021-spring": 30_000}
    assert marked == {("2021-spring", child.pk)}
    assert (again.students, owed(child), owed(other)) == (1, {"2020-autumn": 30_000}, {"2021-spring": 30_000})
    assert reading_of(policy, spring).watched == {"grant"}
    explained = explain_enrolment(child.enrolments.get(term=spring), pack_of(policy))
    assert [str(found.verdict) for found in explained.of_programme("grant")] == ["had_before"]
    Term.objects.filter(pk=spring.pk).update(is_closed=True)
    child.enrolments.filter(term=autumn).update(facts={})
    run(autumn)
    assert owed(child) == {}
    assert not FactChange.objects.exists()
