from .disclosure import Disclosure, DisclosureDecision
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
from .reports import BaseTable, BaseTableDecision, BaseTableRow, Period

__all__ = [
    "Alert",
    "BaseTable",
    "BaseTableDecision",
    "BaseTableRow",
    "Condition",
    "Contract",
    "ContractPart",
    "Disclosure",
    "DisclosureDecision",
    "FundEntry",
    "FundLine",
    "FundRequest",
    "Gap",
    "GapDecision",
    "Inspection",
    "InspectionResult",
    "Milestone",
    "Period",
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
