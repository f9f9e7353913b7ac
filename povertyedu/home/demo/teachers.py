"""Teachers of the demo: establishments, posts and places of the public schools, some short, some over, one request to decide."""

import datetime as dt
import random
from decimal import Decimal

from povertyedu.accounts.models import User
from povertyedu.accounts.permissions import Permission
from povertyedu.orgs.calendar import today
from povertyedu.orgs.enums import Ownership, SchoolKind, Setting
from povertyedu.orgs.models import Person, School
from povertyedu.sealing import keyed_hash
from teachers.actions import establishment
from teachers.actions.establishment import Authorised
from teachers.actions.roster import Entry, Posting, Service, take_in
from teachers.enums.establishment import StaffBasis
from teachers.enums.registry import Origin, Remoteness, Subject, Title
from teachers.models import SchoolPlace, StaffStandard, SubjectHours
from teachers.queries.need import StageNeed, apportion, school_needs

from .numbers import Numbers, birth_between
from .people import GIVEN, SEED, SURNAMES

DOCUMENT = "云编〔2025〕12号"
# Others than the state's three ratios: each kindergarten class and each class of a teaching point.
BY_CLASS = (("preschool", "2", 2000), ("primary", "1.5", 0), ("vocational", "3", 2000))
ORIGINS = (
    (Origin.OPEN_RECRUITMENT, 40), (Origin.SPECIAL_POST, 22), (Origin.PROVINCIAL_EXAM, 12), (Origin.COMMISSIONED, 8), (Origin.FUNDED_NORMAL, 6),
    (Origin.TRANSFER, 6), (Origin.OTHER, 6),
)  # fmt: skip
TITLES = ((Title.SENIOR, 18), (Title.FIRST, 38), (Title.SECOND, 32), (Title.NONE, 12))
SERVED_YEARS = 3


def staff_with_teachers() -> None:
    """Authorise posts by the standards and fill most of them; the village schools are short, the county seat has some to spare."""
    users = {user.username: user for user in User.objects.filter(username__in=["personnel", "approver"])}
    personnel = users["personnel"].as_actor(Permission.MANAGE_ESTABLISHMENT)
    establishment.take_state_standards(by=personnel)
    StaffStandard.objects.bulk_create(
        StaffStandard(stage=stage, basis=StaffBasis.CLASS, amount=Decimal(amount), small_up_to=small, since=dt.date(2020, 1, 1), document=DOCUMENT)
        for stage, amount, small in BY_CLASS
    )  # fmt: skip
    SubjectHours.objects.create(stage="preschool", subject=Subject.PRESCHOOL, lessons=20)
    SubjectHours.objects.create(stage="vocational", subject=Subject.VOCATIONAL, lessons=20)
    schools = School.objects.filter(is_open=True, ownership=Ownership.PUBLIC).order_by("pk")
    needs = [need for need in school_needs(list(schools), today()) if need.needed]
    rows = [
        Authorised(
            need.school.pk, need.needed + _to_spare(need.school, number), dt.date(2025, 3, 1), DOCUMENT
        )
        for number, need in enumerate(needs)
    ]
    establishment.authorise(by=personnel, rows=rows)
    _put_on_the_map([need.school for need in needs])
    posts = {row.school: row.posts for row in rows}
    take_in(by=personnel, new=Staffing(posts).entries(needs), changed=[])
    full = next(need.school for need in needs if need.school.kind == SchoolKind.PRIMARY)
    asked = establishment.ask_excess(
        by=personnel, school=full, posts=1, reason="二孩产假三人，需临时增加一名"
    )
    if by := users.get("approver"):
        establishment.approve_excess(by=by.as_actor(Permission.APPROVE_EXCESS), request=asked)
    establishment.ask_excess(by=personnel, school=needs[-1].school, posts=2, reason="寄宿生增加，需生活教师")


def _to_spare(school: School, number: int) -> int:
    return 3 if school.setting == Setting.URBAN else number % 3


