from django.db import models


class PlaceKind(models.TextChoices):
    """What a target is set for and a rate is worked out for."""

    COUNTY = "county", "全县"
    TOWNSHIP = "township", "乡镇"
    SCHOOL = "school", "学校"


class Reading(models.TextChoices):
    """By which of its two places a child is counted."""

    SCHOOL = "school_area", "按就读地"
    HOME = "home_area", "按户籍地"


class NoticeState(models.TextChoices):
    PROPOSED = "proposed", "拟通报"
    ISSUED = "issued", "待答复"
    ANSWERED = "answered", "已答复待核"
    SETTLED = "settled", "已办结"
    RECTIFYING = "rectifying", "已转整改"
    DROPPED = "dropped", "不通报"


class Standing(models.TextChoices):
    """How a child stands in a rate."""

    ABSENT = "absent", "不在统计内"
    DENOMINATOR = "denominator", "只在分母"
    NUMERATOR = "numerator", "在分子"


class TargetBasis(models.TextChoices):
    """How a number that a plan counts by is meant."""

    ADDED = "added", "当年完成"
    TOTAL = "total", "累计完成"
    REACHED = "reached", "年末达到"
    SHARE = "share", "比例不低于"
