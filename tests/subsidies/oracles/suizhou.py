"""Suizhou's plan on the national standards, read aloud, in fen of one term: nothing of the program is used.

The plan itself: half of the boarding standard for four kinds of day pupils; in 2020 spring, and only then, children of
households on 低保 are treated as registered poor; who studies elsewhere is paid there, and here where there is no pay.
"""

POOR = [
    "registered_poor", "difficult", "rural_dibao", "urban_dibao", "rural_tekun", "urban_tekun", "low_income",
    "monitored",
]  # fmt: skip
PERFORMING = ["音乐表演", "舞蹈表演", "戏剧表演", "曲艺表演", "杂技与魔术表演", "木偶与皮影表演及制作"]


def number(term):
    year, season = term.split("-")
    return 2 * int(year) + (season == "autumn")


def suizhou(child, term, figures):
    now = number(term)
    categories = list(child["categories"])
    if term == "2020-spring" and ("rural_dibao" in categories or "urban_dibao" in categories):
        categories.append("registered_poor")
    stage, here = child["stage"], child["place"] == "in_county"
    if stage in ["college", "bachelor"]:
        return of_the_university(categories, now) if here else {}
    if not here and child["aided_elsewhere"] != "no":
        return {}
    if stage == "preschool":
        return of_the_kindergarten(child, now, figures)
    if stage in ["primary", "junior"]:
        return of_compulsory_school(child, categories, now, here)
    if stage == "senior":
        return of_senior_school(child, categories, now, figures)
    if stage == "vocational":
        return of_vocational_school(child, categories, now, figures)
    return {}


def is_poor(categories):
    return any(kind in POOR for kind in categories)


def is_one_of_four(categories):
    for kind in ["registered_poor", "rural_dibao", "rural_tekun"]:
        if kind in categories:
            return True
    return "disabled" in categories and is_poor(categories)


def of_the_kindergarten(child, now, figures):
    """Free in the last year, from 2025 autumn."""
    if now < number("2025-autumn") or child["grade"] != 3 or not child["fee_care"]:
        return {}
    fee = child["fee_care"]
    if child["ownership"] == "":
        return {}  # a kindergarten elsewhere, of which nothing is known
    if child["ownership"] != "public":
        public = figures.get("preschool_public_care_fee")
        if public is None:
            return {}
        fee = min(fee, public)
    return {"preschool_care_fee_waiver": fee}


def of_compulsory_school(child, categories, now, here):
    gives = {}
    if now < number("2024-spring"):
        standard = 1000_00 if child["stage"] == "primary" else 1250_00
    else:
        standard = 1250_00 if child["stage"] == "primary" else 1500_00
    if child["boarding"] and is_poor(categories):
        gives["boarding_living"] = standard // 2
    if not child["boarding"] and is_one_of_four(categories):
        gives["non_boarding_living"] = standard // 2 // 2
    if here and child["setting"] != "urban" and "营养改善计划" in child["school_tags"] and child["meal_days"]:
        a_day = 5_00 if now >= number("2021-autumn") else 4_00
        gives["nutrition"] = a_day * child["meal_days"]
    return gives


def of_senior_school(child, categories, now, figures):
    gives = {}
    if is_poor(categories):
        gives["senior_national_grant"] = 1150_00 if now >= number("2025-spring") else 1000_00
    if is_one_of_four(categories):
        fee = at_most_half_of(child, figures, "senior_public_fee", now)
        if fee:
            gives["senior_tuition_waiver"] = fee
    return gives


def of_vocational_school(child, categories, now, figures):
    gives = {}
    if not child["full_time"]:
        return gives
    farming, poor = child["agri_major"], is_poor(categories)
    years, grant = (3, 1150_00) if now >= number("2025-spring") else (2, 1000_00)
    if child["grade"] <= years and (farming or poor):
        gives["vocational_national_grant"] = grant
    free = child["household"] == "rural" or (child["household"] == "urban" and farming) or poor
    # 艺术类相关表演专业除外: whose major nobody has entered may be one of them, and is not paid until it is entered.
    if free and child["major"] is not None and child["major"] not in PERFORMING:
        fee = at_most_half_of(child, figures, "vocational_public_fee", now)
        if fee:
            gives["vocational_tuition_waiver"] = fee
    return gives


def at_most_half_of(child, figures, public_fee, now):
    """The tuition of the term; in a private school at most the term's half of the public fee of the year."""
    fee = child["fee_tuition"]
    if child["ownership"] == "public" or fee is None:
        return fee
    if child["ownership"] == "" or public_fee not in figures:
        return None  # a school elsewhere, of which nothing is known; or nobody has said what public schools charge
    public = figures[public_fee]
    half = public // 2
    if now % 2 == 1 and public % 2 == 1:
        half += 1  # the odd fen of a year falls to autumn
    return min(fee, half)


def of_the_university(categories, now):
    if not is_poor(categories):
        return {}
    return {"higher_national_grant": 1850_00 if now >= number("2024-autumn") else 1650_00}
