"""Linxia's plan read aloud, in fen of one term. Plain text in, plain figures out: nothing of the program is used.

For the children of registered poor households, from 2015 autumn to 2020 autumn. Loans are no money of the plan.
"""


def linxia(child, term, figures):
    year, season = term.split("-")
    begun = int(year) > 2015 or (year == "2015" and season == "autumn")
    if not begun or int(year) > 2020 or "registered_poor" not in child["categories"]:
        return {}
    here = child["place"] == "in_county"
    in_province = child["place"] in ["in_county", "in_province"]
    there = child["aided_elsewhere"]
    gives = {}

    # The place of study pays; this county only where the other has said that it does not.
    if here or there == "no":
        if child["stage"] == "preschool" and child["grade"] == 3:
            gives["preschool_living"] = 300_00
        if child["stage"] == "primary" and child["boarding"]:
            gives["boarding_living"] = 500_00
        if child["stage"] == "junior" and child["boarding"]:
            gives["boarding_living"] = 625_00
        if child["stage"] == "senior":
            gives["senior_national_grant"] = 1000_00

    # In vocational schools and colleges of the province this county pays, unless the other has paid.
    if in_province and (here or there != "yes"):
        if child["stage"] == "vocational":
            gives["vocational_tuition_waiver"] = 1000_00
            gives["vocational_national_grant"] = 1000_00
        if child["stage"] == "college" and child["fee_tuition"]:
            gives["higher_tuition_waiver"] = child["fee_tuition"]
    return gives
