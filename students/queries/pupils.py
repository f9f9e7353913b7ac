"""How many pupils and classes a school has, for who reckons staff; read by name (settings.PUPIL_COUNTS)."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count

from povertyedu.orgs.models import Term
from students.models import Enrolment


@dataclass(frozen=True)
class StageCount:
    """Pupils of one stage of a school, and the classes they sit in."""

    pupils: int
    classes: int


def pupil_counts(day: dt.date, schools: Iterable[int] | None = None) -> dict[int, dict[str, StageCount]]:
    """Return school -> stage -> counts in the newest term that had begun on ``day``; all schools with None. Two queries."""
    term = Term.objects.filter(starts_on__lte=day).order_by("-starts_on").first()
    if term is None:
        return {}
    rows = Enrolment.objects.of(term).here().order_by()
    if schools is not None:
        rows = rows.filter(school__in=list(schools))
    rows = rows.values_list("school", "stage").annotate(
        pupils=Count("pk"), classes=Count("school_class", distinct=True)
    )
    found: dict[int, dict[str, StageCount]] = {}
    for school, stage, pupils, classes in rows:
        found.setdefault(school, {})[stage] = StageCount(pupils, classes)
    return found
