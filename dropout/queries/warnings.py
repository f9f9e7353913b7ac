"""预警名单: children by their score, and what it was before."""

from collections.abc import Iterable

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from dropout.enums import WarningLevel
from dropout.models import WarningRun, WarningScore
from povertyedu.orgs.models import Term
from students.models import Enrolment

from .attendance import at_place

PER_PAGE = 50


def warned(term: Term, *, user, permission: str, wanted: dict) -> QuerySet[WarningScore]:
    """Return the scores that hold now at or over the line of 关注, at the places and of the kind of a filter."""
    rows = WarningScore.objects.visible_to(user, permission).current().filter(term=term)
    rows = rows.filter(
        level__in=[wanted["level"]] if wanted.get("level") else [WarningLevel.WATCH, WarningLevel.HIGH]
    )
    if wanted.get("township") or wanted.get("school"):
        there = at_place(Enrolment.objects.filter(term=term), "school", wanted)
        rows = rows.filter(Exists(there.filter(student=OuterRef("student"))))
    return rows.filter(student__merged_into=None)


def page_of(rows: QuerySet[WarningScore], *, after: str) -> tuple[list[WarningScore], str]:
    """Return the page past the key ``after`` (points-key), highest first, and the key of the next page or ""."""
    points, _, pk = after.partition("-")
    if all(part.isascii() and part.isdigit() and len(part) < 10 for part in (points, pk)):
        rows = rows.filter(Q(points__lt=points) | Q(points=points, pk__gt=pk))
    found = list(rows.order_by("-points", "pk")[: PER_PAGE + 1])
    page = found[:PER_PAGE]
    return page, f"{page[-1].points}-{page[-1].pk}" if len(found) > PER_PAGE else ""


def with_children(
    scores: Iterable[WarningScore], term: Term
) -> list[tuple[WarningScore, Enrolment, WarningScore | None]]:
    """Return each score with the child's enrolment and the score before it; two queries."""
    scores = list(scores)
    students = [score.student_id for score in scores]
    enrolled = Enrolment.objects.filter(student__in=students, term=term)
    children = {row.student_id: row for row in enrolled.select_related("student", "school", "school_class")}
    earlier = (
        WarningScore.objects.filter(student__in=students, term=term).exclude(until=None).order_by("since")
    )
    before = {row.student_id: row for row in earlier}
    return [
        (score, children[score.student_id], before.get(score.student_id))
        for score in scores
        if score.student_id in children
    ]


def counts_by_level(rows: QuerySet[WarningScore]) -> dict[str, int]:
    return dict(rows.order_by().values_list("level").annotate(Count("pk")))


def priorities(term: Term) -> dict[int, int]:
    """Return student -> points of every child of ``term`` that has some: who is visited first."""
    return dict(WarningScore.objects.current().filter(term=term).values_list("student", "points"))


def last_run(term: Term) -> WarningRun | None:
    return WarningRun.objects.filter(term=term).order_by("-on").first()
