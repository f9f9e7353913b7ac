from django.db import models


class RunState(models.TextChoices):
    """A suggested plan from the order to the drafts that come of it."""

    WAITING = "waiting", "求解中"
    SOLVED = "solved", "待采纳"
    INFEASIBLE = "infeasible", "无可行方案"
    REPLACED = "replaced", "已重新求解"
    ADOPTED = "adopted", "已采纳"
    DROPPED = "dropped", "已放弃"


class MoveState(models.TextChoices):
    PROPOSED = "proposed", "建议"
    PINNED = "pinned", "固定"
    REJECTED = "rejected", "已否决"
    ACCEPTED = "accepted", "已采纳"


class HoldKind(models.TextChoices):
    """What an officer says of a teacher before the next solve."""

    PIN = "pin", "固定"
    FORBID = "forbid", "否决"
    STAY = "stay", "本次不调"
