from django.db import models


class ExcessState(models.TextChoices):
    ASKED = "asked", "待审批"
    APPROVED = "approved", "已批准"
    REFUSED = "refused", "未批准"
    WITHDRAWN = "withdrawn", "已撤回"
    ENDED = "ended", "已收回"


class StaffBasis(models.TextChoices):
    """What staff is reckoned by: so many pupils to one, or so many to a class."""

    PUPILS = "pupils", "师生比"
    CLASS = "class", "班师比"
