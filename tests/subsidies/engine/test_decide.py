"""Properties of the decision: order does not matter, groups only rise, the explanation is the computation."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subsidies.engine import (
    CATEGORY_BITS,
    FACTS,
    Condition,
    Decider,
    Funding,
    Measures,
    Payer,
    Term,
    Unit,
    Verdict,
)
from subsidies.engine.checks import may_meet
from subsidies.engine.plan import Ready
from subsidies.engine.reckon import At
from subsidies.engine.shares import yuan
from subsidies.engine.words import ANSWERS, OWNERSHIPS, PLACES, SETTINGS, STAGES
from tests.subsidies.engine.building import (
    AUTUMN,
    SPRING,
    awards,
    child,
    findings,
    lines,
    make_rule,
    policy_of,
)

profiles = st.fixed_dictionaries(
    {
        "stage": st.sampled_from(sorted(STAGES)),
        "grade": st.integers(1, 6),
        "boarding": st.booleans(),
        "categories": st.integers(0, sum(CATEGORY_BITS.values())),
        "ownership": st.sampled_from(sorted(OWNERSHIPS)),
        "setting": st.sampled_from(sorted(SETTINGS)),
        "place": st.sampled_from(sorted(PLACES)),
        "agri_major": st.booleans(),
        "aided_elsewhere": st.sampled_from(sorted(ANSWERS)),
    }
)
meal_days = st.integers(0, 120)
conditions = st.one_of(
    st.lists(st.sampled_from(sorted(STAGES)), min_size=1, max_size=4, unique=True).map(
        lambda stages: Condition(FACTS["stage"], any_of=tuple(stages))
    ),
    st.lists(st.sampled_from(sorted(CATEGORY_BITS)), min_size=1, max_size=3, unique=True).flatmap(
        lambda names: st.sampled_from(
            [
                Condition(FACTS["categories"], any_of=tuple(names)),
                Condition(FACTS["categories"], none_of=tuple(names)),
            ]
        )
    ),
    st.booleans().map(lambda boards: Condition(FACTS["boarding"], any_of=(boards,))),
    st.integers(1, 6).map(lambda grade: Condition(FACTS["grade"], low=grade)),
    st.integers(1, 6).map(lambda grade: Condition(FACTS["grade"], high=grade)),
)


@st.composite
def rule_lists(draw):
    """Up to eight rules with distinct codes."""
    count = draw(st.integers(0, 8))
    return [draw(rules(code=f"r{place}")) for place in range(count)]


@st.composite
def rules(draw, code="new"):
    group = draw(st.sampled_from([None, "one", "two"]))
    first = draw(st.sampled_from([Term(2015, 1), AUTUMN, SPRING]))
    return make_rule(
        code,
        conditions=tuple(draw(st.lists(conditions, max_size=3))),
        amount_fen=draw(st.integers(0, 500_000)),
        unit=draw(st.sampled_from([Unit.YEAR, Unit.TERM, Unit.DAY, Unit.SCHOOL_YEAR])),
        group=group,
        first_term=first,
        last_term=draw(st.sampled_from([None, SPRING])),
        funding=draw(
            st.sampled_from(
                [Funding(), Funding(("county",)), Funding(("central", "province", "county"), (8, 1, 1))]
            )
        ),
    )


@given(profiles, rule_lists(), st.randoms())
def test_the_decision_does_not_depend_on_the_order_of_the_rules(profile, some_rules, random):
    shuffled = list(some_rules)
    random.shuffle(shuffled)

    assert awards(profile, shuffled) == awards(profile, some_rules)


@given(profiles, rule_lists(), rules())
def test_an_added_rule_never_lowers_what_a_group_gives(profile, some_rules, added):
    def by_group(rules):
        found = [award for award in awards(profile, rules) if award.rule.group]
        return {award.rule.group: award.reckoning.worth_fen for award in found}

    after = by_group([*some_rules, added])
    for group, worth in by_group(some_rules).items():
        # a winner paid whole in the other term of the school year gives nothing in this one
        assert after.get(group, worth) >= worth


@given(profiles, rule_lists(), rules())
def test_an_added_rule_takes_no_stacking_award_away(profile, some_rules, added):
    def stacking(rules):
        return {(one.rule.code, one.amount_fen) for one in awards(profile, rules) if one.rule.group is None}

    assert stacking(some_rules) <= stacking([*some_rules, added])


@given(profiles, meal_days, rule_lists(), st.sampled_from([AUTUMN, SPRING, Term(2022, 0)]))
def test_the_explanation_adds_up_to_what_is_computed(profile, days, some_rules, term):
    computed = {line.rule: line.amount_fen for line in lines(profile, some_rules, term, days)}
    found = findings(profile, some_rules, term, days)

    assert {one.rule.code: one.amount_fen for one in found if one.amount_fen} == computed
    assert [one.rule for one in found] == some_rules


@given(profiles, meal_days, rule_lists())
def test_each_finding_says_why(profile, days, some_rules):
    for finding in findings(profile, some_rules, meal_days=days):
        holds = finding.rule.in_force(AUTUMN) and all(check.met for check in finding.checks)
        assert holds is finding.verdict.holds
        assert sum(fen for _, fen in finding.shares) == finding.amount_fen
        assert finding.rule.label in finding.outcome


@given(st.integers(0, 10**9))
def test_the_two_terms_of_a_school_year_add_up_to_the_year(amount_fen):
    rule = make_rule(amount_fen=amount_fen)
    autumn, spring = (
        sum(line.amount_fen for line in lines(child(), [rule], term)) for term in (AUTUMN, SPRING)
    )

    assert autumn + spring == amount_fen
    assert 0 <= autumn - spring <= 1


@given(rules("a"), rules("b"), profiles)
def test_rules_said_not_to_meet_never_meet(one, two, profile):
    if may_meet(one, two):
        return
    for term in (Term(2016, 0), AUTUMN, SPRING, Term(2022, 1)):
        at = At(policy_of(one, two), term, {})
        in_force = one.in_force(term) and two.in_force(term)
        assert not (in_force and Ready.of(one, at).holds(profile) and Ready.of(two, at).holds(profile))


@given(profiles, st.lists(st.integers(0, 120), min_size=2, max_size=5), rule_lists())
def test_what_is_remembered_of_a_profile_is_what_is_decided_anew(profile, days, some_rules):
    decider = Decider(policy_of(*some_rules), AUTUMN)
    values = decider.values(profile)

    for some in [*days, *days]:
        assert decider.lines(values, Measures(some)) == lines(profile, some_rules, meal_days=some)
    assert decider.profiles == 1


def test_a_group_gives_its_highest_and_between_equals_the_first_code():
    low = make_rule("a", amount_fen=100_000, group="grant")
    high = make_rule("c", amount_fen=300_000, group="grant")
    twin = make_rule("b", amount_fen=300_000, group="grant")

    for order in permutations([low, high, twin]):
        assert [award.rule for award in awards(child(), order)] == [twin]
    outbid = findings(child(), [low, high, twin])[0]
    assert (outbid.verdict, outbid.amount_fen, outbid.other) == (Verdict.OUTBID, 0, twin)
    assert outbid.outcome == "规则a：条件都符合，但与“规则b”只能享受一项，就高取后者"


def test_an_unmet_condition_is_named_with_the_childs_own_value():
    rule = make_rule(
        conditions=(
            Condition(FACTS["stage"], any_of=("primary", "junior")),
            Condition(FACTS["categories"], any_of=("registered_poor", "orphan")),
            Condition(FACTS["grade"], low=1, high=2),
            Condition(FACTS["setting"], none_of=("urban",)),
        )
    )

    finding = findings(child(categories=2 + 64, setting="urban"), [rule])[0]

    assert [check.sentence for check in finding.checks] == [
        "学段须为小学、初中之一；该生为小学，符合",
        "困难类别须含有建档立卡、孤儿之一；该生为残疾、孤儿，符合",
        "就读年级须在本学段第1年至本学段第2年之间（含）；该生为本学段第3年，不符合",
        "学校城乡类型须不是城区；该生为城区，不符合",
    ]
    assert finding.verdict is Verdict.UNMET


def test_a_fact_left_empty_is_called_so():
    rule = make_rule(conditions=(Condition(FACTS["ownership"], any_of=("public",)),))

    finding = findings(child(ownership=""), [rule])[0]

    assert finding.outcome == "规则r：办学性质须为公办；该生没有登记办学性质，登记以后才能确定"
    assert finding.verdict is Verdict.UNMET


@pytest.mark.parametrize(
    ("changes", "term", "expected"),
    [
        ({}, AUTUMN, "1,000.00 元/年 ÷ 2 = 500.00 元"),
        ({"amount_fen": 62_501}, AUTUMN, "625.01 元/年 ÷ 2 = 312.51 元（除不尽的 1 分计入秋季学期）"),
        ({"amount_fen": 62_501}, SPRING, "625.01 元/年 ÷ 2 = 312.50 元（除不尽的 1 分计入秋季学期）"),
        ({"unit": Unit.TERM}, AUTUMN, "1,000.00 元/学期，本学期 1,000.00 元"),
        ({"unit": Unit.DAY, "amount_fen": 400}, AUTUMN, "4.00 元/天 × 97 天 = 388.00 元"),
    ],
)
def test_the_arithmetic_is_written_out(changes, term, expected):
    finding = findings(child(), [make_rule(**changes)], term, 97)[0]

    assert finding.arithmetic == expected


def test_no_meal_days_make_no_line_and_are_explained():
    rule = make_rule(unit=Unit.DAY, amount_fen=400)

    assert lines(child(), [rule], meal_days=0) == ()
    assert findings(child(), [rule], meal_days=0)[0].verdict is Verdict.NOTHING
    with pytest.raises(ValueError, match="就餐天数不能为负"):
        lines(child(), [rule], meal_days=-1)


def test_a_rule_outside_its_terms_says_when_it_runs():
    rule = make_rule(first_term=Term(2016, 0), last_term=Term(2017, 0))

    terms = [Term(2015, 1), Term(2016, 0), Term(2016, 1), Term(2017, 0), Term(2017, 1)]

    assert [bool(awards(child(), [rule], term)) for term in terms] == [False, True, True, True, False]
    late = findings(child(), [rule], Term(2017, 1))[0]
    assert late.verdict is Verdict.NOT_IN_FORCE
    assert late.outcome == "规则r：执行期为2016年春季学期至2017年春季学期，2017年秋季学期不执行"


def test_a_profile_is_decided_once_and_a_database_row_is_the_same_profile():
    poor_boarder = make_rule(
        conditions=(
            Condition(FACTS["boarding"], any_of=(True,)),
            Condition(FACTS["categories"], any_of=("registered_poor",)),
        )
    )
    decider = Decider(policy_of(poor_boarder), AUTUMN)

    assert [fact.name for fact in decider.facts] == [
        "stage",
        "boarding",
        "categories",
        "place",
        "aided_elsewhere",
    ]
    first = decider.lines(("primary", 1, 1, "in_county", None), Measures())  # as SQLite gives booleans

    assert [line.award.rule for line in first] == [poor_boarder]
    assert decider.lines(("primary", True, 1, "in_county", None), Measures()) is first
    assert decider.profiles == 1


def test_memory_does_not_grow_with_children_who_are_all_different(monkeypatch):
    monkeypatch.setattr(Decider, "MOST", 10)
    rule = make_rule(conditions=(Condition(FACTS["fee_tuition"], low=50),))
    decider = Decider(policy_of(rule), AUTUMN)

    given = [len(decider.lines(("primary", "in_county", None, fen), Measures())) for fen in range(100)]

    assert given == [0] * 50 + [1] * 50
    assert (decider.profiles, len(decider._decided)) == (100, 10)


def test_only_facts_that_rules_in_force_ask_are_asked():
    old = make_rule("old", last_term=Term(2016, 0), conditions=(Condition(FACTS["sex"], any_of=("female",)),))

    asked = {
        term: [fact.name for fact in Decider(policy_of(old), term).facts] for term in (Term(2016, 0), AUTUMN)
    }

    assert asked == {
        Term(2016, 0): ["stage", "place", "aided_elsewhere", "sex"],
        AUTUMN: ["stage", "place", "aided_elsewhere"],
    }


@pytest.mark.parametrize(
    ("fen", "text"), [(0, "0.00"), (5, "0.05"), (100_000, "1,000.00"), (-123_456_789, "-1,234,567.89")]
)
def test_yuan_is_exact(fen, text):
    assert yuan(fen) == text


def test_category_bits_are_powers_of_two_in_the_agreed_order():
    assert list(CATEGORY_BITS.values()) == [2**place for place in range(14)]
    assert CATEGORY_BITS["registered_poor"] == 1
    assert CATEGORY_BITS["martyr_child"] == 256
    assert CATEGORY_BITS["migrant"] == 8192


@pytest.mark.parametrize(
    ("payer", "place", "answer", "owed"),
    [
        (Payer.HOME, "elsewhere", "unknown", True),
        (Payer.HOME, "elsewhere", "to_verify", True),
        (Payer.HOME, "elsewhere", "no", True),
        (Payer.HOME, "elsewhere", "yes", False),
        (Payer.STUDY, "in_province", "unknown", False),
        (Payer.STUDY, "in_province", "to_verify", False),
        (Payer.STUDY, "in_province", "yes", False),
        (Payer.STUDY, "in_province", "no", True),
        (Payer.HOME, "in_county", "yes", True),
        (Payer.STUDY, "in_county", "unknown", True),
    ],
)
def test_one_county_pays_a_child_who_studies_away(payer, place, answer, owed):
    profile = child(place=place, aided_elsewhere=answer)
    rule = make_rule(payer=payer)

    finding = findings(profile, [rule])[0]

    assert bool(awards(profile, [rule])) is owed
    assert (finding.verdict == Verdict.AWARDED) is owed
    if not owed:
        assert finding.checks[-1].label == "就读地已资助"
        assert finding.checks[-1].met is False
