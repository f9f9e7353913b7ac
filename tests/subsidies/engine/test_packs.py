"""The packs against the plans' texts, the survey of their rules, and each other."""

import json

import pytest

from subsidies.engine import Form, Kind, ParameterKind, check_pack, explain
from subsidies.engine.decide import Measures
from subsidies.engine.rules import every_condition
from tests.subsidies.packs import COUNTIES, PACKS, POLICIES, library, pack, shared

SEEDS = {  # file, and the words between which the plan stands in it
    "suizhou": ("000_a00b89878a14e234.txt", "教育扶貧工作方案 篇1", "教育扶貧工作方案 篇2"),
    "nanchang": ("000_a00b89878a14e234.txt", "教育扶貧工作方案 篇2", "教育扶貧工作方案 篇3"),
    "guiding": ("000_a00b89878a14e234.txt", "教育扶貧工作方案 篇3", ""),
    "linxia": ("001_684a2c773e057f0d.txt", "", ""),
    "anhui_city": ("002_b9da1b04a06e2117.txt", "", ""),
    "luxi": ("003_9c7228acab17a94f.txt", "", ""),
    "yizhang": ("004_91dc5b622c38d5ce.txt", "", ""),
}
STAGES = {
    "any": set(),
    "preschool": {"preschool"},
    "primary": {"primary"},
    "junior": {"junior"},
    "compulsory": {"primary", "junior"},
    "senior_high": {"senior"},
    "secondary_vocational": {"vocational"},
    "higher": {"college", "bachelor", "postgraduate"},
}
SOURCES = {
    "central": "central",
    "provincial": "province",
    "prefecture": "prefecture",
    "municipal": "prefecture",
    "county": "county",
    "county_poverty_fund": "county_poverty_fund",
    "superior": "superior",
    "existing_national": "existing_national",
    "by_school_affiliation": "school_affiliation",
    "bank": "bank",
}


def survey(name):
    rows = json.loads(shared("domain/rules.json").read_text(encoding="utf-8"))
    return {row["id"]: row for row in rows if row["pack"] == name}


def own_rules(name):
    return [rule for rule in pack(name).rules if rule.pack == name]


def own_unpaid(name):
    return [
        clause
        for clause in pack(name).unpaid
        if not clause.code.startswith("national-") or name == "national"
    ]


def surveyed(name):
    return [(rule, survey(name)[rule.citation.source_rule]) for rule in own_rules(name)]


# ---- what a pack must be ----


@pytest.mark.parametrize("name", PACKS)
def test_pack_has_no_problem_and_nothing_to_look_at_again(name):
    checkup = check_pack(POLICIES / f"{name}.toml", library=library)

    assert (checkup.errors, checkup.warnings) == ((), ())


def test_every_built_in_pack_is_tested():
    assert {path.stem for path in POLICIES.glob("*.toml")} == set(PACKS)


@pytest.mark.parametrize("name", PACKS)
def test_every_rule_has_examples_on_both_sides_of_each_of_its_conditions(name):
    """For each condition a child of the rule's stage that misses it, for each rule one that gets it."""
    policy, lacking = pack(name), []
    seen = {}
    for example in policy.examples:
        for finding in explain(
            example.profile, Measures(example.meal_days), policy, example.term, figures=example.figures
        ):
            checks = {check.label: check.met for check in finding.checks}
            seen.setdefault(finding.rule.code, []).append((finding.verdict.value, checks))
    for rule in own_rules(name):
        cases = seen[rule.code]
        wanted = "loan" if rule.kind is Kind.LOAN else "awarded"
        if wanted not in {verdict for verdict, _ in cases}:
            lacking.append(f"{rule.code}: nobody gets it")
        labels = {condition.fact.label for condition in rule.conditions} - {"学段"}
        labels |= {"情形"} if rule.either else set()
        in_stage = [checks for verdict, checks in cases if checks.get("学段") and verdict != "not_in_force"]
        lacking += [
            f"{rule.code}: nobody misses {label}"
            for label in labels
            if all(checks.get(label, True) for checks in in_stage)
        ]
    assert lacking == [], lacking


@pytest.mark.parametrize("name", PACKS)
def test_every_programme_is_called_and_paid_alike_in_all_packs(name):
    """So that a child's history compares when a county changes its plan."""
    for programme in pack(name).programmes:
        for other in PACKS:
            same = [one for one in pack(other).programmes if one.code == programme.code]
            assert [(one.label, one.kind, one.stages) for one in same] in (
                [],
                [(programme.label, programme.kind, programme.stages)],
            )


# ---- the plans' own words ----


@pytest.mark.parametrize("name", COUNTIES)
def test_every_quote_is_in_the_plan(name):
    file, begin, end = SEEDS[name]
    text = shared(f"seeds/{file}").read_text(encoding="utf-8")
    plan = text[text.index(begin) :]
    plan = plan[: plan.index(end)] if end else plan

    parts = [*own_rules(name), *own_unpaid(name), *pack(name).treatments]
    quotes = [part.citation.quote for part in parts]
    quotes += [rule.funding.quote for rule in own_rules(name) if rule.funding.quote]
    quotes += [one.funding.quote for one in pack(name).treatments if one.funding]

    assert [quote for quote in quotes if quote not in plan] == []


