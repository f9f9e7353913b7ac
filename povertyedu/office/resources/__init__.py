"""Import kinds of the county's own frame: areas and schools. Named in ``settings.IMPORT_RESOURCES``."""

from .areas import AreaResource
from .schools import SchoolResource

__all__ = ["AreaResource", "SchoolResource"]
