"""政策无对应项目: told apart by the rules themselves, out of the rate, and only where nothing is missing of the child."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.workflow.flow import SYSTEM
from students.enums import HardshipCategory
from subsidies.actions.recalculation import recalculate
from subsidies.actions.unaided import told_apart
from subsidies.queries.coverage import equation
from subsidies.queries.coverage_rows import Wanted
from tests import factories
from tests.factories import policies
from tests.subsidies.engine.building import pack_text, part

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
POOR = HardshipCategory.REGISTERED_POOR
DIBAO = HardshipCategory.RURAL_DIBAO
NO_RULE, NOTHING, AWAITED = (
    ("no_programme", "without_rule"),
    ("to_verify", "nothing_owed"),
    ("to_verify", "awaited"),
)
GIVES = {"programme": "grant", "amount": "{ yuan = 100, per = 'term' }"}


def stands(term, user) -> dict[tuple[str, str], int]:
    """(part, reason) -> children; the equation balances whatever it says."""
    found = equation(told_apart(Wanted(term, user)))
    assert found.difference == 0
    by_reason: dict[tuple[str, str], int] = {}
    for (each, reason, _), count in found.counts.items():
        by_reason[str(each), str(reason)] = by_reason.get((str(each), str(reason)), 0) + count
    return by_reason


def poor(at, term, *, of_child=None, name="罗娜", **columns):
    made = factories.student(
        name, at=at, during=term, categories=columns.pop("categories", POOR), **(of_child or {})
    )
    made.enrolments.update(**columns)
    return made


@pytest.mark.parametrize(
    ("when", "of_child", "columns", "stand"),
    [
        ("{ stage = 'junior' }", {}, {}, NO_RULE),
        ("{ boarding = true }", {}, {}, NO_RULE),
        ("{ stage = 'primary' }", {}, {}, NOTHING),  # a rule is for it: not recalculated yet
        ("{ household = 'rural' }", {"hukou": ""}, {}, NOTHING),  # nobody has said
        ("{ household = 'rural' }", {"hukou": "urban"}, {}, NO_RULE),
        ("{ stage = 'junior', household = 'rural' }", {"hukou": ""}, {}, NO_RULE),  # it could not change anything
        ("{ ethnicity = { none_of = ['汉族'] } }", {"ethnicity": ""}, {}, AWAITED),
        ("{ ethnicity = { none_of = ['汉族'] } }", {"ethnicity": "汉族"}, {}, NO_RULE),
        ("{ tier = 'special' }", {}, {}, AWAITED),
        ("{ tier = 'special' }", {}, {"facts": {"tier": "general"}}, NO_RULE),
        ("{ integrated = true }", {}, {}, NOTHING),  # counts as no, and nobody has said so
        ("{ integrated = true }", {}, {"facts": {"integrated": False}}, NO_RULE),
        ("{ entering = true }", {}, {"entered_on": None}, NOTHING),
        ("{ entering = true }", {}, {"entered_on": "2019-09-01"}, NO_RULE),
        ("{ categories = ['orphan'] }", {}, {}, NO_RULE),  # a set says what it holds
        ("{ chosen = ['grant'] }", {}, {}, NO_RULE),
        ("{ terms_studied = { to = 2 } }", {}, {"entered_on": None}, NOTHING),
        ("{ exit_status = 'not_exited' }", {}, {}, NOTHING),
        ("{ full_time = false }", {}, {}, NO_RULE),  # has a default that says something
    ],
)  # fmt: skip
def test_child_without_any_rule_is_told_from_one_of_whom_something_is_missing(
    when, of_child, columns, stand, aid_officer, xiazhai, autumn
):
    policies.published(pack_text(part("rule", "r", **GIVES, when=when)))
    poor(xiazhai, autumn, of_child=of_child, **columns)

    assert stands(autumn, aid_officer) == {stand: 1}


def test_missing_fact_of_one_alternative_or_of_a_treatment_leaves_it_open(aid_officer, xiazhai, autumn):
    either = "[[rule.either]]\nboarding = true\n[[rule.either]]\nhousehold = 'rural'\n"
    treat = part(
        "treat", "t", last_term="2030-autumn", when="{ home_region = '@county' }", adds="['orphan']", first_term="2016-spring"
    )  # fmt: skip
    orphans = part("rule", "o", **GIVES | {"programme": "other"}, when="{ categories = ['orphan'] }")
    rule = part("rule", "r", **GIVES, when="{ stage = 'primary' }") + either
    policies.published(pack_text(treat, orphans, rule, programmes=("grant", "other")))
    poor(xiazhai, autumn, name="甲", of_child={"hukou": ""}, home_area="530102100001")
    poor(xiazhai, autumn, name="乙", of_child={"hukou": "urban"}, home_area="530102100001")
    poor(
        xiazhai, autumn, name="丙", of_child={"hukou": "urban"}, home_area=""
    )  # from here, it might be treated

    assert stands(autumn, aid_officer) == {NOTHING: 2, NO_RULE: 1}


def test_nobody_is_told_apart_without_a_policy_nor_away_nor_out_of_school(aid_officer, xiazhai, autumn):
    poor(xiazhai, autumn)
    without_policy = stands(autumn, aid_officer)
    policies.published(pack_text(part("rule", "r", **GIVES, when="{ stage = 'junior' }")))
    factories.away("何欣", autumn, categories=POOR, answer="no")
    poor(xiazhai, autumn, name="休学", status="suspended")

    assert without_policy == {NOTHING: 1}
    assert stands(autumn, aid_officer) == {
        NO_RULE: 1, ("to_verify", "refused_there"): 1, ("not_in_school", "suspended"): 1,
    }  # fmt: skip


def test_rate_leaves_them_out_and_the_page_says_so_and_opens_their_names(
    client, aid_officer, leader, xiazhai, autumn
):
    policies.published(pack_text(part("rule", "r", **GIVES, when="{ stage = 'primary', boarding = true }")))
    factories.student("罗娜", at=xiazhai, during=autumn, categories=POOR, boarding=True)
    for name in ("何勇", "严宇"):
        poor(xiazhai, autumn, name=name)
    recalculate(term=autumn, by=SYSTEM, trigger="测试")

    client.force_login(leader)
    page = client.get(reverse("subsidies:coverage"))
    client.force_login(aid_officer)
    names = client.get(reverse("subsidies:coverage_names"), {"part": "no_programme"})
    home = client.get(reverse("subsidies:coverage_rate"), headers={"HX-Request": "true"})

    found = page.context["equation"]
    assert (found.total, found.difference, found.due(), found.aided(), found.rate()) == (3, 0, 1, 1, "100.0")
    assert "政策无对应项目 2" in page.text
    assert "应资助 ＝ 名单人数 − 不在校 − 政策无对应项目" in page.text
    assert "不计入应资助" in page.text
    assert [(row.name, row.reason.label) for row in names.context["rows"]] == [
        ("何勇", "情况齐全，现行政策没有对应的项目"), ("严宇", "情况齐全，现行政策没有对应的项目"),
    ]  # fmt: skip
    assert reverse("subsidies:why", args=[names.context["rows"][0].student_pk]) in names.text
    assert "待核实 0 人" in home.text


def test_pages_cost_the_same_for_one_and_for_thirty(client, leader, xiazhai, autumn):
    policies.published(pack_text(part("rule", "r", **GIVES, when="{ boarding = true }")))
    client.force_login(leader)

    def queries() -> int:
        client.get(reverse("subsidies:coverage"))
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse("subsidies:coverage"))
        return len(captured)

    poor(xiazhai, autumn)
    few = queries()
    for number in range(30):
        poor(xiazhai, autumn, name=f"学生{number}")
    assert queries() == few
