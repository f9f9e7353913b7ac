from .funds import Contract, ContractPart, FundEntry, FundLine, FundRequest, RequestDecision
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
    "Alert", "Contract", "ContractPart", "FundEntry", "FundLine", "FundRequest", "Milestone", "Programme", "ProgrammeTarget",
    "ProgressReport", "Project", "ProjectDecision", "ProjectFile", "ProjectQuantity", "ProjectSite", "RequestDecision",
]  # fmt: skip
