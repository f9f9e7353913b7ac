"""The list of cases: what the filter leaves, by school or by household, and what of it is late."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from dropout.enums import CaseState
from dropout.models import Case, Duty
from povertyedu.orgs.calendar import today

TABS = {
    "open": ("未销号", ~Q(state=CaseState.CLOSED)),
    "to_verify": ("待核实", Q(state__in=[CaseState.SUSPECTED, CaseState.RETURNED])),
    "persuading": ("劝返", Q(state__in=[CaseState.VERIFIED, CaseState.PERSUADING])),
    "watched": (
        "监测、送教、缓学",
        Q(state__in=[CaseState.MONITORED, CaseState.HOME_TAUGHT, CaseState.DELAYED]),
    ),
    "to_confirm": ("待复核", Q(state__in=[CaseState.PROPOSED_CLOSED, CaseState.PROPOSED_REOPEN])),
    "closed": ("已销号", Q(state=CaseState.CLOSED)),
}
TONES = {
    CaseState.SUSPECTED: "warn", CaseState.VERIFIED: "bad", CaseState.PERSUADING: "bad", CaseState.RETURNED: "doing",
    CaseState.MONITORED: "doing", CaseState.HOME_TAUGHT: "ok", CaseState.DELAYED: "ok", CaseState.PROPOSED_CLOSED: "todo",
    CaseState.CLOSED: "ok", CaseState.PROPOSED_REOPEN: "todo",
}  # fmt: skip


def narrowed(rows: QuerySet[Case], wanted: dict, *, reading: str) -> QuerySet[Case]:
    """Return the cases a filter leaves; a township is meant by ``reading``: where the school is, or the household."""
    if township := wanted.get("township"):
        rows = rows.filter(**{f"{reading}__startswith": township.pk})
    for name in ("school", "kind", "state"):
        if wanted.get(name):
            rows = rows.filter(**{name: wanted[name]})
    if wanted.get("q"):
        rows = rows.filter(student__name__contains=wanted["q"])
    if late := wanted.get("late"):
        duties = Duty.objects.late(today()).filter(case=OuterRef("pk"))
        rows = rows.filter(Exists(duties if late == "any" else duties.filter(line=late)))
    return rows


def duties_of(cases: list[Case]) -> dict[int, dict[str, Duty]]:
    """Return case -> line -> its open duty, in one query."""
    found: dict[int, dict[str, Duty]] = {}
    for duty in Duty.objects.open().filter(case__in=cases).select_related("person", "link"):
        found.setdefault(duty.case_id, {})[duty.line] = duty
    return found
