"""A pack with everything in it, and any value in any of its places."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from subsidies.engine import PackError, load_pack

from .sound import SOUND

TOML_VALUES = st.sampled_from(
    [
        "1",
        "-1",
        "0.5",
        "nan",
        "true",
        "''",
        "'x'",
        "'2020-autumn'",
        "[]",
        "[1]",
        "['x']",
        "[[]]",
        "[{}]",
        "{}",
    ]
    + [
        "{ x = 1 }",
        "{ any_of = [[]] }",
        "{ from = 'x' }",
        "2020-01-01",
        "12:00:00",
        "['orphan', {}]",
        "'\\u0000'",
    ]
)


WHOLE = """
includes = ["base"]
without = ["small-fee"]
last_term = "2030-spring"
[[programme]]
code = "meals"
label = "膳食"
kind = "in_kind"
stages = ["primary"]
[[parameter]]
code = "tuition"
label = "学费"
reason = "原文未写"
kind = "amount"
scope = "school"
range = [1, 2]
suggested = 1.5
[[fact]]
name = "shelter"
label = "安置点"
type = "choice"
choices = { old = "老区" }
[[treat]]
code = "epidemic"
label = "比照"
clause = "一"
quote = "原文"
first_term = "2020-spring"
last_term = "2020-autumn"
when = { categories = ["orphan"] }
adds = ["registered_poor"]
funding = { sources = ["county"] }
[[group]]
code = "g"
label = "组"
pick = "chosen"
[[rule]]
code = "r1"
programme = "meals"
label = "规则"
clause = "一"
quote = "原文"
group = "g"
payer = "home_county"
payee = "school"
yields_to = ["grant"]
selection = { places = 3, per = "school" }
amount = [{ yuan = 3, per = "month", months_of = "months", last_term = "2018-spring" }, { actual = "fee_care", cap_parameter = "tuition", first_term = "2018-autumn" }]
funding = { sources = ["central", "county"], weights = [8, 2] }
[rule.when]
shelter = "old"
home_region = { any_of = ["@county"], none_of = ["52"] }
entry_term = { from = "2018-autumn", to = "2019-autumn" }
categories = { all_of = ["orphan"], first_term = "2018-autumn", last_term = "2019-autumn" }
fee_care = { from = 1 }
[[rule.either]]
grade = 1
[[rule]]
code = "r2"
programme = "meals"
label = "规则"
clause = "一"
quote = "原文"
group = "g"
amount = { percent = 50, of = "r1" }
funding = { sources = [] }
when = { school_tags = ["x"] }
[[rule]]
code = "r3"
programme = "meals"
label = "规则"
clause = "一"
quote = "原文"
amount = { percent = 50, of_awarded = ["grant"], less = "fee_misc", only_above = "fee_lodging" }
group = "g"
funding = { sources = [] }
when = { grade = { to = 3 } }
[[rule]]
code = "r4"
programme = "meals"
label = "规则"
clause = "一"
quote = "原文"
group = "g"
unstated = "没有金额"
funding = { sources = [] }
when = { sex = "male" }
[[rule]]
code = "r5"
programme = "meals"
label = "规则"
clause = "一"
quote = "原文"
group = "g"
amount = { yuan = 10, per = "school_year", pay_in = "spring" }
funding = { sources = ["central", "county"], yuan = [1, "rest"] }
when = { stage = "primary" }
[[unpaid]]
code = "u"
label = "酌情"
clause = "一"
quote = "原文"
reason = "没有金额"
stages = ["primary"]
when = { sex = "female" }
[[example]]
title = "例"
term = "2020-autumn"
child = { stage = "primary", chosen = ["meals"], entry_term = "2020-autumn" }
figures = { tuition = "off" }
pays = {}
"""


WHOLE = SOUND.split("[[programme]]")[0] + WHOLE
LIBRARY = {"base": SOUND.replace('"small"', '"base"')}


def test_a_pack_with_everything_in_it_is_sound():
    policy = load_pack(WHOLE, library=LIBRARY.__getitem__)

    assert [rule.code for rule in policy.rules] == ["small-grant", "r1", "r2", "r3", "r4", "r5"]


@pytest.mark.parametrize("sound", [SOUND, WHOLE], ids=["small", "whole"])
@settings(max_examples=300)
@given(st.data())
def test_any_value_in_any_place_gives_a_policy_or_a_refusal(sound, data):
    lines = sound.splitlines()
    places = [place for place, line in enumerate(lines) if " = " in line]
    for place in data.draw(st.lists(st.sampled_from(places), min_size=1, max_size=3, unique=True)):
        inner = data.draw(st.booleans())
        key, value = lines[place].rsplit(" = ", 1) if inner else lines[place].split(" = ", 1)
        tail = " }" if inner and value.endswith("}") else ""
        lines[place] = f"{key} = {data.draw(TOML_VALUES)}{tail}"
    problems = ()
    try:
        load_pack("\n".join(lines), library=LIBRARY.__getitem__)
    except PackError as error:
        problems = error.problems
    assert all(1 <= problem.line <= len(lines) for problem in problems)
