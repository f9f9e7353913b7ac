from django.db import models


class HelpKind(models.TextChoices):
    """How one school helps another (S0a 二(五))."""

    LESSONS = "lessons", "送课下乡"
    SHARED_CLASS = "shared_class", "同步课堂"
    JOINT_CLASS = "joint_class", "联校办班"
    TEACHING = "teaching", "送教送训"


class HelpState(models.TextChoices):
    PLANNED = "planned", "已计划"
    HELD = "held", "已开展"
    CANCELLED = "cancelled", "已取消"
