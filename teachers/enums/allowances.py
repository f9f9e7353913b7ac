"""乡镇工作补贴 and 乡村教师生活补助: kinds, and the states of their monthly rolls."""

from django.db import models


class AllowanceKind(models.TextChoices):
    TOWNSHIP = "township", "乡镇工作补贴"
    RURAL = "rural", "乡村教师生活补助"


class RollState(models.TextChoices):
    OPEN = "open", "学校核对"
    REVIEWED = "reviewed", "待审批"
    APPROVED = "approved", "待发放"
    PAID = "paid", "已发放"


class SheetState(models.TextChoices):
    DRAFT = "draft", "待学校确认"
    CONFIRMED = "confirmed", "学校已确认"
    RETURNED = "returned", "已退回"


OPEN_SHEETS = (SheetState.DRAFT, SheetState.RETURNED)


class LineNature(models.TextChoices):
    """What a line is of: the month of its roll, or what an earlier month has still to be settled."""

    REGULAR = "regular", "本月"
    ARREARS = "arrears", "补发"
    RECOVERY = "recovery", "扣回"


class LineState(models.TextChoices):
    LISTED = "listed", "在册"
    HELD = "held", "暂缓"
    PAID = "paid", "已发放"
    FAILED = "failed", "退票"


LIVE_LINES = (LineState.LISTED, LineState.PAID)


class CareStage(models.TextChoices):
    """The stages of handling money for teachers; a person takes one of them per roll or application."""

    SCHOOL = "school", "学校确认"
    REVIEW = "review", "县局审核"
    APPROVE = "approve", "审批"
    PAY = "pay", "发放"
