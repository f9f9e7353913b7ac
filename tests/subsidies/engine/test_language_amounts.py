"""How much and how often, one test per item of the vocabulary."""

import pytest

from subsidies.engine import Verdict
from tests.subsidies.engine.building import pack, part, pays, told

FACTS_USED = (
    part("fact", "other_aid", label="雨露计划", type="money"),
    part("fact", "camp_days", label="集训天数", type="number"),
)
TERMS = ("2020-autumn", "2021-spring")


def giving(amount, *others, **more):
    return pack(*FACTS_USED, *others, part("rule", "r", programme="grant", amount=amount, **more))


@pytest.mark.parametrize(
    ("amount", "profile", "autumn", "spring"),
    [
        ("{ yuan = 625.01, per = 'year' }", {}, 312.51, 312.5),
        ("{ yuan = 300, per = 'term' }", {}, 300, 300),
        ("{ yuan = 300, per = 'school_year' }", {}, 300, 0),
        ("{ yuan = 300, per = 'school_year', pay_in = 'spring' }", {}, 0, 300),
        ("{ yuan = 4, per = 'day' }", {}, 388, 388),
        ("{ yuan = 4, per = 'meal_day' }", {}, 388, 388),
        ("{ yuan = 4, per = 'day', days = 100 }", {}, 400, 400),
        ("{ yuan = 4, per = 'day', days_of = 'camp_days' }", {"camp_days": 12}, 48, 48),
        ("{ yuan = 200, per = 'month', months = 5 }", {}, 1000, 1000),
        ("{ yuan = 200, per = 'month', months_of = 'months' }", {"months": 3}, 600, 600),
        ("{ yuan = 5000, per = 'entry' }", {"entry_term": "2020-autumn"}, 5000, 0),
        ("{ yuan = 5000, per = 'entry' }", {"entering": False}, 0, 0),
        ("{ yuan = 5000, per = 'once' }", {}, 5000, 5000),
        ("{ yuan = 5000, per = 'once' }", {"had_before": ("grant",)}, 0, 0),
        ("{ yuan = 5000, per = 'once' }", {"had_before": ("other",)}, 5000, 5000),
        ("{ actual = 'fee_tuition' }", {"fee_tuition": 1234_56}, 1234.56, 1234.56),
        ("{ actual = 'fee_tuition', cap = 2000, per = 'year' }", {"fee_tuition": 1200_00}, 1000, 1000),
        ("{ actual = 'fee_tuition', cap = 2000, per = 'year' }", {"fee_tuition": 800_00}, 800, 800),
        ("{ actual = 'fee_tuition', cap = 2000 }", {"fee_tuition": 2400_00}, 2000, 2000),
        ("{ actual = 'fee_tuition' }", {}, 0, 0),
        ("{ actual = 'fee_tuition' }", {"fee_tuition": 0}, 0, 0),
        ("{ yuan = 1000, per = 'term', less = 'other_aid' }", {"other_aid": 300_00}, 700, 700),
        ("{ yuan = 1000, per = 'term', less = 'other_aid' }", {"other_aid": 1300_00}, 0, 0),
        ("{ yuan = 1000, per = 'term', less = 'other_aid' }", {}, 1000, 1000),
        ("{ yuan = 1000, per = 'term', only_above = 'other_aid' }", {"other_aid": 999_99}, 1000, 1000),
        ("{ yuan = 1000, per = 'term', only_above = 'other_aid' }", {"other_aid": 1000_00}, 0, 0),
    ],
)  # fmt: skip
def test_each_form_and_per(amount, profile, autumn, spring):
    policy = giving(amount)

    paid = [pays(policy, profile, term, meal_days=97).get("grant", 0) for term in TERMS]

    assert paid == [autumn, spring]


BOARDING = part("programme", "boarding") + part(
    "rule", "base", programme="boarding", amount="[{ yuan = 1250.01, per = 'year', last_term = '2020-autumn' }, { yuan = 1500, per = 'year', first_term = '2021-spring' }]", when="{ boarding = true }"
)  # fmt: skip


def test_half_of_another_rules_standard_whether_or_not_the_child_gets_it():
    policy = giving("{ percent = 50, of = 'base' }", BOARDING, when="{ boarding = false }")

    assert [pays(policy, {"boarding": False}, term) for term in TERMS] == [{"grant": 312.51}, {"grant": 375}]
    assert pays(policy, {"boarding": True}) == {"boarding": 625.01}
    assert told(policy, "r").arithmetic == (
        "“规则”标准 1,250.01 元/年 × 50% = 625.01 元/年 ÷ 2 = 312.51 元（除不尽的 1 分计入秋季学期）"
    )


