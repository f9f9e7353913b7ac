from django.db import models


class FindingState(models.TextChoices):
    FOUND = "found", "待整改"
    PLANNED = "planned", "整改中"
    DONE = "done", "待复核"
    RECHECKED = "rechecked", "待销号"
    CLOSED = "closed", "已销号"


class FindingSource(models.TextChoices):
    """Where a problem was found."""

    INSPECTION = "inspection", "督导检查"
    SPOT_CHECK = "spot_check", "半年抽查"
    SELF_CHECK = "self_check", "乡镇、学校自查"
    AUDIT = "audit", "审计"
    INDICATOR = "indicator", "指标通报"
    SCREENING = "screening", "排查"
    PROJECT = "project", "项目检查"
    OTHER = "other", "其他"


# Whoever the finding is with still has to act; afterwards another person has.
WITH_THE_PLACE = (FindingState.FOUND, FindingState.PLANNED)
WITH_THE_CHECKER = (FindingState.DONE, FindingState.RECHECKED)
