"""Who heads a unit of the county, for papers that a head signs: read for many units in a fixed number of queries."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from dropout.enums import OF_SCHOOLS, Line, PlaceKind, UnitKind
from dropout.models import PledgeLevel, Post
from povertyedu.accounts.models import Grant
from povertyedu.accounts.permissions import Role
from povertyedu.options.registry import option
from povertyedu.orgs.calendar import today
from povertyedu.orgs.enums import AreaLevel
from povertyedu.orgs.models import Area, Person, School, SchoolClass

HEAD_TITLE = "校长"
AREA_LEVELS = {
    UnitKind.BUREAU: AreaLevel.COUNTY, UnitKind.TOWNSHIP: AreaLevel.TOWNSHIP, UnitKind.VILLAGE: AreaLevel.VILLAGE,
}  # fmt: skip
PLACE_KINDS = {
    UnitKind.BUREAU: PlaceKind.COUNTY, UnitKind.TOWNSHIP: PlaceKind.TOWNSHIP, UnitKind.VILLAGE: PlaceKind.VILLAGE,
}  # fmt: skip


class Head(NamedTuple):
    """Who signs for a unit; ``person`` None for somebody who is no person of the registry."""

    person: int | None
    name: str


NOBODY = Head(None, "")


class Unit(NamedTuple):
    """One unit that signs, and the unit above it: kind and key, None for the county's government."""

    kind: str
    key: Any
    name: str
    above: tuple[str, Any] | None
    above_name: str


def kind_of_school(school: School, centres: set[int]) -> UnitKind:
    """Return at which level ``school`` signs; ``centres``: schools that review others."""
    if school.pk in centres:
        return UnitKind.CENTRE
    return UnitKind.VILLAGE_SCHOOL if school.centre_id or school.parent_id else UnitKind.COUNTY_SCHOOL


@dataclass
class Units:
    """The units of the county that sign, by kind."""

    kinds: set[str]
    county: Area | None = None
    schools: dict[int, School] = field(default_factory=dict)
    school_kinds: dict[int, UnitKind] = field(default_factory=dict)

    def read(self) -> "Units":
        self.county = Area.objects.filter(level=AreaLevel.COUNTY).order_by("code").first()
        rows = School.objects.filter(is_open=True).exclude(code=School.OUTSIDE)
        self.schools = {school.pk: school for school in rows.select_related("area")}
        centres = {school.centre_id for school in self.schools.values() if school.centre_id}
        self.school_kinds = {pk: kind_of_school(school, centres) for pk, school in self.schools.items()}
        return self

    def all(self) -> Iterable[Unit]:
        """Yield every unit of the kinds asked for."""
        if self.county is None:
            return
        government = option("county_name") + "人民政府"
        if UnitKind.BUREAU in self.kinds:
            yield Unit(UnitKind.BUREAU, self.county.pk, option("bureau_name"), None, government)
        for kind in (UnitKind.TOWNSHIP, UnitKind.VILLAGE):
            if kind in self.kinds:
                yield from self._areas(kind, government)
        yield from self._schools()
        if UnitKind.CLASS in self.kinds:
            yield from self._classes()

    def _areas(self, kind: UnitKind, government: str) -> Iterable[Unit]:
        for area in Area.objects.standing().filter(level=AREA_LEVELS[kind]).select_related("parent"):
            if kind == UnitKind.TOWNSHIP:
                yield Unit(kind, area.pk, area.name, None, government)
            else:
                above = (UnitKind.TOWNSHIP, area.parent_id)
                yield Unit(kind, area.pk, area.path, above, f"{area.parent.name}人民政府")

    def _schools(self) -> Iterable[Unit]:
        bureau, bureau_name = (UnitKind.BUREAU, self.county.pk), option("bureau_name")
        for pk, school in self.schools.items():
            kind = self.school_kinds[pk]
            if kind not in self.kinds:
                continue
            above = self.schools.get(school.centre_id) or self.schools.get(school.parent_id)
            if kind == UnitKind.VILLAGE_SCHOOL and above:
                yield Unit(kind, pk, school.name, (self.school_kinds[above.pk], above.pk), above.name)
            else:
                yield Unit(kind, pk, school.name, bureau, bureau_name)

    def _classes(self) -> Iterable[Unit]:
        for one in SchoolClass.objects.filter(school__in=self.schools):
            school = self.schools[one.school_id]
            above = (self.school_kinds[school.pk], school.pk)
            yield Unit(UnitKind.CLASS, one.pk, f"{school.name} {one}", above, school.name)


class Heads:
    """Who heads which unit today: by the level's link where it names one, else as the registry says."""

    def __init__(self, levels: Iterable[PledgeLevel]):
        self._by_kind: dict[str, dict[Any, Head]] = {kind: self._usual(kind) for kind in UnitKind.values}
        for level in levels:
            if level.link_id:
                posts = Post.objects.on(today()).filter(link=level.link_id).order_by("since", "pk")
                held = posts.values_list(f"{level.unit_field}_id", "person_id", "person__name")
                self._by_kind[level.unit_kind] = {key: Head(*person) for key, *person in held}

    def of(self, unit: tuple[str, Any] | None) -> Head:
        return NOBODY if unit is None else self._by_kind[unit[0]].get(unit[1], NOBODY)

    def _usual(self, kind: str) -> dict[Any, Head]:
        if kind == UnitKind.CLASS:
            rows = SchoolClass.objects.exclude(homeroom_teacher=None)
            rows = rows.values_list("pk", "homeroom_teacher", "homeroom_teacher__name")
            return {key: Head(*person) for key, *person in rows}
        if kind in OF_SCHOOLS:
            return self._heads_of_schools()
        line = Line.EDUCATION if kind == UnitKind.BUREAU else Line.GOVERNMENT
        posts = Post.objects.on(today()).filter(
            link__line=line, link__place_kind=PLACE_KINDS[UnitKind(kind)], link__is_active=True
        )
        # of two links for one place (乡镇领导, 村干部) the lower one is the place's own
        held = posts.order_by("link__position", "since", "pk").values_list(
            "area_id", "person_id", "person__name"
        )
        return {key: Head(*person) for key, *person in held}

    def _heads_of_schools(self) -> dict[Any, Head]:
        if not hasattr(self, "_school_heads"):
            titled = Person.objects.filter(title=HEAD_TITLE, school__isnull=False).order_by("-pk")
            found = {
                school: Head(pk, name) for school, pk, name in titled.values_list("school", "pk", "name")
            }
            granted = Grant.objects.filter(role=Role.SCHOOL_HEAD, ended_at=None, user__is_active=True)
            rows = granted.order_by("pk").values_list("school", "user__person", "user__name")
            self._school_heads = found | {school: Head(*person) for school, *person in rows}
        return self._school_heads
