"""Dropout control: who answers for each child, and what was done for those who stayed away."""

from .attendance import Absence, AbsenceChange, ClassDay, FollowUp, reason_words
from .cases import Case, CaseDecision, CaseProposal, CaseQuerySet, CaseReason
from .chains import NEVER, ChainLink, Post, PostQuerySet, name_of
from .duties import Duty, DutyQuerySet, Escalation
from .papers import AWAY, Agreement, Denial, ReturnOrder
from .pledges import Pledge, PledgeLevel, PledgeQuerySet
from .runs import AbsenceRun, RunStep
from .visits import Lesson, Plan, Visit, school_year_of
from .warnings import WarningRule, WarningRun, WarningScore

__all__ = [
    "AWAY",
    "Absence",
    "AbsenceChange",
    "AbsenceRun",
    "Agreement",
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
    "Escalation",
    "FollowUp",
    "Lesson",
    "NEVER",
    "Plan",
    "Pledge",
    "PledgeLevel",
    "PledgeQuerySet",
    "Post",
    "PostQuerySet",
    "ReturnOrder",
    "RunStep",
    "Visit",
    "WarningRule",
    "WarningRun",
    "WarningScore",
    "name_of",
    "reason_words",
    "school_year_of",
]
