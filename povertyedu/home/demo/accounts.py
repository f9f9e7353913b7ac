"""Accounts of the demo: one per role for the visitor, and a clerk for every school so that its sheets get reported."""

import random
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from povertyedu.accounts.models import Grant, User
from povertyedu.accounts.permissions import ROLES, Role
from povertyedu.orgs.models import Area, Person, School, SchoolClass, Term

from .numbers import REGION
from .people import GIVEN, SEED, SURNAMES

PASSWORD = "Yunling#2026"  # printed on the screen and in the README: these accounts exist in the demo only
TOWNSHIP = f"{REGION}101"
VILLAGE = f"{TOWNSHIP}001"
SCHOOL = "青石镇中心小学"


@dataclass(frozen=True)
class DemoAccount:
    """An account a visitor may log in with; ``place`` is county, township, village, school or class."""

    username: str
    name: str
    role: Role
    place: str = "county"


ACCOUNTS = (
    DemoAccount("aid", "周敏", Role.AID_OFFICER),
    DemoAccount("approver", "李建国", Role.APPROVER),
    DemoAccount("finance", "王会芳", Role.FINANCE),
    DemoAccount("leader", "赵立新", Role.LEADER),
    DemoAccount("data", "陈思远", Role.DATA_ADMINISTRATOR),
    DemoAccount("clerk", "杨丽", Role.SCHOOL_CLERK, "school"),
    DemoAccount("centre", "何志明", Role.CENTRE_REVIEWER, "school"),
    DemoAccount("head", "吴国强", Role.SCHOOL_HEAD, "school"),
    DemoAccount("teacher", "罗雪", Role.CLASS_TEACHER, "class"),
    DemoAccount("township", "石磊", Role.TOWNSHIP_OFFICER, "township"),
    DemoAccount("village", "韦明", Role.VILLAGE_CADRE, "village"),
    DemoAccount("basic", "宋静", Role.BASIC_EDUCATION_OFFICER),
    DemoAccount("project", "唐军", Role.PROJECT_OFFICER),
    DemoAccount("personnel", "冯艳", Role.PERSONNEL_OFFICER),
    DemoAccount("sysadmin", "邓超", Role.SYSTEM_ADMINISTRATOR),
    DemoAccount("secadmin", "萧红", Role.SECURITY_ADMINISTRATOR),
    DemoAccount("auditor", "谭勇", Role.AUDIT_ADMINISTRATOR),
)


def table() -> list[tuple[str, str, str, str]]:
    """Return (role, place, username, name) of each visitor's account, as it is printed."""
    places = {
        "county": "全县",
        "township": "青石镇",
        "village": "青石镇红星村",
        "school": SCHOOL,
        "class": f"{SCHOOL}五年级1班",
    }
    return [(ROLES[a.role].label, places[a.place], a.username, a.name) for a in ACCOUNTS]


def staff_the_schools() -> None:
    """Give every class a homeroom teacher and every school a head, as people without accounts."""
    dice = random.Random(SEED + 1)
    classes = list(SchoolClass.objects.filter(homeroom_teacher=None).order_by("pk"))
    teachers = [Person(name=_name(dice), title="班主任", school_id=each.school_id) for each in classes]
    heads = [
        Person(name=_name(dice), title="校长", school=school) for school in School.objects.order_by("pk")
    ]
    Person.objects.bulk_create(teachers + heads)
    for each, teacher in zip(classes, teachers, strict=True):
        each.homeroom_teacher = teacher
    SchoolClass.objects.bulk_update(classes, ["homeroom_teacher"], batch_size=500)


def open_accounts(term: Term) -> None:
    """Make the visitor's accounts, and a clerk and a reviewer for every other school that needs one."""
    school = School.objects.get(name=SCHOOL)
    # the class of 罗小雨 in autumn; the roster of autumn will find it there
    first_class, _ = SchoolClass.objects.get_or_create(school=school, stage="primary", grade=5, name="1班")
    places = {
        "county": {"area": Area.objects.get(pk=REGION)},
        "township": {"area": Area.objects.get(pk=TOWNSHIP)},
        "village": {"area": Area.objects.get(pk=VILLAGE)},
        "school": {"school": school},
        "class": {"school_class": first_class},
    }
    wanted = [(a.username, a.name, a.role, places[a.place]) for a in ACCOUNTS]
    dice = random.Random(SEED + 2)
    for other in School.objects.exclude(pk=school.pk).order_by("code"):
        wanted.append((f"clerk{other.code}", _name(dice), Role.SCHOOL_CLERK, {"school": other}))
    for centre in (
        School.objects.exclude(pk=school.pk).exclude(reviewed_schools=None).distinct().order_by("code")
    ):
        wanted.append((f"centre{centre.code}", _name(dice), Role.CENTRE_REVIEWER, {"school": centre}))
    people = Person.objects.bulk_create(
        Person(name=name, title=ROLES[role].label, school=place.get("school"), area=place.get("area"))
        for _, name, role, place in wanted
    )
    teacher = people[[role for _, _, role, _ in wanted].index(Role.CLASS_TEACHER)]
    SchoolClass.objects.filter(pk=first_class.pk).update(homeroom_teacher=teacher)
    # One password for all, hashed once: sixty slow hashes would be half of the demo's start.
    password, now = make_password(PASSWORD), timezone.now()
    users = User.objects.bulk_create(
        User(
            username=username, name=name, password=password, person=person, must_change_password=False,
            password_changed_at=now, current_term=term,
        )
        for (username, name, _, _), person in zip(wanted, people, strict=True)
    )  # fmt: skip
    Grant.objects.bulk_create(
        Grant(user=user, role=role, granted_by="演示数据", **place)
        for user, (_, _, role, place) in zip(users, wanted, strict=True)
    )


def _name(dice: random.Random) -> str:
    return dice.choice(SURNAMES) + "".join(dice.sample(GIVEN[dice.choice("男女")], 2))
