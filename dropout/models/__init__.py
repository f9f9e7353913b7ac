"""Dropout control: who answers for each child, and what was done for those who stayed away."""

from .cases import Case, CaseDecision, CaseProposal, CaseQuerySet, CaseReason
from .chains import NEVER, ChainLink, Post, PostQuerySet, name_of
from .pledges import Pledge, PledgeLevel, PledgeQuerySet

__all__ = [
    "NEVER",
    "Case",
    "CaseDecision",
    "CaseProposal",
    "CaseQuerySet",
    "CaseReason",
    "ChainLink",
    "Pledge",
    "PledgeLevel",
    "PledgeQuerySet",
    "Post",
    "PostQuerySet",
    "name_of",
]
