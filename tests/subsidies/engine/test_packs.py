"""The packs against the plans' texts, the survey of their rules, and each other."""

import json

import pytest

from subsidies.engine import Form, Kind, ParameterKind, Term, check_pack, explain, shares
from subsidies.engine.decide import Measures
from subsidies.engine.reckon import At
from subsidies.engine.rules import every_condition
from tests.subsidies.packs import (
    COUNTIES,
    PACKS,
    POLICIES,
    decider,
    gives,
    library,
    pack,
    profile,
    shared,
    year_yuan,
)

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


# ---- the national standards by date ----

BASELINE = {
    ("boarding_living_allowance", "primary"): ["national-boarding-primary"],
    ("boarding_living_allowance", "junior"): ["national-boarding-junior"],
    ("non_boarding_living_allowance", "primary"): ["national-nonboarding-primary"],
    ("nutrition", "compulsory"): ["national-nutrition"],
    ("national_grant", "senior_high"): ["national-senior-nsg"],
    ("tuition_waiver", "senior_high"): ["national-senior-tuition-public", "national-senior-tuition-private"],
    ("tuition_waiver", "secondary_vocational"): [
        "national-voc-tuition-public",
        "national-voc-tuition-private",
    ],
    ("national_grant", "secondary_vocational"): ["national-voc-nsg", "national-voc-nsg-2025"],
    ("national_grant", "higher"): ["national-he-nsg"],
    ("student_loan_cap", "higher"): ["national-loan-ug"],
    ("preschool_care_fee_exemption", "preschool"): ["national-care-fee-public", "national-care-fee-private"],
}
WRITTEN = {"2014-10": "2014-autumn", "2014-11": "2015-spring", "2018": "2018-autumn", "2019": "2019-spring"}


