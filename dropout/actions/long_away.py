"""疑似辍学 becomes 辍学 after a further month away (facts.md 5), whoever found the child.

Looked at every night from what stands, so that a case sent back from a proposed end catches up.
"""

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from dropout.enums import ClockStep
from dropout.models import AbsenceRun, Case
from dropout.queries.school_days import last_school_day
from povertyedu.orgs.calendar import today
from povertyedu.workflow.flow import SYSTEM

from .cases import raise_kinds
from .clock import Thresholds, counted_days


@transaction.atomic
def raise_long_away() -> int:
    """Raise every suspected case whose child has been away so long; return how many. Queries do not grow with the cases.

    Where the attendance has followed the child from the first day its clock decides, which leave pauses, and a child that
    its class has seen since is not raised for a return that nobody recorded; of all others the days of the terms are counted.
    """
    own = AbsenceRun.objects.filter(student=OuterRef("student"))
    followed = AbsenceRun.objects.open().filter(student=OuterRef("student"), first_on__lte=OuterRef("since"))
    seen = own.filter(ended_on__gt=OuterRef("since"))
    by_clock = Case.objects.suspected().filter(
        Exists(AbsenceRun.objects.missed().filter(student=OuterRef("student"), step=ClockStep.DROPOUT))
    )
    others = Case.objects.suspected().exclude(Q(Exists(followed)) | Q(Exists(seen)))
    lost = {*by_clock.values_list("pk", flat=True), *_away_for_long(others)}
    return raise_kinds(lost, by=SYSTEM) if lost else 0


def _away_for_long(cases) -> list[int]:
    """Return those of ``cases`` whose child has been away for the county's days by the last school day that is over."""
    over = last_school_day(today())
    if over is None:
        return []
    thresholds, counted = Thresholds.read(), counted_days()
    return [
        pk
        for pk, since in cases.values_list("pk", "since")
        if thresholds.step(0, counted.between(since, over)) == ClockStep.DROPOUT
    ]