def test_a_percentage_keeps_days_and_charges_of_the_standard_it_is_of():
    daily = part("programme", "meals") + part("rule", "base", programme="meals", amount="{ yuan = 4, per = 'day' }", when="{ grade = 9 }")  # fmt: skip
    fees = part("programme", "fees") + part("rule", "base", programme="fees", amount="{ actual = 'fee_care', cap = 900 }", when="{ grade = 9 }")  # fmt: skip
    half = "{ percent = 12.5, of = 'base' }"

    assert [pays(giving(half, daily), {"grade": 1}, meal_days=days) for days in (80, 81)] == [
        {"grant": 40},
        {"grant": 40.5},
    ]
    assert pays(giving(half, fees), {"grade": 1, "fee_care": 1000_00}) == {"grant": 112.5}
    assert told(giving(half, fees), "r", {"grade": 1}).verdict is Verdict.WAITING_CHARGE


def test_no_standard_in_the_term_gives_nothing_and_says_so():
    old = BOARDING.replace("[{ yuan = 1250.01, per = 'year', last_term = '2020-autumn' }, { yuan = 1500, per = 'year', first_term = '2021-spring' }]", "{ yuan = 1000, per = 'year' }")  # fmt: skip
    policy = giving(
        "{ percent = 50, of = 'base' }", old + 'last_term = "2019-spring"\n', when="{ boarding = false }"
    )

    assert pays(policy) == {}
    finding = told(policy, "r")
    assert (finding.verdict, finding.outcome) == (
        Verdict.NO_STANDARD,
        "规则：条件都符合，但所依据的“规则”本学期不执行，没有标准",
    )


def test_a_percentage_of_what_is_awarded_follows_what_each_child_gets():
    policy = pack(
        part(
            "rule", "a_extra", programme="extra", amount="{ percent = 10, of_awarded = ['grant', 'meals'] }"
        ),
        part(
            "rule",
            "grant",
            programme="grant",
            amount="{ yuan = 1000.10, per = 'year' }",
            when="{ boarding = true }",
        ),
        part(
            "rule",
            "meals",
            programme="meals",
            amount="{ yuan = 4, per = 'day' }",
            when="{ setting = 'rural' }",
        ),
        programmes=("grant", "meals", "extra"),
    )

    assert pays(policy, {"boarding": True}) == {"grant": 500.05, "extra": 50.01}
    assert pays(policy, {"setting": "rural"}, meal_days=50) == {"meals": 200, "extra": 20}
    assert pays(policy, {"boarding": True, "setting": "rural"}, meal_days=50) == {
        "grant": 500.05,
        "meals": 200,
        "extra": 70.01,
    }
    assert pays(policy) == {}
    assert (
        told(policy, "a_extra", {"boarding": True}).arithmetic
        == "本学期“项目”、“项目”共 500.05 元 × 10% = 50.01 元"
    )


DATED = "[{ yuan = 1250, per = 'year', first_term = '2024-spring' }, { yuan = 1000, per = 'year', last_term = '2023-autumn' }]"


@pytest.mark.parametrize(
    ("term", "paid"), [("2016-spring", 500), ("2023-autumn", 500), ("2024-spring", 625), ("2031-autumn", 625)]
)
def test_amounts_change_by_date_in_whatever_order_they_are_written(term, paid):
    assert pays(giving(DATED), term=term) == {"grant": paid}


