"""A county's school year as raw events, drawn from a seed. Imports nothing of the system.

Two terms of schooldays from Monday to Friday. Children belong to a village and a class; some stay away for a day, some
for weeks, some until somebody brings them back, some for good. Posts of both lines fall vacant when their holders leave,
and are filled again late or never. Children move between schools and villages.
"""

import datetime as dt
import random
from dataclasses import dataclass, field

DAY = dt.timedelta(days=1)
TERMS = (
    ("2025-autumn", dt.date(2025, 9, 1), dt.date(2026, 1, 31)),
    ("2026-spring", dt.date(2026, 2, 15), dt.date(2026, 7, 15)),
)
# The links of 双线三级 (Linxia 二（二）3), and what each is held for.
GOVERNMENT = (("县领导包乡镇", "township"), ("乡镇领导包村", "village"), ("村干部包户", "village"))
EDUCATION = (("局长包学区", "centre"), ("校长包班级", "class"), ("班主任包学生", "class"))


@dataclass(frozen=True)
class Class:
    number: int
    school: int
    stage: str
    grade: int


@dataclass(frozen=True)
class Child:
    number: int
    village: int
    in_class: int
    birth: dt.date


@dataclass(frozen=True)
class Post:
    """Somebody at a link for a place (kind, number), from a day to a day."""

    link: str
    place: tuple[str, int]
    person: str
    since: dt.date
    until: dt.date | None = None


@dataclass(frozen=True)
class Absence:
    """A child away from ``first`` to ``last``, both school days; on leave, or without a word."""

    child: int
    first: dt.date
    last: dt.date
    leave: bool


@dataclass(frozen=True)
class Lie:
    """Somebody says early on ``on`` that the child is back, who goes on staying away; a second one may bear it out at once."""

    absence: Absence
    on: dt.date
    borne_out: bool


@dataclass(frozen=True)
class Move:
    """A child in a class of another school from ``on``."""

    child: int
    on: dt.date
    to_class: int


@dataclass
class Year:
    townships: int
    villages: dict[int, int] = field(default_factory=dict)  # village -> township
    schools: dict[int, int] = field(
        default_factory=dict
    )  # school -> township; the first of each is the centre
    classes: dict[int, Class] = field(default_factory=dict)
    children: dict[int, Child] = field(default_factory=dict)
    posts: list[Post] = field(default_factory=list)
    absences: list[Absence] = field(default_factory=list)
    lies: list[Lie] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)

    def centre(self, school: int) -> int:
        return next(each for each, town in self.schools.items() if town == self.schools[school])


def school_days(first: dt.date, last: dt.date) -> list[dt.date]:
    days = []
    while first <= last:
        if first.weekday() < 5 and any(start <= first <= end for _, start, end in TERMS):
            days.append(first)
        first += DAY
    return days


def all_days() -> list[dt.date]:
    return [TERMS[0][1] + number * DAY for number in range((TERMS[-1][2] - TERMS[0][1]).days + 1)]


def draw_year(children: int, *, seed: int) -> Year:
    """Draw a year for about so many children; the same seed draws the same year."""
    chance = random.Random(seed)
    year = Year(townships=max(2, children // 500))
    _draw_places(year, children)
    for number in range(children):
        in_class = year.classes[number % len(year.classes)]
        year.children[number] = Child(
            number, chance.randrange(len(year.villages)), in_class.number,
            dt.date(2019 - in_class.grade - (6 if in_class.stage == "junior" else 0), chance.randint(1, 8), 15),
        )  # fmt: skip
    _draw_posts(year, chance)
    for number in range(children):
        _draw_absences(year, number, chance)
    _draw_moves(year, chance)
    _tell_lies(year)
    return year


def _draw_places(year: Year, children: int) -> None:
    for township in range(year.townships):
        for _ in range(5):
            year.villages[len(year.villages)] = township
        for _ in range(3):
            year.schools[len(year.schools)] = township
    per_school = max(2, children // len(year.schools) // 35)
    for school in year.schools:
        junior = school % 3 == 2
        for place in range(per_school):
            years = 3 if junior else 6
            grade = years - place % years  # the last grades first: whose retention is counted
            number = len(year.classes)
            year.classes[number] = Class(number, school, "junior" if junior else "primary", grade)


def _places(year: Year, kind: str) -> list[int]:
    return {
        "township": list(range(year.townships)), "village": list(year.villages), "class": list(year.classes),
        "centre": sorted({year.centre(school) for school in year.schools}),
    }[kind]  # fmt: skip


def _draw_posts(year: Year, chance: random.Random) -> None:
    """Fill every post but a few; some fall vacant in the year, of those some are filled again."""
    start, end = TERMS[0][1], TERMS[-1][2]
    for link, kind in GOVERNMENT + EDUCATION:
        for place in _places(year, kind):
            name = f"{link}{place}"
            fate = chance.random()
            if fate < 0.03:
                continue
            if fate > 0.15:
                year.posts.append(Post(link, (kind, place), name, start))
                continue
            leaves = start + chance.randrange(20, 250) * DAY
            year.posts.append(Post(link, (kind, place), name, start, leaves))
            follows = leaves + chance.randrange(1, 90) * DAY
            if chance.random() < 0.6 and follows <= end:
                year.posts.append(Post(link, (kind, place), f"{name}后任", follows))


def _draw_absences(year: Year, child: int, chance: random.Random) -> None:
    """Draw at most two absences in each term: short ones often, long ones seldom, some on leave.

    Who stayed away for weeks once does not stay away again, so that the account of who is out on a day stays plain.
    """
    for _, start, end in TERMS:
        days = school_days(start, end)
        place = chance.randrange(0, 30)
        for _ in range(2):
            kind = chance.random()
            length = chance.randint(1, 3) if kind < 0.03 else chance.randint(4, 9) if kind < 0.04 else 0
            if kind > 0.99:
                length = chance.randint(10, 60)
            if length and place + length < len(days) - 1:
                leave = chance.random() < 0.4
                year.absences.append(Absence(child, days[place], days[place + length - 1], leave))
                if length > 9:
                    return
            place += length + chance.randrange(2, 40)
            if place >= len(days):
                break


def _tell_lies(year: Year) -> None:
    """Of the long absences tell of every second child before the class is entered, three or five weeks in, that it is back."""
    for number, absence in enumerate(each for each in year.absences if not each.leave):
        days = school_days(absence.first, absence.last)
        for told in (15, 28):
            if len(days) > told + 1 and number % 2:
                year.lies.append(Lie(absence, days[told], borne_out=number % 4 == 1))


def _draw_moves(year: Year, chance: random.Random) -> None:
    """Move one child in fifty to another school of its stage, on a school day when it is not away."""
    days = school_days(TERMS[0][1], TERMS[0][2])
    for child in year.children.values():
        on = days[chance.randrange(30, len(days) - 10)]
        away = any(each.child == child.number and each.last > on - 14 * DAY for each in year.absences)
        old = year.classes[child.in_class]
        others = [
            each.number
            for each in year.classes.values()
            if (each.stage, each.grade) == (old.stage, old.grade) and each.school != old.school
        ]
        if others and not away and chance.random() < 0.05:
            year.moves.append(Move(child.number, on, chance.choice(others)))
