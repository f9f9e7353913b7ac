from .equipment import AssetResource, PurchaseResource
from .gaps import GapResource
from .programmes import ProgrammeCountResource, ProgrammeTargetResource
from .projects import ProjectResource

__all__ = [
    "AssetResource",
    "GapResource",
    "ProgrammeCountResource",
    "ProgrammeTargetResource",
    "ProjectResource",
    "PurchaseResource",
]
