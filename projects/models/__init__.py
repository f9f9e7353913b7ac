from .assets import Asset, AssetEntry
from .disclosure import Disclosure, DisclosureDecision
from .funds import Contract, ContractPart, FundEntry, FundLine, FundRequest, RequestDecision
from .gaps import Condition, Gap, GapDecision, Standard
from .inspections import Inspection, InspectionResult
from .programmes import Programme, ProgrammeTarget
from .project import (
    Alert,
    Milestone,
    PlanChange,
    ProgressReport,
    Project,
    ProjectDecision,
    ProjectFile,
    ProjectQuantity,
    ProjectSite,
)
from .purchases import (
    Acceptance,
    AcceptanceDecision,
    AcceptanceLine,
    Purchase,
    PurchaseDecision,
    PurchaseItem,
    PurchaseShare,
)
from .reports import BaseTable, BaseTableDecision, BaseTableRow, Period

__all__ = [
    "Acceptance",
    "AcceptanceDecision",
    "AcceptanceLine",
    "Alert",
    "Asset",
    "AssetEntry",
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
    "PlanChange",
    "Programme",
    "ProgrammeTarget",
    "ProgressReport",
    "Project",
    "ProjectDecision",
    "ProjectFile",
    "ProjectQuantity",
    "ProjectSite",
    "Purchase",
    "PurchaseDecision",
    "PurchaseItem",
    "PurchaseShare",
    "RequestDecision",
    "Standard",
]
