"""What a form writes into a pack's text reads back as what was chosen, and touches nothing else."""

import tomllib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from povertyedu.workflow.flow import StepRefused
from subsidies.actions.rule_writing import (
    NewProgramme,
    NewRule,
    add_programme,
    add_rule,
    change_amount,
    quoted,
)
from subsidies.engine import Term

PACK = """# 县方案
name = "x"  # 代码
first_term = "2015-autumn"

[[rule]]
code = "a"
amount = { yuan = 1000, per = "year" } # 原标准
[rule.when]
stage = ["primary"]

[[rule]]
code = "b"
amount = [
    { yuan = 100, per = "term", last_term = "2018-spring" },
    { yuan = 120, per = "term", first_term = "2018-autumn" },  # 提高
]

[[rule]]
code = "c"
[rule.amount]
yuan = 5
per = "day"
"""


def amounts(text: str, place: int):
    return tomllib.loads(text, parse_float=Decimal)["rule"][place]["amount"]


def changed(code: str, at: str, yuan=1250, text: str = PACK) -> str:
    return change_amount(
        text, code=code, amount={"yuan": Decimal(yuan), "per": "year"}, from_term=Term.parse(at)
    )


@given(st.text())
def test_any_text_reads_back_as_it_was(text):
    assert tomllib.loads(f"a = {quoted(text)}") == {"a": text}


def test_new_amount_keeps_the_old_one_for_earlier_terms_and_nothing_else_changes():
    text = changed("a", "2020-autumn", "1250.5")
    assert amounts(text, 0) == [
        {"yuan": 1000, "per": "year", "last_term": "2020-spring"},
        {"yuan": Decimal("1250.50"), "per": "year", "first_term": "2020-autumn"},
    ]
    kept = [line for line in PACK.split("\n") if line not in text.split("\n")]
    assert kept == ['amount = { yuan = 1000, per = "year" } # 原标准']


def test_amount_from_the_rules_first_term_takes_the_old_ones_place():
    assert amounts(changed("a", "2015-autumn"), 0) == {"yuan": 1250, "per": "year"}


def test_amount_between_two_ends_where_the_later_begins():
    assert amounts(changed("b", "2017-autumn"), 1) == [
        {"yuan": 100, "per": "term", "last_term": "2017-spring"},
        {"yuan": 1250, "per": "year", "first_term": "2017-autumn", "last_term": "2018-spring"},
        {"yuan": 120, "per": "term", "first_term": "2018-autumn"},
    ]


def test_amount_of_a_term_that_has_one_is_replaced():
    text = changed("b", "2018-autumn")
    assert amounts(text, 1) == [
        {"yuan": 100, "per": "term", "last_term": "2018-spring"},
        {"yuan": 1250, "per": "year", "first_term": "2018-autumn"},
    ]
    assert amounts(changed("b", "2018-autumn", 9, text), 1)[1]["yuan"] == 9


@pytest.mark.parametrize(
    ("code", "at", "says"),
    [("z", "2020-autumn", "没有规则“z”"), ("a", "2015-spring", "自2015年秋季学期起执行"), ("c", "2020-autumn", "请在文本里直接修改")],
)  # fmt: skip
def test_amount_that_cannot_be_written_is_refused_with_a_sentence(code, at, says):
    with pytest.raises(StepRefused, match=says):
        changed(code, at)


KEEPS = """
name = "x"
first_term = "2015-autumn"
[[rule]]
code = "less"
amount = { yuan = 2000, per = "year", less = "scholarship", only_above = "other", basis = "average" }
[[rule]]
code = "days"
amount = { yuan = 5, per = "meal_day", days = 90 }
[[rule]]
code = "spring"
amount = { yuan = 500, per = "school_year", pay_in = "spring", clause = "一", quote = "五百元" }
[[rule]]
code = "month"
amount = [
    { yuan = 70, per = "month", months_of = "months", first_term = "2018-autumn" },
    { yuan = 60, per = "month", months = 5, last_term = "2018-spring" },
]
[[rule]]
code = "figure"
amount = { parameter = "p", per = "year" }
[[rule]]
code = "part"
amount = { percent = 50, of = "less" }
[[rule]]
code = "fee"
amount = { actual = "fee_tuition", cap = 2000, per = "year" }
"""


