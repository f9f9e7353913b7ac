"""What of teachers comes and goes by Excel."""

from .deployment import DeploymentResource
from .establishments import EstablishmentResource
from .teachers import TeacherResource

__all__ = ["DeploymentResource", "EstablishmentResource", "TeacherResource"]
