"""Townships, villages and schools of the fictional county, for any number of children."""

import math
from dataclasses import dataclass, field

from povertyedu.orgs.enums import Ownership, SchoolKind, Setting, Stage

from .numbers import REGION

SEAT = "城关镇"
TOWNSHIP_NAMES = (
    SEAT, "青石镇", "马场镇", "石桥镇", "龙潭乡", "松坪乡", "茶山乡", "白水乡", "云雾乡",
    "高坡镇", "双河镇", "落水乡", "黄泥乡", "大林镇", "平寨乡", "金沙镇", "望山乡", "长冲镇", "板桥镇", "花溪乡",
)  # fmt: skip
VILLAGE_NAMES = ("红星村", "下寨村", "上寨村", "水井村", "大坪村", "新田村", "岩脚村", "团结村")
POOR_VILLAGES = ("上寨村", "岩脚村")
CHILDREN_PER_TOWNSHIP = 1_333
FIRST_TOWNSHIP = 100


@dataclass(frozen=True)
class Village:
    code: str
    name: str
    township: "Township"

    @property
    def is_poor(self) -> bool:
        return self.name in POOR_VILLAGES and self.township.name != SEAT


@dataclass(eq=False)
class Township:
    """A township with its villages and schools; ``feeds`` says which schools its children may go to, by stage."""

    code: str
    name: str
    villages: list[Village] = field(default_factory=list, repr=False)
    feeds: dict[str, list["SchoolPlan"]] = field(default_factory=dict, repr=False)

    @property
    def is_seat(self) -> bool:
        return self.name == SEAT


@dataclass(eq=False)
class SchoolPlan:
    """A school as it will be registered. ``grades``: those it has; ``weight``: how many children choose it."""

    code: str
    name: str
    kind: SchoolKind
    stages: tuple[str, ...]
    ownership: Ownership
    setting: Setting
    township: Township = field(repr=False)
    takes_boarders: bool = False
    weight: float = 1.0
    last_grade: int = 9
    centre: "SchoolPlan | None" = field(default=None, repr=False)
    parent: "SchoolPlan | None" = field(default=None, repr=False)


_CODE_PREFIX = {
    SchoolKind.KINDERGARTEN: "11", SchoolKind.PRIMARY: "21", SchoolKind.TEACHING_POINT: "21", SchoolKind.JUNIOR: "31",
    SchoolKind.NINE_YEAR: "31", SchoolKind.COMPLETE: "34", SchoolKind.SENIOR: "34", SchoolKind.VOCATIONAL: "36",
}  # fmt: skip
_K, _P, _T, _J = SchoolKind.KINDERGARTEN, SchoolKind.PRIMARY, SchoolKind.TEACHING_POINT, SchoolKind.JUNIOR
_STAGES = {
    _K: (Stage.PRESCHOOL,), _P: (Stage.PRIMARY,), _T: (Stage.PRIMARY,), _J: (Stage.JUNIOR,),
    SchoolKind.NINE_YEAR: (Stage.PRIMARY, Stage.JUNIOR), SchoolKind.COMPLETE: (Stage.JUNIOR, Stage.SENIOR),
    SchoolKind.SENIOR: (Stage.SENIOR,), SchoolKind.VOCATIONAL: (Stage.VOCATIONAL,),
}  # fmt: skip
_PUBLIC, _INCLUSIVE, _PRIVATE = Ownership.PUBLIC, Ownership.INCLUSIVE_PRIVATE, Ownership.PRIVATE
# The county seat: name, kind, ownership, boarders, weight.
_SEAT_SCHOOLS = (
    ("云岭县第一幼儿园", _K, _PUBLIC, False, 3),
    ("云岭县第二幼儿园", _K, _PUBLIC, False, 2),
    ("金太阳双语幼儿园", _K, _PRIVATE, False, 1.5),
    ("小天使幼儿园", _K, _INCLUSIVE, False, 1.5),
    ("城关镇中心小学", _P, _PUBLIC, True, 3),
    ("云岭县第一小学", _P, _PUBLIC, False, 3),
    ("云岭县第二小学", _P, _PUBLIC, False, 2.5),
    ("城关镇下寨小学", _P, _PUBLIC, False, 0.8),
    ("城关镇上寨教学点", _T, _PUBLIC, False, 0.2),
    ("云岭县第三中学", _J, _PUBLIC, True, 3),
    ("云岭民族中学", SchoolKind.COMPLETE, _PUBLIC, True, 3),
    ("云岭县第一中学", SchoolKind.SENIOR, _PUBLIC, True, 4),
    ("博雅高级中学", SchoolKind.SENIOR, _PRIVATE, True, 1),
    ("云岭县中等职业学校", SchoolKind.VOCATIONAL, _PUBLIC, True, 3),
)
# Every other township; {t} is its stem. The kinds of the optional ones change from township to township.
_TOWNSHIP_SCHOOLS = (
    ("{T}中心幼儿园", _K, _PUBLIC, False, 2),
    ("{T}中心小学", _P, _PUBLIC, True, 3),
    ("{T}下寨小学", _P, _PUBLIC, False, 1.2),
)
_RURAL_SEAT_SCHOOLS = ("城关镇下寨小学", "城关镇上寨教学点")


