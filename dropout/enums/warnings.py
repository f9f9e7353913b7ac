from django.db import models


class Factor(models.TextChoices):
    """What the early-warning score of a child is made of; each is counted in whole numbers."""

    ABSENCE = "absence", "没有准假的缺勤（天）"
    LEAVE = "leave", "请假（天）"
    HARDSHIP = "hardship", "困难类型（种）"
    SIBLING = "sibling", "同户或同一监护人的孩子有控辍个案（人）"
    AGE_GAP = "age_gap", "比同年级大（岁）"
    DISTANCE = "distance", "离学校的路程"
    MARKS = "marks", "成绩"


# Their number is a fact that the county defines (县定信息项); of marks the low ones count.
OF_FACTS = (Factor.DISTANCE, Factor.MARKS)


class WarningLevel(models.TextChoices):
    NONE = "none", "未到预警线"
    WATCH = "watch", "关注"
    HIGH = "high", "重点"
