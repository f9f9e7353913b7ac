"""The words of dropout control that code must know."""

from .attendance import AbsenceReason, ClockStep, ContactResult, ContactWay, Thoughts
from .calendar import DutyCode, DutyPlace, SixSystem, TaskState
from .cases import (
    GONE_FOR_GOOD,
    NOT_EXPECTED,
    STAYS_OPEN,
    Answer,
    CaseKind,
    CaseOrigin,
    CaseState,
    DelayKind,
    Outcome,
    ProposalKind,
)
from .chains import AREA_DIGITS, PLACE_FIELDS, Lack, Line, PlaceKind
from .duties import Climb, Proof, Then
from .pledges import OF_SCHOOLS, UNIT_FIELDS, UnitKind
from .records import (
    CAMPAIGN_MONTHS,
    IN_EVERY_TOWNSHIP,
    CareKind,
    Holiday,
    ReadyItem,
    ReportKind,
    ReportState,
    VisitOutcome,
)
from .screening import FOUND_AWAY, LEDGERS, FollowUp, Ground, Standing
from .visits import ALL_CAUSES, Cause, Delivery, DenialKind, Met, Placement, VisitResult, VisitWay
from .warnings import OF_FACTS, Factor, WarningLevel

__all__ = [
    "ALL_CAUSES",
    "AREA_DIGITS",
    "CAMPAIGN_MONTHS",
    "FOUND_AWAY",
    "GONE_FOR_GOOD",
    "IN_EVERY_TOWNSHIP",
    "LEDGERS",
    "NOT_EXPECTED",
    "OF_FACTS",
    "OF_SCHOOLS",
    "PLACE_FIELDS",
    "STAYS_OPEN",
    "UNIT_FIELDS",
    "AbsenceReason",
    "Answer",
    "CareKind",
    "CaseKind",
    "CaseOrigin",
    "CaseState",
    "Cause",
    "Climb",
    "ClockStep",
    "ContactResult",
    "ContactWay",
    "DelayKind",
    "Delivery",
    "DenialKind",
    "DutyCode",
    "DutyPlace",
    "Factor",
    "FollowUp",
    "Ground",
    "Holiday",
    "Lack",
    "Line",
    "Met",
    "Outcome",
    "PlaceKind",
    "Placement",
    "ProposalKind",
    "Proof",
    "ReadyItem",
    "ReportKind",
    "ReportState",
    "SixSystem",
    "Standing",
    "TaskState",
    "Then",
    "Thoughts",
    "UnitKind",
    "VisitOutcome",
    "VisitResult",
    "VisitWay",
    "WarningLevel",
]
