"""Which classes entered their day and which did not; who was absent and nobody asked after; a class's page."""

import datetime as dt
from dataclasses import dataclass, field

from django.db.models import Count, DateField, Exists, Max, Min, OuterRef, QuerySet, Value

from dropout.models import Absence, ClassDay, FollowUp
from povertyedu.accounts.permissions import Permission as P
from povertyedu.options.registry import option
from povertyedu.orgs.calendar import today
from povertyedu.orgs.enums import Stage
from povertyedu.orgs.models import Area, School, SchoolClass, Term
from students.models import Enrolment

from .school_days import is_school_day, term_under_way

PER_PAGE = 50


def clocked_stages() -> list[str]:
    """Return the stages whose classes enter attendance and whose children the clock runs for."""
    chosen = option("clock_stages")
    return [stage.value for stage in Stage if stage.label in chosen]


def classes_due(term: Term, *, user, permission: str) -> QuerySet[SchoolClass]:
    """Return the classes with children in ``term`` where ``user`` holds ``permission``."""
    taught = Enrolment.objects.of(term).studying().filter(school_class=OuterRef("pk"))
    return SchoolClass.objects.visible_to(user, permission).filter(Exists(taught), stage__in=clocked_stages())


def not_entered(rows: QuerySet[SchoolClass], day: dt.date) -> QuerySet[SchoolClass]:
    return rows.filter(~Exists(ClassDay.objects.filter(school_class=OuterRef("pk"), date=day)))


def due_today(user) -> QuerySet[SchoolClass]:
    """Return the classes that ``user`` has still to enter today, nothing on a free day; ``waiting`` is today."""
    term, day = term_under_way(), today()
    if term is None or term.is_closed or not is_school_day(term, day):
        return SchoolClass.objects.none().annotate(waiting=Value(day, output_field=DateField()))
    due = not_entered(classes_due(term, user=user, permission=P.ENTER_ATTENDANCE), day)
    return due.annotate(waiting=Value(day, output_field=DateField()))


@dataclass
class Tally:
    """Classes of one place on a day."""

    key: str
    name: str
    classes: int = 0
    entered: int = 0
    enrolled: int = 0
    absent: int = 0
    rows: list = field(default_factory=list)

    @property
    def missing(self) -> int:
        return self.classes - self.entered

    def add(self, day: tuple[int, int] | None) -> None:
        self.classes += 1
        if day:
            self.entered += 1
            self.enrolled += day[0]
            self.absent += day[1]


def tallies(classes: QuerySet[SchoolClass], day: dt.date, *, by: str) -> list[Tally]:
    """Return the counts by ``township`` or by ``school``; three queries whatever the classes."""
    known = {
        pk: (enrolled, absent)
        for pk, enrolled, absent in ClassDay.objects.filter(date=day).values_list(
            "school_class", "enrolled", "absent"
        )
    }
    found: dict[str, Tally] = {}
    columns = classes.order_by("school__area_id", "school__code").values_list(
        "pk", "school_id", "school__name", "school__area_id"
    )
    names = dict(Area.objects.filter(level="township").values_list("code", "name"))
    for pk, school, name, area in columns:
        key, called = (area[:9], names.get(area[:9], "县直")) if by == "township" else (str(school), name)
        found.setdefault(key, Tally(key, called)).add(known.get(pk))
    return list(found.values())


def days_of(
    classes: QuerySet[SchoolClass], day: dt.date, *, most: int
) -> list[tuple[SchoolClass, ClassDay | None]]:
    """Return the classes, those not entered first, each with its day."""
    rows = list(
        classes.select_related("school", "homeroom_teacher").order_by(
            "school__code", "stage", "grade", "name", "pk"
        )[:most]
    )
    days = {each.school_class_id: each for each in ClassDay.objects.filter(date=day, school_class__in=rows)}
    paired = [(row, days.get(row.pk)) for row in rows]
    return [pair for pair in paired if pair[1] is None] + [pair for pair in paired if pair[1]]


