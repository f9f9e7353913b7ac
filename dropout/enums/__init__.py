"""The words of dropout control that code must know."""

from .attendance import AbsenceReason, ClockStep, ContactResult, ContactWay
from .cases import STAYS_OPEN, Answer, CaseKind, CaseOrigin, CaseState, DelayKind, Outcome, ProposalKind
from .chains import AREA_DIGITS, PLACE_FIELDS, Lack, Line, PlaceKind
from .duties import Climb
from .pledges import OF_SCHOOLS, UNIT_FIELDS, UnitKind
from .visits import ALL_CAUSES, Cause, Delivery, DenialKind, Met, Placement, VisitResult, VisitWay
from .warnings import OF_FACTS, Factor, WarningLevel

__all__ = [
    "ALL_CAUSES",
    "AREA_DIGITS",
    "AbsenceReason",
    "Answer",
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
    "Factor",
    "Lack",
    "Line",
    "Met",
    "OF_FACTS",
    "OF_SCHOOLS",
    "Outcome",
    "PLACE_FIELDS",
    "PlaceKind",
    "Placement",
    "ProposalKind",
    "STAYS_OPEN",
    "UNIT_FIELDS",
    "UnitKind",
    "VisitResult",
    "VisitWay",
    "WarningLevel",
]
