from django.db import models


class TrainingLevel(models.TextChoices):
    """五级培训: who organises it (临夏 一(五))."""

    NATIONAL = "national", "国家级"
    PROVINCE = "province", "省级"
    PREFECTURE = "prefecture", "州（市）级"
    COUNTY = "county", "县级"
    SCHOOL = "school", "校级"


class TrainingForm(models.TextChoices):
    CENTRAL = "central", "集中培训"
    DISTANCE = "distance", "远程培训"
    IN_SCHOOL = "in_school", "校本培训"
    SCATTERED = "scattered", "分散研修"


class TraineeState(models.TextChoices):
    ENROLLED = "enrolled", "已报名"
    REPORTED = "reported", "待认定"
    COMPLETED = "completed", "已完成"
    MISSED = "missed", "没有参加"


TAKING_PLACE = (TraineeState.ENROLLED, TraineeState.REPORTED, TraineeState.COMPLETED)
