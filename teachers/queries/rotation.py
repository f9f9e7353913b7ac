"""Rotation of quality schools' staff (交流轮岗率): by two denominators, of which backbone, and who is due.

Full-time staff: at least 10% a school year (S4 二5). Of those eligible: at least 10%, of whom backbone teachers at least 20% (W34); eligible is who has
been six years in one school, or head of it for two full terms. Staff is who holds a post at the school on the first day of the school year.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Min, Q

from povertyedu.indicators.definitions import Member, Period
from povertyedu.indicators.enums import PlaceKind
from povertyedu.indicators.models import IndicatorTarget, Rated
from povertyedu.indicators.queries import is_reached, targets_in
from povertyedu.orgs.models import School
from teachers.enums.deployment import OVER, ROTATION_KINDS, DeploymentState
from teachers.models import Appointment, Deployment, HeadTerm, Teacher, TitleRecord

YEARS_IN_ONE_SCHOOL = 6
TERMS_AS_HEAD = 2


@dataclass(frozen=True)
class Staff:
    """One teacher of a quality school in a school year. ``since``: from when on they have been in the school without a rotation."""

    teacher: int
    school: int
    school_area: str
    home_area: str
    since: dt.date
    has_rotated: bool
    is_backbone: bool
    reasons: tuple[str, ...]

    @property
    def is_eligible(self) -> bool:
        return bool(self.reasons)

    def member(self, counted: bool) -> Member:
        return Member(str(self.teacher), counted, self.school, self.school_area, self.home_area)


def staff_of(period: Period, schools: Iterable[int] | None = None) -> list[Staff]:
    """Return the staff of the quality schools (of ``schools``) in a school year as it is seen on its day; four queries."""
    day = period.starts_on
    posts = Appointment.objects.in_force(day).filter(school__place__is_quality=True)
    if schools is not None:
        posts = posts.filter(school__in=schools)
    posts = posts.select_related("teacher__home_area", "school__area").order_by(
        "school__code", "teacher__code"
    )
    rotations = _rotations(period)
    terms = _full_terms(day)
    ranked = _backbone_since()
    found = []
    for post in posts:
        spent = rotations.get((post.teacher_id, post.school_id), [])
        before = [ended for _, ended in spent if ended and ended < day]
        since = max([post.since, *(ended + dt.timedelta(days=1) for ended in before)])
        found.append(
            Staff(
                post.teacher_id, post.school_id, post.school.area.full_code,
                post.teacher.home_area.full_code if post.teacher.home_area else "", since,
                has_rotated=any(began <= min(period.on, period.ends_on) and (ended is None or ended >= day) for began, ended in spent),
                is_backbone=ranked[post.teacher_id] <= day if post.teacher_id in ranked else post.teacher.is_backbone, reasons=_reasons(since, day, terms[post.teacher_id, post.school_id]),
            )
        )  # fmt: skip
    return found


def _rotations(period: Period) -> dict[tuple[int, int], list[tuple[dt.date, dt.date | None]]]:
    """Return (teacher, sending school) -> [(first day, last day or None)] of all that had begun by then."""
    found = defaultdict(list)
    rows = Deployment.objects.filter(
        Q(state=DeploymentState.UNDER_WAY) | Q(state__in=OVER), kind__in=ROTATION_KINDS, started_on__lte=min(period.on, period.ends_on)
    )  # fmt: skip
    for teacher, school, began, ended in rows.values_list(
        "teacher_id", "sending_id", "started_on", "ended_on"
    ):
        found[teacher, school].append((began, ended))
    return found


def _backbone_since() -> dict[int, dt.date]:
    """Return teacher -> since when a backbone teacher; who has no day on record (a roster gave the rank) is not in it."""
    rows = (
        TitleRecord.objects.exclude(backbone="").order_by().values_list("teacher").annotate(first=Min("on"))
    )
    return dict(rows)


def _full_terms(day: dt.date) -> dict[tuple[int, int], int]:
    """Return (teacher, school) -> how many terms as head were full before ``day``."""
    found: dict[tuple[int, int], int] = defaultdict(int)
    for teacher, school in HeadTerm.objects.filter(until__lt=day).values_list("teacher_id", "school_id"):
        found[teacher, school] += 1
    return found


def whole_years(since: dt.date, day: dt.date) -> int:
    return day.year - since.year - ((day.month, day.day) < (since.month, since.day))


def _reasons(since: dt.date, day: dt.date, terms: int) -> tuple[str, ...]:
    """Why somebody is eligible on ``day``, in words; nothing for who is not."""
    told = []
    if (years := whole_years(since, day)) >= YEARS_IN_ONE_SCHOOL:
        told.append(f"在本校连续满 {years} 年（自 {since}）")
    if terms >= TERMS_AS_HEAD:
        told.append(f"在本校任校长满 {terms} 届")
    return tuple(told)


def of_staff(period: Period) -> list[Member]:
    """Of all full-time staff, who is on rotation in the school year."""
    return [each.member(each.has_rotated) for each in staff_of(period)]


def of_eligible(period: Period) -> list[Member]:
    """Of those eligible, who is on rotation in the school year."""
    return [each.member(each.has_rotated) for each in staff_of(period) if each.is_eligible]


def of_backbone(period: Period) -> list[Member]:
    """Of those eligible who are on rotation, who is a backbone teacher."""
    return [
        each.member(each.is_backbone) for each in staff_of(period) if each.is_eligible and each.has_rotated
    ]


class Share(Rated):
    """A numerator over a denominator, n/a over nobody."""

    def __init__(self, numerator: int = 0, denominator: int = 0):
        self.numerator, self.denominator = numerator, denominator

    def add(self, counted: bool) -> None:
        self.numerator += counted
        self.denominator += 1


@dataclass
class SchoolRotation:
    """The three rates of one school, or of all."""

    school: School | None
    staff: Share = field(default_factory=Share)
    eligible: Share = field(default_factory=Share)
    backbone: Share = field(default_factory=Share)

    @property
    def due(self) -> int:
        """How many are eligible and not on rotation."""
        return self.eligible.denominator - self.eligible.numerator

    def add(self, each: Staff) -> None:
        self.staff.add(each.has_rotated)
        if each.is_eligible:
            self.eligible.add(each.has_rotated)
            if each.has_rotated:
                self.backbone.add(each.is_backbone)


def by_school(period: Period, schools: list[School]) -> tuple[list[SchoolRotation], SchoolRotation]:
    """Return the rates of each of ``schools`` (quality schools), and of all of them together."""
    lines = {school.pk: SchoolRotation(school) for school in schools}
    total = SchoolRotation(None)
    for each in staff_of(period, lines):
        lines[each.school].add(each)
        total.add(each)
    return list(lines.values()), total


@dataclass(frozen=True)
class Due:
    """One teacher who is due for rotation, with why, and what is in hand for them already."""

    teacher: Teacher
    school: School
    since: dt.date
    reasons: tuple[str, ...]
    note: str


def due(period: Period, schools: list[School]) -> list[Due]:
    """Return who of ``schools`` is eligible and not on rotation in the school year, longest in the school first."""
    by_key = {school.pk: school for school in schools}
    waiting = [each for each in staff_of(period, by_key) if each.is_eligible and not each.has_rotated]
    keys = [each.teacher for each in waiting]
    teachers = Teacher.objects.select_related("person").in_bulk(keys)
    in_hand = {
        row.teacher_id: f"已{row.get_kind_display()}安排：{row.get_state_display()}"
        for row in Deployment.objects.filter(
            teacher__in=keys, kind__in=ROTATION_KINDS, until__gte=period.on,
            state__in=[DeploymentState.ASKED, DeploymentState.APPROVED, DeploymentState.HALF_AGREED, DeploymentState.AGREED],
        )
    }  # fmt: skip
    found = [
        Due(teachers[each.teacher], by_key[each.school], each.since, each.reasons, in_hand.get(each.teacher, "")) for each in waiting
    ]  # fmt: skip
    return sorted(found, key=_longest_first)


def _longest_first(each: Due) -> tuple:
    return each.since, each.school.code, each.teacher.code


RATES = (
    ("rotation_staff", "轮岗率（占专任教师）", "staff", "轮岗 ÷ 专任教师"),
    ("rotation_eligible", "轮岗率（占符合条件教师）", "eligible", "轮岗 ÷ 符合条件"),
    ("rotation_backbone", "轮岗教师中骨干", "backbone", "骨干 ÷ 轮岗"),
)
# 教师〔2014〕4号: of those eligible one in ten goes each year, of these one in five is a backbone teacher.
NATIONAL = {"rotation_eligible": Decimal(10), "rotation_backbone": Decimal(20)}


def tiles_of(total: SchoolRotation, period: Period) -> list[dict]:
    """Return the three rates as key figures, each with numerator, denominator and bar: the county's target, else the national one."""
    targets = targets_in(period.target_year)
    return [
        _tile(getattr(total, name), title, foot, targets.get((code, PlaceKind.COUNTY)), NATIONAL.get(code))
        for code, title, name, foot in RATES
    ]


def _tile(
    share: Share, title: str, foot: str, target: IndicatorTarget | None, national: Decimal | None
) -> dict:
    bar = target.value if target else national
    told = f"，目标 {bar.normalize():f}%" if target else f"，国家要求不低于{national}%" if national else ""
    reached = bar and is_reached(share.numerator, share.denominator, bar, higher_is_better=True)
    words = {True: "达标", False: "未达标"}.get(reached, "")
    return {
        "title": title, "value": share.percent_text, "s": {"达标": "ok", "未达标": "bad"}.get(words, "info"), "t": words,
        "foot": f"{foot}{told}", "change": f"{share.numerator}/{share.denominator}",
    }  # fmt: skip
