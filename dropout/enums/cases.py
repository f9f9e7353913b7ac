from django.db import models


class CaseKind(models.TextChoices):
    """Why a child is followed: away without reason more than a week; a further month; never enrolled (facts.md 5)."""

    SUSPECTED = "suspected", "疑似辍学"
    DROPOUT = "dropout", "辍学"
    NEVER_ENROLLED = "never_enrolled", "失学"


class CaseOrigin(models.TextChoices):
    """What found the child."""

    ATTENDANCE = "attendance", "考勤缺勤"
    SCREENING = "screening", "排查"
    COMPARISON = "comparison", "名单比对"
    PROMOTION = "promotion", "小学送中学接"
    REPORT = "report", "报告、举报"


class CaseState(models.TextChoices):
    """How far a case is. A child has one case that is not closed."""

    SUSPECTED = "suspected", "待核实"
    VERIFIED = "verified", "已核实"
    PERSUADING = "persuading", "劝返中"
    RETURNED = "returned", "已返校"
    MONITORED = "monitored", "返校监测"
    HOME_TAUGHT = "home_taught", "送教上门"
    DELAYED = "delayed", "缓学、休学"
    PROPOSED_CLOSED = "proposed_closed", "待复核销号"
    CLOSED = "closed", "已销号"
    PROPOSED_REOPEN = "proposed_reopen", "待复核重开"


class Outcome(models.TextChoices):
    """What a case comes to; each needs evidence and a second person."""

    RETURNED = "returned", "返校稳定"
    NOT_DROPOUT = "not_dropout", "误报"
    TRANSFERRED = "transferred", "转学"
    DELAYED = "delayed", "缓学、休学"
    HOME_TAUGHT = "home_taught", "送教上门"
    EXEMPT = "exempt", "因身体原因免学"
    OVER_AGE = "over_age", "超龄"
    DECEASED = "deceased", "死亡"
    ABROAD = "abroad", "出国（境）"


# Ends after which the child is not at the school it stood at, whatever the roster says until it is put right.
GONE_FOR_GOOD = (Outcome.TRANSFERRED, Outcome.DECEASED, Outcome.ABROAD)
# Ends after which the child is not expected at school.
NOT_EXPECTED = (*GONE_FOR_GOOD, Outcome.EXEMPT, Outcome.OVER_AGE)
# A proposal of these goes on as a state of its own, under way; every other closes the case.
STAYS_OPEN = {Outcome.DELAYED: CaseState.DELAYED, Outcome.HOME_TAUGHT: CaseState.HOME_TAUGHT}


class DelayKind(models.TextChoices):
    """What the guardian applied for (义务教育法 art. 11)."""

    LATER = "later", "缓学"
    LEAVE = "leave", "休学"


class ProposalKind(models.TextChoices):
    END = "end", "销号或分流"
    REOPEN = "reopen", "重开"


class Answer(models.TextChoices):
    """What the second person said; empty while nobody did."""

    CONFIRMED = "confirmed", "复核通过"
    REFUSED = "refused", "退回"
