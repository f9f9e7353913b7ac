from django.db import models


class Standing(models.TextChoices):
    """How a child of school age stands in a screening."""

    IN_SCHOOL = "in_school", "在校"
    SUSPENDED = "suspended", "休学、缓学"
    SUSPECTED = "suspected", "疑似辍学"
    DROPOUT = "dropout", "辍学"
    NEVER_ENROLLED = "never_enrolled", "失学"


# The three ledgers (W4), and who has a right to school and was never enrolled.
LEDGERS = {
    "school_age": ("适龄儿童台账", ()),  # everybody
    "suspected": ("疑似辍学台账", (Standing.SUSPECTED,)),
    "dropout": ("辍学台账", (Standing.DROPOUT,)),
    "never_enrolled": ("失学台账", (Standing.NEVER_ENROLLED,)),
}
FOUND_AWAY = (Standing.SUSPECTED, Standing.DROPOUT, Standing.NEVER_ENROLLED)


class Ground(models.TextChoices):
    """What says that a child is away."""

    NONE = "", "—"
    CASE = "case", "已有个案"
    NOT_RECEIVED = "not_received", "小学送出、中学没有接到"
    NOT_RETURNED = "not_returned", "上学期在校、本学期没有学籍"
    NOT_PRESENT = "not_present", "有学籍、不在校（比对）"
    ABSENT = "absent", "开学以来连续缺勤"
    NO_RECORD = "no_record", "名单上有、从来没有学籍"


class FollowUp(models.TextChoices):
    """What became of a child that was found away."""

    OPEN = "open", "待处理"
    CASE = "case", "已建个案"
    EXPLAINED = "explained", "已说明"
