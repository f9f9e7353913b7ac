"""What a rule may ask, one test per item of the vocabulary; every total here is also what the explanation adds up to."""

import pytest

from subsidies.engine import FACTS, Decider, Term, Verdict, load_pack
from tests.subsidies.engine.building import pack, pack_text, part, pays, told

GIVES = {"programme": "grant", "amount": "{ yuan = 100, per = 'term' }"}


def rule_when(when, **more):
    return pack(part("rule", "r", **GIVES, when=when, **more))


@pytest.mark.parametrize(
    ("when", "given", "not_given"),
    [
        ("{ stage = 'primary', boarding = true }", {"boarding": True}, {"boarding": False}),
        ("{ repeater = false }", {}, {"repeater": True}),
        ("{ full_time = true }", {}, {"full_time": False}),
        ("{ integrated = true }", {"integrated": True}, {}),
        ("{ eats_at_school = true }", {"eats_at_school": True}, {}),
        ("{ ownership = ['public', 'inclusive_private'] }", {"ownership": "public"}, {"ownership": "private"}),
        ("{ setting = { none_of = ['urban'] } }", {"setting": "town"}, {"setting": "urban"}),
        ("{ household = 'rural' }", {"household": "rural"}, {"household": "urban"}),
        ("{ tier = 'special' }", {"tier": "special"}, {"tier": "general"}),
        ("{ exit_status = { none_of = ['exited_not_enjoying'] } }", {"exit_status": "not_exited"}, {"exit_status": "exited_not_enjoying"}),
        ("{ sex = 'female' }", {"sex": "female"}, {"sex": "male"}),
        ("{ ethnicity = { none_of = ['汉族'] } }", {"ethnicity": "布依族"}, {"ethnicity": "汉族"}),
        ("{ major = ['作物生产技术', '畜禽生产技术'] }", {"major": "畜禽生产技术"}, {"major": "会计"}),
        ("{ major = { none_of = ['表演'] } }", {"major": "会计"}, {"major": "表演"}),
        ("{ agri_major = true }", {"agri_major": True}, {}),
        ("{ school = ['2152000001'] }", {"school": "2152000001"}, {"school": "2152000002"}),
        ("{ school_tags = ['试点校'] }", {"school_tags": frozenset(["试点校", "村小"])}, {"school_tags": ("村小",)}),
        ("{ school_tags = { all_of = ['试点校', '村小'] } }", {"school_tags": ("试点校", "村小")}, {"school_tags": ("村小",)}),
        ("{ grade = { from = 1, to = 2 } }", {"grade": 2}, {"grade": 3}),
        ("{ grade = { any_of = [1, 6] } }", {"grade": 6}, {"grade": 5}),
        ("{ terms_studied = { to = 6 } }", {"terms_studied": 6}, {"terms_studied": 7}),
        ("{ entry_age = { from = 3 } }", {"entry_age": 3}, {"entry_age": 2}),
        ("{ age = { from = 6, to = 15 } }", {"age": 15}, {"age": 16}),
        ("{ entry_term = { from = '2018-autumn', to = '2020-spring' } }", {"entry_term": "2019-spring"}, {"entry_term": "2020-autumn"}),
        ("{ entry_term = '2020-autumn' }", {"entry_term": "2020-autumn"}, {"entry_term": "2020-spring"}),
        ("{ entering = true }", {"entry_term": "2020-autumn"}, {"entry_term": "2019-autumn"}),
        ("{ fee_tuition = { from = 800.50 } }", {"fee_tuition": 800_50}, {"fee_tuition": 800_49}),
        ("{ had_before = { none_of = ['grant'] } }", {}, {"had_before": frozenset(["grant"])}),
        ("{ selected = ['r'] }", {"selected": ("r",)}, {"selected": ("q",)}),
        ("{ home_region = '52' }", {"home_region": "529901"}, {"home_region": "529901"[::-1]}),
        ("{ home_region = ['5201', '529901'] }", {"home_region": "520102"}, {"home_region": "529902"}),
        ("{ home_region = '@county', school_region = { none_of = ['@county'] } }", {"home_region": "529901", "school_region": "529902"}, {"home_region": "529901", "school_region": "529901"}),
        ("{ school_region = { any_of = ['@province'], none_of = ['@prefecture'] } }", {"school_region": "520102"}, {"school_region": "529902"}),
        ("{ home_within = 'prefecture' }", {"home_region": "529902"}, {"home_region": "529901"}),
        ("{ school_within = ['province', 'elsewhere'] }", {"school_region": "430101"}, {"school_region": "529901"}),
        ("{ categories = ['registered_poor', 'orphan'] }", {"categories": ["orphan"]}, {"categories": ["disabled"]}),
        ("{ categories = { all_of = ['disabled', 'difficult'] } }", {"categories": ["disabled", "difficult"]}, {"categories": ["disabled"]}),
        ("{ categories = { any_of = ['rural_dibao'], none_of = ['registered_poor'] } }", {"categories": ["rural_dibao"]}, {"categories": ["rural_dibao", "registered_poor"]}),
    ],
)  # fmt: skip
def test_a_condition_lets_one_child_in_and_keeps_another_out(when, given, not_given):
    policy = rule_when(when)

    assert pays(policy, given) == {"grant": 100}
    assert pays(policy, not_given) == {}
    assert "不符合" in told(policy, "r", not_given).outcome


