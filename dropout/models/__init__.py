"""Dropout control: who answers for each child, and what was done for those who stayed away."""

from .cases import Case, CaseDecision, CaseProposal, CaseQuerySet, CaseReason
from .chains import NEVER, ChainLink, Post, PostQuerySet, name_of
from .duties import Duty, DutyQuerySet, Escalation
from .papers import AWAY, Agreement, Denial, ReturnOrder
from .pledges import Pledge, PledgeLevel, PledgeQuerySet
from .visits import Lesson, Plan, Visit, school_year_of

__all__ = [
    "AWAY",
    "Agreement",
    "Case",
    "CaseDecision",
    "CaseProposal",
    "CaseQuerySet",
    "CaseReason",
    "ChainLink",
    "Denial",
    "Duty",
    "DutyQuerySet",
    "Escalation",
    "Lesson",
    "NEVER",
    "Plan",
    "Pledge",
    "PledgeLevel",
    "PledgeQuerySet",
    "Post",
    "PostQuerySet",
    "ReturnOrder",
    "Visit",
    "name_of",
    "school_year_of",
]
