"""The words of dropout control that code must know."""

from .cases import (
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

__all__ = [
    "AREA_DIGITS",
    "PLACE_FIELDS",
    "STAYS_OPEN",
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
]
