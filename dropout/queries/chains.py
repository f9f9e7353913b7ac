"""Both chains of one child, and of every child of a term in a number of queries that does not grow with the children.

The government line follows the household (户籍地), the education line the school (就读地). A child has the same
chains as all others of its household's village and its class, but for posts held for the child itself: so what is
lacking is worked out once for each village and each class.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import Q

from dropout.enums import AREA_DIGITS, Lack, Line, PlaceKind
from dropout.models import Case, ChainLink, Post
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Area, SchoolClass
from students.models import Enrolment

FEW = 50  # children around whom posts are asked for by name
SEAT_COLUMNS = ("home_area", "school_area", "school_id", "school__centre_id", "school_class_id")


Lacking = tuple[ChainLink, Lack]  # a link that leads to nobody, and why


class Seat(NamedTuple):
    """Where a child of a term stands; None or "" where nothing is registered."""

    home_area: str
    school_area: str
    school: int | None
    centre: int | None
    school_class: int | None

    @property
    def district(self) -> int | None:
        """The centre school that stands for the 学区; a school without one is its own."""
        return self.centre or self.school


class Holder(NamedTuple):
    """Who answers at one link; a 班主任 has no post of its own here."""

    person: int
    name: str
    phone: str
    title: str
    since: dt.date | None = None
    until: dt.date | None = None
    post: int | None = None


@dataclass(frozen=True)
class Step:
    """One link of a child's chain: the place, who answers there, or what is lacking."""

    link: ChainLink
    place: str
    holder: Holder | None
    lack: Lack | None


@dataclass(frozen=True)
class Chains:
    """Both chains of a child."""

    government: list[Step]
    education: list[Step]

    @property
    def responsible(self) -> Step | None:
        """The child's one responsible person (一生一责任人): the last link of the education line."""
        return self.education[-1] if self.education else None

    @property
    def lines(self) -> list[tuple[str, list[Step]]]:
        return [(Line.GOVERNMENT.label, self.government), (Line.EDUCATION.label, self.education)]

    @property
    def people(self) -> set[int]:
        return {step.holder.person for _, steps in self.lines for step in steps if step.holder}


def merged_areas() -> dict[str, str]:
    """Return the code of each area that was merged away -> that of the area that stands in its place now."""
    into = dict(Area.objects.exclude(merged_into=None).values_list("pk", "merged_into"))
    return {code: _last_of(code, into) for code in into}


def _last_of(code: str, into: dict[str, str]) -> str:
    while code in into:
        code = into[code]
    return code


def is_of_home(link: ChainLink) -> bool:
    """Whether the place of ``link`` follows from where the household is, of every other but a child's from the school."""
    return link.line == Line.GOVERNMENT and PlaceKind(link.place_kind) in AREA_DIGITS


def columns_of(link: ChainLink) -> tuple[str, ...]:
    """Return the columns of :data:`SEAT_COLUMNS` from which the place of ``link`` follows; none for a child's own."""
    if is_of_home(link):
        return ("home_area",)
    kind = PlaceKind(link.place_kind)
    if kind in AREA_DIGITS:
        return ("school_area",)
    return {
        PlaceKind.DISTRICT: ("school_id", "school__centre_id"), PlaceKind.SCHOOL: ("school_id",),
        PlaceKind.CLASS: ("school_class_id",), PlaceKind.CHILD: (),
    }[kind]  # fmt: skip


def key_of(link: ChainLink, seat: Seat, student: int, merged: dict[str, str]) -> Any:
    """Return the key of the place that ``link`` is held for where the child is; None where it has none."""
    kind = PlaceKind(link.place_kind)
    if kind in AREA_DIGITS:
        digits = AREA_DIGITS[kind]
        code = seat.home_area if is_of_home(link) else seat.school_area
        # a code of twelve digits that ends in zeros names the township (or the county), no village
        place = code[:digits]
        return merged.get(place, place) if place and not place.endswith("000") else None
    keys = {
        PlaceKind.DISTRICT: seat.district, PlaceKind.SCHOOL: seat.school, PlaceKind.CLASS: seat.school_class,
        PlaceKind.CHILD: student,
    }  # fmt: skip
    return keys[kind]


