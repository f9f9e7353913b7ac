from .funds import Contract, ContractPart, FundEntry, FundLine, FundRequest, RequestDecision
from .gaps import Condition, Gap, GapDecision, Standard
from .inspections import Inspection, InspectionResult
from .programmes import Programme, ProgrammeTarget
from .project import (
    Alert,
    Milestone,
    ProgressReport,
    Project,
    ProjectDecision,
    ProjectFile,
    ProjectQuantity,
    ProjectSite,
)

__all__ = [
    "Alert",
    "Condition",
    "Contract",
    "ContractPart",
    "FundEntry",
    "FundLine",
    "FundRequest",
    "Gap",
    "GapDecision",
    "Inspection",
    "InspectionResult",
    "Milestone",
    "Programme",
    "ProgrammeTarget",
    "ProgressReport",
    "Project",
    "ProjectDecision",
    "ProjectFile",
    "ProjectQuantity",
    "ProjectSite",
    "RequestDecision",
    "Standard",
]