def test_national_standards_are_those_of_the_baseline_term_by_term():
    rows = json.loads(shared("domain/national_baseline.json").read_text(encoding="utf-8"))
    for row in rows:
        if row["programme"] == "yulu_programme":
            continue  # paid by another department
        rules = [pack("national").rule_of[code] for code in BASELINE[row["programme"], row["stage"]]]
        begun = WRITTEN.get(row["from_term"], row["from_term"]) or "2011-autumn"
        ended = WRITTEN.get(row["to_term"], row["to_term"])
        for term in filter(None, (begun, ended)):
            (*_, rule) = [rule for rule in rules if rule.in_force(Term.parse(term))]
            amount = rule.amount_at(Term.parse(term))
            if row["amount"] is not None:
                assert amount.fen == row["amount"] * 100, (rule.code, term)
            elif row["unit"].startswith("50%"):
                assert (amount.form, amount.rate) == (Form.PERCENT, 50_00)
            else:
                assert amount.form is Form.ACTUAL, (rule.code, term)
        if row["from_term"] and begun != "2011-autumn":
            (rule, *_) = rules
            before = Term.parse(begun).ordinal - 1
            was = rule.amount_at(Term(before // 2, before % 2))
            changed = min(rule.first_term for rule in rules) == Term.parse(begun) or was is None
            assert changed or was.fen != (row["amount"] or 0) * 100, (rule.code, begun)


def test_loans_of_postgraduates_follow_the_same_dates():
    rule = pack("national").rule_of["national-loan-pg"]

    caps = {str(one.first_term or rule.first_term): one.fen // 100 for one in rule.amounts}

    assert caps == {"2014-autumn": 12000, "2021-autumn": 16000, "2023-autumn": 20000, "2024-autumn": 25000}


def test_every_national_standard_says_how_firm_it_is():
    parts = [*pack("national").rules, *pack("national").unpaid]

    assert [one.code for one in parts if not one.citation.quote.startswith("整理：")] == []
    assert [one.code for one in parts if "见到" not in one.citation.quote] == []
    by_heart = {one.code for one in parts if "凭记忆" in one.citation.quote}
    assert by_heart == {"national-senior-nsg", "national-he-nsg"}
    weighted = [one for one in pack("national").rules if one.funding.weights]
    assert all("凭记忆" in one.funding.quote for one in weighted)


# ---- one child, several plans: each must answer differently ----

PRESCHOOLER = {"stage": "preschool", "grade": 3, "ownership": "public", "setting": "rural"}
PUPIL = {"stage": "primary", "grade": 4, "setting": "rural", "ownership": "public"}
SENIOR = {"stage": "senior", "grade": 1, "boarding": True, "ownership": "public", "setting": "urban"}
VOCATIONAL = {"stage": "vocational", "grade": 3, "ownership": "public", "household": "urban"}
POOR = ["registered_poor"]


def test_preschool_living_allowance_is_200_or_600_or_1000():
    child = {**PRESCHOOLER, "categories": POOR}

    assert [gives(name, **child) for name in ("guiding", "linxia", "yizhang")] == [
        {"preschool_living": 100_00},
        {"preschool_living": 300_00},
        {"preschool_living": 500_00},
    ]


def test_preschool_four_categories_in_guiding_registered_poor_in_linxia_all_poor_in_yizhang():
    for category, payers in {
        "orphan": ["guiding"],
        "difficult": ["yizhang"],
        "martyr_child": ["guiding"],
    }.items():
        child = {**PRESCHOOLER, "categories": [category]}
        assert [name for name in ("guiding", "linxia", "yizhang") if gives(name, **child)] == payers


def test_preschool_only_the_last_year_in_linxia():
    child = {**PRESCHOOLER, "grade": 2, "categories": POOR}

    assert [name for name in ("guiding", "linxia", "yizhang") if gives(name, **child)] == [
        "guiding",
        "yizhang",
    ]


def test_preschool_private_kindergarten_not_in_guiding():
    child = {**PRESCHOOLER, "ownership": "private", "categories": POOR}

    assert [name for name in ("guiding", "linxia", "yizhang") if gives(name, **child)] == [
        "linxia",
        "yizhang",
    ]


def test_boarding_top_up_only_in_guiding():
    child = {**PUPIL, "boarding": True, "categories": POOR}
    boarding = {name: gives(name, **child) for name in ("guiding", "linxia", "yizhang", "suizhou")}

    assert {name: lines.get("boarding_topup") for name, lines in boarding.items()} == {
        "guiding": 50_00, "linxia": None, "yizhang": None, "suizhou": None,
    }  # fmt: skip
    assert {lines["boarding_living"] for lines in boarding.values()} == {500_00}


def test_nutrition_for_the_poor_in_guiding_for_all_in_yizhang_in_pilots_in_anhui():
    not_poor, poor = {**PUPIL, "categories": []}, {**PUPIL, "categories": POOR}
    pilot = {"school_tags": ["营养改善计划"]}

    assert "nutrition" not in gives("guiding", **not_poor)
    assert gives("guiding", **poor)["nutrition"] == 400_00
    assert gives("yizhang", **not_poor)["nutrition"] == 400_00
    assert "nutrition" not in gives("anhui_city", figures={"nutrition_daily": 4_00}, **poor)
    assert gives("anhui_city", figures={"nutrition_daily": 4_00}, **not_poor, **pilot)["nutrition"] == 400_00
    assert "nutrition" not in gives("linxia", **poor)


def test_senior_package_in_guiding_flat_grant_in_linxia_tier_and_tuition_in_yizhang_highest_in_anhui():
    child = {**SENIOR, "categories": POOR, "tier": "general", "fee_tuition": 850_00}

    assert year_yuan("guiding", **child) == 4660
    assert gives("linxia", **child) == {"senior_national_grant": 1000_00}
    assert gives("yizhang", figures={"senior_tuition": 1800_00}, **child) == {
        "senior_national_grant": 500_00,
        "senior_tuition_waiver": 900_00,
    }
    assert gives("anhui_city", figures={"senior_highest": 3000_00}, **child) == {
        "senior_national_grant": 1500_00,
        "senior_tuition_waiver": 850_00,
    }


@pytest.mark.parametrize("category", ["rural_dibao", "rural_tekun"])
def test_senior_tuition_waived_for_the_other_three_categories_only_in_anhui(category):
    child = {**SENIOR, "categories": [category], "fee_tuition": 850_00}

    assert gives("guiding", **child) == gives("linxia", **child) == {}
    assert gives("anhui_city", figures={"senior_highest": 3000_00}, **child) == {
        "senior_tuition_waiver": 850_00
    }


def test_vocational_grant_for_two_years_in_guiding_and_anhui_without_limit_in_linxia_and_yizhang():
    figures = {"anhui_city": {"vocational_grant": 2000_00}}
    for grade, payers in {
        2: ["guiding", "anhui_city", "linxia", "yizhang"],
        3: ["linxia", "yizhang"],
    }.items():
        child = {**VOCATIONAL, "grade": grade, "categories": POOR}
        lines = {name: gives(name, figures=figures.get(name), **child) for name in payers}
        assert {line.get("vocational_national_grant") for line in lines.values()} == {1000_00}
        assert [
            name
            for name in ("guiding", "anhui_city", "linxia", "yizhang")
            if "vocational_national_grant" in gives(name, figures=figures.get(name), **child)
        ] == payers


def test_vocational_grant_by_major_only_in_anhui():
    child = {**VOCATIONAL, "grade": 1, "categories": [], "agri_major": True}

    assert (
        gives("anhui_city", figures={"vocational_grant": 2000_00}, **child)["vocational_national_grant"]
        == 1000_00
    )
    assert all(
        "vocational_national_grant" not in gives(name, **child) for name in ("guiding", "linxia", "yizhang")
    )


def test_vocational_school_must_be_in_the_county_in_guiding_in_the_province_in_linxia():
    child = {**VOCATIONAL, "grade": 1, "categories": POOR}
    paid = {
        place: [name for name in ("guiding", "linxia") if gives(name, place=place, **child)]
        for place in ("in_county", "in_province", "elsewhere")
    }

    assert paid == {"in_county": ["guiding", "linxia"], "in_province": ["linxia"], "elsewhere": []}


def test_day_pupils_get_half_of_the_boarding_standard_only_in_suizhou():
    child = {**PUPIL, "stage": "junior", "boarding": False, "categories": POOR}
    lines = {name: gives(name, **child) for name in ("guiding", "linxia", "yizhang", "suizhou")}

    assert lines["suizhou"] == {"non_boarding_living": 312_50}
    assert [name for name, line in lines.items() if "non_boarding_living" in line] == ["suizhou"]


@pytest.mark.parametrize(
    ("name", "stage", "year"),
    [
        ("guiding", "primary", 1900),
        ("guiding", "junior", 2150),
        ("yizhang", "primary", 1800),
        ("yizhang", "junior", 2050),
        ("linxia", "primary", 1000),
        ("linxia", "junior", 1250),
        ("suizhou", "junior", 1250),
    ],
)
def test_year_of_a_registered_poor_rural_boarder(name, stage, year):
    assert (
        year_yuan(name, **{**PUPIL, "stage": stage, "grade": 2, "boarding": True, "categories": POOR}) == year
    )


def test_year_of_a_vocational_student_of_linxia():
    child = {**VOCATIONAL, "grade": 1, "categories": POOR, "place": "in_province"}

    assert year_yuan("linxia", **child) == 4000


# ---- what single plans have of their own ----


def test_suizhou_treats_dibao_as_registered_poor_for_one_term_at_the_countys_cost():
    child = {**SENIOR, "categories": ["urban_dibao"], "fee_tuition": 600_00}
    paid = {term: gives("suizhou", term, **child) for term in ("2020-spring", "2020-autumn", "2021-spring")}

    assert [lines.get("senior_tuition_waiver") for lines in paid.values()] == [600_00, None, None]
    deciding = decider("suizhou", "2020-spring")
    lines = deciding.lines(deciding.values(profile(child)), Measures())
    at = At(pack("suizhou"), Term.parse("2020-spring"), {})
    borne = {
        line.programme: shares(line.award.rule, line.amount_fen, at, line.award.treatment) for line in lines
    }
    assert borne["senior_tuition_waiver"] == (("county", 600_00),)
    assert dict(borne["senior_national_grant"]).get("county") is None  # due without the treatment, too


def test_suizhou_counties_bear_nothing_of_what_day_pupils_get():
    rule = pack("suizhou").rule_of["suizhou-nonboarding-junior"]

    assert rule.funding.sources == ("central", "province")
    at = At(pack("suizhou"), Term.parse("2020-autumn"), {})
    assert shares(rule, 312_50, at) == (("unstated", 312_50),)  # the plan gives no ratio between the two


def test_suizhou_follows_the_boarding_standard_when_it_changes():
    child = {**PUPIL, "boarding": False, "categories": POOR}

    terms = ("2020-autumn", "2023-autumn", "2024-spring")
    assert [gives("suizhou", term, **child)["non_boarding_living"] for term in terms] == [
        250_00,
        250_00,
        312_50,
    ]


@pytest.mark.parametrize(
    ("place", "aided", "paid"),
    [
        ("in_county", "unknown", True),
        ("in_province", "no", True),
        ("elsewhere", "no", True),
        ("elsewhere", "yes", False),
        ("elsewhere", "to_verify", False),
        ("elsewhere", "unknown", False),
    ],
)
def test_suizhou_pays_where_the_child_studies_and_falls_back_on_the_home_county(place, aided, paid):
    child = {**PUPIL, "boarding": False, "categories": POOR, "place": place, "aided_elsewhere": aided}

    assert (gives("suizhou", **child) == {"non_boarding_living": 250_00}) is paid


def test_yizhang_tuition_is_each_schools_own_and_waits_where_a_school_has_none():
    figures = {"senior_tuition": {"3452900001": 1600_00, "3452900002": 2000_00}}
    child = {**SENIOR, "categories": POOR}

    waived = [
        gives("yizhang", figures=figures, school=school, **child).get("senior_tuition_waiver")
        for school in ("3452900001", "3452900002", "3452900003")
    ]
    assert waived == [800_00, 1000_00, None]


@pytest.mark.parametrize(("tier", "fen"), [("general", 500_00), ("difficult", 1000_00), ("special", 1500_00)])
def test_yizhang_gives_one_grant_by_tier_beside_all_else(tier, fen):
    child = {**SENIOR, "categories": POOR, "tier": tier}

    assert gives("yizhang", figures={"senior_tuition": 1800_00}, **child) == {
        "senior_national_grant": fen,
        "senior_tuition_waiver": 900_00,
    }


def test_anhui_pays_the_waiver_of_a_private_school_to_the_school_up_to_the_public_fee():
    rule = pack("anhui_city").rule_of["anhui-senior-tuition-private"]
    child = {**SENIOR, "ownership": "private", "categories": POOR, "fee_tuition": 6000_00}

    assert (rule.kind.value, rule.payee.value) == ("waiver", "school")
    assert gives("anhui_city", figures={"senior_public_fee": 1700_00}, **child) == {
        "senior_tuition_waiver": 850_00
    }


def test_anhui_city_schools_charge_nobody_tuition_and_the_city_bears_it():
    nobody = {**VOCATIONAL, "grade": 1, "categories": [], "fee_tuition": 1000_00}

    assert gives("anhui_city", **nobody) == {}
    assert gives("anhui_city", school_tags=["市本级"], **nobody) == {"vocational_tuition_waiver": 1000_00}
    assert pack("anhui_city").rule_of["anhui-voc-tuition-citylevel"].funding.sources == ("prefecture",)


def test_linxia_ends_with_2020():
    child = {**PUPIL, "boarding": True, "categories": POOR}

    terms = ("2015-spring", "2015-autumn", "2020-autumn", "2021-spring")
    assert [bool(gives("linxia", term, **child)) for term in terms] == [False, True, True, False]


def test_linxia_loans_are_explained_and_never_money():
    student = {"stage": "bachelor", "grade": 1, "categories": POOR, "place": "elsewhere"}
    findings = explain(profile(student), Measures(), pack("linxia"), Term.parse("2019-autumn"))

    loan = next(finding for finding in findings if finding.rule.code == "linxia-loan-ug")
    assert (loan.verdict.value, loan.amount_fen, loan.loan_fen) == ("loan", 0, 8000_00)
    assert gives("linxia", "2019-autumn", **student) == {}


def test_luxi_pays_the_terms_of_its_back_pay():
    child = {**PUPIL, "boarding": True, "categories": POOR}
    terms = ("2015-autumn", "2016-spring", "2016-autumn", "2017-spring", "2017-autumn")

    paid = [gives("luxi", term, figures={"boarding_primary": 1000_00}, **child) for term in terms]

    assert paid == [{}, *[{"boarding_living": 500_00}] * 4]


@pytest.mark.parametrize("name", ["anhui_city", "nanchang", "luxi"])
def test_plan_without_amounts_gives_nothing_until_the_bureau_has_filled_them_in(name):
    """Suggested figures are shown and never used. Actual fees are waived without a figure."""
    children = [
        {**PRESCHOOLER, "household": "rural", "categories": POOR},
        {**PUPIL, "boarding": True, "household": "rural", "categories": POOR},
        {**SENIOR, "household": "rural", "categories": POOR},
        {**VOCATIONAL, "grade": 1, "categories": POOR},
        {"stage": "bachelor", "grade": 1, "categories": POOR, "entry_term": "2020-autumn"},
    ]

    assert [gives(name, **child) for child in children] == [{}] * 5
