from django.db import models


class SixSystem(models.TextChoices):
    """六项制度 (临夏州方案 二（二）6): exactly six."""

    NOTICE = "notice", "入学通知书"
    HANDOVER = "handover", "小学送、中学接"
    REGISTRY = "registry", "学籍管理"
    SCREENING = "screening", "排查报告"
    PERSUASION = "persuasion", "劝返复学"
    DROPOUT_REPORT = "dropout_report", "辍学报告"


class DutyPlace(models.TextChoices):
    """Who has a dated duty."""

    SCHOOL = "school", "每所学校"
    TOWNSHIP = "township", "每个乡镇"
    COUNTY = "county", "县教育局"


class TaskState(models.TextChoices):
    """How a task stands; follows from its days (:meth:`dropout.models.DutyTaskQuerySet.in_state`)."""

    WAITING = "waiting", "没有办"
    LATE = "late", "逾期未办"
    DONE = "done", "按时办结"
    DONE_LATE = "done_late", "逾期办结"


class DutyCode(models.TextChoices):
    """The dated duties whose doing the system sees by itself; others are ticked by hand."""

    MONTHLY_REPORT = "monthly_report", "学校月报"
    QUARTERLY_REVIEW = "quarterly_review", "县季度会商"
    TEN_ITEMS = "ten_items", "十个到位"
    CAMPAIGN = "campaign", "集中宣传"
    WINTER_VISITS = "winter_visits", "寒假家访"
    SPRING_VISITS = "spring_visits", "春节家访"
    SUMMER_VISITS = "summer_visits", "暑假家访"
    NOTICES = "notices", "入学通知书"
    PLEDGES = "pledges", "责任状"
