"""The registry's tables: the child and the household, one enrolment per term, hardship, lists."""

from .moves import Move, MoveDecision
from .registry import (
    BankAccount,
    Enrolment,
    EnrolmentQuerySet,
    FactChange,
    Guardian,
    HardshipStatus,
    Household,
    Student,
    StudentDraft,
    StudentQuerySet,
    TargetListEntry,
)

__all__ = [
    "BankAccount",
    "Enrolment",
    "EnrolmentQuerySet",
    "FactChange",
    "Guardian",
    "HardshipStatus",
    "Household",
    "Student",
    "Move",
    "MoveDecision",
    "StudentDraft",
    "StudentQuerySet",
    "TargetListEntry",
]
