"""Both chains of every child of a small random county, worked out in plain loops; imports nothing of the system.

A county is a dict of plain rows (see :func:`random_county`); days are texts, which compare as days do.
"""

TODAY = "2020-11-10"
LINKS = {
    "linxia": [
        ("government", "township", "县领导包乡镇"), ("government", "village", "乡镇领导包村"), ("government", "village", "村干部包户"),
        ("education", "district", "局长包学区"), ("education", "class", "校长包班级"), ("education", "homeroom", "班主任包学生"),
    ],
    "yizhang": [
        ("government", "township", "县领导包乡镇"), ("government", "village", "乡镇领导包村"), ("government", "village", "村干部包户"),
        ("education", "township", "局领导班子包乡镇"), ("education", "school", "中心学校负责人包学校"),
        ("education", "class", "学校负责人包班级"), ("education", "child", "科任老师包学生"),
    ],
    "seven": [
        ("government", "county", "县长"), ("government", "township", "乡镇长"), ("government", "village", "村长"),
        ("education", "county", "局长"), ("education", "school", "校长"), ("education", "homeroom", "师长"),
    ],
}  # fmt: skip
TOWNS = {"529901100": "城关镇", "529901101": "青石镇"}
VILLAGES = ["529901100001", "529901100002", "529901101001"]


def random_county(rng, pattern: str) -> dict:
    """Return schools (some below a centre), classes (some without a teacher), children anywhere, posts of any days."""
    schools = []
    for number in range(rng.randint(2, 4)):
        centres = [school["code"] for school in schools if school["centre"] is None]
        centre = rng.choice([None, *centres])
        area = rng.choice([*TOWNS, *VILLAGES])
        schools.append({"code": f"21000000{number:02d}", "centre": centre, "area": area})
    classes = [
        {"school": school["code"], "name": f"{number}班", "teacher": rng.choice([None, f"师{school['code'][-2:]}{number}"])}
        for school in schools
        for number in range(1, rng.randint(2, 3))
    ]  # fmt: skip
    children = []
    for number in range(rng.randint(8, 14)):
        school_class = rng.choice([*classes, None])
        school = school_class["school"] if school_class else rng.choice([*(s["code"] for s in schools), None])
        children.append(
            {
                "name": f"孩{number:02d}", "school": school, "class": school_class and (school, school_class["name"]),
                "home": rng.choice([*VILLAGES, *VILLAGES, "529901100", ""]),
                "status": rng.choice(["studying"] * 6 + ["suspended", "left", "graduated"]),
                "merged_into": number - 1 if number > 1 and rng.random() < 0.15 else None,
            }
        )  # fmt: skip
    children[0]["merged_into"] = children[1]["merged_into"] = None
    for child in children:  # a record is merged into one that was kept
        if child["merged_into"] is not None and children[child["merged_into"]]["merged_into"] is not None:
            child["merged_into"] = 0
    county = {"schools": schools, "classes": classes, "children": children, "posts": []}
    for _, kind, label in LINKS[pattern]:
        for place in _places(county, kind):
            county["posts"] += _posts(rng, label, place)
    return county


def _places(county: dict, kind: str) -> list:
    return {
        "county": ["529901"], "township": list(TOWNS), "village": VILLAGES,
        "district": [s["code"] for s in county["schools"]], "school": [s["code"] for s in county["schools"]],
        "class": [(c["school"], c["name"]) for c in county["classes"]], "homeroom": [],
        "child": list(range(len(county["children"]))),
    }[kind]  # fmt: skip


def _posts(rng, label: str, place) -> list[dict]:
    """None, one, or several on end or overlapping: over, in office, to come."""
    known = {"label": label, "place": place}
    name = f"{label[:2]}{rng.randrange(10**6)}"
    past = {
        "name": f"旧{name}",
        "since": "2018-09-01",
        "until": rng.choice(["2020-08-31", "2020-11-09", "2020-11-10"]),
    }
    now = {
        "name": name,
        "since": rng.choice(["2020-09-01", "2020-11-10"]),
        "until": rng.choice([None, None, "2021-08-31"]),
    }
    later = {"name": f"新{name}", "since": "2020-11-11", "until": None}
    chosen = rng.choice(
        [[], [now], [now], [now], [past], [past, now], [later], [past, now | {"since": "2019-09-01"}]]
    )
    return [known | post for post in chosen]


def chains(county: dict, pattern: str) -> dict[str, list[tuple[str, str]]]:
    """Return child -> (link, who answers or what is lacking) for every child that holds a place."""
    found = {}
    for number, child in enumerate(county["children"]):
        if child["status"] in ("left", "graduated") or child["merged_into"] is not None:
            continue
        found[child["name"]] = [
            (label, _answer(county, number, line, kind, label)) for line, kind, label in LINKS[pattern]
        ]
    return found


DIGITS = {"county": 6, "township": 9, "village": 12}


def _answer(county: dict, number: int, line: str, kind: str, label: str) -> str:
    if kind == "homeroom":
        for each in county["classes"]:
            if county["children"][number]["class"] == (each["school"], each["name"]):
                return each["teacher"] or "没有责任人"
        return "没有登记地方"
    place = _place(county, number, line, kind)
    if place is None:
        return "没有登记地方"
    given_up = []
    if kind == "child":
        given_up = [other for other, each in enumerate(county["children"]) if each["merged_into"] == number]
    for places in ([place], given_up):
        if best := _in_office(county, label, places):
            return best["name"]
    return "没有责任人"


def _place(county: dict, number: int, line: str, kind: str):
    child = county["children"][number]
    school = next((s for s in county["schools"] if s["code"] == child["school"]), None)
    if kind in DIGITS:
        code = child["home"] if line == "government" else (school["area"] if school else "")
        return code[: DIGITS[kind]] if len(code) >= DIGITS[kind] else None
    if kind in ("district", "school"):
        return school and ((school["centre"] if kind == "district" else None) or school["code"])
    return child["class"] if kind == "class" else number


def _in_office(county: dict, label: str, places: list) -> dict | None:
    best = None
    for post in county["posts"]:
        if post["label"] != label or post["place"] not in places:
            continue
        in_office = post["since"] <= TODAY and (post["until"] is None or post["until"] >= TODAY)
        if in_office and (best is None or post["since"] >= best["since"]):
            best = post
    return best