@pytest.mark.parametrize(
    "fact", [fact for fact in FACTS.values() if fact.type != "flag" and fact.given is None]
)
def test_what_is_unknown_meets_nothing_and_is_waited_for_where_only_something_is_barred(fact):
    value = {
        "number": "3", "money": "3", "term": "'2020-autumn'", "region": "'529901'",
    }.get(str(fact.type), f"'{next(iter(fact.choices), 'x')}'")  # fmt: skip
    profile = {"stage": None}
    barred = rule_when(f"{{ {fact.name} = {{ none_of = [{value}] }} }}")

    assert pays(rule_when(f"{{ {fact.name} = {value} }}"), profile) == {}
    if fact.type.ordered:
        assert pays(rule_when(f"{{ {fact.name} = {{ to = {value} }} }}"), profile) == {}
    if fact.type == "set":  # who has nothing of a set lacks what is barred
        assert pays(barred, profile) == {"grant": 100}
        return
    assert pays(barred, profile) == {}
    waiting = told(barred, "r", profile)
    assert (waiting.verdict, waiting.awaited) == (Verdict.WAITING_FACT, (fact,))
    assert f"其他条件都符合，{fact.label}还没有登记，待定" in waiting.outcome


BARRED = "{ home_region = { none_of = ['@county'] }, ethnicity = { none_of = ['汉族'] } }"


@pytest.mark.parametrize(
    ("child", "given", "verdict", "awaited"),
    [
        ({}, {}, Verdict.WAITING_FACT, ["户籍地", "民族"]),
        ({"ethnicity": "苗族"}, {}, Verdict.WAITING_FACT, ["户籍地"]),
        ({"home_region": "530102"}, {}, Verdict.WAITING_FACT, ["民族"]),
        ({"home_region": "529901"}, {}, Verdict.UNMET, []),
        ({"ethnicity": "汉族"}, {}, Verdict.UNMET, []),
        ({"ethnicity": "苗族", "home_region": "530102"}, {"grant": 100}, Verdict.AWARDED, []),
    ],
)
def test_silence_never_shows_that_a_child_is_not_what_a_rule_bars(child, given, verdict, awaited):
    policy = rule_when(BARRED)
    finding = told(policy, "r", child)

    assert pays(policy, child) == given
    assert (finding.verdict, [fact.label for fact in finding.awaited]) == (verdict, awaited)


