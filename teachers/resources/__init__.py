"""What of teachers comes and goes by Excel."""

from .deployment import DeploymentResource

__all__ = ["DeploymentResource"]
