"""Reads of the subsidy side that are worth a name."""

from .entitlements import PROFILE_COLUMNS, measures_of, profile_of, totals_by_programme

__all__ = ["PROFILE_COLUMNS", "measures_of", "profile_of", "totals_by_programme"]
