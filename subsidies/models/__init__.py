"""The subsidy side, from rule to ledger."""

from .allocation import Allocation, AllocationDecision, AllocationSeat, AllocationShare
from .batch import Batch, BatchDecision, BatchSeat, Line, LineQuerySet, SchoolSheet, SheetDecision, due_fen
from .entitlement import Aid, Balance, Entitlement, Recalculation
from .exchange import Exchange, ExchangeDecision, ExchangeLine, ExchangeReply, Inquiry
from .funds import FundReceipt, ReceiptProgramme, ReceiptScan
from .payment import BankFile, BankReturn
from .policy import Policy, PolicyDecision, Programme
from .recovery import PaidAdjustment, Recovery, RecoveryDecision, TermLedger
from .selection import Selection
from .shares import AdjustmentShare, Commitment, LineShare
from .what_if import WhatIf, WhatIfCell, WhatIfTerm

__all__ = [
    "AdjustmentShare",
    "Aid",
    "Allocation",
    "AllocationDecision",
    "AllocationSeat",
    "AllocationShare",
    "Balance",
    "BankFile",
    "BankReturn",
    "Batch",
    "BatchDecision",
    "BatchSeat",
    "Commitment",
    "Entitlement",
    "Exchange",
    "ExchangeDecision",
    "ExchangeLine",
    "ExchangeReply",
    "FundReceipt",
    "Inquiry",
    "Line",
    "LineQuerySet",
    "LineShare",
    "PaidAdjustment",
    "Policy",
    "PolicyDecision",
    "Programme",
    "Recalculation",
    "ReceiptProgramme",
    "ReceiptScan",
    "Recovery",
    "RecoveryDecision",
    "SchoolSheet",
    "Selection",
    "SheetDecision",
    "TermLedger",
    "WhatIf",
    "WhatIfCell",
    "WhatIfTerm",
    "due_fen",
]
