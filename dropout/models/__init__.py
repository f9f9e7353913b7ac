"""Dropout control: who answers for each child, and what was done for those who stayed away."""

from .attendance import Absence, AbsenceChange, ClassDay, FollowUp, reason_words
from .calendar import CalendarDuty, DutyTask, DutyTaskQuerySet
from .care import CareFacility, EntryNotice, HomeVisit
from .cases import AWAY, Case, CaseDecision, CaseProposal, CaseQuerySet, CaseReason
from .chains import NEVER, ChainLink, Post, PostQuerySet, name_of
from .duties import Duty, DutyQuerySet, Escalation
from .papers import Agreement, Denial, ReturnOrder
from .placed import ONE_PLACE, PlacedQuerySet
from .pledges import Pledge, PledgeLevel, PledgeQuerySet
from .population import PopulationFigure
from .reports import Report, ReportDecision, ReportLine, ReportQuerySet
from .runs import AbsenceRun, RunStep
from .school_duties import Campaign, CampaignPhoto, ReadyCheck
from .screening import Screening, ScreeningConfirmation, ScreeningRow
from .visits import Lesson, Plan, Visit, school_year_of
from .warnings import WarningRule, WarningRun, WarningScore
from .weak_schools import WeakSchool

__all__ = [
    "AWAY",
    "NEVER",
    "ONE_PLACE",
    "Absence",
    "AbsenceChange",
    "AbsenceRun",
    "Agreement",
    "CalendarDuty",
    "Campaign",
    "CampaignPhoto",
    "CareFacility",
    "Case",
    "CaseDecision",
    "CaseProposal",
    "CaseQuerySet",
    "CaseReason",
    "ChainLink",
    "ClassDay",
    "Denial",
    "Duty",
    "DutyQuerySet",
    "DutyTask",
    "DutyTaskQuerySet",
    "EntryNotice",
    "Escalation",
    "FollowUp",
    "HomeVisit",
    "Lesson",
    "PlacedQuerySet",
    "Plan",
    "Pledge",
    "PledgeLevel",
    "PledgeQuerySet",
    "PopulationFigure",
    "Post",
    "PostQuerySet",
    "ReadyCheck",
    "Report",
    "ReportDecision",
    "ReportLine",
    "ReportQuerySet",
    "ReturnOrder",
    "RunStep",
    "Screening",
    "ScreeningConfirmation",
    "ScreeningRow",
    "Visit",
    "WarningRule",
    "WarningRun",
    "WarningScore",
    "WeakSchool",
    "name_of",
    "reason_words",
    "school_year_of",
]
