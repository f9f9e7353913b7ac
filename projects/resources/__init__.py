from .gaps import GapResource
from .programmes import ProgrammeCountResource, ProgrammeTargetResource
from .projects import ProjectResource

__all__ = ["GapResource", "ProgrammeCountResource", "ProgrammeTargetResource", "ProjectResource"]
