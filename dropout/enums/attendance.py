from django.db import models


class AbsenceReason(models.TextChoices):
    """Why a child is not there, as far as the class teacher knows."""

    ILL = "ill", "病假"
    PERSONAL = "personal", "事假"
    UNKNOWN = "unknown", "未到且未联系上"
    OTHER = "other", "其他"


class ContactWay(models.TextChoices):
    """How somebody got in touch with the family of an absent child."""

    PHONE = "phone", "电话"
    VISIT = "visit", "上门"
    MESSAGE = "message", "微信、短信"
    RELAYED = "relayed", "托人转告"


class ContactResult(models.TextChoices):
    """What came of it."""

    WILL_RETURN = "will_return", "将返校"
    ILL = "ill", "生病"
    MOVED = "moved", "外出、迁走"
    REFUSES = "refuses", "不愿上学"
    NOT_REACHED = "not_reached", "没有联系上"


class Thoughts(models.TextChoices):
    """思想状态 (临夏州方案 二（二）6): how the child feels about school, as the family or the child says; empty: not known."""

    STEADY = "steady", "稳定"
    WEARY = "weary", "厌学"
    LOW = "low", "情绪低落"
    WANTS_WORK = "wants_work", "想外出打工"
    OTHER = "other", "其他波动"


class ClockStep(models.IntegerChoices):
    """How far the clock of a child who stays away has come; numbers are stored and compared."""

    NONE = 0, "未到时限"
    TEACHER = 1, "班主任联系"
    HEAD = 2, "校长介入"
    BUREAU = 3, "上报县局"
    SUSPECTED = 4, "疑似辍学"
    DROPOUT = 5, "辍学"