@pytest.mark.parametrize(
    ("amount", "profile", "verdict", "outcome"),
    [
        ("{ yuan = 300, per = 'school_year', pay_in = 'spring' }", {}, Verdict.OTHER_TERM, "规则：符合条件，不在本学期发放，300.00 元/学年，春季学期一次发放，本学期 0.00 元"),
        ("{ yuan = 300, per = 'entry' }", {}, Verdict.NOT_ENTRY_TERM, "规则：条件都符合，但只在入学学期发放一次，本学期不是入学学期"),
        ("{ yuan = 300, per = 'once' }", {"had_before": ("grant",)}, Verdict.HAD_BEFORE, "规则：条件都符合，但一生只享受一次，以前学期已享受"),
        ("{ actual = 'fee_lodging' }", {}, Verdict.WAITING_CHARGE, "规则：条件都符合，但住宿费还没有填报，填报之前不计算"),
        ("{ yuan = 9, per = 'month', months_of = 'months' }", {}, Verdict.WAITING_CHARGE, "规则：条件都符合，但在校月数还没有填报，填报之前不计算"),
        ("{ actual = 'fee_lodging' }", {"fee_lodging": 0}, Verdict.NOTHING, "规则：符合条件，本学期金额为零，本学期实际住宿费 0.00 元"),
        ("{ yuan = 1000, per = 'term', only_above = 'other_aid' }", {"other_aid": 1000_00}, Verdict.NOT_ABOVE, "规则：条件都符合，但标准不高于雨露计划，不再享受"),
        ("{ yuan = 1000, per = 'term', less = 'other_aid' }", {"other_aid": 300_00}, Verdict.AWARDED, "规则：享受，1,000.00 元/学期，本学期 1,000.00 元，减去雨露计划 300.00 元，余 700.00 元"),
        ("{ yuan = 1000, per = 'term', less = 'other_aid' }", {}, Verdict.AWARDED, "规则：享受，1,000.00 元/学期，本学期 1,000.00 元，雨露计划未登记，按 0 元计"),
        ("{ actual = 'fee_tuition', cap = 2000, per = 'year' }", {"fee_tuition": 1200_00}, Verdict.AWARDED, "规则：享受，本学期实际学费 1,200.00 元，按上限计 1,000.00 元"),
        ("{ yuan = 200, per = 'month', months = 5 }", {}, Verdict.AWARDED, "规则：享受，200.00 元/月 × 5 个月 = 1,000.00 元"),
        ("{ yuan = 5000, per = 'entry' }", {"entering": True}, Verdict.AWARDED, "规则：享受，5,000.00 元（入学时一次），本学期入学，发放 5,000.00 元"),
        ("{ yuan = 5000, per = 'once' }", {}, Verdict.AWARDED, "规则：享受，5,000.00 元（一次性），以前没有享受过，发放 5,000.00 元"),
    ],
)  # fmt: skip
def test_the_arithmetic_or_what_stands_against_it_is_told(amount, profile, verdict, outcome):
    finding = told(giving(amount), "r", profile)

    assert (finding.verdict, finding.outcome) == (verdict, outcome)


def test_a_rule_without_an_amount_is_shown_and_not_paid():
    policy = pack(part("rule", "r", programme="grant", unstated="文件写“酌情补助”"))

    assert pays(policy) == {}
    finding = told(policy, "r")
    assert (finding.verdict, finding.outcome) == (
        Verdict.UNSTATED,
        "规则：条件都符合，但文件未写金额，不计算：文件写“酌情补助”",
    )


def test_a_loan_is_explained_and_never_a_line():
    programme = part("programme", "loan", kind="loan", stages="['bachelor']")
    policy = pack(
        programme,
        part(
            "rule", "r", programme="loan", amount="{ yuan = 8000, per = 'year' }", when="{ boarding = true }"
        ),
    )

    assert pays(policy, {"boarding": True}) == {}
    finding = told(policy, "r", {"boarding": True})
    assert (finding.verdict, finding.amount_fen, finding.loan_fen, finding.shares) == (
        Verdict.LOAN,
        0,
        8000_00,
        (),
    )
    assert finding.outcome == "规则：可申请贷款，不计入资助金额，额度不超过 8,000.00 元/年"


@pytest.mark.parametrize(
    ("amount", "label"),
    [
        ("{ yuan = 1000, per = 'year' }", "1,000.00 元/年"),
        ("{ yuan = 4, per = 'day', days = 100 }", "4.00 元/天，每学期按 100 天"),
        ("{ yuan = 200, per = 'month', months_of = 'months' }", "200.00 元/月，按在校月数"),
        ("{ yuan = 300, per = 'school_year' }", "300.00 元/学年，秋季学期一次发放"),
        ("{ actual = 'fee_tuition', cap = 2000, per = 'year', less = 'other_aid' }", "实际学费，不超过 2,000.00 元/年，减去雨露计划"),
    ],
)  # fmt: skip
def test_the_rule_book_shows_a_figure_in_words(amount, label):
    assert giving(amount).rules[0].amounts[0].label == label
