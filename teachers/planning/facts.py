"""What a plan is made from: schools with their need, posts by subject, teachers. Plain data, one day's state.

Keys are the numbers of rows; no name of a person comes in here, so none can come out.
"""

import hashlib
import math
from dataclasses import dataclass, field
from functools import cached_property

EARTH_KM = 6371.0
TOWNSHIP_DIGITS = 9  # of a 12-digit place code: county 6, township 9, village 12


@dataclass(frozen=True, slots=True)
class School:
    """A school on the day: where it is, how hard it is to staff, and its staff against the standard (in teachers)."""

    id: int
    name: str
    area: str  # 12-digit place code
    lat: float | None
    lon: float | None
    remote: bool
    village: bool
    poor: bool  # in a poor village
    quality: bool
    need: int
    staff: int
    backbone: int  # of the staff


PostKey = tuple[int, str, str]


@dataclass(frozen=True, slots=True)
class Post:
    """What one school needs and has in one subject of one stage, in teachers."""

    school: int
    stage: str
    subject: str
    label: str  # as readers call it: 小学英语
    need: int
    staff: int

    @property
    def key(self) -> PostKey:
        return (self.school, self.stage, self.subject)

    @property
    def short(self) -> int:
        return max(0, self.need - self.staff)

    @property
    def spare(self) -> int:
        return max(0, self.staff - self.need)

    @property
    def is_bare(self) -> bool:
        """Needed and nobody there."""
        return self.staff == 0 and self.need > 0


@dataclass(frozen=True, slots=True)
class Teacher:
    id: int
    school: int
    stage: str
    subject: str
    all_subjects: bool  # 全科: may take any subject of the stage
    backbone: bool
    willing: bool  # to go to a remote school
    care: bool  # has a family to look after
    home: str  # 12-digit place code, "" when not known
    rested: bool  # neither away now nor last term

    @property
    def post(self) -> PostKey:
        return (self.school, self.stage, self.subject)


@dataclass(frozen=True)
class Facts:
    """One day's state of a county; ids are unique, every post and teacher names a school that is here."""

    schools: tuple[School, ...]
    posts: tuple[Post, ...]
    teachers: tuple[Teacher, ...]
    _km: dict[tuple[int, int], float | None] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def school(self) -> dict[int, School]:
        return {school.id: school for school in self.schools}

    @cached_property
    def post(self) -> dict[PostKey, Post]:
        return {post.key: post for post in self.posts}

    @cached_property
    def teacher(self) -> dict[int, Teacher]:
        return {teacher.id: teacher for teacher in self.teachers}

    def km(self, one: int, other: int) -> float | None:
        """Return the distance of two schools as the crow flies; None when the place of one is not known."""
        key = (one, other) if one < other else (other, one)
        if key not in self._km:
            self._km[key] = _distance(self.school[one], self.school[other])
        return self._km[key]

    @cached_property
    def digest(self) -> str:
        """Tell one state from another: 64 hex digits that depend on every fact, not on the order of rows."""
        seen = hashlib.sha256()
        for rows in (self.schools, self.posts, self.teachers):
            for line in sorted(repr(row) for row in rows):
                seen.update(line.encode())
        return seen.hexdigest()


def _distance(one: School, other: School) -> float | None:
    if one.lat is None or one.lon is None or other.lat is None or other.lon is None:
        return None
    lat, other_lat = math.radians(one.lat), math.radians(other.lat)
    across = math.sin((other_lat - lat) / 2) ** 2
    along = math.cos(lat) * math.cos(other_lat) * math.sin(math.radians(other.lon - one.lon) / 2) ** 2
    return round(2 * EARTH_KM * math.asin(math.sqrt(across + along)), 1)
