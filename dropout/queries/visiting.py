"""Whom to visit in a holiday, poor and struggling children first, and how many are visited.

Nothing is written for the list: it is the class as it stands, so that a child who moves is on its new teacher's.
"""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Case, Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Value, When

from dropout.enums import Holiday, WarningLevel
from dropout.models import Case as DropoutCase
from dropout.models import HomeVisit, WarningScore
from povertyedu.orgs.enums import Stage
from povertyedu.orgs.models import School, Term
from students.enums import HardshipCategory
from students.models import Enrolment

COMPULSORY = (Stage.PRIMARY, Stage.JUNIOR)
# Points by which the list is ordered; each is told beside the name.
OPEN_CASE, REGISTERED_POOR, WARNED, OTHER_HARDSHIP, LEFT_BEHIND = 16, 8, 4, 2, 1
GROUNDS = {
    OPEN_CASE: "控辍个案",
    REGISTERED_POOR: "建档立卡",
    WARNED: "预警",
    OTHER_HARDSHIP: "其他困难",
    LEFT_BEHIND: "留守儿童",
}


def holiday_of(day: dt.date) -> Holiday:
    """Return the holiday that is on, or was last: winter January, Spring Festival February to June, summer after."""
    return Holiday.WINTER if day.month == 1 else Holiday.SPRING if day.month < 7 else Holiday.SUMMER


def term_of(year: int, holiday: str) -> Term | None:
    """Return the term whose classes are visited: the one that goes before the holiday, else the newest begun by then."""
    before = dt.date(year, 2, 1) if holiday != Holiday.SUMMER else dt.date(year, 7, 1)
    return Term.objects.filter(starts_on__lte=before).order_by("-starts_on").first() or Term.objects.first()


def to_visit(rows: QuerySet[Enrolment], year: int, holiday: str) -> QuerySet[Enrolment]:
    """Return the children of compulsory school among ``rows`` with ``points`` and ``visited``, first first."""
    visits = HomeVisit.objects.filter(student=OuterRef("student"), year=year, holiday=holiday)
    cases = DropoutCase.objects.open().filter(student=OuterRef("student"))
    warned = (
        WarningScore.objects.current()
        .filter(student=OuterRef("student"), term=OuterRef("term"))
        .exclude(level=WarningLevel.NONE)
    )
    number = IntegerField()

    def points(condition: Q, worth: int) -> Case:
        return Case(When(condition, then=Value(worth)), default=Value(0), output_field=number)

    poor = F("categories").bitand(int(HardshipCategory.REGISTERED_POOR))
    rows = rows.filter(stage__in=COMPULSORY).annotate(
        poor_bit=poor, visited=Exists(visits), has_case=Exists(cases), is_warned=Exists(warned)
    )
    return rows.annotate(
        points=points(Q(has_case=True), OPEN_CASE)
        + points(Q(poor_bit__gt=0), REGISTERED_POOR)
        + points(Q(is_warned=True), WARNED)
        + points(Q(categories__gt=0) & Q(poor_bit=0), OTHER_HARDSHIP)
        + points(Q(student__is_left_behind=True), LEFT_BEHIND)
    )


def grounds_of(points: int) -> str:
    return "、".join(word for worth, word in GROUNDS.items() if points & worth)


def families_left(school: School, term: Term, year: int, holiday: str) -> int:
    """Return how many families of a school nobody has visited."""
    rows = to_visit(Enrolment.objects.of(term).here().filter(school=school), year, holiday)
    return rows.filter(visited=False).order_by().count()


@dataclass(frozen=True)
class Visited:
    """How many families one class or school has, and how many were visited; those who come first apart."""

    key: int | None
    name: str
    total: int
    visited: int
    first: int
    first_visited: int


def shares_by(rows: QuerySet[Enrolment], field: str, *names: str) -> list[Visited]:
    """Return the shares by ``field`` (school or class) of :func:`to_visit`; one query."""
    counted = rows.order_by().values(field, *names).annotate(
        total=Count("pk"), done=Count("pk", filter=Q(visited=True)), first=Count("pk", filter=Q(points__gt=0)),
        first_done=Count("pk", filter=Q(points__gt=0, visited=True)),
    )  # fmt: skip
    return [
        Visited(
            row[field],
            row[names[0]] or "没有分班",
            row["total"],
            row["done"],
            row["first"],
            row["first_done"],
        )
        for row in sorted(counted, key=lambda row: (row["done"] / row["total"], row[names[0]] or ""))
    ]
