"""The manual's chapters on policies say what the packs and the engine say."""

import re

import pytest

from povertyedu.home.manual import FOLDER
from subsidies.engine import FACTS, SOURCES, check_pack
from subsidies.engine.words import CATEGORIES, EXIT_STATUSES, OWNERSHIPS, PLACES, SETTINGS, STAGES, TIERS
from tests.subsidies.packs import PACKS, pack

WRITING = (FOLDER / "policy_packs.md").read_text(encoding="utf-8")
PLANS = (FOLDER / "county_plans.md").read_text(encoding="utf-8")


def as_told(words):
    """Words of a pack as the manual has them: “” there are words of the program."""
    return words.replace("“", "『").replace("”", "』")


def section(title):
    return PLANS.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_pack_of_the_chapter_on_writing_is_sound():
    (text,) = re.findall(r"```toml\n(.*?)```", WRITING, re.DOTALL)

    checkup = check_pack(text)

    assert (checkup.errors, checkup.warnings) == ((), ())
    assert len(checkup.policy.rules) == 2


def test_chapter_on_writing_names_every_fact_and_every_source():
    table = WRITING.partition("## 可以问的情况")[2]
    named = {name for row in re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE) for name in row.split("、")}

    assert set(FACTS) <= named
    assert [source for source in SOURCES if source != "unstated" and f"| {source} |" not in WRITING] == []


def part(heading):
    return WRITING.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


CONDITIONS = re.findall(r"`(\w+ = [^`]+)`", part("条件怎么写"))
AMOUNTS = re.findall(r"`(\{[^`]+\})`", part("金额怎么写"))
MORE = """
[[programme]]
code = "more"
label = "另一项"
kind = "cash"
stages = ["primary", "junior", "senior", "vocational"]

[[rule]]
code = "more"
programme = "more"
label = "另一条"
clause = "五"
quote = "原文"
amount = AMOUNT
funding = { sources = [] }
when = { CONDITION }
"""


def problems_with(*, amount="{ yuan = 1, per = 'year' }", condition='stage = "primary"'):
    """What is wrong with the chapter's pack, without its examples, and one rule more."""
    (text,) = re.findall(r"```toml\n(.*?)\[\[example\]\]", WRITING, re.DOTALL)
    more = MORE.replace("AMOUNT", amount).replace("CONDITION", condition)
    return [problem.message for problem in check_pack(text + more).errors]


@pytest.mark.parametrize("condition", CONDITIONS)
def test_every_condition_of_the_chapter_on_writing_is_understood(condition):
    assert problems_with(condition=condition) == []


@pytest.mark.parametrize("amount", AMOUNTS)
def test_every_amount_of_the_chapter_on_writing_is_understood(amount):
    named = amount.replace("规则代码", "boarding-primary").replace("项目代码", "boarding_living")

    assert problems_with(amount=named.replace("代码", "senior_fee")) == []


def test_chapter_on_writing_shows_every_kind_of_condition_and_amount():
    keys = {key for snippet in (*CONDITIONS, *AMOUNTS) for key in re.findall(r"(\w+) =", snippet)}

    assert keys >= {"any_of", "none_of", "all_of", "from", "to", "last_term"}
    assert keys >= {
        "yuan", "per", "months", "parameter", "percent", "of", "of_awarded", "actual", "cap", "cap_parameter",
    }  # fmt: skip


@pytest.mark.parametrize("words", [STAGES, OWNERSHIPS, SETTINGS, PLACES, TIERS, EXIT_STATUSES, CATEGORIES])
def test_chapter_on_writing_spells_out_the_values_of(words):
    assert [code for code in words if code not in WRITING] == []


@pytest.mark.parametrize("name", PACKS)
def test_chapter_on_plans_tells_every_rule_reading_and_open_figure(name):
    policy, told = pack(name), section(pack(name).title)
    rules = [rule for rule in policy.rules if rule.pack == name]
    parameters = [parameter for parameter in policy.parameters if parameter.pack == name]

    wanted = [f"`{name}`"]
    wanted += [f"| {as_told(rule.label)} | " for rule in rules]
    wanted += [as_told(amount.label) for rule in rules for amount in rule.amounts]
    wanted += [f"- {as_told(one.label)}" for one in parameters if one.is_filled_in]
    wanted += [
        f"| {as_told(one.label)} | {as_told(one.value)} |" for one in parameters if not one.is_filled_in
    ]
    wanted += [as_told(one.label) for one in policy.treatments]

    assert [words for words in wanted if words not in told] == []


@pytest.mark.parametrize("name", PACKS)
def test_chapter_on_plans_tells_what_is_promised_and_not_computed(name):
    own = [one for one in pack(name).unpaid if name == "national" or not one.code.startswith("national-")]

    assert [one.label for one in own if as_told(one.label) not in section(pack(name).title)] == []
