"""The Guiding pack against the plan's own text, and against an oracle written from the plan in plain loops."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from subsidies.engine import Decider, Measures, Term, categories_mask, explain, load_pack
from tests.subsidies.oracles.guiding import guiding

REPOSITORY = Path(__file__).parents[3]
PACK = REPOSITORY / "subsidies/policies/guiding.toml"
POLICY = load_pack(PACK)
AUTUMN = Term.parse("2020-autumn")

STAGES = ["preschool", "primary", "junior", "senior", "vocational", "college", "bachelor", "postgraduate"]
CATEGORIES = [
    "registered_poor",
    "disabled",
    "rural_dibao",
    "rural_tekun",
    "orphan",
    "martyr_child",
    "difficult",
]


children = st.fixed_dictionaries(
    {
        "stage": st.sampled_from(STAGES),
        "grade": st.integers(1, 6),
        "boarding": st.booleans(),
        "categories": st.one_of(
            st.just(["registered_poor"]), st.lists(st.sampled_from(CATEGORIES), max_size=3, unique=True)
        ),
        "ownership": st.sampled_from(["public", "inclusive_private", "private"]),
        "setting": st.sampled_from(["urban", "town", "rural"]),
        "place": st.one_of(st.just("in_county"), st.sampled_from(["in_province", "elsewhere"])),
        "aided_elsewhere": st.sampled_from(["yes", "no", "to_verify", "unknown"]),
        "meal_days": st.integers(0, 110),
    }
)


def computed(child, term=AUTUMN, decider=None):
    facts = {key: value for key, value in child.items() if key != "meal_days"}
    profile = {**facts, "categories": categories_mask(child["categories"])}
    decider = decider or Decider(POLICY, term)
    lines = decider.lines(decider.values(profile), Measures(meal_days=child["meal_days"]))
    return {line.programme: line.amount_fen for line in lines}


@settings(max_examples=400)
@given(children, st.sampled_from(["2015-autumn", "2020-autumn", "2021-spring", "2030-spring"]))
def test_the_pack_gives_what_the_plan_says(child, term):
    assert computed(child, Term.parse(term)) == guiding(child, term, {})


@settings(max_examples=20)
@given(st.lists(children, min_size=1, max_size=60))
def test_many_children_in_one_go_get_what_each_would_get_alone(many):
    decider = Decider(POLICY, AUTUMN)

    assert [computed(child, decider=decider) for child in many] == [computed(child) for child in many]


@given(children)
def test_nothing_is_given_before_the_plan(child):
    assert computed(child, Term.parse("2015-spring")) == {}


def shared(path):
    found = REPOSITORY.parent / "shared" / path
    if not found.exists():
        pytest.skip(f"{path} of the shared documents is not beside the repository")
    return found


def test_every_quote_is_in_the_document():
    text = shared("seeds/000_a00b89878a14e234.txt").read_text(encoding="utf-8")
    plan = text[text.index("教育扶貧工作方案 篇3") :]

    citations = [entry.citation for entry in (*POLICY.rules, *POLICY.unpaid)]
    quotes = [citation.quote for citation in citations]
    quotes += [rule.funding.quote for rule in POLICY.rules if rule.funding.quote]

    assert [quote for quote in quotes if quote not in plan] == []


def test_every_rule_stands_in_the_survey_with_its_amount_and_clause():
    survey = {
        row["id"]: row
        for row in json.loads(shared("domain/rules.json").read_text(encoding="utf-8"))
        if row["pack"] == "guiding"
    }
    for rule in POLICY.rules:
        row = survey.pop(rule.citation.source_rule)
        assert rule.citation.quote in row["clause_quote_zh"]
        assert f"篇3 {rule.citation.clause}" == row["section_zh"]
        assert rule.amount_fen == row["amount"] * 100
        assert rule.kind == row["kind"]
        assert rule.basis == row["amount_basis"]
    for clause in POLICY.unpaid:
        row = survey.pop(clause.citation.source_rule)
        assert clause.citation.quote in row["clause_quote_zh"]
        assert row["amount"] is None
    assert survey == {}


def test_programme_codes_are_those_of_the_samples():
    expected = json.loads(shared("samples/county-a/expected.json").read_text(encoding="utf-8"))

    assert {programme.code for programme in POLICY.programmes} == set(expected["entitlements_with_away"])


@pytest.mark.parametrize(
    ("stage", "grade", "year_yuan"),
    [
        ("primary", 3, 1900),
        ("junior", 2, 2150),
        ("senior", 1, 4660),
        ("vocational", 1, 5900),
        ("vocational", 2, 5900),
        ("vocational", 3, 3900),
        ("bachelor", 1, 7830),
        ("college", 1, 7500),
    ],
)
def test_a_poor_boarders_year_adds_up(stage, grade, year_yuan):
    child = {
        "stage": stage,
        "grade": grade,
        "boarding": True,
        "categories": ["registered_poor"],
        "ownership": "public",
        "setting": "rural",
        "place": "in_county",
        "meal_days": 100,
    }
    spring = AUTUMN.next()

    assert sum(computed(child).values()) + sum(computed(child, spring).values()) == year_yuan * 100


def test_a_day_pupils_lodging_is_explained():
    day_pupil = {
        "stage": "senior",
        "grade": 1,
        "boarding": False,
        "categories": 1,
        "ownership": "public",
        "setting": "urban",
        "place": "in_county",
    }

    findings = explain(day_pupil, Measures(), POLICY, AUTUMN)

    lodging = next(finding for finding in findings if finding.rule.code == "guiding-senior-lodging")
    assert lodging.outcome == ("普通高中建档立卡寄宿生免（补助）住宿费：就读方式须为寄宿；该生为走读，不符合")
    grant = next(finding for finding in findings if finding.rule.code == "guiding-senior-nsg")
    assert grant.outcome == "普通高中建档立卡学生国家助学金：享受，2,000.00 元/年 ÷ 2 = 1,000.00 元"
    assert grant.shares == (("existing_national", 100_000),)
    assert [parameter.code for parameter in POLICY.parameters_of(grant.rule)] == [
        "start_term",
        "exited_households",
        "half_year",
        "national_2000",
        "full_time",
    ]


def test_every_reading_of_the_bureau_is_used_by_a_rule():
    used = {code for rule in POLICY.rules for code in rule.parameters}

    assert {parameter.code for parameter in POLICY.parameters} == used
