from django.db import models


class Cause(models.IntegerChoices):
    """Why a child stays away (facts.md 2 row 6 and 5, ten departments 2020); bits, since one child may have several."""

    STUDIES = 1, "学习困难、厌学"
    WORK = 2, "外出打工"
    MARRIAGE = 4, "早婚早育"
    FAITH = 8, "信教"
    ILLNESS = 16, "因病"
    DISABILITY = 32, "因残"
    HARDSHIP = 64, "家庭困难"
    OTHER = 128, "其他"


ALL_CAUSES = sum(Cause.values)


class Means(models.IntegerChoices):
    """How a child is kept at school (临夏州方案 二（二）5, facts.md 2 row 6); bits, since a plan may use several."""

    SAFETY = 1, "安全控辍"
    QUALITY = 2, "质量控辍"
    AFFECTION = 4, "情感控辍"


ALL_MEANS = sum(Means.values)


class Placement(models.TextChoices):
    """How a child that returns is taken in."""

    JOIN_CLASS = "join_class", "插班"
    OWN_CLASS = "own_class", "单独编班"
    VOCATIONAL = "vocational", "普职融合"
    AT_HOME = "at_home", "送教上门"


class VisitWay(models.TextChoices):
    HOME = "home", "入户"
    PHONE = "phone", "电话"
    MESSAGE = "message", "微信、短信"
    SCHOOL = "school", "到校"
    WORKPLACE = "workplace", "到务工地"


class Met(models.TextChoices):
    """Who was met."""

    CHILD = "child", "学生本人"
    GUARDIAN = "guardian", "监护人"
    BOTH = "both", "学生和监护人"
    RELATIVE = "relative", "其他亲属"
    NEIGHBOUR = "neighbour", "邻居、村组干部"
    NOBODY = "nobody", "没有见到人"


class VisitResult(models.TextChoices):
    AGREED = "agreed", "同意返校"
    RETURNED = "returned", "已经返校"
    WAVERING = "wavering", "还在犹豫"
    REFUSED = "refused", "拒绝返校"
    ABSENT = "absent", "人不在当地"
    NOT_FOUND = "not_found", "没有找到"
    STABLE = "stable", "在校稳定"
    OTHER = "other", "其他"


class DenialKind(models.TextChoices):
    """四不办理: exactly these four (Linxia, facts.md 2 row 5)."""

    POVERTY_AID = "poverty_aid", "贫困补助"
    SOCIAL_RELIEF = "social_relief", "社会救助"
    HOUSE_PERMIT = "house_permit", "住宅审批手续"
    RURAL_CREDIT = "rural_credit", "农村信用贷款"


class Delivery(models.TextChoices):
    IN_PERSON = "in_person", "直接送达"
    LEFT = "left", "留置送达"
    BY_POST = "by_post", "邮寄送达"
    OTHER = "other", "其他方式"
