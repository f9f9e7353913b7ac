from django.db import models


class AidState(models.TextChoices):
    APPLIED = "applied", "待县局审核"
    RETURNED = "returned", "已退回"
    REVIEWED = "reviewed", "待审批"
    APPROVED = "approved", "待发放"
    PAID = "paid", "已发放"
    REFUSED = "refused", "不予救助"


class InsuranceKind(models.TextChoices):
    """What is paid for every teacher by law: the housing fund and the social insurances (S2 二12)."""

    HOUSING_FUND = "housing_fund", "住房公积金"
    PENSION = "pension", "养老保险"
    MEDICAL = "medical", "医疗保险"
    UNEMPLOYMENT = "unemployment", "失业保险"
    INJURY = "injury", "工伤保险"
    MATERNITY = "maternity", "生育保险"


class TiltKind(models.TextChoices):
    TITLE = "title", "职称评聘"
    AWARD = "award", "评优评先"
    HONOUR = "honour", "表彰奖励"
