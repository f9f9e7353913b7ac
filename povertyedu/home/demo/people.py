"""Families of the fictional county, their children, and where each child learns in the two terms.

Nobody here exists; names are drawn from lists, numbers from :mod:`.numbers`.
"""

import datetime as dt
import math
import random
from collections import defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

from povertyedu.orgs.enums import Stage

from .numbers import Numbers, birth_between
from .places import Places, SchoolPlan, Village

SPRING, AUTUMN = "2026-spring", "2026-autumn"
TERMS = (SPRING, AUTUMN)
SCHOOL_YEAR = 2025  # of SPRING: it began in September 2025
CLASS_SIZE = 45
SEED = 529901

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕丁任卢姚沈钟姜崔谭陆汪廖石金韦贾夏付方邹熊白孟秦江尹"
GIVEN = {
    "男": "伟强磊军洋勇涛明超刚华鹏飞宇浩然俊博文晨嘉豪一诺杰志国建龙凯轩",
    "女": "芳娜敏静丽艳娟秀霞英玉萍红欣梓涵雨思佳怡诗琪可馨若溪婷雪慧兰",
}
ETHNICITIES = ("汉族",) * 11 + ("布依族",) * 4 + ("苗族",) * 3 + ("水族", "侗族")
MAJORS = (("现代农艺技术", True), ("畜禽生产技术", True), ("汽车运用与维修", False), ("护理", False),
          ("计算机应用", False), ("幼儿保育", False), ("旅游服务与管理", False))  # fmt: skip
# Level (for the age), school, where it is, stage and grade of children who learn away.
AWAY = (
    (10, "遵义市外来工子女学校", "贵州省遵义市", Stage.JUNIOR, 1), (15, "贵阳学院", "贵州省贵阳市", Stage.BACHELOR, 1),
    (6, "遵义市外来工子女学校", "贵州省遵义市", Stage.PRIMARY, 3), (14, "广州市第九十九中学", "广东省广州市", Stage.SENIOR, 2),
)  # fmt: skip
NOT_EXITED, ENJOYING, NOT_ENJOYING = "未脱贫", "已脱贫享受政策", "已脱贫不享受政策"
# Level 0 enters kindergarten in AUTUMN; 1 to 3 are in kindergarten in SPRING, 4 to 9 in primary school, and so on.
LEVELS = 16


class Seat(NamedTuple):
    """Where a child learns in a term."""

    school: SchoolPlan
    stage: Stage
    grade: int
    boarding: bool = False


class Away(NamedTuple):
    """Where a child of the county learns in another one, and what that county has said of aid, by the list's words."""

    school: str
    region: str
    stage: Stage
    grade: int
    answer: str


@dataclass(eq=False)
class Family:
    """A household; ``exit_status`` is "" when it is not on the list of registered poor."""

    village: Village
    surname: str
    guardian: str
    guardian_birth: dt.date
    guardian_id: str
    relation: str = "父母"
    number: str = ""
    exit_status: str = ""
    identified: str = "201604"
    children: list["Child"] = field(default_factory=list, repr=False)


@dataclass(eq=False)
class Child:
    """A child with its numbers, hardships by the words of the lists, and its seat in each term."""

    name: str
    sex: str
    birth: dt.date
    id_number: str
    student_no: str
    family: Family = field(repr=False)
    level: int
    ethnicity: str = "汉族"
    hukou: str = "农业"
    phone: str = ""
    left_behind: bool = False
    holder: str = ""
    account: str = ""
    remark: str = ""
    major: tuple[str, bool] = ("", False)
    vocational: bool = False
    hardships: tuple[str, ...] = ()  # sheets of the categories workbook
    seats: dict[str, Seat] = field(default_factory=dict, repr=False)
    classes: dict[str, str] = field(default_factory=dict, repr=False)
    away: Away | None = None  # in AUTUMN
    person_no: str = ""
    unlisted: tuple[str, ...] = ()  # terms whose lists lack this child
    off_target: bool = False

    def entered(self, term: str) -> str:
        """Year and month of entering the stage the child is at in ``term``, as rosters write it."""
        year = SCHOOL_YEAR + (term == AUTUMN)
        return f"{year - self.seats[term].grade + 1}09"


