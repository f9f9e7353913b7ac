"""Import kinds of dropout control. Named in ``settings.IMPORT_RESOURCES``."""

from .attendance import AttendanceResource
from .posts import PostResource

__all__ = ["AttendanceResource", "PostResource"]
