from django.db import models


class PlanState(models.TextChoices):
    DRAFT = "draft", "拟订中"
    SUBMITTED = "submitted", "待审批"
    APPROVED = "approved", "已批准"
    CLOSED = "closed", "已结束"
    CANCELLED = "cancelled", "已作废"


class CandidateState(models.TextChoices):
    REGISTERED = "registered", "已报名"
    CHECKING = "checking", "体检考察"
    CLEARED = "cleared", "体检考察合格"
    LISTED = "listed", "公示中"
    HIRED = "hired", "已录用"
    POSTED = "posted", "已到岗"
    OUT = "out", "未录用"
    WITHDRAWN = "withdrawn", "放弃"


# Who takes up a post of the line: no more than it has.
HOLDING = (
    CandidateState.CHECKING,
    CandidateState.CLEARED,
    CandidateState.LISTED,
    CandidateState.HIRED,
    CandidateState.POSTED,
)


class HireListState(models.TextChoices):
    PUBLIC = "public", "公示中"
    APPROVED = "approved", "已批准聘用"
    WITHDRAWN = "withdrawn", "已撤回"


class TermOutcome(models.TextChoices):
    STAY = "stay", "留任入编"
    EXTEND = "extend", "续签"
    LEAVE = "leave", "离开"
