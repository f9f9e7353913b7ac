"""What is typed on the pages of dropout control."""

from povertyedu.accounts.filters import townships_of

from .attendance import AttendanceFilter, ChosenDayForm, EntryForm, FollowUpForm, SchoolFilter
from .chains import AppointForm, EndForm, GapsFilter, LinkForm, PlacesFilter
from .pledges import LevelForm, PledgeFilter, SignedForm
from .warnings import WarningFilter, WarningRuleForm

__all__ = [
    "AppointForm",
    "AttendanceFilter",
    "ChosenDayForm",
    "EndForm",
    "EntryForm",
    "FollowUpForm",
    "GapsFilter",
    "LevelForm",
    "LinkForm",
    "PlacesFilter",
    "PledgeFilter",
    "SchoolFilter",
    "SignedForm",
    "WarningFilter",
    "WarningRuleForm",
    "townships_of",
]
