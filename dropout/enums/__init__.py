"""The words of dropout control that code must know."""

from .cases import STAYS_OPEN, Answer, CaseKind, CaseOrigin, CaseState, DelayKind, Outcome, ProposalKind
from .chains import AREA_DIGITS, PLACE_FIELDS, Lack, Line, PlaceKind
from .pledges import OF_SCHOOLS, UNIT_FIELDS, UnitKind

__all__ = [
    "AREA_DIGITS",
    "OF_SCHOOLS",
    "PLACE_FIELDS",
    "STAYS_OPEN",
    "UNIT_FIELDS",
    "Answer",
    "CaseKind",
    "CaseOrigin",
    "CaseState",
    "DelayKind",
    "Lack",
    "Line",
    "Outcome",
    "PlaceKind",
    "ProposalKind",
    "UnitKind",
]
