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
from .deployment import Deployment, DeploymentDecision, HeadTerm
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
    "Deployment",
    "DeploymentDecision",
    "Establishment",
    "EstablishmentChange",
    "ExcessDecision",
    "ExcessRequest",
    "RollDecision",
    "RollSeat",
    "HeadTerm",
    "SchoolPlace",
    "ServiceTerm",
    "SheetDecision",
    "StaffStandard",
    "SubjectHours",
    "Teacher",
    "TitleRecord",
]
