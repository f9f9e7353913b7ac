"""One child, several plans: each must answer differently."""

import pytest

from subsidies.engine import Term, explain, shares
from subsidies.engine.decide import Measures
from subsidies.engine.reckon import At
from tests.subsidies.packs import decider, gives, pack, profile, year_yuan

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
