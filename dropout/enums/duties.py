from django.db import models


class Climb(models.TextChoices):
    """Why a duty stands at a link, or did not stop at it."""

    LATE = "late", "到期未办，上报"
    VACANT = "vacant", "下级空岗，上移"
    SKIPPED = "skipped", "空岗，跳过"
