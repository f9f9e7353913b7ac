"""The list of cases: what the filter leaves, by school or by household, and what of it is late."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from dropout.enums import GONE_FOR_GOOD, Answer, CaseState, DelayKind, Outcome
from dropout.models import Case, CaseProposal, Duty
from povertyedu.orgs.calendar import today
from students.enums import CHANGES_OF_PLACE, EnrolmentStatus, MoveKind, MoveState, Place
from students.models import Enrolment, Move

_HELD = Enrolment.objects.filter(
    student=OuterRef("student"), place=Place.IN_COUNTY, term__is_closed=False
).here()
_SETTLED = Move.objects.filter(
    student=OuterRef("student"), state=MoveState.DONE, kind__in=CHANGES_OF_PLACE, effective_on__gte=OuterRef("since")
)  # fmt: skip
_LEAVE = CaseProposal.objects.filter(
    case=OuterRef("pk"), answer=Answer.CONFIRMED, delay_kind=DelayKind.LEAVE, until=OuterRef("until")
)
_ON_LEAVE_STILL_STUDYING = _HELD.filter(
    status=EnrolmentStatus.STUDYING, term__starts_on__lte=OuterRef("until"), term__ends_on__gte=OuterRef("state_since")
)  # fmt: skip
# What was decided in the case has not been done on the roster, which still has the child studying.
OWES_A_MOVE = Q(state=CaseState.CLOSED, outcome__in=GONE_FOR_GOOD) & Q(
    Exists(_HELD.filter(term__ends_on__gte=OuterRef("closed_on")))
) & ~Q(Exists(_SETTLED)) | Q(state=CaseState.DELAYED) & Q(Exists(_LEAVE)) & Q(
    Exists(_ON_LEAVE_STILL_STUDYING)
)
# The 学籍异动 an outcome asks for; where a child transferred to decides itself whether it left the county.
MOVES = {Outcome.DECEASED: MoveKind.DECEASED, Outcome.ABROAD: MoveKind.OUT, Outcome.DELAYED: MoveKind.LEAVE}

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
    "roster": ("学籍待办", OWES_A_MOVE),
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


def owes_a_move(case: Case) -> bool:
    return Case.objects.filter(OWES_A_MOVE, pk=case.pk).exists()


def duties_of(cases: list[Case]) -> dict[int, dict[str, Duty]]:
    """Return case -> line -> its open duty, in one query."""
    found: dict[int, dict[str, Duty]] = {}
    for duty in Duty.objects.open().filter(case__in=cases).select_related("person", "link"):
        found.setdefault(duty.case_id, {})[duty.line] = duty
    return found
