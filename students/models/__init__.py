"""The registry's tables: the child and the household, one enrolment per term, hardship, lists."""

from .changes import ChangeDecision, PendingChange
from .column_sets import ColumnSet
from .comparison import Comparison, ComparisonRow, ComparisonSide
from .corrections import Correction, CorrectionDecision
from .duplicates import DuplicatePair, MergedRecord, PairDecision, PayoutBlock
from .ends import EndDecision, ProposedEnd
from .facts import CountyFact
from .identification import Disposal, HardshipProof, ProofDecision, TargetListEntry
from .moves import Move, MoveDecision
from .notes import StudentNote
from .promotion import Departure, Feeder, Promotion, PromotionDecision, PromotionLine
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
)
from .versions import RecordVersion

__all__ = [
    "BankAccount",
    "ChangeDecision",
    "ColumnSet",
    "Comparison",
    "ComparisonRow",
    "ComparisonSide",
    "Correction",
    "CorrectionDecision",
    "CountyFact",
    "Departure",
    "Disposal",
    "DuplicatePair",
    "EndDecision",
    "Enrolment",
    "EnrolmentQuerySet",
    "FactChange",
    "Feeder",
    "Guardian",
    "HardshipProof",
    "HardshipStatus",
    "Household",
    "MergedRecord",
    "Move",
    "MoveDecision",
    "PairDecision",
    "PayoutBlock",
    "PendingChange",
    "Promotion",
    "PromotionDecision",
    "PromotionLine",
    "ProofDecision",
    "ProposedEnd",
    "RecordVersion",
    "Student",
    "StudentDraft",
    "StudentNote",
    "StudentQuerySet",
    "TargetListEntry",
]
