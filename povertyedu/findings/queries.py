"""Reads of findings: what each tab holds, and the counts of each place for its appraisal."""

from django.db.models import Count, F, Q, QuerySet

from povertyedu.orgs.calendar import today

from .enums import WITH_THE_CHECKER, WITH_THE_PLACE, FindingState
from .models import Finding

TABS = {
    "todo": ("待整改", Q(state__in=WITH_THE_PLACE)),
    "check": ("待复核销号", Q(state__in=WITH_THE_CHECKER)),
    "closed": ("已销号", Q(state=FindingState.CLOSED)),
    "all": ("全部", Q()),
}


def narrowed(rows: QuerySet[Finding], wanted: dict) -> QuerySet[Finding]:
    """Narrow by township, school, source and words; ``late`` leaves what is or was late."""
    if township := wanted.get("township"):
        rows = rows.filter(township.scope.area_q("area_id") | township.scope.area_q("school__area_id"))
    if school := wanted.get("school"):
        rows = rows.filter(school=school)
    if source := wanted.get("source"):
        rows = rows.filter(source=source)
    if text := wanted.get("q"):
        rows = rows.filter(Q(title__contains=text) | Q(origin__contains=text))
    if wanted.get("late"):
        rows = rows.filter(_late_now() | _LATE_CLOSED)
    return rows


_LATE_CLOSED = Q(state=FindingState.CLOSED, closed_on__gt=F("due_on"))


def _late_now() -> Q:
    return Q(state__in=WITH_THE_PLACE, due_on__lt=today())


def counts_by_place(rows: QuerySet[Finding]) -> dict[tuple[str, object], dict[str, int]]:
    """Return ("area", code) or ("school", pk) -> how many findings, open, overdue, closed and closed late; one query."""
    found = (
        rows.order_by()
        .values("area_id", "school_id")
        .annotate(
            total=Count("pk"),
            open=Count("pk", filter=~Q(state=FindingState.CLOSED)),
            overdue=Count("pk", filter=_late_now()),
            closed=Count("pk", filter=Q(state=FindingState.CLOSED)),
            closed_late=Count("pk", filter=_LATE_CLOSED),
        )
    )
    names = ("total", "open", "overdue", "closed", "closed_late")
    return {
        ("area", row["area_id"]) if row["area_id"] else ("school", row["school_id"]): {
            name: row[name] for name in names
        }
        for row in found
    }
