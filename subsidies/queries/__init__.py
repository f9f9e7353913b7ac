"""Reads of the subsidy side that are worth a name."""

from .entitlements import (
    PROFILE_COLUMNS,
    balances_of,
    last_runs,
    measures_of,
    profile_of,
    totals_by_programme,
    waiting_children,
)

__all__ = [
    "PROFILE_COLUMNS",
    "balances_of",
    "last_runs",
    "measures_of",
    "profile_of",
    "totals_by_programme",
    "waiting_children",
]