def _put_on_the_map(schools: list[School]) -> None:
    """Give each school a place round the county seat, the further the more remote."""
    dice = random.Random(SEED + 21)
    rows = []
    for school in schools:
        ring = int(school.area_id[6:9]) - 100  # townships are numbered outwards
        far = min(
            4, ring // 3 + (school.kind == SchoolKind.TEACHING_POINT) + (school.setting == Setting.RURAL)
        )
        rows.append(
            SchoolPlace(
                school=school, latitude=Decimal(f"{25.1 + ring * 0.03 + dice.random() * 0.02:.5f}"),
                longitude=Decimal(f"{101.5 + (ring * 7 % 10) * 0.03 + dice.random() * 0.02:.5f}"),
                remoteness=Remoteness(0 if ring == 0 else max(1, far)),
                is_quality=school.setting == Setting.URBAN and "第一" in school.name,
            )
        )  # fmt: skip
    SchoolPlace.objects.bulk_create(rows)


class Staffing:
    """Makes up the teachers of each school, the same every time."""

    def __init__(self, posts: dict[int, int]):
        self.posts, self.dice = posts, random.Random(SEED + 20)
        self.lessons = SubjectHours.objects.by_stage()
        self.numbers, self.count = Numbers(random.Random(SEED + 22)), 0
        self.homeroom: dict[int, list[Person]] = {}
        for person in Person.objects.filter(title="班主任", teacher=None).order_by("pk"):
            self.homeroom.setdefault(person.school_id, []).append(person)

    def entries(self, needs) -> list[Entry]:
        return [entry for need in needs for stage in need.stages for entry in self._stage(need.school, stage)]

    def _stage(self, school: School, need: StageNeed) -> list[Entry]:
        share = self.dice.choice((1.0, 1.1, 1.2) if school.setting == Setting.URBAN else (0.7, 0.8, 0.9, 1.0))
        number = min(round((need.needed or 0) * share), self.posts[school.pk])
        self.posts[school.pk] -= number
        if need.is_small and need.stage == "primary":
            subjects = [Subject.ALL.value] * number
        else:
            shares = apportion(number, self.lessons.get(need.stage, {}))
            subjects = [subject for subject, each in shares.items() for _ in range(each)]
        return [self._entry(school, need.stage, subject) for subject in subjects]

    def _entry(self, school: School, stage: str, subject: str) -> Entry:
        dice, self.count = self.dice, self.count + 1
        sex = "女" if dice.random() < 0.62 else "男"
        born = birth_between(dice, dt.date(1968, 1, 1), dt.date(1999, 12, 31))
        began = dt.date(born.year + 22 + dice.randrange(3), 9, 1)
        origin = _drawn(dice, ORIGINS) if began.year > 2008 else Origin.OTHER
        since = max(began, dt.date(today().year - dice.randrange(1, 9), 9, 1))
        home = self.homeroom.get(school.pk)
        person = home.pop() if home else None
        number = self.numbers.identity(born, sex)
        facts = {
            "sex": "female" if sex == "女" else "male", "birth_on": born, "stage": stage, "subject": subject, "can_teach_all": subject == Subject.ALL,
            "title": _drawn(dice, TITLES) if today().year - began.year > 3 else Title.NONE, "backbone": dice.choices(["", "county", "prefecture", "province"], [90, 7, 2, 1])[0],
            "origin": origin, "began_on": began, "home_area": f"{school.area_id[:9]}" if dice.random() < 0.7 else None,
            "willing_remote": dice.random() < 0.15, "family_care": dice.random() < 0.08, "remark": None,
        }  # fmt: skip
        serves = origin == Origin.SPECIAL_POST and since.year > today().year - SERVED_YEARS
        name = person.name if person else dice.choice(SURNAMES) + "".join(dice.sample(GIVEN[sex], 2))
        return Entry(
            code=f"YL{self.count:05d}", name=name, id_number=number, facts=facts, posting=Posting(school.pk, since, None), state=None,
            service=Service("special_post", since, dt.date(since.year + SERVED_YEARS, 8, 31)) if serves else None,
            person=person and person.pk, id_hash=keyed_hash(number), moves=True,
        )  # fmt: skip


def _drawn(dice: random.Random, weighted):
    values, weights = zip(*weighted, strict=True)
    return dice.choices(values, weights)[0]
