from django.db import models


class RowOutcome(models.TextChoices):
    CREATED = "created", "新增"
    UPDATED = "updated", "更新"
    UNCHANGED = "unchanged", "相同"
    DUPLICATE = "duplicate", "重复"
    REJECTED = "rejected", "错误"
