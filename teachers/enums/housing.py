from django.db import models


class RoomState(models.TextChoices):
    IN_USE = "in_use", "可用"
    REPAIR = "repair", "维修停用"


class RequestState(models.TextChoices):
    WAITING = "waiting", "轮候"
    HOUSED = "housed", "已入住"
    WITHDRAWN = "withdrawn", "已取消"