@pytest.mark.parametrize("name", COUNTIES)
def test_every_row_of_the_survey_stands_in_the_pack(name):
    parts = [*own_rules(name), *own_unpaid(name), *pack(name).treatments]

    cited = {part.citation.source_rule for part in parts} - {""}

    assert cited == set(survey(name))


def overlap(one, two):
    """Whether two quotes share a run of ten characters, or one lies in the other."""
    runs = {one[start : start + 10] for start in range(max(1, len(one) - 9))}
    return one in two or two in one or any(run in two for run in runs)


@pytest.mark.parametrize("name", COUNTIES)
def test_every_citation_is_the_clause_of_the_survey(name):
    for part in (*own_rules(name), *own_unpaid(name), *pack(name).treatments):
        if part.citation.source_rule:
            row = survey(name)[part.citation.source_rule]
            section = (
                row["section_zh"].partition(" ")[2] if row["section_zh"][0] == "篇" else row["section_zh"]
            )
            assert section.startswith(part.citation.clause), part.code
            assert overlap(part.citation.quote, row["clause_quote_zh"]), part.code


@pytest.mark.parametrize("name", COUNTIES)
def test_figures_are_those_the_text_states_and_what_it_leaves_open_is_the_bureaus(name):
    forms = {
        "stated": Form.YUAN,
        "reconstructed": Form.YUAN,
        "average": Form.YUAN,
        "cap": Form.YUAN,
        "derived_ratio": Form.PERCENT,
        "actual_fee": Form.ACTUAL,
        "public_standard": Form.ACTUAL,
        "range": Form.PARAMETER,
        "highest_tier": Form.PARAMETER,
        "not_applicable": Form.PARAMETER,  # “执行最高补助标准”
    }
    for rule, row in surveyed(name):
        (amount,) = rule.amounts
        basis = row["amount_basis"]
        if basis == "not_stated":
            assert amount.form is Form.PARAMETER or "免学费" in rule.label, rule.code
        else:
            assert amount.form is forms[basis], rule.code
        if amount.form is Form.YUAN:
            assert amount.fen == row["amount"] * 100, rule.code
            assert amount.basis == ("stated" if basis == "cap" else basis), rule.code
        if basis == "derived_ratio":
            assert amount.rate == row["ratio"] * 100_00
        if basis == "range":
            figure = pack(name).parameter_of[amount.parameter]
            assert (figure.scope, figure.range) == ("school", (row["amount"] * 100, row["amount_max"] * 100))
        if basis == "public_standard":
            assert pack(name).parameter_of[amount.parameter].kind is ParameterKind.AMOUNT


@pytest.mark.parametrize("name", COUNTIES)
def test_conditions_and_sources_are_those_of_the_survey(name):
    for rule, row in surveyed(name):
        wanted, asked = row["conditions"], {one.fact.name: one for one in every_condition(rule)}
        stages = set(asked["stage"].any_of)
        assert stages <= (STAGES[row["stage"]] or stages), rule.code
        if wanted.get("boarding") is not None:
            assert asked["boarding"].any_of == (wanted["boarding"],), rule.code
        if years := wanted.get("years_of_study"):
            assert (asked["grade"].low, asked["grade"].high) == (years[0], years[-1]), rule.code
        if region := wanted.get("school_region"):
            places = {"in_county": {"in_county"}, "in_province": {"in_county", "in_province"}}
            assert set(asked["place"].any_of) == places[region], rule.code
        if (owners := wanted.get("ownership_any")) and set(owners) != {"public", "private"}:
            assert set(asked["ownership"].any_of) - {"inclusive_private"} == set(owners) - {
                "inclusive_private"
            }
        if "categories_any" in wanted:
            assert "categories" in asked, rule.code
        told = {SOURCES[source] for source in row["funding"].get("sources", [])}
        assert set(rule.funding.sources) == told, rule.code


def test_kinds_of_money_are_those_of_the_survey():
    kinds = {"bundle": {"cash"}, "tier_rule": {"cash"}}
    for name in COUNTIES:
        for rule, row in surveyed(name):
            also = {"waiver"} if row["programme"].endswith("_and_tuition_waiver") else set()
            assert rule.kind.value in kinds.get(row["kind"], {row["kind"]}) | also, rule.code


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("guiding", []),
        ("linxia", []),
        ("yizhang", ["senior_tuition"]),
        ("suizhou", ["senior_public_fee", "vocational_public_fee", "preschool_public_care_fee"]),
        (
            "anhui_city",
            [
                "preschool_standard", "preschool_highest", "boarding_primary", "boarding_junior", "nutrition_daily",
                "senior_highest", "senior_public_fee", "vocational_grant", "entry_aid",
            ],
        ),
        (
            "nanchang",
            ["preschool_standard", "boarding_primary", "boarding_junior", "senior_grant", "vocational_grant"],
        ),
        (
            "luxi",
            [
                "preschool_standard", "boarding_primary", "boarding_junior", "vocational_grant", "senior_standard",
                "entry_aid",
            ],
        ),
    ],
)  # fmt: skip
def test_what_the_bureau_must_fill_in_before_publishing(name, codes):
    assert [parameter.code for parameter in pack(name).open_parameters({})] == codes