def kept(code: str, at: str, per: str, place: int, **more) -> list:
    amount = {"yuan": Decimal(6), "per": per} | more
    return amounts(change_amount(KEEPS, code=code, amount=amount, from_term=Term.parse(at)), place)


def test_new_amount_keeps_what_the_old_one_says_besides_its_figure():
    from_autumn = {"first_term": "2020-autumn"}
    less = {"yuan": 6, "per": "year", "less": "scholarship", "only_above": "other", "basis": "average"}
    assert kept("less", "2020-autumn", "year", 0)[1] == less | from_autumn
    assert kept("days", "2020-autumn", "day", 1)[1] == {"yuan": 6, "per": "day", "days": 90} | from_autumn
    spring = {"yuan": 6, "per": "school_year", "pay_in": "spring"}
    assert (
        kept("spring", "2020-autumn", "school_year", 2)[1]
        == spring | {"clause": "一", "quote": "五百元"} | from_autumn
    )
    assert kept("less", "2015-autumn", "year", 0) == less


def test_new_amount_with_words_of_its_own_leaves_those_of_the_old_one():
    cited = {"clause": "二", "quote": "六元"}
    new = {
        "yuan": 6,
        "per": "year",
        "less": "scholarship",
        "only_above": "other",
        "first_term": "2020-autumn",
    }
    assert kept("less", "2020-autumn", "year", 0, **cited)[1] == new | cited


def test_new_amount_follows_the_one_in_force_whatever_the_order_in_the_text():
    assert kept("month", "2020-autumn", "month", 3)[1:] == [
        {"yuan": 70, "per": "month", "months_of": "months", "first_term": "2018-autumn", "last_term": "2020-spring"},
        {"yuan": 6, "per": "month", "months_of": "months", "first_term": "2020-autumn"},
    ]  # fmt: skip
    assert kept("month", "2017-autumn", "month", 3)[1] == {
        "yuan": 6, "per": "month", "months": 5, "first_term": "2017-autumn", "last_term": "2018-spring",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("code", "per", "says"),
    [
        ("days", "year", "原金额是元/天，并写明了每学期几天，不能直接改成元/年"),
        ("spring", "year", "写明了在哪个学期发"),
        ("less", "month", "还须填“每学期几个月”"),
        ("figure", "year", "请在草稿的“待定金额”里改"),
        ("part", "term", "按其他标准或所享金额的百分比计"),
        ("fee", "year", "按实际收费计"),
    ],
)
def test_new_amount_that_does_not_fit_the_old_one_is_refused_with_a_sentence(code, per, says):
    with pytest.raises(StepRefused, match=says):
        kept(code, "2020-autumn", per, 0)


def test_new_rule_and_programme_read_back_as_chosen():
    text = add_programme(PACK, NewProgramme("county-1", '县"爱心"餐', "in_kind", ("primary", "junior")))
    rule = NewRule(
        code="county-1-1", programme="county-1", label="爱心餐", clause="第三条", quote="每生每天3元\n从秋季起",
        amount={"yuan": Decimal(3), "per": "day"}, when={"stage": ["primary"], "boarding": True, "grade": {"from": 1, "to": 3}},
        funding={"sources": ["county", "province"], "weights": [8, 2]}, first_term="2020-autumn",
    )  # fmt: skip
    values = tomllib.loads(add_rule(text, rule))
    assert values["programme"][-1] == {
        "code": "county-1", "label": '县"爱心"餐', "kind": "in_kind", "stages": ["primary", "junior"],
    }  # fmt: skip
    assert values["rule"][-1] == {
        "code": "county-1-1", "programme": "county-1", "label": "爱心餐", "clause": "第三条", "quote": "每生每天3元\n从秋季起",
        "first_term": "2020-autumn", "amount": {"yuan": 3, "per": "day"},
        "funding": {"sources": ["county", "province"], "weights": [8, 2]},
        "when": {"stage": ["primary"], "boarding": True, "grade": {"from": 1, "to": 3}},
    }  # fmt: skip
    assert values["rule"][:-1] == tomllib.loads(PACK)["rule"]