def children_on(school_class: SchoolClass, term: Term, day: ClassDay | None) -> list[tuple[int, str, bool]]:
    """Return (student, name, has left the class since) for a class's page, by name as on the class list."""
    here = Enrolment.objects.of(term).studying().filter(school_class=school_class)
    rows = [(pk, name, False) for pk, name in here.values_list("student_id", "student__name")]
    if day:
        known = {pk for pk, *_ in rows}
        absent = day.absences.exclude(student__in=known).values_list("student_id", "student__name")
        rows += [(pk, name, True) for pk, name in absent]
    return sorted(rows, key=_by_name)


def _by_name(row: tuple[int, str, bool]) -> tuple[str, int]:
    return row[1], row[0]


# --- absent, and nobody asked after them -----------------------------------------------------------


@dataclass(frozen=True)
class Unasked:
    """A child with absent days that no contact stands for."""

    enrolment: Enrolment
    days: int
    first_on: dt.date
    last_on: dt.date


def unasked(term: Term, *, user, permission: str, wanted: dict) -> QuerySet[Absence]:
    """Return the exceptions of ``term`` (临夏 二（二）6: an absence nobody registered a contact for)."""
    rows = Absence.objects.visible_to(user, permission).filter(term=term).not_asked_after()  # no term: none
    return at_place(rows, "class_day__school_class__school", wanted)


def at_place(rows: QuerySet, school: str, wanted: dict) -> QuerySet:
    """Narrow ``rows`` to the township and school of a filter; ``school``: the lookup that leads to it."""
    if township := wanted.get("township"):
        inside = School.objects.filter(township.scope.area_q("area_id"))
        rows = rows.filter(**{f"{school}__in": inside})
    if wanted.get("school"):
        rows = rows.filter(**{school: wanted["school"]})
    return rows


def unasked_by_school(rows: QuerySet[Absence]) -> list[dict]:
    """Return the counts of children and days by school, most first."""
    place = "class_day__school_class__school"
    counted = rows.order_by().values(f"{place}", f"{place}__name")
    return [
        {
            "school": row[place],
            "name": row[f"{place}__name"],
            "children": row["children"],
            "days": row["days"],
        }
        for row in counted.annotate(children=Count("student", distinct=True), days=Count("pk")).order_by(
            "-days", place
        )
    ]


def unasked_page(
    rows: QuerySet[Absence], term: Term, *, after: int, most: int | None
) -> tuple[list[Unasked], bool]:
    """Return a page of children past the key ``after``, and whether there are more; two queries."""
    counted = (
        rows.order_by().values("student").annotate(days=Count("pk"), first=Min("date"), last=Max("date"))
    )
    counted = counted.filter(student__gt=after).order_by("student")
    found = list(counted[: most + 1] if most else counted)
    page = found[:most] if most else found
    enrolled = Enrolment.objects.filter(student__in=[row["student"] for row in page], term=term)
    children = {row.student_id: row for row in enrolled.select_related("student", "school", "school_class")}
    shown = [
        Unasked(children[row["student"]], row["days"], row["first"], row["last"])
        for row in page
        if row["student"] in children
    ]
    return shown, len(found) > len(page)


def last_contacts(students) -> dict[int, FollowUp]:
    """Return student -> the newest contact with its family."""
    rows = FollowUp.objects.filter(student__in=students).order_by("on", "pk")
    return {row.student_id: row for row in rows}


def absences_of(enrolment: Enrolment) -> list[Absence]:
    rows = Absence.objects.filter(student=enrolment.student_id, term=enrolment.term_id)
    return list(rows.select_related("follow_up").order_by("-date"))


def absent_without_contact(day: ClassDay) -> list[Absence]:
    """Return the absences of a class's day that still ask for a contact."""
    return list(day.absences.not_asked_after().select_related("student").order_by("student__name"))


def by_reading(user) -> str:
    """Return what the overview is broken down by for ``user``: townships for the county, schools, or classes."""
    scope = user.scope(P.VIEW_ATTENDANCE)
    if scope.of_county:
        return "township"
    return "school" if scope.areas or scope.centres or len(scope.schools) > 1 else "class"


def counts_of(rows: QuerySet[Absence]) -> tuple[int, int]:
    """Return how many children and days ``rows`` are."""
    found = rows.order_by().aggregate(children=Count("student", distinct=True), days=Count("pk"))
    return found["children"], found["days"]
