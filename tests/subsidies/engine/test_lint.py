"""What a pack's author is told to look at again: warnings with lines, the pack stays usable."""

import pytest

from subsidies.engine import check_pack
from tests.subsidies.engine.building import pack_text, part

PRIMARY = "{ stage = 'primary' }"


def per_unit(per):
    """Read "year" as it is, "5 months" as per month for so many."""
    months, _, word = per.partition(" ")
    return f"per = 'month', months = {months}" if word else f"per = '{per}'"


def rule(code, yuan=100, *, programme="grant", per="year", **more):
    return part("rule", code, programme=programme, amount=f"{{ yuan = {yuan}, {per_unit(per)} }}", **more)


def warned(*parts, **more):
    text = pack_text(*parts, **more)
    checkup = check_pack(text)
    assert checkup.errors == ()
    lines = text.splitlines()
    return [(lines[one.line], one.message) for one in checkup.warnings]


def test_a_sound_pack_gets_no_warning():
    assert warned(rule("a")) == []


@pytest.mark.parametrize(
    ("parts", "line", "message"),
    [
        ([part("parameter", "p", value="x"), rule("a")], 'code = "p"', "参数“p”没有规则用到"),
        ([part("parameter", "p", kind="amount"), rule("a")], 'code = "p"', "参数“p”没有规则用到"),
        ([part("programme", "empty"), rule("a")], 'code = "empty"', "项目“empty”没有规则"),
        ([part("group", "g"), rule("a")], 'code = "g"', "组“g”没有规则"),
        ([part("fact", "shelter", type="flag"), rule("a")], 'name = "shelter"', "声明的事实“shelter”没有规则用到"),
        ([rule("a", when="{ stage = 'primary', sex = { any_of = ['male'], last_term = '2015-autumn' } }")], 'code = "a"', "规则“a”的条件“性别须为男（至2015年秋季学期止）”在规则执行期内从不起作用"),
        ([rule("a", when=PRIMARY, yields_to="['z']"), rule("z", programme="other"), part("programme", "other")], 'code = "a"', "规则“a”永远取不到：符合它的都享受“z”，而它总要让位"),
        ([rule("a"), part("treat", "t", when=PRIMARY, adds="['orphan']", last_term="2020-spring")], 'code = "t"', "比照“t”增加的困难类别没有规则用到"),
        ([rule("a", when="{ sex = 'female' }")], 'code = "a"', "规则“a”没有写学段，各学段的学生都会享受"),
        ([rule("a", funding="{ sources = ['central', 'county'], weights = [8, 1] }")], 'code = "a"', "分担比例 8:1 合计 9，不是 10 成，请核对"),
    ],
)  # fmt: skip
def test_what_nobody_uses_and_what_looks_wrong(parts, line, message):
    assert warned(*parts) == [(line, message)]


@pytest.mark.parametrize(
    "weights", ["[8, 2]", "[5, 4, 1]", "[80, 20]", "[1, 1]", "[2, 1]", "[333, 333, 334]", "[6, 4]"]
)
def test_shares_in_tenths_per_cent_or_a_plain_ratio_are_fine(weights):
    sources = "['central', 'county', 'province']" if weights.count(",") == 2 else "['central', 'county']"

    assert warned(rule("a", funding=f"{{ sources = {sources}, weights = {weights} }}")) == []


@pytest.mark.parametrize(
    ("loser", "winner", "never"),
    [
        ({"yuan": 100, "when": PRIMARY}, {"yuan": 200}, True),
        ({"yuan": 100, "when": PRIMARY}, {"yuan": 100, "code": "a"}, True),
        ({"yuan": 100, "when": PRIMARY}, {"yuan": 100}, False),
        ({"yuan": 100}, {"yuan": 200, "when": PRIMARY}, False),
        ({"yuan": 100, "when": PRIMARY}, {"yuan": 200, "first_term": "2019-spring"}, False),
        ({"yuan": 100, "when": PRIMARY, "first_term": "2019-spring"}, {"yuan": 200, "last_term": "2020-spring"}, False),
        ({"yuan": 100, "when": PRIMARY}, {"yuan": 200, "per": "term"}, False),
        ({"yuan": 100, "when": PRIMARY, "per": "5 months"}, {"yuan": 200, "per": "5 months"}, True),
        ({"yuan": 100, "when": PRIMARY, "per": "5 months"}, {"yuan": 200, "per": "4 months"}, False),
        ({"yuan": 100, "when": PRIMARY}, {"yuan": 200, "yields_to": "['z']"}, False),
        ({"yuan": 100, "when": "{ stage = 'primary', grade = [1, 2] }"}, {"yuan": 200, "when": "{ stage = 'primary', grade = { to = 3 } }"}, True),
        ({"yuan": 100, "when": "{ stage = 'primary', grade = { from = 2, to = 4 } }"}, {"yuan": 200, "when": "{ stage = 'primary', grade = { from = 3 } }"}, False),
        ({"yuan": 100, "when": "{ stage = 'primary', sex = 'male' }"}, {"yuan": 200, "when": "{ stage = 'primary', sex = { none_of = ['female'] } }"}, True),
        ({"yuan": 100, "when": "{ stage = 'primary', home_region = '@county' }"}, {"yuan": 200, "when": "{ stage = 'primary', home_region = '@province' }"}, True),
        ({"yuan": 100, "when": "{ stage = 'primary', sex = 'male' }"}, {"yuan": 200, "when": "{ stage = 'primary', sex = { any_of = ['male'], last_term = '2019-spring' } }"}, True),
        ({"yuan": 100, "when": "{ stage = 'primary', sex = { any_of = ['male'], last_term = '2018-spring' } }"}, {"yuan": 200, "when": "{ stage = 'primary', sex = 'male' }"}, False),
    ],
)  # fmt: skip
def test_a_rule_that_never_wins_its_group_is_pointed_at(loser, winner, never):
    first = rule("m", group="g", **loser)
    second = rule(winner.pop("code", "z2"), group="g", programme="other", **winner)
    third = rule("z", programme="third", when="{ stage = 'senior' }")

    found = warned(first, second, third, programmes=("grant", "other", "third"))

    assert [line for line, message in found if "永远取不到" in message] == ['code = "m"'] * never


def test_in_a_group_that_picks_the_first_a_later_rule_of_the_same_children_never_wins():
    rules = (rule("z", 1, group="g"), rule("a", 9, group="g", programme="other", when=PRIMARY))

    found = warned(part("group", "g", pick="first"), *rules, programmes=("grant", "other"))

    assert found == [('code = "a"', "规则“a”在组“g”里永远取不到：符合它的都符合“z”，后者总是优先")]


def test_a_group_of_yearly_and_of_single_amounts_is_pointed_at():
    rules = (rule("a", group="g", when=PRIMARY), rule("b", 9000, per="once", group="g", programme="other"))

    found = warned(*rules, programmes=("grant", "other"))

    assert found == [('code = "a"', "组“g”里有一次性的和每年的金额，就高时按本学年的钱数比较")]


def test_what_is_wrong_is_told_without_a_lint():
    checkup = check_pack(pack_text(part("parameter", "p", value="x"), rule("a", programme="grnt")))

    assert [one.message for one in checkup.errors] == ["没有项目“grnt”，是否想写“grant”？"]
    assert checkup.warnings == ()
