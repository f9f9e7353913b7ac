"""Tables of the teachers app, one module per topic."""

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
    "Appointment",
    "Establishment",
    "EstablishmentChange",
    "ExcessDecision",
    "ExcessRequest",
    "SchoolPlace",
    "ServiceTerm",
    "StaffStandard",
    "SubjectHours",
    "Teacher",
    "TitleRecord",
]
