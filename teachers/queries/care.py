"""Reads of care: health checks and insurances by school, months at rural schools, pay beside that of civil servants."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Avg, Count, Q

from povertyedu.orgs.enums import Setting
from povertyedu.orgs.models import School
from teachers.enums.care import InsuranceKind
from teachers.enums.registry import Remoteness, Title
from teachers.models import (
    Appointment,
    CivilPay,
    HealthCheck,
    Insurance,
    SchoolPlace,
    Teacher,
    TeacherPay,
    TiltEntry,
)

from .workplaces import spells_between

FIRST_DAY = dt.date(1950, 1, 1)


def rural_schools() -> set[int]:
    """Return the schools whose years count as rural: 乡村 by the statistics office, or of a remoteness tier."""
    rural = set(School.objects.filter(setting=Setting.RURAL).values_list("pk", flat=True))
    return rural | set(
        SchoolPlace.objects.filter(remoteness__gt=Remoteness.NEAR).values_list("school", flat=True)
    )


def rural_months(teachers: Sequence[int], day: dt.date) -> dict[int, tuple[int, bool]]:
    """Return teacher -> the whole months they worked at rural schools until ``day``, and whether they do so on it.

    Days are added up, 365.25 to a year, so that many short spells lose nothing. A constant number of queries.
    """
    spells, schools = spells_between(FIRST_DAY, day, teachers), rural_schools()
    found = {}
    for teacher in teachers:
        at_rural = [spell for spell in spells.get(teacher, ()) if spell.school in schools]
        now = any(spell.first <= day <= spell.last for spell in at_rural)
        found[teacher] = int(sum(spell.days for spell in at_rural) * 48 / 1461), now
    return found


# --- health ---------------------------------------------------------------------------------------


@dataclass
class CheckedSchool:
    """How many of a school's staff were invited to the year's check, went, or said why not."""

    school: School
    staff: int = 0
    invited: int = 0
    done: int = 0
    missed: int = 0

    @property
    def waiting(self) -> int:
        return self.invited - self.done - self.missed

    @property
    def uninvited(self) -> int:
        return self.staff - self.invited


def staff_of(schools) -> dict[int, list[int]]:
    """Return school -> the serving teachers who hold its posts today; one query."""
    found: dict[int, list[int]] = defaultdict(list)
    posts = Appointment.objects.in_force().filter(school__in=schools)
    serving = Teacher.objects.serving().values("pk")
    for school, teacher in posts.filter(teacher__in=serving).values_list("school", "teacher"):
        found[school].append(teacher)
    return found


def checked_schools(schools, year: int) -> list[CheckedSchool]:
    """Return how far the checks of ``year`` are at each of ``schools`` with staff; three queries."""
    rows = {school.pk: CheckedSchool(school) for school in schools.select_related("area")}
    staff = staff_of(list(rows))
    at = {teacher: school for school, teachers in staff.items() for teacher in teachers}
    for school, teachers in staff.items():
        rows[school].staff = len(teachers)
    for teacher, done_on, missed in HealthCheck.objects.filter(year=year).values_list(
        "teacher", "done_on", "missed"
    ):
        if teacher in at:
            row = rows[at[teacher]]
            row.invited += 1
            row.done += bool(done_on)
            row.missed += bool(missed)
    return [row for row in rows.values() if row.staff]


# --- insurances -----------------------------------------------------------------------------------


@dataclass
class InsuredSchool:
    """For how many of a school's staff each insurance runs, and who lacks which."""

    school: School
    staff: int
    counts: Counter = field(default_factory=Counter)
    lacking: list = field(default_factory=list)

    @property
    def cells(self) -> list[int]:
        return [self.counts[kind] for kind in InsuranceKind.values]


def insured_schools(schools, day: dt.date) -> list[InsuredSchool]:
    """Return the insurances of the staff of ``schools`` on ``day``; a constant number of queries."""
    by_school = {school.pk: school for school in schools.select_related("area")}
    staff = staff_of(list(by_school))
    names = dict(
        Teacher.objects.filter(pk__in={t for ts in staff.values() for t in ts}).values_list(
            "pk", "person__name"
        )
    )
    running = defaultdict(set)
    for teacher, kind in Insurance.objects.in_force(day).values_list("teacher", "kind"):
        running[teacher].add(kind)
    found = []
    for pk, teachers in staff.items():
        row = InsuredSchool(by_school[pk], len(teachers))
        for teacher in teachers:
            row.counts.update(running[teacher])
            missing = [kind.label for kind in InsuranceKind if kind not in running[teacher]]
            if missing:
                row.lacking.append((names[teacher], "、".join(missing)))
        found.append(row)
    return sorted(found, key=lambda row: (row.school.area_id, row.school.code))


# --- pay ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Comparison:
    """Teachers' average pay of a year beside civil servants': of all, or of one title and its counterpart."""

    label: str
    counterpart: str
    teachers: int
    average_fen: int | None
    civil_fen: int | None
    document: str

    @property
    def gap_fen(self) -> int | None:
        """Teachers' average less civil servants'; negative when teachers are paid less."""
        return None if None in (self.average_fen, self.civil_fen) else self.average_fen - self.civil_fen

    @property
    def standing(self) -> tuple[str, str]:
        if self.gap_fen is None:
            return "todo", "没有数据"
        return ("ok", "不低于") if self.gap_fen >= 0 else ("bad", "低于")


def comparisons(pays, year: int) -> list[Comparison]:
    """Return the comparison of ``year`` in all and per title, averages rounded half up to the fen; three queries."""
    of_year = pays.filter(year=year)
    civil = {figure.title: figure for figure in CivilPay.objects.filter(year=year)}
    whole = of_year.aggregate(n=Count("pk"), average=Avg("total_fen"))
    by_title = {
        row["title"]: row
        for row in of_year.order_by().values("title").annotate(n=Count("pk"), average=Avg("total_fen"))
    }
    rows = [_compared("全体教师", whole, civil.get(""))]
    for title in Title:
        if title in by_title or title in civil:
            rows.append(
                _compared(title.label, by_title.get(title, {"n": 0, "average": None}), civil.get(title))
            )
    return rows


def _compared(label: str, row: dict, figure: CivilPay | None) -> Comparison:
    average = None if row["average"] is None else int(row["average"] + type(row["average"])("0.5"))
    return Comparison(
        label, figure.counterpart if figure else "", row["n"], average, figure.average_fen if figure else None,
        figure.document if figure else "",
    )  # fmt: skip


def years_of_pay() -> list[int]:
    """Return the years with figures, newest first."""
    years = set(CivilPay.objects.values_list("year", flat=True)) | set(
        TeacherPay.objects.values_list("year", flat=True)
    )
    return sorted(years, reverse=True)


def rural_shares(tilts) -> dict[int, dict[str, int]]:
    """Return how many candidates of each list, and how many chosen, teach at rural schools; one query."""
    names = ("candidates", "rural", "chosen", "rural_chosen")
    found = {tilt.pk: dict.fromkeys(names, 0) for tilt in tilts}
    counted = TiltEntry.objects.filter(tilt__in=found).order_by().values("tilt").annotate(
        candidates=Count("pk"), rural=Count("pk", filter=Q(is_rural=True)), n_chosen=Count("pk", filter=Q(chosen=True)),
        rural_chosen=Count("pk", filter=Q(chosen=True, is_rural=True)),
    )  # fmt: skip
    for row in counted:
        found[row["tilt"]] = {name: row["n_chosen" if name == "chosen" else name] for name in names}
    return found
