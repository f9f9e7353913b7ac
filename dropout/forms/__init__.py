"""What is typed on the pages of dropout control."""

from povertyedu.accounts.filters import townships_of

from .attendance import AttendanceFilter, ChosenDayForm, EntryForm, FollowUpForm, SchoolFilter
from .calendar import DoneForm, DutyForm, TaskFilter
from .chains import AppointForm, EndForm, GapsFilter, LinkForm, PlacesFilter
from .pledges import LevelForm, PledgeFilter, SignedForm
from .records import (
    CampaignHeldForm,
    CampaignPlanForm,
    CareForm,
    HomeVisitForm,
    PhotoForm,
    PlaceFilter,
    ReadyForm,
    TrackForm,
)
from .reports import ReturnForm, SubmitForm
from .warnings import WarningFilter, WarningRuleForm

__all__ = [
    "AppointForm",
    "AttendanceFilter",
    "CampaignHeldForm",
    "CampaignPlanForm",
    "CareForm",
    "ChosenDayForm",
    "DoneForm",
    "DutyForm",
    "EndForm",
    "EntryForm",
    "FollowUpForm",
    "GapsFilter",
    "HomeVisitForm",
    "LevelForm",
    "LinkForm",
    "PhotoForm",
    "PlaceFilter",
    "PlacesFilter",
    "PledgeFilter",
    "ReadyForm",
    "ReturnForm",
    "SchoolFilter",
    "SignedForm",
    "SubmitForm",
    "TaskFilter",
    "TrackForm",
    "WarningFilter",
    "WarningRuleForm",
    "townships_of",
]
