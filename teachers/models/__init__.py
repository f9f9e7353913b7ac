"""Tables of the teachers app, one module per topic."""

from .allowances import (
    AllowanceLine,
    AllowanceRate,
    AllowanceRoll,
    AllowanceSheet,
    RollDecision,
    RollSeat,
    SheetDecision,
)
from .establishment import (
    Establishment,
    EstablishmentChange,
    ExcessDecision,
    ExcessRequest,
    StaffStandard,
    SubjectHours,
)
from .places import SchoolPlace
from .registry import Appointment, ServiceTerm, Teacher, TitleRecord

__all__ = [
    "AllowanceLine",
    "AllowanceRate",
    "AllowanceRoll",
    "AllowanceSheet",
    "Appointment",
    "Establishment",
    "EstablishmentChange",
    "ExcessDecision",
    "ExcessRequest",
    "RollDecision",
    "RollSeat",
    "SchoolPlace",
    "ServiceTerm",
    "SheetDecision",
    "StaffStandard",
    "SubjectHours",
    "Teacher",
    "TitleRecord",
]
