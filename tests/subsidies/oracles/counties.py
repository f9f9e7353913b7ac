"""Random counties for the oracles: children with every fact that a plan asks, some of it not known."""

import random

STAGES = ["preschool", "primary", "junior", "senior", "vocational", "college", "bachelor", "postgraduate"]
YEARS = {"preschool": 3, "primary": 6, "college": 3, "bachelor": 5}  # all others three
CATEGORIES = [
    "registered_poor", "disabled", "rural_dibao", "urban_dibao", "rural_tekun", "urban_tekun", "orphan",
    "de_facto_unattended", "martyr_child", "monitored", "low_income", "difficult", "left_behind", "migrant",
]  # fmt: skip
TAGS = {  # of each school
    "3452900000": [],
    "3452900001": ["营养改善计划"],
    "3452900002": ["示范校", "营养改善计划"],
    "3452900003": ["示范校"],
    "3452900004": ["营养改善计划"],
    "3452900005": [],
}
SCHOOLS = list(TAGS)
MAJORS = [None, "会计", "茶叶生产与加工", "音乐表演", "舞蹈表演"]


def random_county(seed, size):
    """`size` children and the figures a bureau may have filled in, some left open, some switched off."""
    dice = random.Random(seed)
    figures = {
        "senior_tuition": {
            school: dice.randint(1600_00, 2000_00) for school in SCHOOLS if school != SCHOOLS[seed % 6]
        },
        "senior_public_fee": dice.randint(1000_00, 2000_00),
        "vocational_public_fee": 2000_00,
        "preschool_public_care_fee": dice.choice([1600_00, None]),
    }
    if seed % 4 == 3:
        del figures["senior_public_fee"]
    return [random_child(dice) for _ in range(size)], figures


def random_child(dice):
    """A child of whose school, where it lies outside the county, nothing is known."""
    stage = dice.choice(STAGES)
    school = dice.choice(SCHOOLS)
    place = dice.choices(["in_county", "in_province", "elsewhere"], [6, 2, 2])[0]
    child = {
        "stage": stage,
        "grade": dice.randint(1, YEARS.get(stage, 3)),
        "boarding": dice.random() < 0.5,
        "categories": random_categories(dice),
        "ownership": dice.choices(["public", "inclusive_private", "private"], [6, 2, 2])[0],
        "setting": dice.choice(["urban", "town", "rural"]),
        "place": place,
        "aided_elsewhere": dice.choice(["yes", "no", "to_verify", "unknown"]),
        "household": dice.choice(["rural", "urban", None]),
        "agri_major": stage == "vocational" and dice.random() < 0.3,
        "major": dice.choice(MAJORS) if stage == "vocational" else None,
        "full_time": dice.random() < 0.9,
        "tier": dice.choice(["special", "difficult", "general", None]),
        "school": school,
        "school_tags": TAGS[school],
        "fee_tuition": random_charge(dice, 3000_00),
        "fee_textbook": random_charge(dice, 200_00),
        "fee_care": random_charge(dice, 3000_00),
        "meal_days": dice.choice([100, 100, 100, 0, 1, dice.randint(60, 110)]),
    }
    if place != "in_county":
        child |= {"ownership": "", "setting": "", "school": None, "school_tags": []}
    return child


def random_categories(dice):
    if dice.random() < 0.3:
        return ["registered_poor"]
    return dice.sample(CATEGORIES, dice.choices([0, 1, 2, 3], [2, 4, 3, 1])[0])


def random_charge(dice, most_fen):
    """A charge in fen, nothing charged, or not known."""
    return dice.choice([dice.randint(1, most_fen), dice.randint(1, most_fen), 0, None])
