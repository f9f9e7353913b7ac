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
from .care import (
    AidDecision,
    AidSeat,
    HealthCheck,
    IllnessAid,
    Insurance,
    TiltEntry,
    TiltList,
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
from .housing import Building, HousingRequest, Occupancy, Room
from .mutual_help import HelpActivity
from .pay import CivilPay, TeacherPay
from .places import SchoolPlace
from .registry import Appointment, ServiceTerm, Teacher, TitleRecord

__all__ = [
    "AidDecision",
    "AidSeat",
    "AllowanceLine",
    "AllowanceRate",
    "AllowanceRoll",
    "AllowanceSheet",
    "Appointment",
    "Building",
    "CivilPay",
    "Deployment",
    "DeploymentDecision",
    "Establishment",
    "EstablishmentChange",
    "ExcessDecision",
    "ExcessRequest",
    "HeadTerm",
    "HealthCheck",
    "HelpActivity",
    "HousingRequest",
    "IllnessAid",
    "Insurance",
    "Occupancy",
    "RollDecision",
    "RollSeat",
    "Room",
    "SchoolPlace",
    "ServiceTerm",
    "SheetDecision",
    "StaffStandard",
    "SubjectHours",
    "Teacher",
    "TeacherPay",
    "TiltEntry",
    "TiltList",
    "TitleRecord",
]