def stage_of(level: int, vocational: bool) -> tuple[Stage, int]:
    """Return stage and grade of a level from 1 to 15."""
    for stage, first, years in ((Stage.PRESCHOOL, 1, 3), (Stage.PRIMARY, 4, 6), (Stage.JUNIOR, 10, 3)):
        if level < first + years:
            return stage, level - first + 1
    return (Stage.VOCATIONAL if vocational else Stage.SENIOR), level - 12


def birth_years(level: int) -> tuple[dt.date, dt.date]:
    """Return the first and last birth date of a level: six years old at the start of the first grade."""
    year = SCHOOL_YEAR - level - 3
    return dt.date(year, 9, 1), dt.date(year + 1, 8, 31)


class People:
    """All families and children, about ``children`` of them in school in each term."""

    def __init__(self, places: Places, children: int, seed: int = SEED):
        self.places = places
        self.dice = random.Random(seed)
        self.numbers = Numbers(self.dice)
        self.reserved: set[str] = set()  # names of children in stories
        self.families: list[Family] = []
        self.children: list[Child] = []
        self._villages = [
            v
            for township in places.townships
            for v in township.villages
            for _ in range(4 if township.is_seat else 1)
        ]
        self._target = math.ceil(children * LEVELS / (LEVELS - 1))

    def settle(self) -> "People":
        """Fill the county up, on top of whoever was added before, and put everybody into classes."""
        while len(self.children) < self._target:
            self._family()
        self._form_classes()
        self._send_away()
        return self

    # --- families -------------------------------------------------------------------------------

    def add_family(self, village: Village, surname: str, **fields) -> Family:
        """Add a household with one guardian, registered poor when ``exit_status`` says so."""
        birth = birth_between(self.dice, dt.date(1976, 1, 1), dt.date(1992, 12, 31))
        sex = self.dice.choice("男女")
        family = Family(
            village, surname, self._name(surname, sex), birth, self.numbers.identity(birth, sex), **fields
        )
        if family.exit_status:
            family.number = self.numbers.household()
        self.families.append(family)
        return family

    def add_child(self, family: Family, level: int, *, name: str = "", sex: str = "", **fields) -> Child:
        """Add a child of ``level`` with numbers, an account of its own or its guardian's, and seats in both terms."""
        dice = self.dice
        sex = sex or dice.choice("男女")
        birth = birth_between(dice, *birth_years(level))
        number = self.numbers.identity(birth, sex)
        child = Child(
            name or self._name(family.surname, sex), sex, birth, number, f"G{number}", family, level,
            ethnicity=dice.choice(ETHNICITIES), phone=self.numbers.phone(), account=self.numbers.account(),
            vocational=dice.random() < 0.35, major=dice.choice(MAJORS),
        )  # fmt: skip
        child.holder = child.name if level > 6 else family.guardian
        child.hukou = "非农业" if family.village.township.is_seat and dice.random() < 0.5 else "农业"
        for key, value in fields.items():
            setattr(child, key, value)
        if not child.seats and not child.away:
            self._seat(child)
        if child.family.exit_status:
            child.person_no = self.numbers.person()
        family.children.append(child)
        self.children.append(child)
        return child

    def _name(self, surname: str, sex: str) -> str:
        while True:
            given = "".join(self.dice.sample(GIVEN[sex], 1 if self.dice.random() < 0.15 else 2))
            if surname + given not in self.reserved:
                return surname + given

    def _family(self) -> None:
        dice = self.dice
        village = dice.choice(self._villages)
        poor = dice.random() < (0.24 if village.is_poor else 0.05 if village.township.is_seat else 0.12)
        status = dice.choices((ENJOYING, NOT_ENJOYING, NOT_EXITED), (80, 13, 7))[0] if poor else ""
        month = dice.choice(("201404", "201512", "201604", "201706", "201812", "201910"))
        family = self.add_family(village, dice.choice(SURNAMES), exit_status=status, identified=month)
        for level in dice.sample(range(LEVELS), dice.choices((1, 2, 3), (45, 42, 13))[0]):
            child = self.add_child(family, level)
            self._burden(child)

    def _burden(self, child: Child) -> None:
        """Give hardships and gaps in the papers to some, at about the rates of a real roster."""
        dice = self.dice
        rates = (
            ("持证残疾人", 0.012),
            ("农村低保", 0.03),
            ("农村特困", 0.005),
            ("孤儿", 0.003),
            ("烈士子女", 0.0008),
        )
        child.hardships = tuple(sheet for sheet, rate in rates if dice.random() < rate)
        child.left_behind = dice.random() < 0.15
        child.off_target = dice.random() < 0.06
        if dice.random() < 0.03:
            child.holder = child.account = ""
        elif dice.random() < 0.006:
            child.holder = self._name(dice.choice(SURNAMES), "男")
        if child.level <= 4 and dice.random() < 0.006:
            child.student_no = self.numbers.without_identity(child.birth)
            child.id_number = ""

    def _send_away(self) -> None:
        """Add some registered-poor children who learn in other counties; some have been answered for."""
        dice = self.dice
        for number in range(max(6, self._target // 300)):
            level, school, region, stage, grade = AWAY[number % len(AWAY)]
            answer = ("", "是", "", "否", "待核实")[number % 5]
            family = self.add_family(dice.choice(self._villages), dice.choice(SURNAMES), exit_status=ENJOYING)
            self.add_child(family, level, away=Away(school, region, stage, grade, answer))

    # --- schools and classes --------------------------------------------------------------------

    def _seat(self, child: Child) -> None:
        """Seat the child in spring, then promote it: most stay, some move, some leave, the oldest graduate."""
        dice = self.dice
        if child.level:
            child.seats[SPRING] = self._choose(child, *stage_of(child.level, child.vocational))
        if child.level + 1 >= LEVELS or dice.random() < 0.01 or (child.level == 12 and dice.random() < 0.05):
            return
        stage, grade = stage_of(child.level + 1, child.vocational)
        before = child.seats.get(SPRING)
        stays = before and stage in before.school.stages and grade <= before.school.last_grade
        if stays and dice.random() > 0.02:
            child.seats[AUTUMN] = before._replace(stage=stage, grade=grade)
        else:
            child.seats[AUTUMN] = self._choose(child, stage, grade)

    def _choose(self, child: Child, stage: Stage, grade: int) -> Seat:
        """Choose a school of the home township, now and then one of the county seat; and whether to board."""
        dice = self.dice
        home = child.family.village.township
        if not home.is_seat and stage in (Stage.PRIMARY, Stage.JUNIOR) and dice.random() < 0.07:
            home = self.places.seat
        fitting = [s for s in home.feeds[stage] if grade <= s.last_grade]
        school = dice.choices(fitting, [s.weight for s in fitting])[0]
        rate = {
            Stage.PRIMARY: 0.3 if grade >= 3 else 0,
            Stage.JUNIOR: 0.6,
            Stage.SENIOR: 0.8,
            Stage.VOCATIONAL: 0.85,
        }
        far = school.township is not child.family.village.township or not home.is_seat
        chance = rate.get(stage, 0) * (1 if far else 0.4)
        return Seat(school, stage, grade, school.takes_boarders and dice.random() < chance)

    def _form_classes(self) -> None:
        """Cut each grade of a school into classes of at most ``CLASS_SIZE``, children dealt out in turn."""
        for term in TERMS:
            grades = defaultdict(list)
            for child in self.children:
                if seat := child.seats.get(term):
                    grades[seat.school.code, seat.stage, seat.grade].append(child)
            for children in grades.values():
                count = math.ceil(len(children) / CLASS_SIZE)
                for turn, child in enumerate(children):
                    child.classes[term] = f"{turn % count + 1}班"

    def of(self, term: str) -> list[Child]:
        return [child for child in self.children if term in child.seats]