class Places:
    """The county's areas and schools. ``children`` decides how many townships it takes."""

    def __init__(self, children: int):
        wanted = round(children / CHILDREN_PER_TOWNSHIP)
        self.townships = [self._township(index) for index in range(min(90, max(3, wanted)))]
        self.schools: list[SchoolPlan] = []
        for index, township in enumerate(self.townships):
            self._found_schools(township, index)
        self.seat = self.townships[0]
        self._share_what_few_have()

    @property
    def villages(self) -> list[Village]:
        return [village for township in self.townships for village in township.villages]

    def school(self, name: str) -> SchoolPlan:
        return next(school for school in self.schools if school.name == name)

    @staticmethod
    def _township(index: int) -> Township:
        rounds, place = divmod(index, len(TOWNSHIP_NAMES))
        name = TOWNSHIP_NAMES[place]
        if rounds:  # a bench needs more townships than there are names
            name = f"{'东西南北'[rounds - 1]}{name}"
        township = Township(f"{REGION}{FIRST_TOWNSHIP + index}", name)
        township.villages = [
            Village(f"{township.code}{number:03d}", village, township)
            for number, village in enumerate(VILLAGE_NAMES, 1)
        ]
        return township

    def _found_schools(self, township: Township, index: int) -> None:
        if township.is_seat:
            for school in _SEAT_SCHOOLS:
                setting = Setting.RURAL if school[0] in _RURAL_SEAT_SCHOOLS else Setting.URBAN
                self._found(township, setting, *school)
        else:
            town = Setting.TOWN if township.name.endswith("镇") else Setting.RURAL
            for name, *rest in _TOWNSHIP_SCHOOLS:
                setting = Setting.RURAL if "下寨" in name else town
                self._found(township, setting, name.format(T=township.name), *rest)
            if index % 2:
                self._found(township, town, f"{township.name}向阳幼儿园", _K, _INCLUSIVE, False, 1)
            if index % 3 == 0:
                name = f"{township.name}九年一贯制学校"
                self._found(township, town, name, SchoolKind.NINE_YEAR, _PUBLIC, True, 1.2)
            else:
                self._found(township, town, f"{township.name}初级中学", _J, _PUBLIC, True, 3)
            if index % 4 != 3:
                self._found(township, Setting.RURAL, f"{township.name}上寨教学点", _T, _PUBLIC, False, 0.3)
        self._name_reviewers(township)

    def _found(self, township, setting, name, kind, ownership, boarders, weight) -> SchoolPlan:
        code = f"{_CODE_PREFIX[kind]}52{len(self.schools) + 1:06d}"
        school = SchoolPlan(
            code, name, kind, tuple(_STAGES[kind]), ownership, setting, township, boarders, weight
        )
        if kind == SchoolKind.TEACHING_POINT:
            school.last_grade = 3
        self.schools.append(school)
        for stage in school.stages:
            township.feeds.setdefault(stage, []).append(school)
        return school

    def _name_reviewers(self, township: Township) -> None:
        """The centre school reviews the township's kindergartens, primaries and points; others report to the office."""
        here = [school for school in self.schools if school.township is township]
        centre = next(school for school in here if school.name.endswith("中心小学"))
        for school in here:
            if school is not centre and school.kind in (_K, _P, _T):
                school.centre = centre
            if school.kind == SchoolKind.TEACHING_POINT:
                school.parent = centre

    def _share_what_few_have(self) -> None:
        """Senior and vocational schools are in the county seat only; one serves about 4,000 children of the county."""
        more = math.ceil(len(self.townships) / 20) - 1
        for number in range(more):
            name = f"云岭县第{'四五六七八'[number]}中学"
            self._found(self.seat, Setting.URBAN, name, SchoolKind.SENIOR, _PUBLIC, True, 4)
        for township in self.townships[1:]:
            for stage in (Stage.SENIOR, Stage.VOCATIONAL):
                township.feeds[stage] = self.seat.feeds[stage]
