"""How many teachers a school should have, has and lacks, by stage and by subject: standard times pupils against staff."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from povertyedu.orgs.enums import SchoolKind, Stage
from povertyedu.orgs.models import School
from teachers.enums.establishment import StaffBasis
from teachers.enums.registry import Subject
from teachers.models import StaffStandard, SubjectHours

from .staff import Worker, working_at

WHOLE = Decimal(1)
FULL_SUBJECT_STAGES = (Stage.PRIMARY, Stage.JUNIOR)
NO_STANDARD = "这个学段还没有定标准"


@dataclass(frozen=True)
class SubjectNeed:
    """One subject of a stage: how many of the need fall to it by its lessons a week, and how many teach it."""

    subject: str
    needed: int
    staff: int

    @property
    def label(self) -> str:
        return Subject(self.subject).label

    @property
    def shortage(self) -> int:
        return max(0, self.needed - self.staff)

    @property
    def surplus(self) -> int:
        return max(0, self.staff - self.needed)


@dataclass
class StageNeed:
    """A stage of a school. ``needed`` is None where the county has no standard for the stage."""

    stage: str
    pupils: int
    classes: int
    needed: int | None
    told: str  # how it was reckoned
    is_small: bool  # reckoned by class: teaching point or small school
    staff: int = 0
    full_staff: int = 0
    subjects: list[SubjectNeed] = field(default_factory=list)
    without_teacher: list[str] = field(default_factory=list)

    @property
    def label(self) -> str:
        return Stage(self.stage).label

    @property
    def shortage(self) -> int:
        return max(0, (self.needed or 0) - self.staff)

    @property
    def surplus(self) -> int:
        return 0 if self.needed is None else max(0, self.staff - self.needed)

    @property
    def lacking(self) -> list[str]:
        """Names of the subjects nobody teaches."""
        return [Subject(code).label for code in self.without_teacher]

    @property
    def is_full_subject(self) -> bool:
        """Whether its teachers are to teach every subject (全科): in a kindergarten or a vocational school there is nothing to share."""
        return self.is_small and self.stage in FULL_SUBJECT_STAGES

    @property
    def full_needed(self) -> int:
        """全科: one to a class of a small school, no more than it needs at all."""
        return min(self.classes, self.needed or 0) if self.is_full_subject else 0

    @property
    def full_shortage(self) -> int:
        return max(0, self.full_needed - self.full_staff)


@dataclass
class SchoolNeed:
    """A school with the need of each of its stages."""

    school: School
    stages: list[StageNeed]

    @property
    def pupils(self) -> int:
        return sum(each.pupils for each in self.stages)

    @property
    def needed(self) -> int:
        return sum(each.needed or 0 for each in self.stages)

    @property
    def staff(self) -> int:
        return sum(each.staff for each in self.stages)

    @property
    def shortage(self) -> int:
        return sum(each.shortage for each in self.stages)

    @property
    def surplus(self) -> int:
        return sum(each.surplus for each in self.stages)

    @property
    def full_shortage(self) -> int:
        return sum(each.full_shortage for each in self.stages)

    @property
    def without_teacher(self) -> list[str]:
        """Names of subjects that nobody teaches, each once."""
        return list(dict.fromkeys(label for each in self.stages for label in each.lacking))

    @property
    def ratio(self) -> Decimal | None:
        """Pupils to one of staff, to one decimal; None without staff."""
        return (Decimal(self.pupils) / self.staff).quantize(Decimal("0.1")) if self.staff else None

    @property
    def tone(self) -> str:
        if self.shortage:
            return "bad"
        return "warn" if self.without_teacher or self.full_shortage or self.surplus else "ok"

    @property
    def words(self) -> str:
        """What is wrong in short: 缺 3 名, 缺学科, 超 2 名."""
        told = [
            (self.shortage, f"缺 {self.shortage} 名"), (self.full_shortage, f"缺全科 {self.full_shortage} 名"), (self.without_teacher, "缺学科"),
            (self.surplus, f"超 {self.surplus} 名"),
        ]  # fmt: skip
        return "，".join(text for holds, text in told if holds) or "配齐"


def school_needs(schools: Sequence[School], day: dt.date) -> list[SchoolNeed]:
    """Return the need of each of ``schools`` on ``day``, in their order; queries do not grow with the schools."""
    keys = [school.pk for school in schools]
    counts = import_string(settings.PUPIL_COUNTS)(day, keys)
    staff = working_at(day, keys)
    standards = StaffStandard.objects.on(day)
    hours = SubjectHours.objects.by_stage()
    return [
        SchoolNeed(
            school, _stages(school, counts.get(school.pk, {}), staff.get(school.pk, []), standards, hours)
        )
        for school in schools
    ]


def _stages(
    school: School, counts: Mapping[str, Any], staff: list[Worker], standards, hours
) -> list[StageNeed]:
    by_stage: dict[str, list[Worker]] = defaultdict(list)
    for worker in staff:
        by_stage[worker.stage].append(worker)
    found = []
    for stage in Stage:
        count, here = counts.get(stage.value), by_stage.get(stage.value, [])
        if count is None and not here:
            continue
        pupils, classes = (count.pupils, count.classes) if count else (0, 0)
        need = reckon(stage.value, pupils, classes, school.kind == SchoolKind.TEACHING_POINT, standards)
        need.staff, need.full_staff = len(here), sum(1 for worker in here if worker.is_full_subject)
        _by_subject(need, here, hours.get(stage.value, {}))
        found.append(need)
    return found


def reckon(stage: str, pupils: int, classes: int, is_point: bool, standards: Mapping) -> StageNeed:
    """Return the need of a stage by its ratio, and by class where it is small: the larger of the two, in whole persons."""
    by_pupils = standards.get((stage, StaffBasis.PUPILS))
    by_class = standards.get((stage, StaffBasis.CLASS))
    is_small = is_point or bool(by_class and 0 < pupils <= by_class.small_up_to)
    ways = []
    if by_pupils:
        ways.append((_whole(pupils / by_pupils.amount), f"{pupils} 名学生 ÷ {_plain(by_pupils.amount)}"))
    if by_class and is_small:
        ways.append(
            (_whole(classes * by_class.amount), f"{classes} 个班 × 每班 {_plain(by_class.amount)} 人")
        )
    needed, told = max(ways, key=lambda way: way[0]) if ways else (None, NO_STANDARD)
    return StageNeed(stage, pupils, classes, needed, told, is_small)


def _whole(amount: Decimal) -> int:
    return int(Decimal(amount).quantize(WHOLE, rounding=ROUND_CEILING))


def _plain(amount: Decimal) -> str:
    return f"{amount.normalize():f}"


def _by_subject(need: StageNeed, staff: list[Worker], hours: Mapping[str, Decimal]) -> None:
    """Share the need among the subjects by their lessons; a small school wants 全科 instead of shares."""
    teach = Counter(worker.subject for worker in staff)
    if need.is_full_subject:
        shares = {Subject.ALL.value: need.full_needed}
        teach = Counter(
            {Subject.ALL.value: need.full_staff, **{s: n for s, n in teach.items() if s != Subject.ALL}}
        )
    else:
        shares = apportion(need.needed or 0, hours)
    order = [subject.value for subject in Subject if subject.value in shares or teach[subject.value]]
    need.subjects = [SubjectNeed(subject, shares.get(subject, 0), teach[subject]) for subject in order]
    if need.pupils and not need.full_staff:
        need.without_teacher = [subject for subject in hours if not teach[subject]]


def apportion(number: int, weights: Mapping[str, Decimal]) -> dict[str, int]:
    """Share ``number`` by ``weights`` in whole parts that add up to it: the largest remainders get what is left."""
    total = sum(weights.values())
    if not total:
        return {}
    exact = {key: number * weight / total for key, weight in weights.items()}
    shares = {key: int(value) for key, value in exact.items()}
    left = number - sum(shares.values())
    for key in sorted(exact, key=lambda key: shares[key] - exact[key])[:left]:
        shares[key] += 1
    return shares


@dataclass
class NeedSum:
    """What the needs of several schools add up to; shortage and surplus are not set off between schools."""

    label: str
    key: str = ""
    schools: int = 0
    pupils: int = 0
    needed: int = 0
    staff: int = 0
    shortage: int = 0
    surplus: int = 0
    full_shortage: int = 0
    without_teacher: int = 0  # schools that lack a teacher of some subject

    def add(self, need: SchoolNeed) -> None:
        self.schools += 1
        self.without_teacher += bool(need.without_teacher)
        for name in ("pupils", "needed", "staff", "shortage", "surplus", "full_shortage"):
            setattr(self, name, getattr(self, name) + getattr(need, name))

    @property
    def ratio(self) -> Decimal | None:
        return (Decimal(self.pupils) / self.staff).quantize(Decimal("0.1")) if self.staff else None


def summed(needs: Iterable[SchoolNeed], label: str = "合计") -> NeedSum:
    total = NeedSum(label)
    for need in needs:
        total.add(need)
    return total


def by_township(needs: Iterable[SchoolNeed], names: Mapping[str, str]) -> list[NeedSum]:
    """Return the sums by the nine digits of the township, in their order; ``names`` by code."""
    found: dict[str, NeedSum] = {}
    for need in needs:
        code = need.school.area_id[:9]
        found.setdefault(code, NeedSum(names.get(code, code), code)).add(need)
    return [found[code] for code in sorted(found)]


@dataclass
class StageSum:
    """One stage over all schools: its ratio against the standard."""

    stage: str
    pupils: int = 0
    classes: int = 0
    needed: int = 0
    staff: int = 0
    shortage: int = 0
    surplus: int = 0

    @property
    def label(self) -> str:
        return Stage(self.stage).label

    @property
    def ratio(self) -> Decimal | None:
        return (Decimal(self.pupils) / self.staff).quantize(Decimal("0.1")) if self.staff else None


def by_stage(needs: Iterable[SchoolNeed]) -> list[StageSum]:
    found: dict[str, StageSum] = {}
    for need in needs:
        for each in need.stages:
            total = found.setdefault(each.stage, StageSum(each.stage))
            for name in ("pupils", "classes", "staff", "shortage", "surplus"):
                setattr(total, name, getattr(total, name) + getattr(each, name))
            total.needed += each.needed or 0
    return [found[stage.value] for stage in Stage if stage.value in found]


@dataclass
class SubjectSum:
    """One subject over all schools; ``without`` counts the schools where nobody teaches it."""

    subject: str
    needed: int = 0
    staff: int = 0
    shortage: int = 0
    surplus: int = 0
    without: int = 0

    @property
    def label(self) -> str:
        return Subject(self.subject).label


def by_subject(needs: Iterable[SchoolNeed]) -> list[SubjectSum]:
    found: dict[str, SubjectSum] = {}
    for need in needs:
        for stage in need.stages:
            for each in stage.subjects:
                total = found.setdefault(each.subject, SubjectSum(each.subject))
                for name in ("needed", "staff", "shortage", "surplus"):
                    setattr(total, name, getattr(total, name) + getattr(each, name))
            for subject in stage.without_teacher:
                found.setdefault(subject, SubjectSum(subject)).without += 1
    return [found[subject.value] for subject in Subject if subject.value in found]
