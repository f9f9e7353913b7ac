"""Reads of the subsidy side that are worth a name."""

from .entitlements import (
    balances_of,
    last_runs,
    marks_by_cause,
    marks_of,
    measures_of,
    totals_by_programme,
    waiting_children,
)
from .facts import FactReader, FactUnread, own_county
from .readers import Foretold, Reading, nothing_known, once_rules, watched_programmes

__all__ = [
    "FactReader",
    "FactUnread",
    "Foretold",
    "Reading",
    "balances_of",
    "last_runs",
    "marks_by_cause",
    "marks_of",
    "measures_of",
    "nothing_known",
    "once_rules",
    "own_county",
    "totals_by_programme",
    "waiting_children",
    "watched_programmes",
]
