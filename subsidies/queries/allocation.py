"""What schools count for when money is shared out."""

from collections.abc import Collection

from django.db.models import Count, Exists, F, OuterRef, Q

from povertyedu.orgs.enums import Setting
from povertyedu.orgs.models import School, Term
from povertyedu.orgs.tags import tags_in
from students.enums import HardshipCategory
from students.models import Enrolment
from subsidies.factors import REMOTE_TAG, SMALL_SCHOOL, Factor
from subsidies.models import Allocation, Entitlement

from .pages import whole


def poor_children(term: Term, programmes: Collection[str]) -> dict[int, dict[tuple[str, str], int]]:
    """Return {school: {(programme, stage): registered-poor children owed it}} of ``programmes``; one query."""
    poor = Enrolment.objects.of(term).registered_poor().filter(student=OuterRef("student_id"))
    counted = (
        Entitlement.objects.filter(Exists(poor), term=term, programme__in=programmes, school__isnull=False)
        .values("school_id", "programme_id", "stage")
        .annotate(children=Count("student_id"))
        .order_by()
    )
    found: dict[int, dict[tuple[str, str], int]] = {}
    for row in counted:
        found.setdefault(row["school_id"], {})[row["programme_id"], row["stage"]] = row["children"]
    return found


def measures_by_school(
    term: Term, stages: Collection[str]
) -> tuple[dict[int, School], dict[Factor, dict[int, int]]]:
    """Return the schools with children in ``stages``, in the order of lists, and what each factor counts at each.

    Whether a school is rural or remote is what it was in the term.
    """
    poor = F("categories").bitand(HardshipCategory.REGISTERED_POOR)
    counted = {
        row["school_id"]: row
        for row in Enrolment.objects.of(term)
        .studying()
        .filter(school__isnull=False, stage__in=list(stages))
        .annotate(poor=poor)
        .values("school_id")
        .annotate(
            pupils=Count("pk"),
            boarders=Count("pk", filter=Q(boarding=True)),
            hardship=Count("pk", filter=Q(categories__gt=0)),
            registered=Count("pk", filter=Q(poor__gt=0)),
            rural=Count("pk", filter=Q(setting=Setting.RURAL)),
        )
        .order_by()
    }
    schools = {
        school.pk: school
        for school in School.objects.filter(pk__in=counted).select_related("area").order_by("area_id", "code")
    }
    measures: dict[Factor, dict[int, int]] = {factor: {} for factor in Factor}
    for pk, school in schools.items():
        row = counted[pk]
        pupils, rural = row["pupils"], row["rural"] > 0
        measures[Factor.PUPILS][pk] = pupils
        measures[Factor.BOARDERS][pk] = row["boarders"]
        measures[Factor.HARDSHIP][pk] = row["hardship"]
        measures[Factor.POOR][pk] = row["registered"]
        measures[Factor.RURAL][pk] = pupils if rural else 0
        measures[Factor.SMALL][pk] = max(0, SMALL_SCHOOL - pupils) if rural else 0
        measures[Factor.REMOTE][pk] = (
            pupils if REMOTE_TAG in tags_in(term.pk, school.tags, school.former_tags) else 0
        )
    return schools, measures


def allocation_page(allocations, *, after: str = "") -> tuple[list[Allocation], str]:
    """Return a page of allocations, newest first, and the next key or ""."""
    found = allocations.select_related("term", "receipt").prefetch_related("programmes").order_by("-pk")
    if (key := whole(after)) is not None:
        found = found.filter(pk__lt=key)
    page = list(found[:51])
    return page[:50], str(page[49].pk) if len(page) > 50 else ""
