"""Reads of training: plan against actual on any day, who should go first, coverage by school, second rounds."""

import datetime as dt
from dataclasses import dataclass, field

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, ExtractYear

from povertyedu.options.registry import option
from povertyedu.orgs.calendar import today
from povertyedu.orgs.enums import Setting
from povertyedu.orgs.models import School
from teachers.enums.registry import Remoteness
from teachers.enums.training import TraineeState, TrainingForm, TrainingLevel
from teachers.models import Appointment, Teacher, Trainee, TrainingCourse, TrainingTarget

COURSE_TABS = {
    "coming": "未开始、进行中", "to_confirm": "有待认定学时", "over": "已结束", "second": "二级培训", "all": "全部",
}  # fmt: skip


def course_tab(name: str) -> Q:
    """Return the condition of a tab, as of today."""
    reported = Trainee.objects.filter(course=OuterRef("pk"), state=TraineeState.REPORTED)
    return {
        "coming": Q(ends_on__gte=today()), "to_confirm": Q(Exists(reported)), "over": Q(ends_on__lt=today()), "second": Q(relays__isnull=False),
        "all": Q(),
    }[name]  # fmt: skip


@dataclass
class PlanLine:
    """One year and level (and form, where the plan says one): the plan, and who completed by the day."""

    year: int
    level: str
    form: str
    planned: int | None = None
    is_inferred: bool = False
    done: int = 0
    rural: int = 0
    hours: int = 0

    @property
    def label(self) -> str:
        level = TrainingLevel(self.level).label if self.level else "各级"
        return f"{level}{TrainingForm(self.form).label}" if self.form else level


@dataclass
class YearPlan:
    year: int
    lines: list[PlanLine] = field(default_factory=list)
    planned: int = 0
    done: int = 0
    rural: int = 0
    second: int = 0
    hours: int = 0


def plan_on(targets: QuerySet[TrainingTarget], trainees: QuerySet[Trainee], on: dt.date) -> list[YearPlan]:
    """Return year by year what was to be trained and what was by ``on``; two queries.

    A year's plan is the sum of its lines. A person counts once per course completed (人次). What no line names stands in a line of its own level.
    """
    years: dict[int, YearPlan] = {}
    lines: dict[tuple[int, str, str], PlanLine] = {}
    for target in targets.order_by("year", "level", "form"):
        year = years.setdefault(target.year, YearPlan(target.year))
        line = PlanLine(target.year, target.level, target.form, target.people, target.is_inferred)
        lines[target.year, target.level, target.form] = line
        year.lines.append(line)
        year.planned += target.people
    done = trainees.filter(state=TraineeState.COMPLETED, completed_on__lte=on).order_by()
    rows = done.annotate(year=ExtractYear("completed_on")).values("year", "course__level", "course__form").annotate(
        people=Count("pk"), rural=Count("pk", filter=Q(is_rural=True)), second=Count("pk", filter=Q(course__relays__isnull=False)), sum=Sum("hours"),
    )  # fmt: skip
    for row in rows:
        year = years.setdefault(row["year"], YearPlan(row["year"]))
        line = _line_for(lines, year, row["course__level"], row["course__form"])
        for thing in (line, year):
            thing.done += row["people"]
            thing.rural += row["rural"]
            thing.hours += row["sum"]
        year.second += row["second"]
    for year in years.values():
        year.lines.sort(key=_as_told)
    return [years[key] for key in sorted(years, reverse=True)]


def _as_told(line: PlanLine) -> tuple[int, int]:
    """国、省、州、县、校, the sum of all levels first; of a level all forms first."""
    return ["", *TrainingLevel.values].index(line.level), ["", *TrainingForm.values].index(line.form)


def _line_for(lines: dict, year: YearPlan, level: str, form: str) -> PlanLine:
    """Return the line that is closest: of level and form, of the level, of the form, of the year; else a new one."""
    for key in ((year.year, level, form), (year.year, level, ""), (year.year, "", form), (year.year, "", "")):
        if key in lines:
            return lines[key]
    lines[year.year, level, ""] = line = PlanLine(year.year, level, "")
    year.lines.append(line)
    return line


# --- who should go first ---


