from django.db import models


class DeploymentKind(models.TextChoices):
    """How a teacher works at another school for a time."""

    SUPPORT = "support", "支教"
    EXCHANGE = "exchange", "轮岗交流"
    ITINERANT = "itinerant", "走教"
    SHADOWING = "shadowing", "跟岗"
    SECONDMENT = "secondment", "借调"


# What counts as rotation of a quality school's staff (交流轮岗): work at another school for its children.
ROTATION_KINDS = (DeploymentKind.SUPPORT, DeploymentKind.EXCHANGE)
# Who keeps the work of the own post and is counted there; a teacher who learns elsewhere (跟岗) fills no post of that school.
BESIDE_THE_POST = (DeploymentKind.ITINERANT,)
FILLS_NO_POST = (DeploymentKind.SHADOWING,)


class DeploymentState(models.TextChoices):
    DRAFT = "draft", "草稿"
    ASKED = "asked", "待人事股审批"
    APPROVED = "approved", "待两校确认"
    HALF_AGREED = "half_agreed", "待另一校确认"
    AGREED = "agreed", "待到岗"
    UNDER_WAY = "under_way", "进行中"
    RETURNED = "returned", "已返回"
    EXTENDED = "extended", "已延期"
    ENDED_EARLY = "ended_early", "提前结束"
    REFUSED = "refused", "未批准"
    WITHDRAWN = "withdrawn", "已撤回"


# The days are taken: no other deployment of the teacher may have them.
BINDING = (
    DeploymentState.APPROVED, DeploymentState.HALF_AGREED, DeploymentState.AGREED, DeploymentState.UNDER_WAY,
    DeploymentState.RETURNED, DeploymentState.EXTENDED, DeploymentState.ENDED_EARLY,
)  # fmt: skip
AGREED_BY_BOTH = BINDING[2:]
BEGUN = BINDING[3:]
OVER = BINDING[4:]
NOT_TO_BE = (DeploymentState.REFUSED, DeploymentState.WITHDRAWN)


class DeploymentOrigin(models.TextChoices):
    """Where it came from; what is only recorded (补录) was decided on paper before."""

    ENTERED = "entered", "填报"
    IMPORTED = "imported", "导入"
    PLANNED = "planned", "配置方案"
    RECORDED = "recorded", "补录"