class Register:
    """Who is in office today at which place: links, mergers of places, posts and 班主任, read once, in four queries."""

    def __init__(
        self,
        *,
        near: Q | None = None,
        classes: Iterable[int | None] | None = None,
        merged: dict[str, str] | None = None,
    ):
        self.merged = merged_areas() if merged is None else merged
        self.links = list(ChainLink.objects.active())
        self.holders: dict[tuple[int, Any], Holder] = {}
        self._at_home: dict[str, list[Lacking]] = {}
        self._at_school: dict[Seat, list[Lacking]] = {}
        self.of_children = [link for link in self.links if link.place_kind == PlaceKind.CHILD]
        self.of_homes = [link for link in self.links if is_of_home(link)]
        of_others = {link.pk for link in (*self.of_children, *self.of_homes)}
        self.of_schools = [link for link in self.links if link.pk not in of_others]
        self._read_posts(Post.objects.filter(near) if near is not None else Post.objects.all())
        if any(link.from_homeroom for link in self.links):
            self._read_homerooms(classes)

    def _read_posts(self, posts) -> None:
        fields = {link.pk: link.place_field for link in self.links}
        given_up = {}
        rows = (
            posts.on(today())
            .filter(link__in=fields)
            .order_by("since", "pk")
            .values_list(
                "link_id", "area_id", "school_id", "school_class_id", "student_id", "student__merged_into_id",
                "person_id", "person__name", "person__phone", "person__title", "since", "until", "pk",
            )
        )  # fmt: skip
        for link, area, school, school_class, student, kept, *holder in rows.iterator():
            key = area or school or school_class or student
            if kept:  # held for a record that was merged into another: the kept record's own come first
                given_up[link, kept] = Holder(*holder)
            else:
                self.holders[link, key] = Holder(*holder)  # of two that overlap the later one
        self.holders = given_up | self.holders

    def _read_homerooms(self, classes) -> None:
        rows = SchoolClass.objects.exclude(homeroom_teacher=None)
        if classes is not None:
            rows = rows.filter(pk__in=[pk for pk in classes if pk])
        person = "homeroom_teacher"
        teachers = list(
            rows.values_list("pk", person, f"{person}__name", f"{person}__phone", f"{person}__title")
        )
        for link in self.links:
            if link.from_homeroom:
                self.holders |= {(link.pk, pk): Holder(*teacher) for pk, *teacher in teachers}

    def lacking(self, seat: Seat, student: int) -> list[Lacking]:
        """Return the links of the child's chains that lead to nobody; those of one line from the top down."""
        return [
            *self.lacking_at_home(seat.home_area),
            *self.lacking_at_school(seat._replace(home_area="")),
            *self._lacking(self.of_children, seat, student),
        ]

    def lacking_at_home(self, home_area: str) -> list[Lacking]:
        """Return the links that are lacking for every child of a village."""
        if home_area not in self._at_home:
            seat = Seat(home_area, "", None, None, None)
            self._at_home[home_area] = self._lacking(self.of_homes, seat, 0)
        return self._at_home[home_area]

    def lacking_at_school(self, seat: Seat) -> list[Lacking]:
        """Return the links that are lacking for every child of a class; ``seat`` names no home."""
        if seat not in self._at_school:
            self._at_school[seat] = self._lacking(self.of_schools, seat, 0)
        return self._at_school[seat]

    def _lacking(self, links, seat: Seat, student: int) -> list[Lacking]:
        found = []
        for link in links:
            key = key_of(link, seat, student, self.merged)
            if key is None or (link.pk, key) not in self.holders:
                found.append((link, Lack.NO_PLACE if key is None else Lack.VACANT))
        return found

    def chain(self, line: str, seat: Seat, student: int, names: dict) -> list[Step]:
        """Return the links of one line; ``names``: (column, key) -> how the place is called."""
        steps = []
        for link in self.links:
            if link.line != line:
                continue
            key = key_of(link, seat, student, self.merged)
            holder = self.holders.get((link.pk, key))
            lack = None if holder else Lack.NO_PLACE if key is None else Lack.VACANT
            steps.append(Step(link, names.get((link.place_field, key), ""), holder, lack))
        return steps


def chains_of(enrolment: Enrolment | Case) -> Chains:
    """Return both chains of the child of an enrolment, or of a case; five queries with school, centre and class read along."""
    seat, student = seat_of(enrolment), enrolment.student_id
    merged = merged_areas()
    codes = _codes_near([seat], merged)
    register = register_near({student: seat}, merged)
    names = {
        ("area", area.pk): area.path for area in Area.objects.filter(pk__in=codes).select_related("parent")
    }
    names["student", student] = enrolment.student.name
    if enrolment.school:
        names["school", seat.school] = enrolment.school.name
        if enrolment.school.centre:
            names["school", seat.centre] = enrolment.school.centre.name
    if enrolment.school_class:
        names["school_class", seat.school_class] = f"{enrolment.school} {enrolment.school_class}"
    return Chains(*(register.chain(line, seat, student, names) for line in Line))


def seat_of(row: Enrolment | Case) -> Seat:
    """Return where the child of ``row`` stands; its school is read along."""
    centre = row.school.centre_id if row.school else None
    return Seat(row.home_area, row.school_area, row.school_id, centre, row.school_class_id)


def register_near(seats: Mapping[int, Seat], merged: dict[str, str] | None = None) -> Register:
    """Return who is in office around a few children (student -> seat); around many, at every place."""
    if len(seats) > FEW:
        return Register(near=Q(student=None) | of_children_away(), merged=merged)
    merged = merged_areas() if merged is None else merged
    classes = [seat.school_class for seat in seats.values() if seat.school_class]
    near = (
        Q(area__in=_codes_near(seats.values(), merged))
        | Q(school__in={pk for seat in seats.values() for pk in (seat.school, seat.centre) if pk})
        | Q(school_class__in=classes)
        | Q(student__in=list(seats))
        | Q(student__merged_into__in=list(seats))
    )
    return Register(near=near, classes=classes, merged=merged)


def of_children_away() -> Q:
    """Return the condition that a post is held for a child with an open case, or for a record merged into it."""
    away = Case.objects.open().values("student")
    return Q(student__in=away) | Q(student__merged_into__in=away)


def _codes_near(seats: Iterable[Seat], merged: dict[str, str]) -> set[str]:
    areas = {code for seat in seats for code in (seat.home_area, seat.school_area)}
    codes = {code[:digits] for code in areas for digits in AREA_DIGITS.values()}
    return {merged.get(code, code) for code in codes}