def test_why_not_says_what_to_record():
    outcome = told(rule_when(BARRED), "r", {"ethnicity": "汉族"}).outcome

    assert outcome == (
        "规则：户籍地须不在本县；该生没有登记户籍地，登记以后才能确定。民族须不是汉族；该生为汉族，不符合"
    )


def test_what_must_be_something_and_not_another_is_short_of_it_while_unknown():
    policy = rule_when("{ home_region = { any_of = ['@province'], none_of = ['@prefecture'] } }")

    assert told(policy, "r", {}).verdict is Verdict.UNMET
    assert pays(policy, {"home_region": "520102"}) == {"grant": 100}


def test_alternative_that_only_bars_waits_while_nothing_else_lets_the_child_in():
    either = "[[rule.either]]\ncategories = ['orphan']\n[[rule.either]]\nethnicity = { none_of = ['汉族'] }\n"
    policy = pack(part("rule", "r", **GIVES, when="{ stage = 'primary' }") + either)

    assert pays(policy, {"categories": ["orphan"]}) == {"grant": 100}
    assert (pays(policy), told(policy, "r").verdict) == ({}, Verdict.WAITING_FACT)
    assert told(policy, "r", {"stage": "junior"}).verdict is Verdict.UNMET


def test_a_condition_has_its_own_terms_and_is_not_asked_outside_them():
    policy = rule_when("{ stage = 'primary', household = { any_of = ['rural'], last_term = '2018-spring' } }")

    terms = ["2017-autumn", "2018-spring", "2018-autumn"]

    assert [pays(policy, {"household": "urban"}, term) for term in terms] == [{}, {}, {"grant": 100}]
    assert [fact.name for fact in Decider(policy, Term(2018, 1)).facts] == [
        "stage",
        "place",
        "aided_elsewhere",
    ]
    check = told(policy, "r", {"household": "urban"}, "2018-spring").checks[1]
    assert check.wanted == "户口性质须为农业（至2018年春季学期止）"


EITHER = """
[[rule.either]]
categories = ["registered_poor"]
[[rule.either]]
household = "rural"
grade = { to = 2 }
[[rule.either]]
ethnicity = { any_of = ["苗族"], first_term = "2020-autumn" }
"""


@pytest.mark.parametrize(
    ("profile", "term", "held"),
    [
        ({"categories": ["registered_poor"], "household": "urban"}, "2020-autumn", ["情形（一）"]),
        ({"household": "rural", "grade": 2}, "2020-autumn", ["情形（二）"]),
        ({"household": "rural", "grade": 3}, "2020-autumn", []),
        ({"ethnicity": "苗族"}, "2020-autumn", ["情形（三）"]),
        (
            {"ethnicity": "苗族", "household": "rural", "grade": 1},
            "2020-autumn",
            ["情形（二）", "情形（三）"],
        ),
        ({"ethnicity": "苗族"}, "2020-spring", []),
    ],
)
def test_grounds_of_different_kinds_are_joined_by_or(profile, term, held):
    policy = pack(part("rule", "r", **GIVES) + EITHER)

    assert pays(policy, profile, term) == ({"grant": 100} if held else {})
    finding = told(policy, "r", profile, term)
    assert [one.name for one in finding.alternatives if one.held] == held
    assert finding.checks[-1].met is bool(held)


def test_an_unmet_either_is_told_with_all_its_cases():
    finding = told(pack(part("rule", "r", **GIVES) + EITHER), "r", {"grade": 1}, "2020-spring")

    assert finding.outcome == (
        "规则：须符合下列情形之一：（一）困难类别须含有建档立卡；（二）户口性质须为农业，且就读年级须不高于本学段第2年；"
        "该生不属其中任何一种，不符合"
    )


def test_when_all_alternatives_have_lapsed_nobody_is_let_in():
    lapsing = '\n[[rule.either]]\nhousehold = { any_of = ["rural"], last_term = "2018-spring" }\n'
    policy = pack(part("rule", "r", **GIVES) + lapsing)

    assert pays(policy, {"household": "rural"}, "2018-spring") == {"grant": 100}
    assert pays(policy, {"household": "rural"}, "2018-autumn") == {}
    assert "各种情形本学期都不再执行" in told(policy, "r", {"household": "rural"}).outcome


