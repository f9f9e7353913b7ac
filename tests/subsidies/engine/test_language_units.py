"""Which of several rules a child gets: groups, yielding, choice, quota; whatever the order of the file."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subsidies.engine import Decider, Measures, Term, Verdict, load_pack
from subsidies.engine.plan import settle_order
from tests.subsidies.engine.building import (
    AUTUMN,
    awards,
    child,
    make_rule,
    pack,
    pack_text,
    part,
    pays,
    policy_of,
    told,
)

PROGRAMMES = ("grant", "waiver", "meals")


def rule(code, programme, yuan, **more):
    return part("rule", code, programme=programme, amount=f"{{ yuan = {yuan}, per = 'term' }}", **more)


def test_a_group_nobody_declares_gives_the_highest():
    policy = pack(
        rule("a", "grant", 100, group="g"), rule("b", "waiver", 300, group="g"), programmes=PROGRAMMES
    )

    assert pays(policy) == {"waiver": 300}


def test_a_group_may_give_the_first_in_the_file():
    rules = (
        rule("b", "grant", 100, group="g", when="{ boarding = true }"),
        rule("a", "waiver", 300, group="g"),
    )
    policy = pack(part("group", "g", pick="first"), *rules, programmes=PROGRAMMES)

    assert pays(policy, {"boarding": True}) == {"grant": 100}
    assert pays(policy) == {"waiver": 300}
    assert told(policy, "a", {"boarding": True}).outcome == (
        "规则：条件都符合，但与“规则”只能享受一项，按文件所列次序取后者"
    )


@pytest.mark.parametrize(
    ("chosen", "paid", "verdicts"),
    [
        (None, {}, ["waiting_choice", "waiting_choice"]),
        (("meals",), {}, ["waiting_choice", "waiting_choice"]),
        (("grant",), {"grant": 100}, ["awarded", "not_chosen"]),
        (("waiver",), {"waiver": 300}, ["not_chosen", "awarded"]),
        (("waiver", "grant"), {"waiver": 300}, ["outbid", "awarded"]),
    ],
)
def test_a_group_may_be_chosen_from_and_waits_for_it(chosen, paid, verdicts):
    rules = (rule("a", "grant", 100, group="g"), rule("b", "waiver", 300, group="g"))
    policy = pack(part("group", "g", pick="chosen"), *rules, programmes=PROGRAMMES)

    assert pays(policy, {"chosen": chosen}) == paid
    assert [told(policy, code, {"chosen": chosen}).verdict for code in "ab"] == verdicts


def test_who_can_only_get_one_of_a_group_need_not_choose():
    rules = (
        rule("a", "grant", 100, group="g"),
        rule("b", "waiver", 300, group="g", when="{ boarding = true }"),
    )
    policy = pack(part("group", "g", pick="chosen"), *rules, programmes=PROGRAMMES)

    assert pays(policy) == {"grant": 100}
    assert pays(policy, {"boarding": True}) == {}


@pytest.mark.parametrize("target", ["z", "waiver"])
def test_a_rule_yields_to_a_rule_or_a_programme_whatever_is_higher(target):
    policy = pack(
        rule("a", "grant", 900, yields_to=f"['{target}']"), rule("z", "waiver", 1, when="{ boarding = true }"), programmes=PROGRAMMES
    )  # fmt: skip

    assert pays(policy) == {"grant": 900}
    assert pays(policy, {"boarding": True}) == {"waiver": 1}
    finding = told(policy, "a", {"boarding": True})
    assert (finding.verdict, finding.other.code) == (Verdict.YIELDS, "z")
    assert finding.outcome == "规则：条件都符合，但已享受“规则”，两项不能兼得"


def test_a_rule_does_not_yield_to_what_gives_nothing():
    meals = part("rule", "z", programme="meals", amount="{ yuan = 4, per = 'day' }")
    policy = pack(rule("a", "grant", 900, yields_to="['meals']"), meals, programmes=PROGRAMMES)

    assert pays(policy, meal_days=0) == {"grant": 900}
    assert pays(policy, meal_days=1) == {"meals": 4}


def test_a_rule_yields_all_year_to_what_is_paid_in_the_other_term():
    yearly = part("rule", "z", programme="waiver", amount="{ yuan = 500, per = 'school_year' }")
    policy = pack(rule("a", "grant", 900, yields_to="['waiver']"), yearly, programmes=PROGRAMMES)

    assert [pays(policy, term=term) for term in ("2020-autumn", "2021-spring")] == [{"waiver": 500}, {}]


WEAK = rule("a", "grant", 500, yields_to="['waiver']")


@pytest.mark.parametrize(
    ("strong", "undecided", "paid", "decided_otherwise"),
    [
        ({"when": "{ tier = 'special' }"}, {}, {"tier": "special"}, {"tier": "general"}),
        ({"when": "{ ethnicity = { none_of = ['汉族'] } }"}, {}, {"ethnicity": "苗族"}, {"ethnicity": "汉族"}),
        ({"amount": "{ actual = 'fee_tuition' }"}, {}, {"fee_tuition": 300_00}, {"fee_tuition": 0}),
        ({"group": "g"}, {"boarding": True}, {"boarding": True, "chosen": ("waiver",)}, {"boarding": True, "chosen": ("meals",)}),
    ],
    ids=["tier", "barred", "charge", "choice"],
)  # fmt: skip
def test_what_yields_waits_as_long_as_what_it_yields_to(strong, undecided, paid, decided_otherwise):
    rival = rule("m", "meals", 50, group="g", when="{ boarding = true }")
    z = part("rule", "z", **{"programme": "waiver", "amount": "{ yuan = 300, per = 'term' }", **strong})
    policy = pack(part("group", "g", pick="chosen"), WEAK, z, rival, programmes=PROGRAMMES)

    assert {"grant", "waiver"}.isdisjoint(pays(policy, undecided))
    waiting = told(policy, "a", undecided)
    assert (waiting.verdict, waiting.other.code, waiting.amount_fen) == (Verdict.WAITING_OTHER, "z", 0)
    assert waiting.outcome == "规则：条件都符合，但与“规则”不能兼得，后者还没有确定，确定之前不计算"
    assert pays(policy, paid) == {"waiver": 300}
    assert pays(policy, decided_otherwise)["grant"] == 500


def test_what_yields_to_what_waits_with_another_waits_too():
    tiered = rule("c", "meals", 100, when="{ tier = 'special' }")
    policy = pack(
        rule("a", "grant", 100, yields_to="['b']"), rule("b", "waiver", 100, yields_to="['c']"), tiered, programmes=PROGRAMMES
    )  # fmt: skip

    assert (pays(policy), told(policy, "a").verdict) == ({}, Verdict.WAITING_OTHER)
    assert pays(policy, {"tier": "special"}) == {"meals": 100, "grant": 100}
    assert pays(policy, {"tier": "general"}) == {"waiver": 100}


def test_nobody_waits_for_what_could_never_be_given():
    tiered = rule("z", "waiver", 100, when="{ tier = 'special' }", selection="{ places = 1, per = 'school' }")
    policy = pack(WEAK, tiered, programmes=PROGRAMMES)

    assert pays(policy) == {"grant": 500}  # not among the selected, whatever the tier
    assert pays(policy, {"selected": ("z",)}) == {}
    assert pays(policy, {"stage": "junior", "selected": ("z",)}) == {}
    assert told(policy, "a", {"selected": ("z",), "stage": "bachelor"}).verdict is Verdict.UNMET


def test_children_who_wait_are_told_from_those_who_met_the_same_rules_before():
    policy = pack(WEAK, rule("z", "waiver", 300, when="{ tier = 'special' }"), programmes=PROGRAMMES)
    decider = Decider(policy, AUTUMN)

    def given(**facts):
        lines = decider.lines(decider.values({"stage": "primary", **facts}), Measures())
        return {line.programme: line.amount_fen for line in lines}

    assert [given(tier="general"), given(), given(tier="general"), given(tier="difficult")] == [
        {"grant": 500_00}, {}, {"grant": 500_00}, {"grant": 500_00},
    ]  # fmt: skip


def test_what_is_paid_once_a_school_year_keeps_its_place_in_the_group_in_the_other_term():
    yearly = part("rule", "z", programme="waiver", group="g", amount="{ yuan = 500, per = 'school_year' }")
    policy = pack(rule("a", "grant", 200, group="g"), yearly, programmes=PROGRAMMES)

    assert [pays(policy, term=term) for term in ("2020-autumn", "2021-spring")] == [{"waiver": 500}, {}]


@pytest.mark.parametrize(
    ("quota", "words"),
    [("{ places = 30, per = 'school' }", 30), ("{ parameter = 'places', per = 'county' }", None)],
)
def test_people_choose_within_a_quota(quota, words):
    policy = pack(
        part("parameter", "places", kind="places", suggested=20), rule("a", "grant", 100, selection=quota)
    )

    assert pays(policy, {"selected": ("a",)}) == {"grant": 100}
    assert pays(policy) == {}
    assert told(policy, "a").verdict is Verdict.NOT_SELECTED
    assert policy.rules[0].selection.places == words
    assert policy.parameters_of(policy.rules[0]) == (policy.parameters if words is None else ())


CHAIN = (
    rule("a", "grant", 100, yields_to="['b']"),
    rule("b", "waiver", 100, yields_to="['c']", when="{ boarding = true }"),
    rule("c", "meals", 100, when="{ repeater = true }"),
)


@pytest.mark.parametrize(
    ("profile", "paid"),
    [
        ({}, {"grant": 100}),
        ({"boarding": True}, {"waiver": 100}),
        ({"boarding": True, "repeater": True}, {"grant": 100, "meals": 100}),
    ],
)
def test_units_are_settled_one_after_the_other_whatever_the_order_of_the_file(profile, paid):
    for order in permutations(CHAIN):
        assert pays(pack(*order, programmes=PROGRAMMES), profile) == paid


CIRCLES = {
    "yields": (rule("a", "grant", 100, yields_to="['b']"), rule("b", "waiver", 100, yields_to="['a']")),
    "itself": (rule("a", "grant", 100, yields_to="['grant']"),),
    "group": (rule("a", "grant", 100, group="g", yields_to="['b']"), rule("b", "waiver", 100, group="g")),
    "awarded": (
        part("rule", "a", programme="grant", amount="{ percent = 10, of_awarded = ['waiver'] }"),
        rule("b", "waiver", 100, yields_to="['grant']"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("circle", CIRCLES)
def test_a_circle_is_refused_at_a_line_of_it(circle):
    text = pack_text(*CIRCLES[circle], programmes=PROGRAMMES)

    with pytest.raises(Exception, match="互相让位或互相按所享金额计，成了圈") as refused:
        load_pack(text)

    assert text.splitlines()[refused.value.line - 1].startswith(("yields_to", "amount"))


@st.composite
def webs(draw):
    """Rules that yield only to rules further on that are in no group: there is always an order."""
    count = draw(st.integers(1, 7))
    groups = [draw(st.sampled_from(["g1", "g2", None])) for _ in range(count)]
    rules = []
    for place in range(count):
        later = [f"r{other}" for other in range(place + 1, count) if groups[other] is None]
        rules.append(
            make_rule(
                f"r{place}",
                group=groups[place],
                amount_fen=draw(st.integers(0, 5)) * 100,
                yields_to=tuple(draw(st.lists(st.sampled_from(later), unique=True))) if later else (),
            )
        )
    return rules


@given(webs(), st.randoms())
def test_units_come_after_what_they_yield_to_and_order_is_irrelevant(rules, random):
    units = settle_order(rules, policy_of(*rules))
    place = {rule.code: number for number, unit in enumerate(units) for rule in unit}
    shuffled = list(rules)
    random.shuffle(shuffled)

    assert sorted(place) == sorted(rule.code for rule in rules)
    assert all(place[code] < place[rule.code] for rule in rules for code in rule.yields_to)
    assert awards(child(), shuffled) == awards(child(), rules)
    given = {award.rule.code for award in awards(child(), rules)}
    assert all(given.isdisjoint(award.rule.yields_to) for award in awards(child(), rules))


def test_a_rule_that_is_not_in_force_is_not_yielded_to():
    late = make_rule("b", first_term=Term(2021, 1))

    assert [one.rule.code for one in awards(child(), [make_rule("a", yields_to=("b",)), late], AUTUMN)] == [
        "a"
    ]
