from .gaps import GapResource
from .projects import ProjectResource

__all__ = ["GapResource", "ProjectResource"]
