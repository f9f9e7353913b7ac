"""Reads of the registry that deserve a name."""

from .registry import (
    MISSING,
    PER_PAGE,
    READINGS,
    STATUS_TABS,
    TOTAL_CAP,
    Page,
    area_names,
    enrolment_shown,
    enrolments_in,
    hardships_of,
    history_of,
    home_of,
    in_charge,
    known_record,
    lacks_of,
    later_terms,
    mask_by_lists,
    matching,
    page_of,
    usual_reading,
)

__all__ = [
    "MISSING", "PER_PAGE", "READINGS", "STATUS_TABS", "TOTAL_CAP", "Page", "area_names", "enrolment_shown", "enrolments_in",
    "hardships_of", "history_of", "home_of", "in_charge", "known_record", "lacks_of", "later_terms", "mask_by_lists", "matching", "page_of",
    "usual_reading",
]  # fmt: skip
