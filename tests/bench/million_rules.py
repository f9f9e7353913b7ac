"""The twelve rules, and a million invented children under them."""

import os
import random

CHILDREN = int(os.environ.get("BENCH_MILLION", "1000000"))
TERM = "2020-autumn"
STAGES = (
    ("preschool", 3, 0.15),
    ("primary", 6, 0.40),
    ("junior", 3, 0.20),
    ("senior", 3, 0.13),
    ("vocational", 3, 0.12),
)
SOURCES = ("central", "province", "prefecture", "county")
CATEGORIES = (1, 2, 4, 16, 64, 128, 512, 2048)

# (code, programme, kind, yuan, per, conditions as TOML)
RULES = (
    ("preschool", "preschool_living", "cash", 1000, "year", 'stage = "preschool"\ncategories = ["registered_poor", "orphan", "disabled"]'),
    ("boarding-p", "boarding_living", "cash", 1250, "year", 'stage = "primary"\nboarding = true\ncategories = ["registered_poor", "rural_dibao", "rural_tekun", "disabled"]'),
    ("boarding-j", "boarding_living", "cash", 1500, "year", 'stage = "junior"\nboarding = true\ncategories = ["registered_poor", "rural_dibao", "rural_tekun", "disabled"]'),
    ("day-p", "non_boarding_living", "cash", 625, "year", 'stage = "primary"\nboarding = false\ncategories = ["registered_poor", "rural_dibao", "rural_tekun", "disabled"]'),
    ("day-j", "non_boarding_living", "cash", 750, "year", 'stage = "junior"\nboarding = false\ncategories = ["registered_poor", "rural_dibao", "rural_tekun", "disabled"]'),
    ("topup", "boarding_topup", "cash", 100, "year", 'stage = ["primary", "junior"]\nboarding = true\ncategories = ["registered_poor"]'),
    ("meals", "nutrition", "in_kind", 4, "day", 'stage = ["primary", "junior"]\nsetting = "rural"'),
    ("senior-a", "senior_national_grant", "cash", 3000, "year", 'stage = "senior"\ncategories = ["registered_poor", "rural_tekun"]'),
    ("senior-b", "senior_national_grant", "cash", 2000, "year", 'stage = "senior"\ncategories = ["disabled", "rural_dibao", "orphan", "monitored", "difficult"]'),
    ("senior-fee", "senior_tuition_waiver", "waiver", 760, "year", 'stage = "senior"\ncategories = ["registered_poor", "disabled", "rural_dibao", "rural_tekun"]'),
    ("voc", "vocational_national_grant", "cash", 2000, "year", 'stage = "vocational"\ngrade = { to = 2 }\ncategories = ["registered_poor", "disabled", "rural_dibao", "rural_tekun", "orphan"]'),
    ("voc-fee", "vocational_tuition_waiver", "waiver", 2000, "year", 'stage = "vocational"'),
)  # fmt: skip
GROUPED = {"senior-a": "senior", "senior-b": "senior"}


def pack() -> str:
    """The twelve rules as a policy pack."""
    kinds = {programme: kind for _, programme, kind, *_ in RULES}
    stages = ", ".join(f'"{stage}"' for stage, *_ in STAGES)
    head = 'name = "bench"\ntitle = "十二条"\ndocument = "《十二条》"\nfirst_term = "2015-autumn"\n'
    programmes = "".join(
        f'[[programme]]\ncode = "{code}"\nlabel = "{code}"\nkind = "{kind}"\nstages = [{stages}]\n'
        for code, kind in kinds.items()
    )
    rules = "".join(
        f'[[rule]]\ncode = "{code}"\nprogramme = "{programme}"\nlabel = "{code}"\nclause = "一"\nquote = "{yuan}"\n'
        + (f'group = "{GROUPED[code]}"\n' if code in GROUPED else "")
        + f'amount = {{ yuan = {yuan}, per = "{per}" }}\nfunding = {{ sources = ["central", "province", "prefecture", "county"], weights = [50, 30, 10, 10] }}\n'
        f"[rule.when]\n{when}\n"
        for code, programme, _, yuan, per, when in RULES
    )
    return head + programmes + rules


def children(count: int):
    """Yield (stage, grade, boarding, categories, ownership, setting) of invented children, always the same."""
    chance = random.Random(11)
    names, weights = [stage for stage, *_ in STAGES], [share for *_, share in STAGES]
    years = {stage: grades for stage, grades, _ in STAGES}
    for stage in chance.choices(names, weights, k=count):
        mask = chance.choice(CATEGORIES) if chance.random() < 0.8 else 0
        if chance.random() < 0.05:
            mask |= chance.choice(CATEGORIES)
        yield (
            stage, chance.randrange(years[stage]) + 1, stage != "preschool" and chance.random() < 0.4, mask,
            "public" if chance.random() < 0.9 else "private", chance.choice(("urban", "town", "rural", "rural")),
        )  # fmt: skip


def fill() -> None:
    """Write the term, two hundred schools and the children into an empty database."""
    from django.utils import timezone

    from povertyedu import bulk
    from povertyedu.orgs.models import Area, School, Term
    from povertyedu.workflow.flow import SYSTEM
    from students.models import Enrolment, Student
    from subsidies.actions.policies import load_policy

    term = Term.objects.named(TERM)
    bulk.insert(Area, ("code", "name", "level", "parent_id", "is_poor_village"), [
        ("529901", "云岭县", "county", None, False), ("529901100", "城关镇", "township", "529901", False),
    ])  # fmt: skip
    schools = School.objects.bulk_create(
        School(code=f"21529{n:05d}", name=f"第{n}小学", kind="primary", ownership="public", setting="rural", area_id="529901100")
        for n in range(200)
    )  # fmt: skip
    now = timezone.now()
    text = ("name", "id_kind", "student_no_hash", "created_at", "updated_at", "id_number", "student_no", "phone", "is_left_behind", "sex", "ethnicity", "hukou", "home_address", "remark", "updated_by", "id_tail_hash")  # fmt: skip
    bulk.insert(Student, ("id", *text), (
        (pk, "学生", "none", f"{pk:032d}", now, now, "", "", "", False, "", "", "", "", "", "", "")
        for pk in range(1, CHILDREN + 1)
    ))  # fmt: skip
    columns = ("student_id", "term_id", "school_id", "stage", "grade", "boarding", "major", "agri_major", "place", "outside_school", "outside_region", "ownership", "setting", "school_area", "home_area", "categories", "status", "facts")  # fmt: skip
    bulk.insert(Enrolment, columns, (
        (pk, term.pk, schools[pk % 200].pk, stage, grade, boarding, "", False, "in_county", "", "", ownership, setting, "529901100000", "529901100000", mask, "studying", "{}")
        for pk, (stage, grade, boarding, mask, ownership, setting) in enumerate(children(CHILDREN), 1)
    ))  # fmt: skip
    load_policy(text=pack(), by=SYSTEM)