@dataclass(frozen=True)
class Pick:
    """A teacher who may be enrolled, with why they stand where they stand."""

    teacher: Teacher
    school: School
    last_on: dt.date | None

    @property
    def key(self) -> tuple:
        return (
            self.school.setting != Setting.RURAL, -self.remoteness, self.last_on is not None, self.last_on or dt.date.min, not self.teacher.is_backbone,
            self.teacher.code,
        )  # fmt: skip

    @property
    def remoteness(self) -> int:
        place = getattr(self.school, "place", None)
        return place.remoteness if place else Remoteness.NEAR

    @property
    def reasons(self) -> list[str]:
        told = [
            ("乡村学校", self.school.setting == Setting.RURAL),
            (Remoteness(self.remoteness).label, self.remoteness > Remoteness.NEAR),
            ("骨干教师", self.teacher.is_backbone),
        ]
        last = f"上次 {self.last_on}" if self.last_on else "没有参加过培训"
        return [*(word for word, holds in told if holds), last]


def picks_for(course: TrainingCourse, teachers: QuerySet[Teacher]) -> list[Pick]:
    """Return who may still be enrolled, rural schools first, then who was trained longest ago; two queries."""
    taken = Trainee.objects.filter(course=course, teacher=OuterRef("pk"))
    rows = (
        teachers.serving().filter(~Exists(taken)).exclude(pk=course.trainer_id or 0).select_related("person")
        .annotate(last_on=Max("trainings__completed_on", filter=Q(trainings__state=TraineeState.COMPLETED)))
    )  # fmt: skip
    by_key = {teacher.pk: teacher for teacher in rows}
    posts = (
        Appointment.objects.in_force().filter(teacher__in=rows.values("pk")).select_related("school__place")
    )
    if course.school_id:
        posts = posts.filter(school=course.school_id)
    found = [
        Pick(by_key[post.teacher_id], post.school, by_key[post.teacher_id].last_on)
        for post in posts
        if post.teacher_id in by_key
    ]
    return sorted(found, key=lambda pick: pick.key)


# --- coverage ---


@dataclass(frozen=True)
class Coverage:
    """One school: its teachers, and who of them was trained within the years."""

    school: School
    teachers: int
    trained: int
    hours: int

    @property
    def none(self) -> int:
        return self.teachers - self.trained


def since(years: int, day: dt.date) -> dt.date:
    """Return the first day of the last ``years`` years up to ``day``."""
    try:
        return day.replace(year=day.year - years) + dt.timedelta(days=1)
    except ValueError:
        return dt.date(day.year - years, 3, 1)


def coverage(schools: QuerySet[School], day: dt.date, years: int | None = None) -> list[Coverage]:
    """Return each school with teachers, most without any training first; three queries.

    A training counts for the school where its teacher works now, wherever it was taken.
    """
    first = since(years or option("training_years"), day)
    done = Trainee.objects.filter(state=TraineeState.COMPLETED, completed_on__range=(first, day))
    posts = Appointment.objects.in_force(day).filter(school__in=schools.values("pk")).order_by()
    counted = posts.values("school").annotate(
        teachers=Count("teacher", distinct=True),
        trained=Count("teacher", distinct=True, filter=Exists(done.filter(teacher=OuterRef("teacher")))),
    )
    hours = dict(
        posts.filter(teacher__trainings__in=done).values("school").annotate(sum=Coalesce(Sum("teacher__trainings__hours"), 0)).values_list("school", "sum")
    )  # fmt: skip
    by_key = {school.pk: school for school in schools.select_related("area")}
    rows = [
        Coverage(by_key[row["school"]], row["teachers"], row["trained"], hours.get(row["school"], 0))
        for row in counted
    ]
    return sorted(rows, key=lambda row: (-row.none * 1000 // row.teachers, -row.none, row.school.code))


def without_training(
    teachers: QuerySet[Teacher], day: dt.date, years: int | None = None
) -> QuerySet[Teacher]:
    """Return who serves and completed no training within the years."""
    first = since(years or option("training_years"), day)
    done = Trainee.objects.filter(
        teacher=OuterRef("pk"), state=TraineeState.COMPLETED, completed_on__range=(first, day)
    )
    return teachers.serving().filter(~Exists(done))
