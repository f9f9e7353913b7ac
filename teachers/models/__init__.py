"""Tables of the teachers app, one module per topic."""

from .allowances import (
    AllowanceLine,
    AllowanceRate,
    AllowanceRepayment,
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
from .places import FormerTier, SchoolPlace
from .recruitment import (
    Candidate,
    CandidateDecision,
    ChannelTarget,
    HireList,
    HireListDecision,
    PlanDecision,
    PostLine,
    RecruitmentPlan,
    StaffGoal,
    TermEnd,
    TermReminder,
)
from .registry import Appointment, ServiceTerm, Teacher, TitleRecord
from .suggested import PlanHold, PlannedMove, PlanRun, PlanRunDecision
from .training import Trainee, TraineeDecision, TrainingCourse, TrainingTarget

__all__ = [
    "AidDecision",
    "AidSeat",
    "AllowanceLine",
    "AllowanceRate",
    "AllowanceRepayment",
    "AllowanceRoll",
    "AllowanceSheet",
    "Appointment",
    "Building",
    "Candidate",
    "CandidateDecision",
    "ChannelTarget",
    "CivilPay",
    "Deployment",
    "DeploymentDecision",
    "Establishment",
    "EstablishmentChange",
    "ExcessDecision",
    "ExcessRequest",
    "FormerTier",
    "HeadTerm",
    "HealthCheck",
    "HelpActivity",
    "HireList",
    "HireListDecision",
    "HousingRequest",
    "IllnessAid",
    "Insurance",
    "Occupancy",
    "PlanDecision",
    "PlanHold",
    "PlanRun",
    "PlanRunDecision",
    "PlannedMove",
    "PostLine",
    "RecruitmentPlan",
    "RollDecision",
    "RollSeat",
    "Room",
    "SchoolPlace",
    "ServiceTerm",
    "SheetDecision",
    "StaffGoal",
    "StaffStandard",
    "SubjectHours",
    "Teacher",
    "TeacherPay",
    "TermEnd",
    "TermReminder",
    "TiltEntry",
    "TiltList",
    "TitleRecord",
    "Trainee",
    "TraineeDecision",
    "TrainingCourse",
    "TrainingTarget",
]
