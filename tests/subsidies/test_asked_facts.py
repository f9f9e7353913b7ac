"""What rules ask is read for a whole term and for one child alike: recalculation and explanation agree."""

import pytest

from povertyedu.home.queries import cash_by_stage_and_source
from povertyedu.workflow.flow import SYSTEM
from students.enums import HardshipCategory
from students.models import Enrolment, Student
from subsidies import engine
from subsidies.actions.policies import load_policy, pack_of
from subsidies.actions.recalculation import recalculate
from subsidies.explanations import explain_enrolment
from subsidies.models import Entitlement
from subsidies.queries import FactReader, FactUnread, Reading
from subsidies.queries.readers import READERS
from tests import factories
from tests.subsidies.engine.building import pack_text as text_of
from tests.subsidies.engine.building import part

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


def published(*parts, **figures):
    return load_policy(text=text_of(*parts), by=SYSTEM, figures=figures)


def owed(policy, child, term) -> dict[str, int]:
    """What the child is owed after a recalculation, which is what its explanation comes to."""
    recalculate(term=term, by=SYSTEM, trigger="测试")
    rows = dict(Entitlement.objects.filter(student=child, term=term).values_list("rule", "amount_fen"))
    enrolment = child.enrolments.select_related("term").get(term=term)
    found = explain_enrolment(enrolment, pack_of(policy), policy.figures)
    assert {finding.rule.programme: finding.amount_fen for finding in found.awarded} == dict(
        Entitlement.objects.filter(student=child, term=term).values_list("programme_id", "amount_fen")
    )
    return rows


RULE = {"programme": "grant", "amount": "{ yuan = 100, per = 'term' }"}


@pytest.mark.parametrize(
    ("when", "of_student", "of_enrolment"),
    [
        ("{ household = 'rural' }", {"hukou": "rural"}, {}),
        ("{ ethnicity = '布依族' }", {"ethnicity": "布依族"}, {}),
        ("{ sex = 'male' }", {"sex": "male"}, {}),
        ("{ major = '会计' }", {}, {"major": "会计"}),
        ("{ agri_major = true }", {}, {"agri_major": True}),
        ("{ setting = 'town' }", {}, {"setting": "town"}),
        ("{ ownership = 'private' }", {}, {"ownership": "private"}),
        ("{ grade = { from = 6 } }", {}, {"grade": 6}),
        ("{ categories = { all_of = ['disabled', 'difficult'] } }", {}, {"categories": 2 + 2048}),
        ("{ home_region = '5301' }", {}, {"home_area": "530102100001"}),
        ("{ school_region = { none_of = ['@county'] } }", {}, {"school_area": "530102100001"}),
        ("{ home_region = { any_of = ['@province'], none_of = ['@prefecture'] } }", {}, {"home_area": "520102100001"}),
    ],
)  # fmt: skip
def test_a_fact_that_is_asked_is_read(when, of_student, of_enrolment, xiazhai, autumn):
    policy = published(part("rule", "r", **RULE, when=when))
    child = factories.student("罗娜", at=xiazhai, during=autumn)
    assert owed(policy, child, autumn) == {}

    Student.objects.update(name="罗娜", **of_student)
    Enrolment.objects.update(boarding=False, **of_enrolment)

    assert owed(policy, child, autumn) == {"r": 100_00}


def test_the_school_is_asked_by_its_code(xiazhai, qingshi, autumn):
    policy = published(part("rule", "r", **RULE, when=f"{{ school = '{qingshi.code}' }}"))
    here, there = (
        factories.student(name, at=at, during=autumn) for name, at in (("罗娜", xiazhai), ("何勇", qingshi))
    )

    assert (owed(policy, here, autumn), owed(policy, there, autumn)) == ({}, {"r": 100_00})


def test_a_figure_by_school_is_read_by_school(xiazhai, qingshi, autumn):
    third = factories.school("红星村小学")
    figure = part("parameter", "fee", kind="amount", scope="school")
    policy = published(
        figure, part("rule", "r", programme="grant", amount="{ parameter = 'fee', per = 'year' }"),
        fee={xiazhai.code: 1600_00, qingshi.code: None},
    )  # fmt: skip
    children = [
        factories.student(name, at=at, during=autumn)
        for name, at in (("甲", xiazhai), ("乙", qingshi), ("丙", third))
    ]

    assert [owed(policy, child, autumn) for child in children] == [{"r": 800_00}, {}, {}]
    verdicts = [
        explain_enrolment(child.enrolments.select_related("term").get(), pack_of(policy), policy.figures).findings[0].verdict
        for child in children
    ]  # fmt: skip
    assert verdicts == ["awarded", "switched_off", "waiting_parameter"]


def test_who_bears_what_a_child_gets_by_a_treatment_is_counted_apart(leader, xiazhai, autumn):
    treat = part(
        "treat", "epidemic", when="{ categories = ['rural_dibao'] }", adds="['registered_poor']", last_term="2020-autumn",
        funding="{ sources = ['county_poverty_fund'] }",
    )  # fmt: skip
    rule = part(
        "rule",
        "r",
        **RULE | {"funding": "{ sources = ['central'] }"},
        when="{ categories = ['registered_poor'] }",
    )
    policy = published(treat, rule)
    poor = factories.student("罗娜", at=xiazhai, during=autumn, categories=HardshipCategory.REGISTERED_POOR)
    treated = factories.student("何勇", at=xiazhai, during=autumn, categories=HardshipCategory.RURAL_DIBAO)

    assert (owed(policy, poor, autumn), owed(policy, treated, autumn)) == (
        {"r": 100_00},
        {"r@epidemic": 100_00},
    )
    sources = cash_by_stage_and_source(leader, autumn).sources
    assert {source: figures.entitled_fen for source, figures in sources.items()} == {
        "central": 100_00,
        "county_poverty_fund": 100_00,
    }


def test_facts_of_many_children_are_one_query(guiding_facts, xiazhai, autumn, django_assert_num_queries):
    for number in range(3):
        factories.student(f"学生{number}", at=xiazhai, during=autumn)

    with django_assert_num_queries(1):
        profiles = guiding_facts.profiles(Enrolment.objects.of(autumn))

    assert [profile["ethnicity"] for profile in profiles.values()] == ["", "", ""]


@pytest.fixture
def guiding_facts():
    return FactReader(
        [engine.FACTS[name] for name in ("stage", "ethnicity", "home_region")], Reading("2020-autumn")
    )


def test_a_fact_nobody_reads_is_refused_in_words(monkeypatch):
    monkeypatch.delitem(READERS, "sex")

    with pytest.raises(FactUnread) as refused:
        FactReader([engine.FACTS["stage"], engine.FACTS["sex"]], Reading("2020-autumn"))

    assert str(refused.value) == (
        "政策的规则要看“性别”（sex），系统里还没有登记这项情况的地方，不能测算。请改写规则，或先增加这项登记。"
    )
