"""Yizhang's plan read aloud, in fen of one term. Plain text in, plain figures out: nothing of the program is used.

In force from 2017 spring. Benefits stack; the tuition of a senior school is that school's own, from 1600 to 2000 a year.
"""

POOR = [
    "registered_poor", "difficult", "rural_dibao", "urban_dibao", "rural_tekun", "urban_tekun", "low_income",
    "monitored",
]  # fmt: skip
GRANT_OF_A_TERM = {"general": 500_00, "difficult": 1000_00, "special": 1500_00}


def yizhang(child, term, figures):
    year, season = term.split("-")
    if int(year) < 2017:
        return {}
    here = child["place"] == "in_county"
    we_pay = here or child["aided_elsewhere"] == "no"
    poor = any(kind in POOR for kind in child["categories"])
    if child["stage"] == "preschool" and poor and we_pay:
        return {"preschool_living": 500_00}
    if child["stage"] in ["primary", "junior"]:
        return of_compulsory_school(child, here, poor and we_pay)
    if child["stage"] == "senior" and poor and we_pay:
        return of_senior_school(child, season, figures)
    if child["stage"] == "vocational" and we_pay:
        return of_vocational_school(child, poor)
    return {}


def of_compulsory_school(child, here, aided):
    """Free for everybody here, meals outside the town for everybody here; living allowance for poor boarders."""
    gives = {}
    if here and child["fee_tuition"]:
        gives["compulsory_tuition_waiver"] = child["fee_tuition"]
    if here and child["fee_textbook"]:
        gives["compulsory_textbook_waiver"] = child["fee_textbook"]
    if here and child["setting"] != "urban" and child["meal_days"]:
        gives["nutrition"] = 4_00 * child["meal_days"]
    if child["boarding"] and aided:
        gives["boarding_living"] = {"primary": 500_00, "junior": 625_00}[child["stage"]]
    return gives


def of_senior_school(child, season, figures):
    gives = {}
    tuition = figures["senior_tuition"].get(child["school"])
    if tuition is not None:
        half, odd = divmod(tuition, 2)
        gives["senior_tuition_waiver"] = half + odd if season == "autumn" else half
    if child["tier"] is not None:
        gives["senior_national_grant"] = GRANT_OF_A_TERM[child["tier"]]
    return gives


def of_vocational_school(child, poor):
    gives = {}
    if child["fee_tuition"]:
        gives["vocational_tuition_waiver"] = child["fee_tuition"]
    if poor:
        gives["vocational_national_grant"] = 1000_00
    return gives
