"""What is typed on the pages of dropout control."""

from povertyedu.accounts.filters import townships_of

from .chains import AppointForm, EndForm, GapsFilter, LinkForm, PlacesFilter
from .pledges import LevelForm, PledgeFilter, SignedForm

__all__ = [
    "AppointForm",
    "EndForm",
    "GapsFilter",
    "LevelForm",
    "LinkForm",
    "PlacesFilter",
    "PledgeFilter",
    "SignedForm",
    "townships_of",
]