OWN_FACTS = (
    part("fact", "only_child", label="独生子女", type="flag"),
    part("fact", "shelter", label="安置点", type="choice", choices="{ old = '老区', new = '新区' }"),
    part("fact", "siblings", label="在读兄弟姐妹", type="number"),
    part("fact", "other_aid", label="雨露计划", type="money"),
)


@pytest.mark.parametrize(
    ("when", "given", "not_given"),
    [
        ("{ only_child = true }", {"only_child": True}, {}),
        ("{ shelter = 'new' }", {"shelter": "new"}, {"shelter": "old"}),
        ("{ siblings = { from = 2 } }", {"siblings": 2}, {"siblings": 1}),
        ("{ other_aid = { to = 1500 } }", {"other_aid": 1500_00}, {"other_aid": 1500_01}),
    ],
)
def test_a_pack_declares_facts_of_the_county_and_asks_them(when, given, not_given):
    policy = pack(*OWN_FACTS, part("rule", "r", **GIVES, when=when))

    assert pays(policy, given) == {"grant": 100}
    assert pays(policy, not_given) == {}
    assert [fact.name for fact in policy.declared_facts] == ["only_child", "shelter", "siblings", "other_aid"]
    assert Decider(policy, Term(2020, 1)).facts[-1].name in when


def test_facts_of_the_county_are_known_without_being_declared():
    declared = pack(*OWN_FACTS, part("rule", "r", **GIVES)).declared_facts
    text = pack_text(part("rule", "r", **GIVES, when="{ shelter = 'new' }"))

    policy = load_pack(text, county_facts=declared)

    assert policy.declared_facts == ()
    assert pays(policy, {"shelter": "new"}) == {"grant": 100}
    assert told(policy, "r", {"shelter": "old"}).outcome == "规则：安置点须为新区；该生为老区，不符合"


def test_the_words_of_conditions_are_chinese():
    policy = rule_when(
        "{ home_region = { any_of = ['@county', '43', '520102'] }, entry_term = { from = '2019-autumn' }, "
        "fee_tuition = { to = 2000 }, categories = { all_of = ['disabled', 'difficult'] }, repeater = false }"
    )

    assert [condition.wanted() for condition in policy.rules[0].conditions] == [
        "户籍地须在本县、湖南省、区划520102（贵州省）之一",
        "入学学期须不早于2019年秋季学期",
        "学费须不高于2,000.00 元",
        "困难类别须同时含有残疾、家庭经济困难",
        "复读或留级须为否",
    ]


@pytest.mark.parametrize("unknown", [{}, dict.fromkeys(FACTS)])
def test_a_child_of_whom_nothing_is_known_is_explained(unknown):
    asking_everything = "".join(
        part("rule", f"r{place}", programme=f"p{place}", amount="{ yuan = 1, per = 'term' }", when=f"{{ {name} = {{ none_of = [{value}] }} }}")
        for place, (name, value) in enumerate(
            {"stage": "'junior'", "grade": "1", "categories": "['orphan']"[1:-1], "home_region": "'@county'", "entry_term": "'2020-autumn'", "school_tags": "'x'", "fee_care": "3", "major": "'x'"}.items()
        )
    )  # fmt: skip
    treat = part("treat", "t", last_term="2030-autumn", when="{ home_region = '52' }", adds="['orphan']")
    policy = pack(treat, asking_everything, programmes=[f"p{place}" for place in range(8)])

    child = {"stage": None} | unknown

    assert pays(policy, child) == {"p2": 1, "p5": 1}  # the sets: who has none has not what is barred
    assert {told(policy, f"r{place}", child).verdict for place in (0, 1, 3, 4, 6, 7)} == {
        Verdict.WAITING_FACT
    }
