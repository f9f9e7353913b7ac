"""Import kinds of dropout control. Named in ``settings.IMPORT_RESOURCES``."""

from .posts import PostResource

__all__ = ["PostResource"]
