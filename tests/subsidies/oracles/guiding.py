"""Guiding's plan read aloud, in fen of one term. Plain text in, plain figures out: nothing of the program is used.

In force from 2015 autumn. Every yearly standard is paid in halves.
"""


def guiding(child, term, figures):
    year, season = term.split("-")
    if int(year) < 2015 or (year == "2015" and season == "spring"):
        return {}
    here = child["place"] == "in_county"
    poor = "registered_poor" in child["categories"]
    if child["stage"] == "preschool" and here:
        return of_the_kindergarten(child)
    if child["stage"] in ["primary", "junior"] and here and poor:
        return of_compulsory_school(child)
    if child["stage"] == "senior" and here and poor:
        return of_senior_school(child)
    if child["stage"] == "vocational" and here and poor:
        return of_vocational_school(child)
    if child["stage"] in ["bachelor", "college"] and poor:
        return of_the_university(child, here)
    return {}


def of_the_kindergarten(child):
    """二(一)1: 200 a year for four kinds of children, in public kindergartens and inclusive private ones."""
    if child["ownership"] == "private":
        return {}
    for kind in ["registered_poor", "martyr_child", "orphan", "disabled"]:
        if kind in child["categories"]:
            return {"preschool_living": 100_00}
    return {}


def of_compulsory_school(child):
    """二(一)2: boarders 1000 and 1250, and 100 on top from the county; meals at 4 a day outside the town."""
    gives = {}
    if child["boarding"]:
        gives["boarding_living"] = 500_00 if child["stage"] == "primary" else 625_00
        gives["boarding_topup"] = 50_00
    if child["setting"] != "urban" and child["meal_days"] > 0:
        gives["nutrition"] = child["meal_days"] * 4_00
    return gives


def of_senior_school(child):
    """二(一)3: two grants and three waivers."""
    gives = {
        "senior_national_grant": 1000_00,
        "senior_special_grant": 500_00,
        "senior_tuition_waiver": 380_00,
        "senior_textbook_waiver": 200_00,
    }
    if child["boarding"]:
        gives["senior_lodging_waiver"] = 250_00
    return gives


def of_vocational_school(child):
    """二(一)4: two grants and three waivers; the waiver of tuition for three years, the national grant for two."""
    gives = {"vocational_special_grant": 500_00, "vocational_textbook_waiver": 200_00}
    if child["grade"] <= 3:
        gives["vocational_tuition_waiver"] = 1000_00
    if child["grade"] <= 2:
        gives["vocational_national_grant"] = 1000_00
    if child["boarding"]:
        gives["vocational_lodging_waiver"] = 250_00
    return gives


def of_the_university(child, here):
    """二(一)5: wherever it is, unless the place of study has paid already."""
    if not here and child["aided_elsewhere"] == "yes":
        return {}
    tuition = 1915_00 if child["stage"] == "bachelor" else 1750_00
    return {
        "higher_national_grant": 1500_00,
        "higher_special_grant": 500_00,
        "higher_tuition_waiver": tuition,
    }
