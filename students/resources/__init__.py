"""Import kinds of the registry; named in ``settings.IMPORT_RESOURCES``."""

from .away import AwayResource
from .categories import CategoryResource
from .registered_poor import RegisteredPoorResource
from .roster import RosterResource
from .target_list import TargetListResource

__all__ = [
    "AwayResource",
    "CategoryResource",
    "RegisteredPoorResource",
    "RosterResource",
    "TargetListResource",
]
